"""Label Studio: tasks with pre-labels or annotations as JSON, and the labelling interface for them.

A task is an article, for a sentence is labelled inside its article. The whole of it is one `Text`: only regions can be
joined by relations, and a mention often stands in another sentence than its speaker's words. Tones and mentions share
one `Labels` control, so that a region has one label and a key changes it. The name is a `TextArea` of each mention's
region, shown while one is selected, so that a name stands once however many sentences lead to it. A relation leads from
a sentence to its mention. (With `Choices` in a `Repeater`, sentence by sentence, the tone would be no region, and
nothing could lead from it to a mention.)

Offsets count code points, as Label Studio does now. Older ones counted UTF-16 code units, which shows where the saved
text of a region does not stand at its offsets (https://github.com/HumanSignal/label-studio/issues/1347).

Formats: https://labelstud.io/guide/task_format, https://labelstud.io/guide/predictions, https://labelstud.io/tags/
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any, TextIO
from xml.sax.saxutils import quoteattr

from nabra.article import Article
from nabra.errors import NabraError
from nabra.formats.drawing import MENTION, Drawing, Span, check_text, draw, from_utf16, to_record

COLORS = ("#2da44e", "#d4a72c", "#cf222e", "#0969da", "#bf3989", "#57606a")
MENTION_COLOR = "#8250df"
INTERFACE = """<View>
  <Style>.htx-text {{ white-space: pre-wrap; line-height: 2.2; }}</Style>
  <Header value="$title"/>
  <Labels name="label" toName="text">
{labels}
  </Labels>
  <View visibleWhen="region-selected" whenTagName="label" whenLabelValue="{mention}">
    <TextArea name="name" toName="text" perRegion="true" editable="true" maxSubmissions="1"
              placeholder="Full name, without titles"/>
  </View>
  <View style="direction: rtl; text-align: right">
    <Text name="text" value="$text"/>
  </View>
</View>
"""


def interface(tones: Sequence[str]) -> str:
    """The labelling interface, for a project's settings; tones and mentions have the keys 1, 2, 3 up to 9."""
    colors = [*(COLORS[number % len(COLORS)] for number in range(len(tones))), MENTION_COLOR]
    labels = (
        f"    <Label value={quoteattr(label)}{_hotkey(number)} background={quoteattr(color)}/>"
        for number, (label, color) in enumerate(zip([*tones, MENTION], colors), 1)
    )
    return INTERFACE.format(labels="\n".join(labels), mention=MENTION)


def _hotkey(number: int) -> str:
    return f' hotkey="{number}"' if number < 10 else ""


def write(articles: Iterable[Article], file: TextIO) -> None:
    """Write tasks: predictions where a model labelled an article, which its scores show, annotations otherwise."""
    file.write("[")
    for number, article in enumerate(articles):
        file.write(",\n" if number else "\n")
        json.dump(_task(article), file, ensure_ascii=False)
    file.write("\n]\n")


def _task(article: Article) -> dict[str, Any]:
    drawing = draw(article)
    title = str(article.metadata.get("title") or article.id)
    task: dict[str, Any] = {"data": {"text": drawing.text, "title": title, "article": drawing.head}}
    results = _results(drawing)
    scores = [max(sentence.scores.values()) for sentence in article.sentences if sentence.scores]
    if scores:
        task["predictions"] = [{"model_version": "nabra", "score": fmean(scores), "result": results}]
    else:
        task["annotations"] = [{"result": results}]
    return task


def _results(drawing: Drawing) -> list[dict[str, Any]]:
    # Ids must differ between tasks too.
    task = hashlib.blake2s(str(drawing.head["id"]).encode("utf-8", "surrogatepass"), digest_size=5).hexdigest()
    results: list[dict[str, Any]] = []
    for span in drawing.spans:
        region = {"id": f"{task}-{span.id}", "to_name": "text"}
        place = {"start": span.start, "end": span.end}
        value = place | {"text": drawing.text[span.start : span.end], "labels": [span.label]}
        score = {} if span.score is None else {"score": span.score}
        results.append(region | {"from_name": "label", "type": "labels", "value": value} | score)
        if span.label == MENTION:
            results.append(region | {"from_name": "name", "type": "textarea", "value": place | {"text": [span.name]}})
    for start, end in drawing.arrows:
        ends = {"from_id": f"{task}-{start}", "to_id": f"{task}-{end}"}
        results.append({"type": "relation", "direction": "right", **ends})
    return results


