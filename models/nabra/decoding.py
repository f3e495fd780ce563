"""From logits to what a sentence says of its tone and speaker."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nabra.article import Source
from nabra.errors import ModelError
from nabra.speakers import Attribution
from nabra.tokenization import SentenceTokens

FloatArray = npt.NDArray[np.float32]
SOURCES = tuple(Source)
MAX_SPAN_TOKENS = 40
"""Longest mention considered; the longest labelled one has 27 tokens of the compact vocabulary."""
SCORE_DIGITS = 6
"""Decimal places of all scores."""
BREAK = re.compile(
    r"[،,:؛;()\[\]–—]"
    r"|\b(?:[وب]?[أا]ن(?:ه|ها|هم)?|إن(?:ه|ها|هم)|الذي|التي|الذين|أمس|اليوم|[أا]يضا|كما|خلال|بعد|قبل|ضد)\b"
    r"|(?<=\bإن)\b"
    r"|\b(?=(?:وقع|نشر|[أا]صدر|[أا]ورد|بث)ت?ها?\b)"
)
"""What no mention runs over: punctuation and what begins a clause. «إن» itself may end a Korean name."""


@dataclass(frozen=True, slots=True)
class Logits:
    """What a runtime gives for B sentences of at most T tokens.

    Args:
        tone: B x tones.
        source: B x 3, in the order of `Source`.
        span: B x T x 2, start and end of the mention.

    Raises:
        ModelError: If some are no numbers.
    """

    tone: FloatArray
    source: FloatArray
    span: FloatArray

    def __post_init__(self) -> None:
        if not all(np.isfinite(values).all() for values in (self.tone, self.source, self.span)):
            raise ModelError("the model's answers are no numbers (NaN): its weights are damaged; get or train it anew")


def softmax(logits: FloatArray) -> FloatArray:
    """Probabilities along the last axis."""
    exponentials: FloatArray = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities: FloatArray = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return probabilities


def round_score(probability: np.float32) -> float:
    """A probability as it is given out.

    What the order of additions does to float32 lies below the last digit, so that scores read the same, nearly always,
    whatever a runtime computed beside them.
    """
    return round(float(probability), SCORE_DIGITS)


def decode_attribution(source: FloatArray, span: FloatArray, tokens: SentenceTokens, text: str) -> Attribution:
    """The most probable source of one sentence and, where it names its speaker, the mention.

    Of equally probable sources the first wins, in the order of `Source`; of equally likely mentions the one that
    begins first, and of those the shortest.

    Args:
        source: 3 logits, in the order of `Source`.
        span: T x 2 logits of start and end, T at least the number of tokens.
        tokens: The sentence's, with offsets into its text.
        text: The sentence.
    """
    probabilities = softmax(source)
    best = int(probabilities.argmax())
    start, end = _best_span(span, tokens, text) if SOURCES[best] is Source.HERE else (None, None)
    return Attribution(SOURCES[best], start, end, score=round_score(probabilities[best]))


def _best_span(span: FloatArray, tokens: SentenceTokens, text: str) -> tuple[int | None, int | None]:
    """Character offsets of the likeliest mention, or `None` twice if the sentence has no tokens of its own."""
    own = [i for i, special in enumerate(tokens.special) if not special]
    if not own:
        return None, None
    first, last = own[0], own[-1] + 1
    starts, ends = span[first:last, 0], span[first:last, 1]
    totals = starts[:, None] + ends[None, :]
    gap = np.arange(len(ends))[None, :] - np.arange(len(starts))[:, None]
    breaks = [found.end() for found in BREAK.finditer(text)]
    clause = np.searchsorted(breaks, [tokens.offsets[i][1] for i in own], side="left")
    allowed = (gap >= 0) & (gap < MAX_SPAN_TOKENS) & (clause[:, None] == clause[None, :])
    totals = np.where(allowed, totals, -np.inf)
    start, end = np.unravel_index(int(totals.argmax()), totals.shape)
    return tokens.offsets[first + int(start)][0], tokens.offsets[first + int(end)][1]
