"""Scores of predicted articles against labelled ones, with bootstrap intervals over articles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

from nabra.article import Article, Sentence, Source
from nabra.names import same_name
from nabra.rendering import locate
from nabra_train.data import source_of

CALIBRATION_BINS = 10
MIN_CONFIDENCES = (0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


class SpeakerError(str, Enum):
    """In what way a speaker is wrong: each wrong one in exactly one."""

    INVENTED = "invented"
    """Nobody speaks, and somebody was predicted."""
    MISSED = "missed"
    """Somebody speaks, and nobody was predicted."""
    MISNAMED = "misnamed"
    """The mention is right, at least in part, but the name is not."""
    OTHER_MENTION = "other_mention"
    """The sentence names its speaker, and somebody else whom it names was predicted."""
    OVERLOOKED = "overlooked"
    """The sentence names its speaker, and one named elsewhere was predicted to go on."""
    INTERRUPTED = "interrupted"
    """A speaker goes on, and somebody whom the sentence names was predicted."""
    WRONG_THREAD = "wrong_thread"
    """A speaker goes on, and another one was predicted to go on."""


WRONG_SPEAKERS = {
    (Source.NONE, Source.HERE): SpeakerError.INVENTED,
    (Source.NONE, Source.CONTINUES): SpeakerError.INVENTED,
    (Source.HERE, Source.NONE): SpeakerError.MISSED,
    (Source.CONTINUES, Source.NONE): SpeakerError.MISSED,
    (Source.HERE, Source.HERE): SpeakerError.OTHER_MENTION,
    (Source.HERE, Source.CONTINUES): SpeakerError.OVERLOOKED,
    (Source.CONTINUES, Source.HERE): SpeakerError.INTERRUPTED,
    (Source.CONTINUES, Source.CONTINUES): SpeakerError.WRONG_THREAD,
}
"""By the labelled and the predicted source, where the mentions do not overlap."""


@dataclass(frozen=True)
class Comparison:
    """Gold and predicted labels of N sentences, one array a label; rows of an article are adjacent.

    Args:
        article: Index of the sentence's article.
        gold_tone: Indices into the tones.
        tone: Indices into the tones.
        confidence: Probability of the predicted tone; NaN where the prediction has none.
        gold_source: Values of `Source`.
        source: Values of `Source`.
        speaker_error: Values of `SpeakerError`; empty where both say nobody or name the same person.
        overlap: Shared characters of both mentions over those of either; NaN unless both lie in one sentence.
    """

    article: npt.NDArray[np.int64]
    gold_tone: npt.NDArray[np.int64]
    tone: npt.NDArray[np.int64]
    confidence: npt.NDArray[np.float64]
    gold_source: npt.NDArray[np.str_]
    source: npt.NDArray[np.str_]
    speaker_error: npt.NDArray[np.str_]
    overlap: npt.NDArray[np.float64]

    @property
    def tone_right(self) -> npt.NDArray[np.bool_]:
        """Whether the tones are the same."""
        return np.asarray(self.gold_tone == self.tone)

    @property
    def speaker_right(self) -> npt.NDArray[np.bool_]:
        """Whether both say nobody or name the same person."""
        return np.asarray(self.speaker_error == "")

    def take(self, rows: npt.NDArray[np.int64]) -> Comparison:
        """The same comparison over other rows."""
        return Comparison(**{name: values[rows] for name, values in vars(self).items()})


def compare(gold: Sequence[Article], predicted: Sequence[Article], tones: Sequence[str]) -> Comparison:
    """Line up the labels of the same articles in the same order.

    Raises:
        ValueError: If the sentences differ.
    """
    rows: list[tuple[Any, ...]] = []
    for number, (one, other) in enumerate(zip(gold, predicted, strict=True)):
        if [s.text for s in one.sentences] != [s.text for s in other.sentences]:
            raise ValueError(f"article {one.id!r}: the predicted sentences are not the labelled ones")
        for index, (right, guess) in enumerate(zip(one.sentences, other.sentences, strict=True)):
            sources = source_of(index, right), source_of(index, guess)
            overlap = _overlap(one, other, index)
            rows.append(
                (
                    number,
                    tones.index(right.tone),
                    tones.index(guess.tone),
                    guess.scores.get(guess.tone, np.nan),
                    *(source.value for source in sources),
                    _speaker_error(right, guess, sources, overlap),
                    overlap,
                )
            )
    if not rows:
        raise ValueError("there are no sentences to compare")
    return Comparison(*(np.array(column) for column in zip(*rows, strict=True)))


def _speaker_error(gold: Sentence, guess: Sentence, sources: tuple[Source, Source], overlap: float) -> str:
    if _same_speaker(gold, guess):
        return ""
    return (SpeakerError.MISNAMED if overlap > 0 else WRONG_SPEAKERS[sources]).value


def _same_speaker(gold: Sentence, guess: Sentence) -> bool:
    if gold.speaker is None or guess.speaker is None:
        return gold.speaker is guess.speaker
    return same_name(gold.speaker.name, guess.speaker.name)


def _overlap(gold: Article, guess: Article, index: int) -> float:
    """Of the mentions of a sentence's speakers."""
    one, other = gold.sentences[index].speaker, guess.sentences[index].speaker
    if one is None or other is None or one.mention.sentence != other.mention.sentence:
        return np.nan
    here, there = locate(gold, one.mention), locate(guess, other.mention)
    if here is None or there is None:
        return np.nan
    shared = max(min(here[1], there[1]) - max(here[0], there[0]), 0)
    return float(shared) / (here[1] - here[0] + there[1] - there[0] - shared)


