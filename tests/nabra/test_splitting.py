"""Tests of the sentence splitter."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nabra.splitting import Span, split_sentences

UNSEEN = re.compile(r"[\s\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]*")
SEED = Path(__file__).resolve().parents[2].parent / "shared" / "seed"


def sentences(text: str) -> list[str]:
    return [text[span.start : span.end] for span in split_sentences(text)]


def joined(*expected: str) -> tuple[str, list[str]]:
    """Sentences with a space between them, and the sentences."""
    return " ".join(expected), list(expected)


@pytest.mark.parametrize("text", ["", " ", "\n\n \t\u00a0\u2028\r\n"])
def test_nothing_gives_nothing(text: str) -> None:
    assert split_sentences(text) == []


def test_spans_are_offsets_without_white_space() -> None:
    assert split_sentences("  عاد الوفد.  وصل اليوم \n") == [Span(2, 12), Span(14, 23)]


@pytest.mark.parametrize("stop", [".", "؟", "?", "!", "؟!", "!!", " .", "..؟", "…!", "۔"])
def test_stops_end_a_sentence(stop: str) -> None:
    text, expected = joined(f"وصل الوفد أمس{stop}", "وعاد اليوم.")
    assert sentences(text) == expected


@pytest.mark.parametrize("mark", ["؛", "،", ":", "..", "...", "…", " ..", " -", "؟،", ".،", "!؛"])
def test_other_marks_do_not(mark: str) -> None:
    text = f"وصل الوفد أمس{mark} وعاد اليوم."
    assert sentences(text) == [text]


@pytest.mark.parametrize(
    "close",
    [
        '."',
        '".',
        ".»",
        "».",
        ".”",
        "”.",
        ".“",
        ".’",
        ".)",
        ").",
        "؟».",
        '؟"',
        '...".',
        '!").',
        "»!.",
        ". »",
        ".]",
    ],
)
def test_closing_marks_stay_with_the_stop(close: str) -> None:
    text, expected = joined(f"وقال إن الوفد وصل{close}", "وعاد الوزير.")
    assert sentences(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        joined('قال الوزير: "سنعود غدا.', "نحن واثقون من ذلك.", 'والباب مفتوح".', "وغادر."),
        joined("قال: «لن نوقع.", "ولن نتراجع».", "ثم انصرف."),
        joined("عاد الوفد.", '"لم نخسر شيئا"، قال الوزير.', "«ولم نربح»."),
        joined('وصفها بأنها "بناءة" وقال إنها "تاريخية".', '"وكانت طويلة" أيضا.'),
        joined("وقال:» لن نعود.«", "ثم عاد."),
    ],
)
def test_quotations(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "بلغ المؤشر 61.14 نقطة و٦١.١٤ دولار.",
        "أنتج المصنع 7. 3 أطنان.",
        "قال د. أحمد سعيد وم. وليد حسن ود. منى.",
        "قال أ.د. وليد حسن وأ. د. منى علي.",
        "قال د.أحمد سعيد.",
        "قال دً. أحمد سعيد.",
        "زار ج.م.ع. بعد غياب، ورقمه ص.ب. 12.",
        "نقلت (د.ب.أ) و«بي.بي.سي» وإن.بي.سي نيوز الخبر.",
        "نقلت هيئة بي. بي. سي عن الكاتب هنري بي. سميث.",
        "نقلت سي.إن. إن الخبر.",
        "اتهم (بي.كيه.كيه) وشركة إتش.إس.بي.سي.",
        "The U.S. and J. P. Morgan met Mr. Smith.",
        "زار U.S. Steel أمس.",
        "دخلت قوات U.S.-led أمس.",
        "قال د.«أحمد سعيد».",
        "راجع www.example.com/a?b=c أو name@example.com.sa اليوم.",
        "وقال (...) إنه (!) سيعود (؟) قريبا (..) جدا.",
        "سول 5 مايو 2018 /اتفق الجانبان.",
        "تونس 9 يونيو /تاس/. اتفق الجانبان.",
        "تونس، 12 أبريل – سبوتنيك. اتفق الجانبان.",
        "القاهرة (رويترز) - اتفق الجانبان.",
        "جنيف ـ وكالات. اتفق الجانبان.",
        "دمشق-سانا. اتفق الجانبان.",
        "سأل: « هل انتهى الأمر؟ »، ثم مضى.",
        "1. زراعة الأشجار.",
        "- 2. زراعة الأشجار.",
        "أ. زراعة الأشجار.",
        "د.\u200f أحمد سعيد.",
    ],
)
def test_stops_that_end_nothing(text: str) -> None:
    assert sentences(text) == [text]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        joined("تأسست عام 2014.", "وتوسعت بعده."),
        joined("فاز الأهلي على الزمالك 2-1.", "وقال المدرب إنه سعيد."),
        joined("انتشر كوفيد-19.", "وقالت الوزيرة ذلك."),
        joined("قال: « انتهى الأمر! ».", "ثم مضى."),
        joined("قال: ( انتهى الأمر. )", "ثم مضى."),
        joined("تبدأ عند الساعة 5 م.", "وتنتهي ليلا."),
        joined("حضر 61 ضيفًا.", "والتقى بهم الوزير."),
        joined("نقلته بي.بي.سي.", "وقال الوزير إنه عاد."),
        joined("لا أعلم إن كان معه أم لا.", "هذا كل شيء."),
        joined("طالبوا بآلات لن تُعطّل.", "كلفتها كبيرة."),
        joined("اشترى Windows.", "كما باع هاتفه."),
        joined("نتائج اليوم.", "2. تحديد الموعد."),
        joined("عاد الوفد.\u200f", "\u200fوغادر الوزير."),
        joined("عاد الوفد.", ".. وهنا يغادر الوزير."),
    ],
)
def test_ends_that_look_like_others(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("عاد الوفد.", "وقال الوزير."),
        ("عاد له.", "وقال الوزير."),
        ("عاد عام 2014.", "وقال الوزير."),
        ("عاد «الوفد».", "وقال الوزير."),
        ('قال "عاد الوفد."', "وقال الوزير."),
        ("قال “عاد الوفد.”", "وقال الوزير."),
        ("عاد الوفد.", '"لن نعود" قال الوزير.'),
        ("عاد الوفد.", "«لن نعود» قال الوزير."),
        ("عاد الوفد .", "وقال الوزير."),
        ("هل عاد؟", "قال الوزير."),
        ("هل عاد؟", "- قال الوزير."),
    ],
)
def test_missing_space(first: str, second: str) -> None:
    assert sentences(first + second) == [first, second]


@pytest.mark.parametrize("line_break", ["\n", "\n\n", "\r\n", " \n \n ", "\u2028"])
def test_line_breaks_end_a_sentence(line_break: str) -> None:
    expected = ["القاهرة: منى علي", "عاد الوفد.", "وغادر الوزير"]
    assert sentences(f"القاهرة: منى علي{line_break}عاد الوفد. وغادر الوزير{line_break}") == expected


@pytest.mark.parametrize("text", ["...", "«»", '"""', "؟ ! .", ". . . .", "* * *", '."', "\u200f."])
def test_punctuation_alone_is_one_sentence(text: str) -> None:
    assert sentences(text) == [text]


