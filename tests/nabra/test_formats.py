from __future__ import annotations

import datetime
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nabra.article import TONES, Article, Mention, Sentence, Speaker
from nabra.cli import main
from nabra.errors import NabraError
from nabra.formats import FormatName, Reading, convert, label_studio, read_labelled, write_labelled
from nabra.formats.drawing import draw
from nabra.labelled import trim_mention
from tests.conftest import SEEDS, speaker

FORMATS = get_args(FormatName)
TOOLS = [name for name in FORMATS if name != "nabra"]
MINISTER = "وزير الري عادل بشير"
WORDS = [*'قال الوزير عادل 😀 👩🏽‍🚒 «نعم» "لا" وعادل (أمل) 𝄞 مُحَمَّد a، 3.5 \u200fثم # - :'.split(), "عادل بشير", " "]


def article() -> Article:
    """An emoji, a speaker named in another sentence, a mention with an attached letter, and one that occurs twice."""
    bashir = speaker("عادل بشير", 1, MINISTER)
    return Article(
        "a-1",
        (
            Sentence("تقدم 😀 في المحادثات.", TONES[0]),
            Sentence(f"و{MINISTER} قال 😀 إن التوقيع قريب.", TONES[0], bashir),
            Sentence("وأضاف أن الأمر ليس سهلا، وفق مصدر ثم مصدر.", TONES[1], bashir),
            Sentence("ونفى مصدر دبلوماسي ذلك.", TONES[2], speaker("مصدر دبلوماسي", 3, "مصدر دبلوماسي")),
        ),
        {"title": "عنوان", "date": "2020-01-01", "tags": ["أ", 1, None]},
    )


def there_and_back(articles: list[Article], name: FormatName, folder: Path) -> list[Article]:
    write_labelled(articles, folder / "there", name)
    return list(read_labelled(folder / "there", name))


@pytest.mark.parametrize("name", FORMATS)
def test_metadata_that_json_lacks_is_written_as_articles_have_it(name: FormatName, tmp_path: Path) -> None:
    odd = Article("a", article().sentences, {"views": math.nan, "day": datetime.date(2020, 1, 2)})
    assert [back.metadata for back in there_and_back([odd], name, tmp_path)] == [{"views": None, "day": "2020-01-02"}]


@pytest.mark.parametrize("name", TOOLS)
def test_the_test_articles_come_back_byte_for_byte(name: FormatName, tmp_path: Path) -> None:
    source, there, back = SEEDS / "test.jsonl", tmp_path / "there", tmp_path / "back.jsonl"
    assert convert(source, there, "nabra", name) == convert(there, back, name, "nabra") == 48
    assert back.read_bytes() == source.read_bytes()


@st.composite
def articles(draw: st.DrawFn, overlapping: bool) -> Article:
    """Any article; with at most one mention a sentence unless they may overlap."""
    lists = draw(st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6), min_size=1, max_size=4))
    texts = [" ".join(words) for words in lists if "".join(words).strip()] or ["نعم"]
    speakers: list[Speaker | None] = [None]
    for index, text in enumerate(texts):
        for _ in range(1 + overlapping):
            start = draw(st.integers(0, len(text) - 1))
            mention = trim_mention(text[start : draw(st.integers(start + 1, len(text)))])
            if mention and mention == mention.strip() and all(s is None or s.mention.text != mention for s in speakers):
                name = draw(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).map(str.strip))
                speakers.append(Speaker(name or "اسم", Mention(index, mention)))
    sentences = [Sentence(t, draw(st.sampled_from(TONES)), draw(st.sampled_from(speakers))) for t in texts]
    metadata = draw(st.dictionaries(st.sampled_from(["title", "text", "names", "مصدر"]), st.text(max_size=5)))
    return Article("x", tuple(sentences), metadata)


