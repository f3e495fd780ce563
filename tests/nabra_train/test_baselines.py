from __future__ import annotations

from collections.abc import Callable

import pytest

from nabra.article import Article, Source
from nabra_train.baselines import Majority, WordsAndCues, attribute


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("وقال وزير الري عادل بشير إن المحادثات بدأت.", "وزير الري عادل بشير"),
        ("وأكدت المتحدثة: «نعم».", "المتحدثة"),
        ("بدأت المحادثات، وفقا لمصدر مطلع.", "مصدر مطلع"),
        ("وبحسب مصدر مطلع، بدأت المحادثات.", "مصدر مطلع"),
    ],
)
def test_subject_of_a_cue_is_the_speaker(text: str, subject: str) -> None:
    found = attribute(text)
    assert found.source is Source.HERE
    assert text[found.start : found.end].strip() == subject


@pytest.mark.parametrize("make", [lambda n: " قال" * n + " x»", lambda n: ("وقال" + " " * 20) * (n // 20) + "»"])
def test_many_verbs_before_the_end_of_a_quotation_take_linear_time(make: Callable[[int], str]) -> None:
    assert attribute(make(50_000)).source is Source.NONE  # the square of it would take hours


def test_a_quotation_that_ends_after_a_verb_hides_nobody_behind_it() -> None:
    text = "قال ما قال» وقال وزير الري إن المحادثات بدأت."
    found = attribute(text)
    assert text[found.start : found.end] == "وزير الري"


def test_going_on_and_nobody() -> None:
    assert attribute("وأضاف: «سنعود غدا».").source is Source.CONTINUES
    assert attribute("وصل الوفدان صباح الأحد.").source is Source.NONE
    assert attribute("يحسبون أن الأمر انتهى.").source is Source.NONE


def test_majority_says_the_most_frequent_tone_and_nobody(labelled: list[Article]) -> None:
    (article,) = Majority(labelled).analyze_many(labelled[:1])
    assert {(s.tone, s.speaker) for s in article.sentences} == {("optimistic", None)}


def test_words_and_cues_learns_what_it_was_shown(labelled: list[Article]) -> None:
    guessed = list(WordsAndCues(labelled).analyze_many(labelled))
    assert [s.tone for a in guessed for s in a.sentences] == [s.tone for a in labelled for s in a.sentences]
    assert guessed[0].sentences[1].speaker.name == "عادل بشير"
    assert sum(guessed[0].sentences[0].scores.values()) == pytest.approx(1)
