"""Reads articles that have tones and speakers already: predictions, or labelled by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nabra.article import Article
from nabra.errors import NabraError
from nabra.readers import read_json_lines


def read_labelled(path: Path) -> Iterator[Article]:
    """Yield the articles of a file, one after the other.

    Args:
        path: JSON Lines, as `nabra predict` writes them; compressed ones too.

    Raises:
        NabraError: Naming file, line and field of the first fault, or if the file holds no article.
    """
    number = 0
    for number, record in read_json_lines(path):
        if (fault := next(_faults(record), None)) is not None:
            raise NabraError(f"{path}:{number}: {fault}")
        try:
            yield Article.from_dict(record)
        except TypeError as error:  # a field that no sentence or mention has
            raise NabraError(f"{path}:{number}: {' '.join(str(error).split())}") from error
    if not number:
        raise NabraError(f"{path}: holds no article; expected JSON Lines, as 'nabra predict' writes")


def _faults(record: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a record, field first."""
    if not isinstance(record.get("id"), str):
        yield "id: must be a string"
    sentences = record.get("sentences")
    if not isinstance(sentences, list) or not sentences:
        yield "sentences: must be a non-empty list; run 'nabra predict' on the article"
        return
    for index, sentence in enumerate(sentences):
        yield from _sentence_faults(sentence, len(sentences), f"sentences[{index}]")


def _sentence_faults(sentence: Any, sentences: int, where: str) -> Iterator[str]:
    if not isinstance(sentence, dict):
        yield f"{where}: must be an object"
        return
    if not isinstance(sentence.get("text"), str):
        yield f"{where}.text: must be a string"
    if not isinstance(sentence.get("tone"), str) or not sentence["tone"]:
        yield f"{where}.tone: must be a non-empty string; run 'nabra predict' on the article"
    scores = sentence.get("scores", {})
    if not isinstance(scores, dict) or not all(map(_is_probability, scores.values())):
        yield f"{where}.scores: must be an object of numbers between 0 and 1"
    if not _is_offset(sentence.get("start")):
        yield f"{where}.start: must be a character offset"
    if sentence.get("speaker") is not None:
        yield from _speaker_faults(sentence["speaker"], sentences, f"{where}.speaker")


def _speaker_faults(speaker: Any, sentences: int, where: str) -> Iterator[str]:
    mention = speaker.get("mention") if isinstance(speaker, dict) else None
    if not isinstance(mention, dict) or not isinstance(speaker.get("name"), str):
        yield f"{where}: must be null or an object with a name and a mention"
        return
    if speaker.get("score") is not None and not _is_probability(speaker["score"]):
        yield f"{where}.score: must be a number between 0 and 1"
    if type(mention.get("sentence")) is not int or not 0 <= mention["sentence"] < sentences:
        yield f"{where}.mention.sentence: {mention.get('sentence')!r} is no index of a sentence"
    if not isinstance(mention.get("text"), str) or not mention["text"]:
        yield f"{where}.mention.text: must be a non-empty string"
    if not _is_offset(mention.get("start")):
        yield f"{where}.mention.start: must be a character offset"


def _is_probability(value: Any) -> bool:
    return isinstance(value, int | float) and 0 <= value <= 1


def _is_offset(value: Any) -> bool:
    return value is None or isinstance(value, int)