def score(comparison: Comparison, tones: Sequence[str]) -> dict[str, float]:
    """Every score of a comparison, by name; NaN where there is nothing to score."""
    c = comparison
    labels = range(len(tones))
    # Of a tone that is neither labelled nor predicted, as in a small resample, there is nothing to score.
    precision, recall, f1, _ = precision_recall_fscore_support(c.gold_tone, c.tone, labels=labels, zero_division=np.nan)
    scores = {
        "tone_accuracy": float(accuracy_score(c.gold_tone, c.tone)),
        "tone_macro_f1": float(np.nanmean(f1)),
        "tone_calibration_error": calibration_error(c.confidence, c.tone_right),
        "source_accuracy": float(np.mean(c.gold_source == c.source)),
        "speaker_accuracy": float(np.mean(c.speaker_right)),
    }
    for index, tone in enumerate(tones):
        scores[f"tone_precision_{tone}"] = float(precision[index])
        scores[f"tone_recall_{tone}"] = float(recall[index])
        scores[f"tone_f1_{tone}"] = float(f1[index])
    for source in Source:
        scores[f"speaker_accuracy_{source.value}"] = _mean(c.speaker_right[c.gold_source == source.value])
    scores["mention_overlap"] = _mean(c.overlap[~np.isnan(c.overlap)])
    scores["both_right"] = float(np.mean(c.tone_right & c.speaker_right))
    return scores


def _mean(values: npt.NDArray[Any]) -> float:
    return float(np.mean(values)) if len(values) else float("nan")


def calibration_error(confidence: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> float:
    """Expected calibration error over ten equal bins of confidence (Guo et al., 2017); NaN without confidences."""
    bins = reliability(confidence, right)
    if not bins:
        return float("nan")
    return sum(abs(b["accuracy"] - b["confidence"]) * b["sentences"] for b in bins) / len(confidence)


def reliability(confidence: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> list[dict[str, float]]:
    """Whether confidences mean what they say.

    Returns:
        For each of ten equal bins of confidence that has sentences: where it begins (`low`) and ends (`high`), its
        sentences, and their mean confidence and accuracy; nothing without confidences.
    """
    if np.isnan(confidence).any():
        return []
    bins = np.minimum((confidence * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    return [
        {
            "low": float(number / CALIBRATION_BINS),
            "high": float((number + 1) / CALIBRATION_BINS),
            "sentences": int(np.sum(bins == number)),
            "confidence": float(np.mean(confidence[bins == number])),
            "accuracy": float(np.mean(right[bins == number])),
        }
        for number in np.unique(bins)
    ]


def speaker_errors(comparison: Comparison) -> dict[str, int]:
    """How many speakers are wrong in each way."""
    return {kind.value: int(np.sum(comparison.speaker_error == kind.value)) for kind in SpeakerError}


def coverage(comparison: Comparison) -> list[dict[str, float]]:
    """What is gained by leaving the doubtful sentences undecided (El-Yaniv and Wiener, 2010).

    Returns:
        For each least confidence the share of the sentences that reach it, and the tone accuracy among them; nothing
        without confidences.
    """
    if np.isnan(comparison.confidence).any():
        return []
    right = comparison.tone_right
    decided = [(threshold, comparison.confidence >= threshold) for threshold in MIN_CONFIDENCES]
    return [
        {"min_confidence": threshold, "coverage": float(np.mean(kept)), "tone_accuracy": _mean(right[kept])}
        for threshold, kept in decided
        if kept.any()
    ]


def confusion(comparison: Comparison, tones: Sequence[str]) -> list[list[int]]:
    """Counts of sentences, a row a gold tone and a column a predicted one."""
    matrix = confusion_matrix(comparison.gold_tone, comparison.tone, labels=range(len(tones)))
    return [[int(count) for count in row] for row in matrix]


def bootstrap(
    comparison: Comparison,
    scorer: Callable[[Comparison], dict[str, float]],
    resamples: int = 1000,
    seed: int = 0,
) -> dict[str, tuple[float, float]]:
    """95% percentile intervals of every score, resampling whole articles (Efron and Tibshirani, 1993)."""
    rows = [np.flatnonzero(comparison.article == a) for a in np.unique(comparison.article)]
    generator = np.random.default_rng(seed)
    samples = [
        scorer(comparison.take(np.concatenate([rows[i] for i in generator.integers(len(rows), size=len(rows))])))
        for _ in range(resamples)
    ]
    intervals = {}
    for name in samples[0]:
        values = np.array([sample[name] for sample in samples])
        values = values[~np.isnan(values)]
        low, high = np.percentile(values, [2.5, 97.5]) if len(values) else (np.nan, np.nan)
        intervals[name] = (float(low), float(high))
    return intervals
