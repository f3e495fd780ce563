"""Reads articles that have tones and speakers, and says what is wrong with one that is not well-formed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from nabra.article import Article, Mention, Sentence, Speaker
from nabra.errors import NabraError
from nabra.json_lines import read_json_lines
from nabra.rendering import shorten

EDGE_PUNCTUATION = ' .,،؛:"«»“”()'
LONGEST_SHOWN = 200
"""Characters of a wrong value that a message shows."""
PAIRS = {"«": "»", "“": "”", '"': '"', "(": ")"}


def check_articles(records: Iterable[tuple[str, dict[str, Any]]], tones: Sequence[str]) -> Iterator[Article]:
    """Turn records that people labelled into articles, one by one.

    Args:
        records: Where each stands (`news.jsonl:3`), and the record.
        tones: The tones that may occur.

    Raises:
        NabraError: Naming place, article and field of the first fault.
    """
    seen: set[str] = set()
    for where, record in records:
        article = _article(where, record, tones)
        if article.id in seen:
            raise NabraError(
                f"{where}: article {_shown(article.id)}: id: an earlier article has it too; each needs its own"
            )
        seen.add(article.id)
        yield article


def read_predictions(path: str | Path) -> Iterator[Article]:
    """Read what `nabra predict` wrote, or labelled articles with whatever tones, one by one.

    Args:
        path: JSON Lines, compressed ones too, the Parquet files of Ray, or a folder of either.

    Raises:
        NabraError: Naming file, line and field of the first fault, or if there is no article.
    """
    path = Path(path)
    empty = True
    for file in _shards(path) if path.is_dir() else [path]:
        for where, record in _records(file):
            empty = False
            yield _article(where, record, None)
    if empty:
        raise NabraError(f"{path}: holds no article; expected JSON Lines, as 'nabra predict' writes")


def _records(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """What a file holds, and where in it."""
    if file.suffix == ".parquet":
        from nabra.parquet import read_parquet

        return ((f"{file}: row {number}", record) for number, record in read_parquet(file))
    return ((f"{file}:{number}", record) for number, record in read_json_lines(file))


def _shards(folder: Path) -> list[Path]:
    """The files of predictions in a folder, without those that list what could not be read."""
    lists = {*folder.glob("errors-*.jsonl*"), *folder.glob("*.errors.jsonl*")}
    kinds = ("*.jsonl", "*.jsonl.gz", "*.jsonl.zst", "*.parquet")
    return sorted({path for kind in kinds for path in folder.glob(kind)} - lists)


def _article(where: str, record: dict[str, Any], tones: Sequence[str] | None) -> Article:
    if (fault := next(_faults(record, tones), None)) is not None:
        raise NabraError(f"{where}: article {_shown(record.get('id', '?'))}: {fault}")
    return Article.from_dict(record)


def trim_mention(mention: str) -> str:
    """A mention without the white space and punctuation that cling to it."""
    return max((form for form in _clean_forms(mention.strip()) if form in mention), key=len)


def _faults(record: dict[str, Any], tones: Sequence[str] | None) -> Iterator[str]:
    """What is wrong with a record, field first. Without tones it is a model's, and any tone will do."""
    sentences = record.get("sentences")
    if not isinstance(sentences, list) or not sentences:
        yield "sentences: must be a non-empty list" + ("; run 'nabra predict' on it" if tones is None else "")
        return
    if not isinstance(record.get("id"), str) or not (record["id"] or tones is None):
        yield "id: must be a non-empty string"
    elif tones is not None and not _is_line(record["id"]):
        yield "id: must be one line, without white space at its edges"
    for index, sentence in enumerate(sentences):
        where = f"sentences[{index}]"
        if not isinstance(sentence, dict):
            yield f"{where}: must be an object"
            return
        yield from _unknown_fields(sentence, Sentence, where)
        text = sentence.get("text")
        if not isinstance(text, str) or not text.strip():
            yield f"{where}.text: must be a non-empty string"
        elif tones is not None and "\n" in text:
            yield f"{where}.text: must be without a line break"
        yield from _tone_faults(sentence, tones, where)
        if "speaker" not in sentence:
            yield f"{where}.speaker: is missing; write null for the reporter's own voice"
        elif sentence["speaker"] is not None:
            yield from _speaker_faults(sentence["speaker"], sentences, f"{where}.speaker", strict=tones is not None)


