"""What makes a labelled article well-formed: the checks that every reader of labels shares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from nabra.article import Article
from nabra.errors import NabraError

EDGE_PUNCTUATION = ' .,،؛:"«»“”()'
PAIRS = {"«": "»", "“": "”", '"': '"', "(": ")"}


def check_articles(records: Iterable[tuple[str, dict[str, Any]]], tones: Sequence[str]) -> Iterator[Article]:
    """Turn records into articles, one by one.

    Args:
        records: Where each stands (`news.jsonl:3`), and the record.
        tones: The tones that may occur.

    Raises:
        NabraError: Naming place, article and field of the first fault.
    """
    seen: set[str] = set()
    for where, record in records:
        fault = next(_faults(record, tones), None)
        if fault is None and record["id"] in seen:
            fault = "id: an earlier article has it too; every article needs its own"
        if fault is not None:
            raise NabraError(f"{where}: article {record.get('id', '?')!r}: {fault}")
        seen.add(record["id"])
        yield Article.from_dict(record)


def trim_mention(mention: str) -> str:
    """A mention without the white space and punctuation that cling to it."""
    return max((form for form in _clean_forms(mention.strip()) if form in mention), key=len)


def _faults(record: dict[str, Any], tones: Sequence[str]) -> Iterator[str]:
    """What is wrong with a record, field first."""
    if not isinstance(record.get("id"), str) or not record["id"]:
        yield "id: must be a non-empty string"
    sentences = record.get("sentences")
    if not isinstance(sentences, list) or not sentences:
        yield "sentences: must be a non-empty list"
        return
    for index, sentence in enumerate(sentences):
        where = f"sentences[{index}]"
        if not isinstance(sentence, dict):
            yield f"{where}: must be an object"
            continue
        text = sentence.get("text")
        if not isinstance(text, str) or not text.strip() or "\n" in text:
            yield f"{where}.text: must be a non-empty string without a line break"
        elif sentence.get("tone") not in tones:
            yield f"{where}.tone: {sentence.get('tone')!r} is none of {', '.join(tones)}"
        elif "speaker" not in sentence:
            yield f"{where}.speaker: is missing; write null for the reporter's own voice"
        elif sentence["speaker"] is not None:
            yield from _speaker_faults(sentence["speaker"], sentences, f"{where}.speaker")


def _speaker_faults(speaker: Any, sentences: list[Any], where: str) -> Iterator[str]:
    mention = speaker.get("mention") if isinstance(speaker, dict) else None
    if not isinstance(mention, dict) or not isinstance(speaker.get("name"), str) or not speaker["name"]:
        yield f"{where}: must be null or an object with a name and a mention"
        return
    index, text = mention.get("sentence"), mention.get("text")
    if not isinstance(index, int) or not 0 <= index < len(sentences):
        yield f"{where}.mention.sentence: {index!r} is no index of a sentence"
    elif not isinstance(text, str) or not text or text not in str(sentences[index].get("text")):
        yield f"{where}.mention.text: {text!r} does not occur in sentence {index}"
    elif _has_ragged_edge(text):
        yield f"{where}.mention.text: {text!r} has punctuation or white space at its edge"


def _has_ragged_edge(mention: str) -> bool:
    return mention not in _clean_forms(mention)


def _clean_forms(mention: str) -> list[str]:
    """A mention stripped of punctuation, and with a mark that closes what it opened (صحيفة «الوطن»)."""
    bare = mention.strip(EDGE_PUNCTUATION)
    return [bare, *(bare + closing for opening, closing in PAIRS.items() if opening in bare)]
