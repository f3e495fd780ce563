"""Labelled articles: read with `datasets`, checked field by field, turned into training examples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import datasets

from nabra.article import Article, Sentence, Source
from nabra.decoding import SOURCES
from nabra.errors import NabraError
from nabra.modeling import IGNORED
from nabra.readers import read_json_lines
from nabra.tokenization import SentenceTokenizer, SentenceTokens

EDGE_PUNCTUATION = ' .,،؛:"«»“”()'
PAIRS = {"«": "»", "“": "”", '"': '"', "(": ")"}


def load_articles(path: str | Path, tones: Sequence[str]) -> list[Article]:
    """Read a file of labelled articles.

    Args:
        path: JSON Lines, an article a line.
        tones: The tones that may occur.

    Raises:
        NabraError: Naming file, line, article and field of the first fault.
    """
    articles: list[Article] = []
    seen: set[str] = set()
    for number, record in read_json_lines(Path(path)):
        fault = next(_faults(record, tones), None)
        if fault is None and record["id"] in seen:
            fault = "id: stands on an earlier line too; every article needs its own"
        if fault is not None:
            raise NabraError(f"{path}:{number}: article {record.get('id', '?')!r}: {fault}")
        seen.add(record["id"])
        articles.append(Article.from_dict(record))
    if not articles:
        raise NabraError(f"{path}: holds no article; expected JSON Lines, an article a line")
    return articles


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
    """Whether punctuation clings to a mention, other than a mark that closes what it opened (صحيفة «الوطن»)."""
    bare = mention.strip(EDGE_PUNCTUATION)
    return mention not in (bare, *(bare + closing for opening, closing in PAIRS.items() if opening in bare))


def source_of(index: int, sentence: Sentence) -> Source:
    """How a labelled sentence gets its speaker."""
    if sentence.speaker is None:
        return Source.NONE
    return Source.HERE if sentence.speaker.mention.sentence == index else Source.CONTINUES


def build_dataset(articles: Sequence[Article], tokenizer: SentenceTokenizer, tones: Sequence[str]) -> datasets.Dataset:
    """Training examples, one a sentence: token ids and the three heads' labels.

    Columns: `input_ids`, `tone_labels`, `source_labels`, `span_labels` (first and last token).
    """
    labelled = [(index, sentence) for article in articles for index, sentence in enumerate(article.sentences)]
    encoded = tokenizer.encode([sentence.text for _, sentence in labelled])
    rows = [
        {
            "input_ids": tokens.ids,
            "tone_labels": tones.index(sentence.tone),
            "source_labels": SOURCES.index(source_of(index, sentence)),
            "span_labels": _span_labels(index, sentence, tokens),
        }
        for (index, sentence), tokens in zip(labelled, encoded, strict=True)
    ]
    return datasets.Dataset.from_list(rows)


def _span_labels(index: int, sentence: Sentence, tokens: SentenceTokens) -> list[int]:
    """First and last token of the mention; `IGNORED` where the sentence has none or it was cut off."""
    if source_of(index, sentence) is not Source.HERE or sentence.speaker is None:
        return [IGNORED, IGNORED]
    text = sentence.speaker.mention.text
    start = sentence.text.index(text)
    inside = [
        token
        for token, (first, last) in enumerate(tokens.offsets)
        if first < start + len(text) and last > start and not tokens.special[token]
    ]
    return [inside[0], inside[-1]] if inside else [IGNORED, IGNORED]
