"""Sentences that name nobody for what they report."""

from __future__ import annotations

import pytest

from nabra._implicit import has_implied_subject
from nabra.article import Source
from nabra.speakers import Attribution
from nabra.words import tokenize
from tests.nabra.thread import CONTINUES, NONE, names


@pytest.mark.parametrize(
    "sentence",
    [
        "وأضاف أن الوفدين سيعودان غدا.",
        "كما أكدت أنها ستعود غدا.",
        "وأشار إلى أن الوزير سيعود غدا.",
        "وقال: الوزير سيعود غدا.",
        "وقالت «سيعود الوزير إلى القرية غدا مساء».",
        "مشيرا إلى أن الوزير سيعود غدا.",
        "وطالب الهيئة بإصلاح الجسر.",
        "وهنأ الكنديين بفوزهم.",
    ],
)
def test_nobody_is_named_between_the_verb_and_what_is_said(sentence: str) -> None:
    assert has_implied_subject(sentence, tokenize(sentence))


@pytest.mark.parametrize(
    "sentence",
    [
        "وأضاف الوزير أن الوفدين سيعودان غدا.",
        "وقالت «القوات العشائرية» إنها ستعود غدا.",
        "وطالبت الهيئة بإصلاح الجسر.",
        "وأضاف إلى العود وترا سابعا.",
        "وقالت النائب هند العلي إن الجسر آمن.",
        "وقال الأمين إن الجسر آمن.",
        "وأكد",
        "",
    ],
)
def test_a_subject_or_another_meaning_is_seen(sentence: str) -> None:
    assert not has_implied_subject(sentence, tokenize(sentence))


def test_the_last_speaker_goes_on_whomever_the_model_takes_what_is_said_for() -> None:
    rows = [("قال سامي الحداد إن الجسر آمن.", "سامي الحداد"), ("وأضاف أن الوزير أكد ذلك.", "الوزير")]
    assert names(*rows) == ["سامي الحداد"] * 2


def test_the_model_is_believed_where_nobody_has_spoken() -> None:
    assert names(("وأضاف أن الوزير أكد ذلك.", "الوزير")) == ["الوزير"]
    assert names(("وأضاف أن الوزير أكد ذلك.", NONE)) == [None]


@pytest.mark.parametrize(
    ("sentence", "score", "goes_on"),
    [
        ("فالجسر بني قبل قرن.", 0.6, False),
        ("فالجسر بني قبل قرن.", 0.95, True),
        ("وبحسب الخطة يقول إن الجسر بني قبل قرن.", 0.6, True),
    ],
)
def test_after_the_reporter_nobody_goes_on_by_a_doubtful_guess(sentence: str, score: float, goes_on: bool) -> None:
    doubtful = Attribution(Source.CONTINUES, score=score)
    rows = [("قال سامي الحداد إن الجسر آمن.", "سامي الحداد"), ("وصل الوفد أمس.", NONE), (sentence, doubtful)]
    assert names(*rows)[2] == ("سامي الحداد" if goes_on else None)


def test_a_doubtful_guess_goes_on_right_after_the_speaker_and_inside_a_quotation() -> None:
    doubtful = Attribution(Source.CONTINUES, score=0.6)
    assert names(("قال سامي الحداد إن الجسر آمن.", "سامي الحداد"), ("فالجسر جديد.", doubtful))[1] == "سامي الحداد"
    quoted = [("قال سامي الحداد: «الجسر آمن.", "سامي الحداد"), ("الجسر جديد.", NONE), ("الجسر طويل».", doubtful)]
    assert names(*quoted)[2] == "سامي الحداد"


def test_an_interviewee_goes_on_after_a_question() -> None:
    doubtful = Attribution(Source.CONTINUES, score=0.6)
    rows = [("قال سامي الحداد إن الجسر آمن.", "سامي الحداد"), ("هل الجسر جديد؟", NONE), ("- الجسر قديم.", doubtful)]
    assert names(*rows)[2] == "سامي الحداد"


@pytest.mark.parametrize("verb", ["ولفت إلى أن", "وأضاف أن"])
@pytest.mark.parametrize("last", ["الوزير سالم الكندي", "سماحة المفتي أحمد الخليلي", "العمدة سامي الحداد"])
def test_a_man_goes_on_whatever_the_last_letter_of_verb_or_title(verb: str, last: str) -> None:
    rows = [("قالت الوزيرة هند العلي إن الجسر آمن.", "الوزيرة هند العلي"), (f"وقال {last} إن الجسر آمن.", last)]
    said = names(*rows, (f"{verb} العمل مستمر.", CONTINUES))
    assert said[2] == said[1] != said[0]