@pytest.mark.parametrize("name", TOOLS)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_any_article_comes_back(
    name: FormatName, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    given_article = data.draw(articles(overlapping=name != "conll"))
    assert there_and_back([given_article], name, tmp_path_factory.mktemp("x")) == [given_article]


@pytest.mark.parametrize("name", TOOLS)
def test_hard_places_come_back(name: FormatName, tmp_path: Path) -> None:
    assert there_and_back([article()], name, tmp_path) == [article()]


# What an annotation tool is given


def task(articles_: list[Article], tmp_path: Path) -> dict[str, Any]:
    write_labelled(articles_, tmp_path / "tasks.json", "label-studio")
    (only,) = json.loads((tmp_path / "tasks.json").read_text(encoding="utf-8"))
    return only


def test_label_studio_counts_code_points(tmp_path: Path) -> None:
    data, (annotation,) = (made := task([article()], tmp_path))["data"], made["annotations"]
    values = [result["value"] for result in annotation["result"] if result["type"] == "labels"]
    assert [data["text"][value["start"] : value["end"]] for value in values] == [value["text"] for value in values]
    assert values[-2]["text"] == MINISTER


def test_doccano_counts_utf16_units(tmp_path: Path) -> None:
    write_labelled([article()], tmp_path / "out", "doccano")
    record = json.loads((tmp_path / "out").read_text(encoding="utf-8"))
    units = record["text"].encode("utf-16-le")
    marked = [units[2 * e["start_offset"] : 2 * e["end_offset"]].decode("utf-16-le") for e in record["entities"]]
    assert marked == [s.text for s in article().sentences] + [MINISTER, "مصدر دبلوماسي"]


def test_conll_cuts_tokens_at_mentions_and_tags_them(tmp_path: Path) -> None:
    write_labelled([article()], tmp_path / "out", "conll")
    text = (tmp_path / "out").read_text(encoding="utf-8")
    assert "# speaker = 1:0 عادل بشير\nو\tO\nوزير\tB-SPEAKER\nالري\tI-SPEAKER\n" in text


def test_overlapping_mentions_do_not_fit_into_conll(tmp_path: Path) -> None:
    sentences = (
        Sentence("قال وزير الري عادل بشير نعم.", TONES[0], speaker("عادل بشير", 0, MINISTER)),
        Sentence("وأضاف لا.", TONES[0], speaker("عادل بشير", 0, "عادل بشير")),
    )
    with pytest.raises(NabraError, match=r"sentences\[0\]: has mentions that overlap"):
        write_labelled([Article("x", sentences)], tmp_path / "out", "conll")
    assert not (tmp_path / "out").exists()


def test_a_models_labels_are_predictions_with_scores(tmp_path: Path) -> None:
    scores = {"optimistic": 0.7, "cautious": 0.2, "obstacle": 0.1}
    made = task([Article("x", (Sentence("نعم.", TONES[0], scores=scores),))], tmp_path)
    (prediction,) = made["predictions"]
    assert prediction["score"] == prediction["result"][0]["score"] == 0.7
    assert "annotations" not in made


def test_the_interface_is_written_beside_the_tasks(tmp_path: Path) -> None:
    write_labelled([article()], tmp_path / "in.jsonl")
    assert main(["convert", str(tmp_path / "in.jsonl"), str(tmp_path / "tasks.json"), "--to", "label-studio"]) == 0
    root = ElementTree.parse(tmp_path / "tasks.xml").getroot()
    assert [label.get("value") for label in root.iter("Label")] == [*TONES, "mention"]
    names = {tag.get("name") for tag in root.iter() if tag.get("name")}
    results = task([article()], tmp_path)["annotations"][0]["result"]
    assert {result["from_name"] for result in results if "from_name" in result} | {"text"} == names


def test_the_interface_does_not_overwrite_the_tasks(tmp_path: Path) -> None:
    with pytest.raises(NabraError, match=r"tasks\.xml: is where the labelling interface goes"):
        convert(SEEDS / "test.jsonl", tmp_path / "tasks.xml", "nabra", "label-studio")


def test_label_studios_own_checker_accepts_interface_and_labels(tmp_path: Path) -> None:
    checker = pytest.importorskip("label_studio_sdk.label_interface").LabelInterface(label_studio.interface(TONES))
    checker.validate()
    assert checker.validate_prediction(task([article()], tmp_path)["annotations"][0], return_errors=True) == []


# What annotators do

Change = Callable[[list[dict[str, Any]], str], Any]


def labelled_by_hand(change: Change, tmp_path: Path) -> Article:
    """The article after somebody changed the regions of its task."""
    made = task([article()], tmp_path)
    change(made["annotations"][0]["result"], made["data"]["text"])
    path = tmp_path / "export.json"
    path.write_text(json.dumps([made | {"id": 7}]), encoding="utf-8")
    (read,) = read_labelled(path, "label-studio")
    return read


def regions(results: list[dict[str, Any]], label: str) -> list[dict[str, Any]]:
    return [result for result in results if result.get("value", {}).get("labels") == [label]]


def mark(results: list[dict[str, Any]], text: str, label: str, words: str) -> str:
    """Mark words with a label, as a hand does it; returns the region's id."""
    start = text.index(words)
    value = {"start": start, "end": start + len(words), "text": words, "labels": [label]}
    results.append({"id": words, "from_name": "label", "to_name": "text", "type": "labels", "value": value})
    return words


def arrow(results: list[dict[str, Any]], start: str, end: str) -> None:
    results.append({"type": "relation", "direction": "right", "from_id": start, "to_id": end})


def remove(results: list[dict[str, Any]], kind: str) -> None:
    results[:] = [result for result in results if result["type"] != kind]


def test_tones_are_changed(tmp_path: Path) -> None:
    def change(results: list[dict[str, Any]], text: str) -> None:
        regions(results, "optimistic")[0]["value"]["labels"] = ["cautious"]

    assert labelled_by_hand(change, tmp_path).sentences[0].tone == "cautious"


def test_spans_are_moved_arrows_are_drawn_either_way_and_names_follow(tmp_path: Path) -> None:
    def change(results: list[dict[str, Any]], text: str) -> None:
        sentence = regions(results, "cautious")[0]["id"]
        results[:] = [result for result in results if result.get("from_id") != sentence]
        arrow(results, mark(results, text, "mention", " مصدر،"[:-1]), sentence)
        moved = regions(results, "optimistic")[0]["value"]
        moved["end"], moved["text"] = moved["end"] - 5, moved["text"][:-5]

    read = labelled_by_hand(change, tmp_path)
    assert read.sentences[2].speaker == speaker("مصدر", 2, "مصدر")
    assert read.sentences[0].tone == "optimistic"


def test_a_mention_without_a_name_is_named_by_rule(tmp_path: Path) -> None:
    read = labelled_by_hand(lambda results, text: remove(results, "textarea"), tmp_path)
    assert read == article()


def test_older_label_studios_utf16_offsets_are_understood(tmp_path: Path) -> None:
    def change(results: list[dict[str, Any]], text: str) -> None:
        for value in (result["value"] for result in results if result["type"] == "labels"):
            for edge in ("start", "end"):
                value[edge] = len(text[: value[edge]].encode("utf-16-le")) // 2

    assert labelled_by_hand(change, tmp_path) == article()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r, t: r.remove(regions(r, "obstacle")[0]), r"sentences\[3\] .*has no tone; mark the sentence with one"),
        (lambda r, t: arrow(r, regions(r, "obstacle")[0]["id"], "gone"), r"an arrow joins «ونفى .*» and nothing"),
        (lambda r, t: mark(r, t, "cautious", "المحادثات"), r"sentences\[0\] .*the tones cautious and optimistic"),
        (lambda r, t: mark(r, t, "mention", "التوقيع"), r"sentences\[1\] .*no arrow leads to the mention «التوقيع»"),
        (
            lambda r, t: mark(r, t, "person", "التوقيع"),
            r"«التوقيع»: the label 'person' is none of .*mention",
        ),
        (lambda r, t: regions(r, "obstacle")[0]["value"].update(labels=[]), r"the label '' is none of"),
        (lambda r, t: mark(r, t, "mention", "قريب.\nوأضاف"), r"«قريب. وأضاف» runs over two sentences"),
        (lambda r, t: mark(r, t, "mention", ".\n"), r"a mention marks no words"),
        (
            lambda r, t: arrow(r, regions(r, "obstacle")[0]["id"], regions(r, "mention")[0]["id"]),
            r"sentences\[3\] .*has the speakers «مصدر دبلوماسي» and «وزير الري عادل بشير»; leave one arrow",
        ),
        (
            lambda r, t: arrow(r, *(region["id"] for region in regions(r, "optimistic"))),
            r"an arrow joins «تقدم .*» and «ووزير .*»; it must join a sentence and a mention",
        ),
        (lambda r, t: r[0].pop("id"), r"was not made by 'nabra convert --to label-studio'.*KeyError: 'id'"),
    ],
)
def test_what_has_no_meaning_is_named_with_its_place(change: Change, message: str, tmp_path: Path) -> None:
    with pytest.raises(NabraError, match=r"export\.json: task 7.*" + message):
        labelled_by_hand(change, tmp_path)


