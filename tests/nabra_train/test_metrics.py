from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from nabra.article import TONES, Article, Mention, Sentence, Source, Speaker
from nabra_train.metrics import (
    Comparison,
    SpeakerError,
    bootstrap,
    calibration_error,
    compare,
    confusion,
    coverage,
    reliability,
    score,
    speaker_errors,
)


def relabel(article: Article, **changes: object) -> Article:
    return dataclasses.replace(article, sentences=tuple(dataclasses.replace(s, **changes) for s in article.sentences))


def test_the_labels_themselves_score_one(labelled: list[Article]) -> None:
    scores = score(compare(labelled, labelled, TONES), TONES)
    for name in (
        "tone_accuracy",
        "tone_macro_f1",
        "source_accuracy",
        "speaker_accuracy",
        "mention_overlap",
        "both_right",
    ):
        assert scores[name] == 1
    assert np.isnan(scores["tone_calibration_error"])


def test_tone_scores_are_those_of_scikit_learn(labelled: list[Article]) -> None:
    guessed = [relabel(article, tone="optimistic") for article in labelled]
    comparison = compare(labelled, guessed, TONES)
    expected = f1_score(comparison.gold_tone, comparison.tone, average="macro", labels=range(3), zero_division=0)
    assert score(comparison, TONES)["tone_macro_f1"] == pytest.approx(expected)
    assert score(comparison, TONES)["tone_accuracy"] == 0.5
    assert confusion(comparison, TONES) == [[6, 0, 0], [3, 0, 0], [3, 0, 0]]


def test_nobody_is_right_only_where_nobody_speaks(labelled: list[Article]) -> None:
    scores = score(compare(labelled, [relabel(a, speaker=None) for a in labelled], TONES), TONES)
    assert scores["speaker_accuracy"] == 0.25
    assert scores["speaker_accuracy_none"] == 1
    assert scores["speaker_accuracy_here"] == 0
    assert scores["speaker_accuracy_continues"] == 0


def test_names_count_without_titles_and_spelling(labelled: list[Article]) -> None:
    guess = relabel(labelled[0], speaker=Speaker("وزير الري عادل بشير", Mention(1, "عادل بشير")))
    scores = score(compare(labelled[:1], [guess], TONES), TONES)
    assert scores["speaker_accuracy"] == 0.5


def test_overlap_is_shared_over_joint_characters() -> None:
    text = "قال عادل بشير نعم."
    gold = Article("a", (Sentence(text, "cautious", Speaker("عادل بشير", Mention(0, "عادل بشير"))),))
    guess = Article("a", (Sentence(text, "cautious", Speaker("عادل بشير", Mention(0, "بشير نعم"))),))
    assert score(compare([gold], [guess], TONES), TONES)["mention_overlap"] == pytest.approx(4 / 13)


NAMING = "قال سالم لكريم نعم."
SALIM, KARIM = "سالم", "كريم"


def naming(speakers: list[Speaker | None]) -> Article:
    return Article("a", tuple(Sentence(NAMING, "cautious", speaker) for speaker in speakers))


@pytest.mark.parametrize(
    ("gold", "guess", "kind"),
    [
        (None, (SALIM, 1, SALIM), "invented"),
        (None, (SALIM, 0, SALIM), "invented"),
        ((SALIM, 1, SALIM), None, "missed"),
        ((SALIM, 0, SALIM), None, "missed"),
        ((SALIM, 1, SALIM), (KARIM, 1, SALIM), "misnamed"),
        ((SALIM, 0, SALIM), (KARIM, 0, "سالم لكريم"), "misnamed"),
        ((SALIM, 1, SALIM), (KARIM, 1, KARIM), "other_mention"),
        ((SALIM, 1, SALIM), (KARIM, 0, KARIM), "overlooked"),
        ((SALIM, 0, SALIM), (KARIM, 1, KARIM), "interrupted"),
        ((SALIM, 0, SALIM), (KARIM, 0, KARIM), "wrong_thread"),
        ((SALIM, 0, SALIM), (SALIM, 1, KARIM), None),
    ],
)
def test_a_wrong_speaker_is_wrong_in_one_way(
    gold: tuple[str, int, str] | None, guess: tuple[str, int, str] | None, kind: str | None
) -> None:
    one, other = (naming([None, who and Speaker(who[0], Mention(*who[1:]))]) for who in (gold, guess))
    counts = speaker_errors(compare([one], [other], TONES))
    assert [name for name, count in counts.items() for _ in range(count)] == ([kind] if kind else [])


mentions = st.builds(Mention, st.integers(0, 2), st.sampled_from([SALIM, KARIM, "سالم لكريم"]))
threads = st.lists(st.none() | st.builds(Speaker, st.sampled_from([SALIM, KARIM]), mentions), min_size=3, max_size=3)


