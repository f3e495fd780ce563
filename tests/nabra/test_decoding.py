from __future__ import annotations

import numpy as np
import pytest

from nabra.article import Source
from nabra.decoding import MAX_SPAN_TOKENS, decode_attribution, softmax
from nabra.tokenization import SentenceTokenizer

TEXT = "وقال الوزير الأمريكي إن الاتفاق قريب"
SURE = {source: np.eye(3, dtype=np.float32)[i] * 9 for i, source in enumerate(Source)}


def peaks(length: int, start: int, end: int) -> np.ndarray:
    span = np.zeros((length, 2), dtype=np.float32)
    span[start, 0] = span[end, 1] = 5
    return span


def test_softmax_is_stable_and_sums_to_one() -> None:
    probabilities = softmax(np.array([[1000.0, 1000.0], [-1000.0, 0.0]], dtype=np.float32))
    assert probabilities == pytest.approx(np.array([[0.5, 0.5], [0.0, 1.0]]))


def test_mention_is_the_likeliest_span(tokenizer: SentenceTokenizer) -> None:
    (encoding,) = tokenizer.encode([TEXT])
    first = next(i for i, (_, end) in enumerate(encoding.offsets) if end > TEXT.index("الوزير"))
    last = next(i for i, (_, end) in enumerate(encoding.offsets) if end >= TEXT.index("الأمريكي") + 8)
    attribution = decode_attribution(SURE[Source.HERE], peaks(len(encoding.ids), first, last), encoding, TEXT)
    assert attribution.source is Source.HERE
    assert TEXT[attribution.start : attribution.end].strip() == "الوزير الأمريكي"
    assert attribution.score == pytest.approx(1, abs=1e-3)


def test_of_equal_mentions_the_first_and_shortest_wins(tokenizer: SentenceTokenizer) -> None:
    (encoding,) = tokenizer.encode([TEXT])
    span = np.zeros((len(encoding.ids), 2), dtype=np.float32)
    attribution = decode_attribution(np.zeros(3, np.float32), span, encoding, TEXT)
    assert attribution.source is Source.NONE
    attribution = decode_attribution(SURE[Source.HERE], span, encoding, TEXT)
    assert (attribution.start, attribution.end) == encoding.offsets[1]


def test_end_never_lies_before_start(tokenizer: SentenceTokenizer) -> None:
    (encoding,) = tokenizer.encode([TEXT])
    attribution = decode_attribution(SURE[Source.HERE], peaks(len(encoding.ids), 4, 2), encoding, TEXT)
    assert attribution.start is not None
    assert attribution.end is not None
    assert attribution.start < attribution.end


def test_separators_and_far_ends_are_no_mention(tokenizer: SentenceTokenizer) -> None:
    (encoding,) = tokenizer.encode([TEXT])
    span = peaks(len(encoding.ids), 0, len(encoding.ids) - 1)
    attribution = decode_attribution(SURE[Source.HERE], span, encoding, TEXT)
    assert attribution.end is not None
    assert 0 < attribution.end <= len(TEXT)
    assert MAX_SPAN_TOKENS > 27


@pytest.mark.parametrize("source", [Source.NONE, Source.CONTINUES])
def test_only_here_has_a_mention(tokenizer: SentenceTokenizer, source: Source) -> None:
    (encoding,) = tokenizer.encode([TEXT])
    attribution = decode_attribution(SURE[source], peaks(len(encoding.ids), 1, 2), encoding, TEXT)
    assert (attribution.source, attribution.start, attribution.end) == (source, None, None)


def test_sentence_without_tokens_has_no_mention(tokenizer: SentenceTokenizer) -> None:
    (encoding,) = tokenizer.encode(["\u200f"])
    span = np.zeros((len(encoding.ids), 2), dtype=np.float32)
    attribution = decode_attribution(SURE[Source.HERE], span, encoding, TEXT)
    assert attribution.source is Source.HERE


@pytest.mark.parametrize("text", ["بيان مشترك وقعه الوزيران", "مسؤول في الحركة، طلب", "مسؤول من الحركة إن الوزير"])
def test_a_mention_runs_over_no_clause(tokenizer: SentenceTokenizer, text: str) -> None:
    (encoding,) = tokenizer.encode([text])
    attribution = decode_attribution(
        SURE[Source.HERE], peaks(len(encoding.ids), 1, len(encoding.ids) - 2), encoding, text
    )
    assert (attribution.start, attribution.end) != (0, len(text))