def test_punctuation_after_a_sentence_stays_with_it() -> None:
    assert sentences("عاد الوفد. * * *\nوغادر.") == ["عاد الوفد. * * *", "وغادر."]


PIECES = st.sampled_from(
    [*" .…؟?!؛،:\"'«»“”’()[]/-*\n\r\u2028\u200f\u064b\u0640", "..", "قال", "د", "سي", "2", "U", "É"]
)


@given(st.one_of(st.text(), st.lists(PIECES).map("".join)))
def test_nothing_is_lost_or_doubled(text: str) -> None:
    end = 0
    for span in split_sentences(text):
        sentence = text[span.start : span.end]
        assert end <= span.start < span.end
        assert UNSEEN.fullmatch(text, end, span.start)
        assert sentence == sentence.strip()
        end = span.end
    assert UNSEEN.fullmatch(text, end)


@pytest.mark.parametrize("line", ["\u200f", " \u202b\u202c ", "\ufeff\u00a0", "\u2060\u061c\u00ad"])
def test_a_line_of_what_nobody_sees_is_no_sentence(line: str) -> None:
    assert sentences(f"عاد الوفد.\n{line}\nوغادر.") == ["عاد الوفد.", "وغادر."]


@given(st.lists(PIECES).map("".join), st.lists(PIECES).map("".join))
def test_lines_do_not_influence_each_other(first: str, second: str) -> None:
    # «قال.» in front, since the dateline is a matter of the first sentence only.
    first = f"قال.\n{first}"
    assert sentences(f"{first}\n{second}") == sentences(first) + sentences(f"قال.\n{second}")[1:]


@pytest.mark.parametrize(
    "unit",
    [
        '"',
        ".",
        " ",
        "ب",
        "ب. ",
        "ب.",
        '."ب',
        '." ',
        "« ",
        ". . ",
        "1. ",
        "…",
        "…»ب",
        "ب.»ب",
        ".(",
        "\u064b",
        "\n",
        "- .",
    ],
)
def test_long_runs(unit: str) -> None:
    text = unit * (200_000 // len(unit))
    kept = "".join(sentences(text))
    assert "".join(kept.split()) == "".join(text.split())


@pytest.mark.skipif(not SEED.is_dir(), reason="the seed article is not in the repository")
def test_seed_article() -> None:
    gold = json.loads((SEED / "gold.jsonl").read_text(encoding="utf-8").splitlines()[0])["sentences"]
    found = sentences((SEED / "article.txt").read_text(encoding="utf-8"))
    assert found == [sentence["text"] for sentence in gold]
    assert len(found) == 20