def _tone_faults(sentence: dict[str, Any], tones: Sequence[str] | None, where: str) -> Iterator[str]:
    tone, scores = sentence.get("tone"), sentence.get("scores", {})
    if tones is None and (not isinstance(tone, str) or not tone):
        yield f"{where}.tone: must be a non-empty string; run 'nabra predict' on it"
    if tones is not None and tone not in tones:
        yield f"{where}.tone: {_shown(tone)} is none of {', '.join(tones)}"
    if not isinstance(scores, dict) or not all(map(_is_probability, scores.values())):
        yield f"{where}.scores: must be an object of numbers between 0 and 1"
    for flag in ("truncated", "undecided"):
        if not isinstance(sentence.get(flag, False), bool):
            yield f"{where}.{flag}: must be true or false"
    yield from _offset_faults(sentence, where)


def _speaker_faults(speaker: Any, sentences: list[Any], where: str, strict: bool) -> Iterator[str]:
    mention = speaker.get("mention") if isinstance(speaker, dict) else None
    if not isinstance(mention, dict) or not isinstance(speaker.get("name"), str) or not speaker["name"].strip():
        yield f"{where}: must be null or an object with a name and a mention"
        return
    yield from _unknown_fields(speaker, Speaker, where)
    yield from _unknown_fields(mention, Mention, f"{where}.mention")
    if strict and not _is_line(speaker["name"]):
        yield f"{where}.name: must be one line, without white space at its edges"
    if speaker.get("score") is not None and not _is_probability(speaker["score"]):
        yield f"{where}.score: must be a number between 0 and 1"
    index, text = mention.get("sentence"), mention.get("text")
    if type(index) is not int or not 0 <= index < len(sentences):
        yield f"{where}.mention.sentence: {_shown(index)} is no index of a sentence"
    elif not isinstance(text, str) or not text or text not in _text_of(sentences[index]):
        yield f"{where}.mention.text: {_shown(text)} does not occur in sentence {index}"
    elif strict and _has_ragged_edge(text):
        yield f"{where}.mention.text: {_shown(text)} has punctuation or white space at its edge"
    yield from _offset_faults(mention, f"{where}.mention")


def _unknown_fields(record: dict[str, Any], kind: type[Sentence | Speaker | Mention], where: str) -> Iterator[str]:
    known = [field.name for field in dataclasses.fields(kind)]
    if unknown := next((key for key in record if key not in known), None):
        yield f"{where}.{shorten(unknown)}: unknown field; the fields are {', '.join(known)}"


def _offset_faults(record: dict[str, Any], where: str) -> Iterator[str]:
    for name in ("start", "end"):
        if not _is_offset(record.get(name)):
            yield f"{where}.{name}: must be a character offset"


def _text_of(sentence: Any) -> str:
    """The text of what should be a sentence; empty if there is none."""
    text = sentence.get("text") if isinstance(sentence, dict) else None
    return text if isinstance(text, str) else ""


def _shown(value: Any) -> str:
    """A value as a message has it: one that is too long by its beginning."""
    return shorten(repr(value), LONGEST_SHOWN)


def _is_line(text: str) -> bool:
    return text == text.strip() and "\n" not in text


def _is_probability(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value <= 1


def _is_offset(value: Any) -> bool:
    return value is None or (type(value) is int and value >= 0)


def _has_ragged_edge(mention: str) -> bool:
    return mention not in _clean_forms(mention)


def _clean_forms(mention: str) -> list[str]:
    """A mention stripped of punctuation, and with a mark that closes what it opened (صحيفة «الوطن»)."""
    bare = mention.strip(EDGE_PUNCTUATION)
    return [bare, *(bare + closing for opening, closing in PAIRS.items() if opening in bare)]