@pytest.fixture
def several(tmp_path: Path) -> Path:
    """An export: a task labelled by two, the older label by 1, a third attempt skipped; one skipped; one untouched."""
    made = task([article()], tmp_path)
    older, later = (json.loads(json.dumps(made["annotations"][0])) for _ in range(2))
    for annotation, tone, person, day in [(older, "cautious", 1, "01"), (later, "obstacle", 2, "02")]:
        regions(annotation["result"], "optimistic")[0]["value"]["labels"] = [tone]
        completed_by = person if person == 1 else {"id": 2, "email": "b@example.org"}
        annotation |= {"completed_by": completed_by, "updated_at": f"2026-01-{day}T00:00:00Z", "was_cancelled": False}
    skipped = {"was_cancelled": True, "result": [], "completed_by": 1, "updated_at": "2026-01-03T00:00:00Z"}
    tasks = [
        made | {"id": 1, "annotations": [later, older, skipped]},
        made | {"id": 2, "annotations": [skipped]},
        made | {"id": 3, "annotations": []},
    ]
    path = tmp_path / "several.json"
    path.write_text(json.dumps(tasks), encoding="utf-8")
    return path


@pytest.mark.parametrize(("annotator", "tone"), [("", "obstacle"), ("1", "cautious"), ("b@example.org", "obstacle")])
def test_the_latest_annotation_or_that_of_one_person_counts(annotator: str, tone: str, several: Path) -> None:
    left_out: list[str] = []
    (read,) = read_labelled(several, "label-studio", Reading(annotator=annotator, on_left_out=left_out.append))
    assert read.sentences[0].tone == tone
    assert left_out == ["task 2: was skipped", "task 3: nobody has labelled it"]


