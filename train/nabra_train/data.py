"""Labelled articles: read with `datasets`, checked, turned into training examples."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import datasets

from nabra.aligned import as_read
from nabra.article import Article, Sentence, Source
from nabra.decoding import SOURCES
from nabra.errors import NabraError
from nabra.json_lines import read_json_lines
from nabra.labelled import check_articles
from nabra.modeling import IGNORED
from nabra.tokenization import SentenceTokenizer, SentenceTokens


def load_articles(path: str | Path, tones: Sequence[str]) -> list[Article]:
    """Read a file of labelled articles.

    Args:
        path: JSON Lines, an article a line.
        tones: The tones that may occur.

    Raises:
        NabraError: Naming file, line, article and field of the first fault, or if no file is named.
    """
    if not str(path):
        raise NabraError("labelled articles: no file is named; see --data.train, --data.dev and --data.test")
    records = ((f"{path}:{number}", record) for number, record in read_json_lines(Path(path)))
    articles = list(check_articles(records, tones))
    if not articles:
        raise NabraError(f"{path}: holds no article; expected JSON Lines, an article a line")
    return articles


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
    encoded = tokenizer.encode([as_read(sentence.text) for _, sentence in labelled])
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
    text = as_read(sentence.speaker.mention.text)
    start = as_read(sentence.text).index(text)
    inside = [
        token
        for token, (first, last) in enumerate(tokens.offsets)
        if first < start + len(text) and last > start and not tokens.special[token]
    ]
    return [inside[0], inside[-1]] if inside else [IGNORED, IGNORED]