def read(
    path: Path, tones: Sequence[str], annotator: str, on_left_out: Callable[[str], None]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read the annotations of an export as JSON: of each task the latest that was not skipped.

    Args:
        path: The export.
        tones: The tones that may occur.
        annotator: Take this person's, by id or e-mail; empty for anybody's.
        on_left_out: Told of tasks without such an annotation.
    """
    for number, task in enumerate(_tasks(path), 1):
        name = f"task {task.get('id', number)}"
        where = f"{path}: {name}"
        try:
            annotations = task.get("annotations") or []
            annotation = _chosen(annotations, annotator)
            if annotation is None:
                on_left_out(f"{name}: {_why_left_out(annotations, annotator)}")
                continue
            drawing = _drawing(task["data"], annotation["result"])
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise NabraError(
                f"{where}: was not made by 'nabra convert --to label-studio' and its interface "
                f"({type(error).__name__}: {error})"
            ) from error
        yield where, to_record(drawing, tones, where)


def _tasks(path: Path) -> list[dict[str, Any]]:
    try:
        tasks = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise NabraError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise NabraError(f"{path}: broken JSON ({error})") from error
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise NabraError(f"{path}: expected a list of tasks; export from Label Studio as JSON")
    if not all("annotations" in task or "predictions" in task for task in tasks):
        raise NabraError(f"{path}: has tasks without annotations; export from Label Studio as JSON, not JSON-MIN")
    return tasks


def _chosen(annotations: list[dict[str, Any]], annotator: str) -> dict[str, Any] | None:
    """The latest annotation that was completed, of one person or of anybody."""
    done = [
        annotation
        for annotation in annotations
        if not annotation.get("was_cancelled") and (not annotator or annotator in _people(annotation))
    ]
    return max(done, key=lambda a: (str(a.get("updated_at") or a.get("created_at") or ""), done.index(a)), default=None)


def _people(annotation: dict[str, Any]) -> set[str]:
    """What the annotator is known by: a bare id, or an object with id and e-mail."""
    person = annotation.get("completed_by")
    return {str(person.get(key)) for key in ("id", "email")} if isinstance(person, dict) else {str(person)}


def _why_left_out(annotations: list[dict[str, Any]], annotator: str) -> str:
    if not annotations:
        return "nobody has labelled it"
    if all(annotation.get("was_cancelled") for annotation in annotations):
        return "was skipped"
    return f"{annotator} has not labelled it"


def _drawing(data: dict[str, Any], results: list[dict[str, Any]]) -> Drawing:
    drawing = Drawing(dict(data["article"]), check_text(data["text"]))
    names = {result["id"]: _written(result["value"]["text"]) for result in results if result["type"] == "textarea"}
    for result in results:
        if result["type"] == "labels":
            start, end = _place(drawing.text, result["value"])
            name = names.get(result["id"], "")
            # A region whose label was taken away has none, and is a fault that is named.
            labels = result["value"].get("labels") or [""]
            drawing.spans.extend(Span(result["id"], label, start, end, name) for label in labels)
        elif result["type"] == "relation":
            drawing.arrows.append((str(result["from_id"]), str(result["to_id"])))
    return drawing


def _written(value: str | list[str]) -> str:
    """What stands in a text field."""
    return value if isinstance(value, str) else " ".join(value)


def _place(text: str, value: dict[str, Any]) -> tuple[int, int]:
    """Where a region lies, in characters."""
    place = int(value["start"]), int(value["end"])
    saved = value.get("text")
    if saved is None or _same_words(saved, text[slice(*place)]):
        return place
    older = from_utf16(text, place[0]), from_utf16(text, place[1])
    if not _same_words(saved, text[slice(*older)]):
        raise ValueError(f"{saved!r} does not stand at {place[0]} to {place[1]} of its text")
    return older


def _same_words(saved: str, text: str) -> bool:
    """Whether a region's text is this one; Label Studio writes line breaks in more than one way."""
    return saved.replace("\\n", " ").split() == text.split()