def test_tasks_without_labels_are_left_out_and_reported(
    several: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["convert", str(several), str(tmp_path / "out.jsonl"), "--from", "label-studio", "--overwrite"]
    assert main(command) == 0
    assert capsys.readouterr().err.endswith(
        "out.jsonl\nnabra: left out: task 2: was skipped\nnabra: left out: task 3: nobody has labelled it\n"
    )
    assert main([*command, "--annotator", "5"]) == 2
    assert "several.json: holds no labelled article" in capsys.readouterr().err
    assert main(["convert", str(several), str(tmp_path / "out.jsonl"), "--annotator", "5"]) == 2
    assert "--annotator: only an export of label-studio" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("label-studio", "[", "in: broken JSON"),
        ("label-studio", "{}", "in: expected a list of tasks; export from Label Studio as JSON"),
        ("label-studio", '[{"text": "x"}]', "in: has tasks without annotations; export from Label Studio as JSON, not"),
        ("label-studio", '[{"data": {}, "annotations": [{"result": []}]}]', "in: task 1: was not made by"),
        ("doccano", '{"text": "x", "label": []}', "in:1: was not made by 'nabra convert --to doccano', or the project"),
        ("conll", "نعم", "in:1: expected a token, a tab, and O, B-SPEAKER or I-SPEAKER"),
        ("conll", "# newdoc id = x\n# text = نعم", "in:1: the sentence lacks '# tone = …'"),
        ("conll", "# text = نعم\n# tone = cautious", "in:1: the first sentence of an article begins with"),
        ("conll", "# newdoc id = x\n# metadata = [1]\n# text = نعم\n# tone = cautious", "in:1: metadata: must be"),
        ("conll", "# newdoc id = x\n# text = نعم\n# tone = cautious\nلا\tO", "in:4: 'لا' does not follow in '# text'"),
        ("conll", "# newdoc id = x\n# text = نعم\n# tone = cautious\nنعم\tI-SPEAKER", "in:4: I-SPEAKER goes on with"),
        (
            "conll",
            "# newdoc id = x\n# text = نعم\n# tone = cautious\n# speaker = 0:0 x",
            "speaker = 0:0 x': expected",
        ),
        (
            "conll",
            "# newdoc id = x\n# text = نعم\n# tone = grim",
            "in:1: article 'x': sentences[0].tone: 'grim' is",
        ),
        ("nabra", '{"id": "x", "sentences": []}', "in:1: article 'x': sentences: must be a non-empty list"),
        ("nabra", "", "in: holds no labelled article"),
    ],
)
def test_bad_files_are_one_clear_line_and_exit_code_2(
    name: str,
    content: str,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in").write_text(content, encoding="utf-8")
    assert main(["convert", "in", "out", "--from", name]) == 2
    errors = capsys.readouterr().err
    assert message in errors
    assert errors.count("\n") == 1
    assert not Path("out").exists()


@pytest.mark.parametrize("name", ["label-studio", "doccano", "conll"])
def test_half_a_surrogate_pair_is_named(name: FormatName, tmp_path: Path) -> None:
    article = Article("\ud83d", (Sentence("قال نعم.", tone="cautious"),), {"title": "\ud83d"})
    with pytest.raises(
        NabraError, match=r"out: cannot be written: an article holds half a surrogate pair \('\\ud83d'\)"
    ):
        write_labelled([article], tmp_path / "out", name)


def test_a_mention_is_drawn_where_it_stands_as_a_word() -> None:
    text = "عليه أن يرحل، قال علي ذلك."
    drawn = draw(Article("x", (Sentence(text, TONES[0], speaker("علي", 0, "علي")),)))
    assert drawn.spans[1].start == text.index("علي ذلك")


@pytest.mark.parametrize("name", FORMATS)
def test_what_no_reader_would_take_again_is_not_written(name: FormatName, tmp_path: Path) -> None:
    with pytest.raises(NabraError, match="has a line break; write it as one line"):
        write_labelled([Article("x", (Sentence("سطر أول\nسطر ثان", TONES[0]),))], tmp_path / "out", name)
    assert not (tmp_path / "out").exists()


def test_conll_of_windows_is_read(tmp_path: Path) -> None:
    write_labelled([article()], tmp_path / "out", "conll")
    (tmp_path / "out").write_bytes((tmp_path / "out").read_bytes().replace(b"\n", b"\r\n"))
    assert list(read_labelled(tmp_path / "out", "conll")) == [article()]


def test_a_tagged_mention_that_nobody_speaks_by_is_named(tmp_path: Path) -> None:
    write_labelled([article()], tmp_path / "out", "conll")
    text = (tmp_path / "out").read_text(encoding="utf-8").replace("# speaker = 3:0 مصدر دبلوماسي\n", "")
    (tmp_path / "out").write_text(text, encoding="utf-8")
    with pytest.raises(NabraError, match=r"no sentence has the tagged mention «مصدر دبلوماسي» for its speaker"):
        list(read_labelled(tmp_path / "out", "conll"))


def _region(made: dict[str, Any]) -> dict[str, Any]:
    return made["annotations"][0]["result"][0]["value"]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda made: made.update(annotations=["x"]), "was not made by"),
        (lambda made: made["data"].update(text=5), "expected a text, got 5"),
        (lambda made: _region(made).update(start=float("inf")), "OverflowError"),
        (lambda made: _region(made).update(text="غيره"), "'غيره' does not stand at 0 to"),
        (lambda made: _region(made).update(start=900, end=909, text=""), "reaches from 900 to 909, past the text"),
    ],
)
def test_spoilt_tasks_are_one_line(spoil: Callable[[dict[str, Any]], None], message: str, tmp_path: Path) -> None:
    made = task([article()], tmp_path)
    spoil(made)
    (tmp_path / "tasks.json").write_text(json.dumps([made]), encoding="utf-8")
    with pytest.raises(NabraError, match=message):
        list(read_labelled(tmp_path / "tasks.json", "label-studio"))


def test_a_task_without_annotations_is_left_out(tmp_path: Path) -> None:
    made, told = task([article()], tmp_path), list[str]()
    made["annotations"] = None
    (tmp_path / "tasks.json").write_text(json.dumps([made]), encoding="utf-8")
    assert not list(read_labelled(tmp_path / "tasks.json", "label-studio", Reading(on_left_out=told.append)))
    assert len(told) == 1