@given(threads, threads)
def test_every_wrong_speaker_has_one_kind_and_no_right_one_has(
    gold: list[Speaker | None], guess: list[Speaker | None]
) -> None:
    comparison = compare([naming(gold)], [naming(guess)], TONES)
    wrong = [(a and a.name) != (b and b.name) for a, b in zip(gold, guess, strict=True)]
    assert (~comparison.speaker_right).tolist() == wrong
    assert sum(speaker_errors(comparison).values()) == sum(wrong)
    for kind, source, guessed, overlap in zip(
        comparison.speaker_error, comparison.gold_source, comparison.source, comparison.overlap, strict=True
    ):
        holds = {
            SpeakerError.INVENTED: source == Source.NONE,
            SpeakerError.MISSED: guessed == Source.NONE,
            SpeakerError.MISNAMED: overlap > 0,
            SpeakerError.OTHER_MENTION: source == guessed == Source.HERE and not overlap > 0,
            SpeakerError.OVERLOOKED: source == Source.HERE and guessed == Source.CONTINUES,
            SpeakerError.INTERRUPTED: source == Source.CONTINUES and guessed == Source.HERE,
            SpeakerError.WRONG_THREAD: source == guessed == Source.CONTINUES and not overlap > 0,
        }
        assert not kind or [name.value for name, true in holds.items() if true] == [kind]


def test_other_sentences_are_refused(labelled: list[Article]) -> None:
    with pytest.raises(ValueError, match="'t-0': the predicted sentences are not the labelled ones"):
        compare(labelled[:1], [Article("t-0", (Sentence("نعم", "cautious"),))], TONES)


def test_calibration_error_of_known_bins() -> None:
    confidence = np.array([0.95, 0.95, 0.55, 0.55])
    assert calibration_error(confidence, np.array([True, True, True, False])) == pytest.approx(0.05)
    assert calibration_error(confidence, np.array([False, False, False, False])) == pytest.approx(0.75)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1))
def test_bins_hold_every_sentence_once(labels: list[tuple[float, bool]]) -> None:
    confidence, right = map(np.array, zip(*labels, strict=True))
    bins = reliability(confidence, right)
    assert sum(b["sentences"] for b in bins) == len(labels)
    assert sum(b["sentences"] * b["accuracy"] for b in bins) == pytest.approx(right.sum())
    assert all(b["low"] - 1e-9 <= b["confidence"] <= b["high"] + 1e-9 for b in bins)
    gaps = sum(b["sentences"] * abs(b["accuracy"] - b["confidence"]) for b in bins)
    assert calibration_error(confidence, right) == pytest.approx(gaps / len(labels))


def test_coverage_falls_and_accuracy_is_that_of_the_decided(labelled: list[Article]) -> None:
    sure = [dataclasses.replace(s, scores={s.tone: 0.92}) for s in labelled[0].sentences]
    doubtful = [dataclasses.replace(s, tone="obstacle", scores={"obstacle": 0.45}) for s in labelled[0].sentences]
    guessed = dataclasses.replace(labelled[0], sentences=(*sure[:2], *doubtful[2:]))
    curve = {point["min_confidence"]: point for point in coverage(compare(labelled[:1], [guessed], TONES))}
    assert (curve[0.0]["coverage"], curve[0.0]["tone_accuracy"]) == (1, 0.75)
    assert (curve[0.5]["coverage"], curve[0.5]["tone_accuracy"]) == (0.5, 1)
    assert 0.95 not in curve
    assert coverage(compare(labelled, labelled, TONES)) == []


def test_intervals_hold_the_value_and_repeat(labelled: list[Article]) -> None:
    guessed = [relabel(labelled[0], tone="optimistic"), *labelled[1:]]
    comparison = compare(labelled, guessed, TONES)

    def scorer(c: Comparison) -> dict[str, float]:
        return score(c, TONES)

    intervals = bootstrap(comparison, scorer, resamples=100)
    low, high = intervals["tone_accuracy"]
    assert low < score(comparison, TONES)["tone_accuracy"] < high
    assert bootstrap(comparison, scorer, resamples=100)["tone_accuracy"] == (low, high)


def test_a_tone_that_nobody_gave_is_not_scored(labelled: list[Article]) -> None:
    gold = [relabel(article, tone=tone) for article, tone in zip(labelled, ["optimistic", "optimistic", "cautious"])]
    comparison = compare(gold, gold, TONES)
    scores = score(comparison, TONES)
    assert scores["tone_macro_f1"] == 1
    assert np.isnan(scores["tone_f1_obstacle"])
    assert bootstrap(comparison, lambda c: score(c, TONES), resamples=50)["tone_macro_f1"] == (1, 1)


def test_a_mention_counts_where_it_stands() -> None:
    text = "قال علي إن علي حسن سافر."
    gold, guess = (
        Article("x", (Sentence(text, "cautious", Speaker("علي حسن", Mention(0, part, 11)), 0),))
        for part in ("علي", "علي حسن")
    )
    assert score(compare([gold], [guess], TONES), TONES)["mention_overlap"] == pytest.approx(3 / 7)


def test_nothing_is_not_compared() -> None:
    with pytest.raises(ValueError, match="there are no sentences to compare"):
        compare([], [], TONES)
