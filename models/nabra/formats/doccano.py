"""doccano: JSON Lines with entities and relations, for a project of sequence labelling with relations.

The project needs *allow overlapping spans* and *use relations*, for a mention lies inside its sentence, and must not
*count grapheme clusters as one character*. doccano then counts in UTF-16 code units, as JavaScript does
(https://github.com/doccano/doccano/issues/2290). It has no place for a name beside a span, so the names of the mentions
travel as metadata, by their place; those of new mentions follow from Nabra's rules.

Fields other than `text`, `entities` and `relations` are metadata, which doccano keeps and exports again. It numbers
articles and spans anew.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from nabra.article import Article
from nabra.errors import NabraError
from nabra.formats.drawing import MENTION, Drawing, Span, check_text, draw, from_utf16, to_record, utf16_length
from nabra.json_lines import read_json_lines

RELATION = "speaker"


def write(articles: Iterable[Article], file: TextIO) -> None:
    """Write an article a line."""
    numbers = itertools.count()
    for article in articles:
        drawing = draw(article)
        ids = {span.id: next(numbers) for span in drawing.spans}  # they must differ in the whole file
        places = {span.id: _utf16_place(drawing.text, span) for span in drawing.spans}
        named = [places[span.id] for span in drawing.spans if span.label == MENTION]
        if len(set(named)) < len(named):
            raise NabraError(
                f"article {article.id!r}: has a mention with two names, which doccano cannot hold; use label-studio"
            )
        record = {
            "text": drawing.text,
            "entities": [
                {"id": ids[span.id], "label": span.label, "start_offset": start, "end_offset": end}
                for span in drawing.spans
                for start, end in [places[span.id]]
            ],
            "relations": [
                {"id": next(numbers), "from_id": ids[start], "to_id": ids[end], "type": RELATION}
                for start, end in drawing.arrows
            ],
            "article": drawing.head,
            "names": [[*places[span.id], span.name] for span in drawing.spans if span.label == MENTION],
        }
        file.write(json.dumps(record, ensure_ascii=False) + "\n")


def _utf16_place(text: str, span: Span) -> tuple[int, int]:
    return utf16_length(text[: span.start]), utf16_length(text[: span.end])


def read(path: Path, tones: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read an export as JSON Lines."""
    for number, record in read_json_lines(path):
        where = f"{path}:{number}"
        try:
            drawing = _drawing(record)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise NabraError(
                f"{where}: was not made by 'nabra convert --to doccano', or the project has no relations "
                f"({type(error).__name__}: {error})"
            ) from error
        yield where, to_record(drawing, tones, where)


def _drawing(record: dict[str, Any]) -> Drawing:
    text = check_text(record["text"])
    names = {(start, end): check_text(name) for start, end, name in record["names"]}
    drawing = Drawing(dict(record["article"]), text)
    for entity in record["entities"]:
        place = entity["start_offset"], entity["end_offset"]
        name = names.get(place, "") if entity["label"] == MENTION else ""
        start, end = (from_utf16(text, offset) for offset in place)
        drawing.spans.append(Span(str(entity["id"]), entity["label"], start, end, name))
    drawing.arrows.extend((str(arrow["from_id"]), str(arrow["to_id"])) for arrow in record["relations"])
    return drawing
