"""The speaker thread: who speaks in each sentence, under one full name a person."""

from __future__ import annotations

import cProfile
import json
import pstats
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nabra import speakers
from nabra._mentions import clean_mention
from nabra._quotes import open_quotes
from nabra.article import Source
from nabra.speakers import Attribution, resolve_speakers
from tests.nabra.thread import CONTINUES, NONE, here, names, resolve

SEED = Path(__file__).parents[2].parent / "shared" / "seed" / "gold.jsonl"


def test_surname_finds_the_full_name_in_the_reporters_voice() -> None:
    assert names(
        ("عقد وزير المالية الأمريكي توم هارلينغ محادثات في باريس.", NONE),
        ("وقال هارلينغ إن الاتفاق قريب.", "هارلينغ"),
        ("وأضاف أن الوفدين سيعودان غدا.", CONTINUES),
    ) == [None, "توم هارلينغ", "توم هارلينغ"]


def test_mention_is_copied_and_carried_on() -> None:
    speakers = resolve(
        (
            "قالت المتحدثة باسم الوزارة سلمى القرواني إن المحادثات مثمرة.",
            "المتحدثة باسم الوزارة سلمى القرواني",
        ),
        ("وتابعت أن العمل مستمر.", CONTINUES),
    )
    assert speakers[1] is not None
    assert (speakers[1].mention.sentence, speakers[1].mention.text) == (
        0,
        "المتحدثة باسم الوزارة سلمى القرواني",
    )
    assert (speakers[1].mention.start, speakers[1].mention.end) == (None, None)


@pytest.mark.parametrize(
    ("introduction", "title", "name"),
    [
        ("وصل وزير النقل الكندي بيتر ماكلاود إلى تونس.", "الوزير", "بيتر ماكلاود"),
        ("وصل وزير النقل الكندي بيتر ماكلاود إلى تونس.", "الوزير الكندي", "بيتر ماكلاود"),
        ("وصلت وزيرة النقل إلسا بيريرا إلى تونس.", "الوزيرة", "إلسا بيريرا"),
        ("التقى الوفد ناصر الكيومي، وزير الخارجية، أمس.", "هو الكيومي", "ناصر الكيومي"),
        ("التقى الوفد بمساعد وزير الخارجية الأميركي جون برانت.", "المسؤول الأمريكي", "جون برانت"),
        ("التقى رئيس كوريا الجنوبية بارك مين هو الوفد.", "بارك", "بارك مين هو"),
        ("التقى الوفد العقيد محمد ولد سيدينا.", "العقيد ولد سيدينا", "محمد ولد سيدينا"),
        ("أوفدت هيئة الموانئ التونسية خبراءها.", "الهيئة", "هيئة الموانئ التونسية"),
    ],
)
def test_titles_and_parts_of_names_find_their_person(introduction: str, title: str, name: str) -> None:
    assert names((introduction, NONE), (f"وقال {title} إن الأمر محسوم.", title))[1] == name


@pytest.mark.parametrize(
    ("introduction", "mention", "name"),
    [
        ("وصل السفير حاتم الجندي إلى المدينة.", "الجندي", "حاتم الجندي"),
        ("وصل السفير حاتم الجندي إلى المدينة.", "السفير الجندي", "حاتم الجندي"),
        ("حضر وزير الصحة د. وجيه العمري أمس.", "الوزير", "وجيه العمري"),
        ("حضرت وزيرة النقل، سلمى القرواني، أمس.", "الوزيرة", "سلمى القرواني"),
        ("حضر نقيب الصيادين المالي، بكاري ولد تراوبا، أمس.", "النقيب", "بكاري ولد تراوبا"),
        ("قدمت إنغريد هولمدال، رئيسة الصندوق، تقريرها.", "هولمدال", "إنغريد هولمدال"),
        ("قال الوزير، كما روى الحاضرون، كلاما.", "الوزير", "الوزير"),
        ("عقدت المحكمة جلستها برئاسة القاضي سامي الحداد أمس.", "رئيس المحكمة", "سامي الحداد"),
        ("استقبل الرئيس ستويان ديميتروف ضيفه.", "الرئيس البلغاري", "ستويان ديميتروف"),
        ("حضر الناطق باسم الوزارة نادر الكيومي.", "المتحدث باسم الوزارة", "نادر الكيومي"),
        ("حضر معالي الدكتور سالم بن حمد الكيومي وزير النقل أمس.", "معالي الدكتور الوزير", "سالم بن حمد الكيومي"),
        ("التقى الوفد الدكتور ناصر بن حمد آل دغيم أمس.", "آل دغيم", "ناصر بن حمد آل دغيم"),
        ("سيتولى مدرب الفريق سالم عتيق الكيومي المهمة.", "الكيومي", "سالم عتيق الكيومي"),
        ("أعادت هيئة الطرق والجسور فتح النفق.", "الهيئة", "هيئة الطرق والجسور"),
        ("زار وفد صندوق النقد الإقليمي العاصمة.", "الصندوق", "صندوق النقد الإقليمي"),
        ("صوت مجلس النواب ومجلس الشيوخ على القانون.", "المجلس", "مجلس النواب"),
        ("مثل مندوب الشركة خوسيه بالاسترو سيلفانو أمس.", "بالاسترو سيلفانو", "خوسيه بالاسترو سيلفانو"),
        ("يدير خوسيه سيلفانو المصنع.", "سيلفانو", "خوسيه سيلفانو"),
        ("ضم الوفد أربعة يرأسهم عبدالباقي شرف الكيومي.", "الكيومي", "عبدالباقي شرف الكيومي"),
        ("حضر كبير المفاوضين الكنديين بيتر ماكلاود.", "المفاوض الكندي", "بيتر ماكلاود"),
        ("حضرت كبيرة المراقبين سلمى القرواني.", "المراقبة", "سلمى القرواني"),
        ("حضر رئيس اللجنة وزير الري المالي بكاري تراوبا.", "وزير الري", "بكاري تراوبا"),
        ("حضر محافظ المؤسسة العامة لتحلية المياه سامي الحداد.", "محافظ التحلية", "سامي الحداد"),
        ("اجتمعت اللجنة برئاسة وكيل وزارة النقل سامي الحداد.", "وكيل الوزارة", "سامي الحداد"),
        ("حضرت رئيسة البعثة الكندية إلسا بيريرا.", "الكندية", "إلسا بيريرا"),
        ("نشرت الصحف مقالا لوزير النقل سامي الحداد.", "الكاتب", "سامي الحداد"),
        ("حضر الوزير الكندي بيتر ماكلاود ووزير الري الكيني تيرو وولدا.", "الوزير الكيني", "تيرو وولدا"),
        ("وصلت اللجنة الدولية للهلال الأحمر.", "اللجنة", "اللجنة الدولية للهلال الأحمر"),
        ("وصلت الهيئة العليا للأمم المتحدة لشؤون البحار.", "الهيئة", "الهيئة العليا للأمم المتحدة لشؤون البحار"),
        ("نشر معهد «سنا» لدراسات الرأي العام أرقامه.", "المعهد", "معهد «سنا» لدراسات الرأي العام"),
        ("ستنشأ شركة مشتركة للنقل.", "الشركة", "الشركة"),
        ("حضر المدير السابق حسن بن سعيد الكيومي.", "زوجة الكيومي", "زوجة الكيومي"),
    ],
)
def test_introductions_of_many_kinds_are_found(introduction: str, mention: str, name: str) -> None:
    assert names((introduction, NONE), (f"وقال {mention} إن الأمر محسوم.", mention))[1] == name


@pytest.mark.parametrize(
    ("sentence", "mention"),
    [
        ("وفي الختام، شكر الدوسري الحضور، واكتفى الدوسري بالصمت.", "الدوسري"),
        ("وعزا قائد فوج الإطفاء سبب الحريق إلى شرارة.", "قائد فوج الإطفاء"),
        ("واتهم النائب الوزارة بتقديم أرقام خاطئة.", "النائب"),
        ("وعاد السفير ليقول مبتسما إن الأمر انتهى.", "السفير"),
        ("ورأت الهيئة أن أرباح الهيئة للربع الثالث مرضية.", "الهيئة"),
        ("ورد الوزير بأن أطوال الطرق التي تشرف عليها الوزارة تزداد.", "الوزير"),
    ],
)
def test_no_name_is_made_up_from_running_text(sentence: str, mention: str) -> None:
    assert names((sentence, mention)) == [mention]


@pytest.mark.parametrize(
    ("full", "again", "same"),
    [
        ("إيفان ستروغانوف", "ستروجانوف", True),
        ("إيفان ستروغانوف", "ستروغونوف", True),
        ("إيفان دي لا موتريه", "ديلاموتريه", True),
        ("سالم الهاجري", "الحاجري", False),
        ("سامر سالم", "سليم", False),
        ("إيفان بيرغر", "بيرنر", False),
    ],
)
def test_a_foreign_surname_may_be_spelt_a_little_differently(full: str, again: str, same: bool) -> None:
    rows = names((f"وقال النائب {full} إنه سعيد.", f"النائب {full}"), (f"وأكد {again} ذلك.", again))
    assert rows == [full, full if same else again]


def test_a_title_that_fits_anybody_means_the_last_speaker() -> None:
    assert names(
        ("وقال مدير الميناء نبيل خضر إن السفن وصلت.", "مدير الميناء نبيل خضر"),
        ("وأضاف المتحدث أن الرصيف جاهز.", "المتحدث"),
        ("وقالت المتحدثة إن الرصيف مغلق.", "المتحدثة"),
    ) == ["نبيل خضر", "نبيل خضر", "المتحدثة"]


def test_somebody_of_another_country_is_not_the_last_speaker() -> None:
    assert names(
        ("وقالت مديرة الميناء سلمى القرواني إن السفن وصلت.", "مديرة الميناء سلمى القرواني"),
        ("وقال النائب البريطاني بيتر ماكلاود إنه سعيد.", "النائب البريطاني بيتر ماكلاود"),
        ("وقال أبو نادر إنه تعب.", "أبو نادر"),
        ("وأضاف المسؤول التونسي أن الرصيف جاهز.", "المسؤول التونسي"),
        ("وأضافت المسؤولة التونسية أن الرصيف جاهز.", "المسؤولة التونسية"),
    )[3:] == ["المسؤول التونسي", "سلمى القرواني"]


def test_the_same_official_is_the_last_speaker_unless_another_has_no_name() -> None:
    source = ("وقال مصدر في الوزارة إن الأمر محسوم.", "مصدر في الوزارة")
    named = ("وقال مدير الميناء نبيل خضر إن السفن وصلت.", "مدير الميناء نبيل خضر")
    unnamed = ("وقال مسؤول في الميناء إن السفن وصلت.", "مسؤول في الميناء")
    again = ("وأضاف المسؤول نفسه أن الرصيف جاهز.", "المسؤول نفسه")
    assert names(source, named, again)[2] == "نبيل خضر"
    assert names(source, unnamed, named, again)[3] == "مسؤول في الميناء"


def test_a_joint_mention_names_several() -> None:
    both = "النائبان سامي الحداد وسلمى القرواني"
    (joint, one) = names((f"وأعلن {both} رفضهما.", both), ("وقال الحداد إنه متعب.", "الحداد"))
    assert joint is not None
    assert joint.endswith("سامي الحداد وسلمى القرواني")
    assert one == "سامي الحداد"


def test_a_title_beside_another_belongs_to_its_own_name() -> None:
    assert names(
        ("حضر الوزير سامي الحداد والسفيرة التي وصلت أمس.", NONE),
        ("وقالت السفيرة إنها سعيدة.", "السفيرة"),
    ) == [None, "السفيرة"]


@pytest.mark.parametrize(("question", "answer"), [("• متى تفتح الطريق؟", "- نفتحها غدا."), ("س : متى؟", "ج : غدا.")])
def test_answers_are_the_interviewees(question: str, answer: str) -> None:
    assert names(
        ("استقبلنا مدير الطرق سامي الحداد في مكتبه.", NONE),
        (question, NONE),
        (answer, CONTINUES),
        (f"{question} والنائب نبيل خضر يرفض ذلك؟", "النائب نبيل خضر"),
        (answer, CONTINUES),
        ("وبعدها نعبد الجسر.", CONTINUES),
    ) == [None, None, "سامي الحداد", "نبيل خضر", "سامي الحداد", "سامي الحداد"]


def test_a_dash_without_a_question_is_no_answer() -> None:
    assert names(
        ("وصل مدير الطرق سامي الحداد.", NONE),
        ("وقال النائب نبيل خضر إنه يرفض.", "النائب نبيل خضر"),
        ("- وأضاف أن الطريق ضيق.", CONTINUES),
    ) == [None, "نبيل خضر", "نبيل خضر"]


def test_whom_the_sentence_before_introduces_goes_on() -> None:
    assert names(
        ("وقال النائب نبيل خضر إنه يرفض.", "النائب نبيل خضر"),
        ("ووصل الوزير سامي الحداد إلى المكان.", NONE),
        ("وقال إن الطريق ضيق.", CONTINUES),
    ) == ["نبيل خضر", None, "سامي الحداد"]


def test_a_quote_that_the_next_sentence_points_back_to() -> None:
    assert names(
        ("وقال النائب نبيل خضر إنه يرفض.", "النائب نبيل خضر"),
        ("«لم أنم منذ أسبوع».", CONTINUES),
        ("بهذه العبارة استقبلنا سامي الحداد.", "سامي الحداد"),
    ) == ["نبيل خضر", "سامي الحداد", "سامي الحداد"]


def test_a_letter_of_the_name_is_no_particle() -> None:
    assert names(("ورأت فالنتينا روسو أن الوقت مبكر.", "فالنتينا روسو")) == ["فالنتينا روسو"]
    assert (
        names(("وقالت نجوى عبد الستار إنها سعيدة.", "نجوى عبد الستار"), ("والأمر محسوم لعبد الستار.", "لعبد الستار"))
        == ["نجوى عبد الستار"] * 2
    )


def test_work_grows_with_the_length_of_an_article_and_not_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speakers, "SECTION", 5_000)
    monkeypatch.setattr(speakers, "CONTEXT", 500)

    def work(size: int) -> int:
        """Calls of functions that an article takes where ever new people and one body speak in turn."""
        rows: list[tuple[str, str | Attribution]] = []
        for n in range(size):
            rows.append((f"وقال النائب سامي الحداد{n} إن الهيئة العليا للطرق وافقت.", f"النائب سامي الحداد{n}"))
            rows.append((f"وأضاف المجهول{n} أن ذلك صحيح، وقالت الهيئة كذا.", "الهيئة"))
        profile = cProfile.Profile()
        profile.runcall(names, *rows)
        return pstats.Stats(profile).total_calls  # type: ignore[attr-defined]  # typeshed lacks it

    assert work(200) < 2.5 * work(100)


def test_title_takes_the_person_whose_nationality_fits() -> None:
    assert names(
        ("اجتمع وزير الدفاع التركي أورهان ييلماز مع وزير الدفاع اليوناني نيكوس باباس.", NONE),
        ("وقال الوزير التركي إن الجانبين اتفقا.", "الوزير التركي"),
        ("ورد الوزير اليوناني بحذر.", "الوزير اليوناني"),
    ) == [None, "أورهان ييلماز", "نيكوس باباس"]


def test_a_title_without_a_fitting_person_stays_as_written() -> None:
    assert names(
        ("وصل وزير النقل الكندي بيتر ماكلاود.", NONE),
        ("وقال السفير الفرنسي إن بلاده ترحب.", "السفير الفرنسي"),
        ("وقالت الوزيرة إن الطريق طويل.", "الوزيرة"),
        ("وقال الوزيران إن الطريق طويل.", "الوزيران"),
    )[1:] == ["السفير الفرنسي", "الوزيرة", "الوزيران"]


def test_unnamed_speakers_are_taken_up_again() -> None:
    rows = names(
        ("قال مصدر دبلوماسي مطلع إن الأمر قيد الدراسة.", "مصدر دبلوماسي مطلع"),
        ("ورأى المصدر نفسه أن الوقت ضيق.", "المصدر نفسه"),
        ("وذكرت وكالة الطاقة البديلة أن الأسعار استقرت.", "وكالة الطاقة البديلة"),
        ("وتوقعت الوكالة تحسنا.", "الوكالة"),
    )
    assert rows == ["مصدر دبلوماسي مطلع"] * 2 + ["وكالة الطاقة البديلة"] * 2


def test_people_with_one_surname_stay_apart() -> None:
    assert names(
        ("قال النائب سامي الحداد إنه يرفض.", "النائب سامي الحداد"),
        ("وقال القاضي رامي الحداد إنه يوافق.", "القاضي رامي الحداد"),
    ) == ["سامي الحداد", "رامي الحداد"]


def test_name_after_the_quote() -> None:
    speakers = resolve(('"لن نوقع اليوم."', CONTINUES), ("هكذا قال النائب سامي الحداد.", "النائب سامي الحداد"))
    assert [s and s.mention.sentence for s in speakers] == [1, 1]


def test_a_feminine_verb_goes_back_to_the_last_woman() -> None:
    assert names(
        ("جاء ذلك في بيان للمتحدثة باسم الوزارة سلمى القرواني.", "للمتحدثة باسم الوزارة سلمى القرواني"),
        ("ودعا الوزير سامي الحداد إلى الهدوء.", "الوزير سامي الحداد"),
        ("وأضافت أن الزيارة مثمرة.", CONTINUES),
    ) == ["سلمى القرواني", "سامي الحداد", "سلمى القرواني"]


def test_a_sentence_inside_an_open_quotation_has_its_speaker() -> None:
    assert names(
        ("وقال النائب سامي الحداد: «الوضع صعب.", "النائب سامي الحداد"),
        ("الأسعار ترتفع.", NONE),
        ("وعلينا أن نتحرك».", NONE),
        ("وأغلقت الأسواق أبوابها.", NONE),
    ) == ["سامي الحداد", "سامي الحداد", "سامي الحداد", None]


@pytest.mark.parametrize("mark", ["«", "“", '"', "»", "”"])
def test_a_stray_quotation_mark_opens_nothing(mark: str) -> None:
    assert open_quotes([f"قال {mark} شيئا.", "ثم مضى.", "ثم عاد."]) == [0, 0, 0]


@pytest.mark.parametrize(
    "sentences",
    [
        ['وقال "لم نتفق.', 'ورد الوزير بأن الباب "مفتوح للجميع"، ثم مضى.', "ثم عاد."],
        ["وقال «لم نتفق.", "ورد الوزير بأن الباب «مفتوح للجميع»، ثم مضى.", "ثم عاد."],
        ['ووقع "الإعلان".', 'وقال إن العدد عند 20" أو أقل.', 'وأضاف "نعم".'],
    ],
)
def test_a_mark_left_open_is_not_closed_by_a_later_quotation(sentences: list[str]) -> None:
    assert open_quotes(sentences) == [0, 0, 0]


@pytest.mark.parametrize(("opening", "closing"), [("«", "»"), ("“", "”"), ('"', '"')])
def test_a_quotation_over_three_sentences_is_open_until_it_closes(opening: str, closing: str) -> None:
    sentences = [f"وقال: {opening}لم نتفق.", "الباب مفتوح.", f"سنعود غدا{closing}، ثم {opening}مضى{closing}."]
    assert open_quotes(sentences) == [0, len(sentences[1]), len("سنعود غدا")]


def test_a_quotation_inside_another_does_not_close_it() -> None:
    sentences = ["وقال: «لم نتفق.", "قرأنا صحيفة «الوطن» أمس.", "سنعود»."]
    assert open_quotes(sentences) == [0, len(sentences[1]), len("سنعود")]


@pytest.mark.parametrize(
    ("sentence", "span", "mention"),
    [
        ("وقال وزير المالية سامر الدالي إن", "ير المالية سامر الد", "وزير المالية سامر الدالي"),
        ("وقال «سامر الدالي» إن", "«سامر الدالي»", "سامر الدالي"),
        ("وقال سامر الدالي إن الأمر", "وقال سامر الدالي إن", "سامر الدالي"),
        ("والوزير سامر الدالي يرفض", "والوزير سامر الدالي", "الوزير سامر الدالي"),
        ("بحسب بيان للمتحدثة سلمى القرواني.", "للمتحدثة سلمى القرواني.", "للمتحدثة سلمى القرواني"),
        ("وقال وليد الدالي", "وليد الدالي", "وليد الدالي"),
        ("وقال كريم الدالي", "كريم الدالي", "كريم الدالي"),
        ("وقال سامر الدالي، رئيس الاتحاد، إن", "سامر الدالي، رئيس الاتحاد،", "سامر الدالي"),
        ("وقالت شركة «نجمة البحر» إن", "شركة «نجمة البحر»", "شركة «نجمة البحر»"),
        ("وقال بارك جاي إن للصحفيين", "بارك جاي إن", "بارك جاي إن"),
        ("وقال معاليه إن", "معاليه", ""),
        ("وقال هو إن", "هو", ""),
        ("وقال: ...", "...", ""),
        ("وقالت الباحثة لينا راي أن", "الباحثة لينا راي", "الباحثة لينا راي"),
        ("وذكر بيان صحافي للخارجية الكندية أن", "للخارجية الكندية", "للخارجية الكندية"),
        ("ووفقا لبيان مشترك وقعه الحداد والعلي، تتعهد", "الحداد والعلي", "بيان مشترك"),
        ("وبين المصدر أن الطريق مغلق", "بين المصدر", "المصدر"),
        ("ونقل عن مقيم في الحي أن", "مقيم في الحي", "مقيم في الحي"),
        ("وحده كبير المهندسين سامي الحداد رفض", "كبير المهندسين سامي الحداد", "كبير المهندسين سامي الحداد"),
    ],
)
def test_predicted_spans_are_cleaned(sentence: str, span: str, mention: str) -> None:
    start = sentence.index(span)
    assert clean_mention(sentence, start, start + len(span)) == mention


@pytest.mark.parametrize(
    ("phrase", "mention"),
    [
        ("بيان وزارة النقل", "وزارة النقل"),
        ("بيان مشترك", "بيان مشترك"),
        ("الملك سالم رحمه الله", "الملك سالم"),
        ("صحيفة المدى تقريرا من بغداد", "صحيفة المدى"),
        ("الحكومة الكندية في بيان صادر عن مكتب سامي الحداد", "الحكومة الكندية"),
        ("وزارة النقل الأخير", "وزارة النقل"),
        ("الفرقة «الأخوة في الجبهة", "الفرقة"),
        ("سامر الدالي أحد قادة الحزب", "سامر الدالي"),
        ("رئيس أحد الأحزاب", "رئيس أحد الأحزاب"),
    ],
)
def test_mentions_end_where_the_name_does(phrase: str, mention: str) -> None:
    assert clean_mention(f"قال {phrase} أمس.", 4, 4 + len(phrase)) == mention


@pytest.mark.parametrize(("start", "end"), [(None, None), (-3, 4), (5, 5), (9, 2), (400, 500), (0, None)])
def test_spans_out_of_range_count_as_continuing(start: int | None, end: int | None) -> None:
    rows = [("قال النائب سامي الحداد إنه يرفض.", "النائب سامي الحداد"), ("وقال كذا.", "")]
    given = [here(*rows[0]), Attribution(Source.HERE, start, end)]
    assert [s and s.name for s in resolve_speakers([r[0] for r in rows], given)] == ["سامي الحداد"] * 2


def test_nobody_named() -> None:
    assert resolve_speakers([], []) == []
    assert resolve(("وأضاف.", CONTINUES), ("وتابع.", CONTINUES)) == [None, None]
    rows = [("", NONE), ("ــ", Attribution(Source.HERE, 0, 2)), ("ء - '", Attribution(Source.HERE, 0, 5))]
    assert resolve(*rows) == [None, None, None]


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="1 sentences but 0 attributions"):
        resolve_speakers(["نص"], [])


def test_score_is_handed_on() -> None:
    speaker = resolve(("قال النائب سامي الحداد إنه يرفض.", "النائب سامي الحداد"))[0]
    assert speaker is not None
    assert speaker.score == 0.9


@pytest.mark.skipif(not SEED.exists(), reason="the shared seed article is not here")
def test_seed_article_gives_each_person_one_full_name() -> None:
    record = json.loads(SEED.read_text(encoding="utf-8").splitlines()[0])
    rows: list[tuple[str, str | Attribution]] = []
    for index, sentence in enumerate(record["sentences"]):
        gold = sentence["speaker"]
        named = gold and gold["mention"]["sentence"] == index
        rows.append((sentence["text"], gold["mention"]["text"] if named else CONTINUES if gold else NONE))
    expected = [s["speaker"] and s["speaker"]["name"] for s in record["sentences"]]
    assert names(*rows) == expected


def test_whom_an_open_quotation_names_does_not_voice_it() -> None:
    assert names(
        ("وقال عادل بشير: «عدنا أمس.", "عادل بشير"),
        ("وطلب سامي نادر منا البقاء.", "سامي نادر"),
        ("لكننا رفضنا»، ورد سامي نادر بالنفي.", "سامي نادر"),
    ) == ["عادل بشير", "عادل بشير", "سامي نادر"]


def test_quantifier_belongs_to_its_noun() -> None:
    text = "ورأى بعض النواب المحافظين أن الوقت مبكر."
    start = text.index("النواب")
    (speaker,) = resolve_speakers([text], [Attribution(Source.HERE, start, start + len("النواب المحافظين"))])
    assert speaker is not None
    assert speaker.name == "بعض النواب المحافظين"


def test_a_body_is_named_without_whose_it_is() -> None:
    text = "وذكرت صحيفة الأفق المقربة من الحكومة أن الاتفاق قريب."
    assert names((text, "صحيفة الأفق المقربة من الحكومة")) == ["صحيفة الأفق"]


def test_a_document_taken_up_goes_on_with_whose_it_is() -> None:
    rows: list[tuple[str, str | Attribution]] = [
        ("رجح التحليل الشهري الصادر عن مصرف الخليج أن تستقر الأسعار.", "التحليل الشهري الصادر عن مصرف الخليج"),
        ("وأوضح التحليل أن الطلب ضعيف.", "التحليل"),
        ("وأوصى التقرير إدارات المطارات بالتوسع.", "التقرير إدارات المطارات"),
    ]
    assert names(*rows) == ["مصرف الخليج"] * 3
    speakers = resolve(*rows)
    assert speakers[1] is not None
    assert (speakers[1].mention.sentence, speakers[1].mention.text) == (0, "مصرف الخليج")
    assert names(("وأوضح التقرير أن الطلب ضعيف.", "التقرير")) == ["التقرير"]
    assert (
        names(("ونص بيان مشترك للوسيطين على هدنة.", "بيان مشترك للوسيطين"), ("وحدد البيان موعدها.", "البيان"))
        == ["بيان مشترك للوسيطين"] * 2
    )


def test_a_body_named_in_part_has_its_full_name() -> None:
    assert names(
        ("قال البنك القاري للتنمية إن النمو تسارع.", "البنك القاري للتنمية"),
        ("وتوقع البنك القاري أن يستمر.", "البنك القاري"),
        ("ووافقه صندوق النقد.", "صندوق النقد"),
        ("ويضم صندوق النقد الدولي عشرات الدول، وقالت وزارة النفط للصحفيين كذا.", NONE),
    ) == ["البنك القاري للتنمية", "البنك القاري للتنمية", "صندوق النقد الدولي", None]


def test_a_body_goes_by_the_short_name_that_stands_after_it() -> None:
    assert (
        names(
            ("رفعت منظمة الدول المنتجة للنحاس (أونح) توقعاتها.", "منظمة الدول المنتجة للنحاس (أونح)"),
            ("وذكرت أونح أن الطلب قوي.", "أونح"),
            ("وقالت منظمة أونح إنها تراقب السوق.", "منظمة أونح"),
        )
        == ["منظمة الدول المنتجة للنحاس"] * 3
    )
    assert names(("نقلت وكالة الأفق للأنباء خبر الإقالة.", NONE), ("وأوضحت الأفق أن القرار نافذ.", "الأفق")) == [
        None,
        "وكالة الأفق للأنباء",
    ]


def test_a_name_before_a_title_in_running_text() -> None:
    assert names(
        ('أبلغ "المدى" إبراهيم المفلح مدير عام مصلحة الزكاة أن النظام جاهز.', NONE),
        ("وأوضح مدير عام مصلحة الزكاة أنه يبدأ غدا.", "مدير عام مصلحة الزكاة"),
    ) == [None, "إبراهيم المفلح"]


@pytest.mark.parametrize(
    ("introduction", "mention", "name"),
    [
        # Unknown words between a verb and a title.
        ("التقت سنية الورغي وزيرة الفلاحة التونسية نظيرها.", "الورغي", "سنية الورغي"),
        ("حطت سولين باريزيه وزيرة الثقافة الفرنسية في تمبكتو.", "وزيرة الثقافة", "سولين باريزيه"),
        # A patronym makes any word before it a name.
        ("عقدت وزيرة الزراعة العمانية زوينة بنت خلفان أمس جلسة.", "وزيرة الزراعة", "زوينة بنت خلفان"),
        # The second surname of a foreign name.
        ("قررت رئيسة الوزراء البيروفية لوسيا كيسبي أروخو، أمس، تعليق الغرامات.", "كيسبي", "لوسيا كيسبي أروخو"),
        # A second title joined by «و».
        ("حضر رئيس اللجنة ومدير المركز البحري الدكتور سالم العلوي.", "مدير المركز البحري", "سالم العلوي"),
        # In apposition, and no comma after it.
        (
            "شدد القنصل العام لتشيلي، رودريغو سيبولفيدا موراليس في حوار على ذلك.",
            "القنصل العام لتشيلي",
            "رودريغو سيبولفيدا موراليس",
        ),
        # The cape is green, and nobody's name.
        ("وصل رئيس الرأس الأخضر هيرمينيو تافاريس أمس.", "تافاريس", "هيرمينيو تافاريس"),
    ],
)
def test_names_that_the_lists_do_not_know_are_found_by_what_stands_around(
    introduction: str, mention: str, name: str
) -> None:
    assert names((introduction, NONE), (f"وبعد ذلك قال {mention} إن العمل مستمر.", mention)) == [None, name]


def test_a_letter_that_joins_is_told_from_the_names_own() -> None:
    assert names(
        ("وتحدث وليد بن عمر أمس، كما حضر اللقاء سامي الحداد وغيورغوس ستاثيس.", NONE),
        ("وقال بن عمر إن اللقاء مفيد.", "بن عمر"),
        ("وقال ستاثيس إنه مفيد.", "ستاثيس"),
    ) == [None, "وليد بن عمر", "غيورغوس ستاثيس"]


def test_a_ministry_called_without_the_word() -> None:
    assert names(
        ("استدعت وزارة الخارجية البريطانية السفير.", NONE),
        ("وقالت الخارجية البريطانية إنها قلقة.", "الخارجية البريطانية"),
    ) == [None, "وزارة الخارجية البريطانية"]


def test_a_form_of_address_before_a_title_does_not_matter() -> None:
    assert names(
        ("ترأس الأمير سلطان بن سليمان رئيس الهيئة العامة للآثار الاجتماع.", NONE),
        ("وأكد سمو رئيس الهيئة أن البرنامج مستمر.", "سمو رئيس الهيئة"),
    ) == [None, "سلطان بن سليمان"]


def test_a_fuller_name_in_the_text_is_the_name() -> None:
    assert names(
        ("كشف الأمير بدر بن مساعد بن عبدالعزيز الرئيس العام للهيئة عن الخطة.", NONE),
        ("وقال الأمير بدر بن مساعد إنها جاهزة.", "الأمير بدر بن مساعد"),
    ) == [None, "بدر بن مساعد بن عبدالعزيز"]
    assert names(
        ("انتهى اللقاء مع أنطون فان ديرستين أمس.", NONE),
        ("وقال فان ديرستين إنه سعيد.", "فان ديرستين"),
    ) == [None, "أنطون فان ديرستين"]


def test_letters_that_changed_places_make_nobody_new() -> None:
    assert (
        names(
            ("قال الدكتور حبيب تركساتني إن القناة أقصر طريق.", "الدكتور حبيب تركساتني"),
            ("وأردف الدكتور تركستاني حديثه بأن الموقع فريد.", "الدكتور تركستاني"),
        )
        == ["حبيب تركساتني"] * 2
    )


def test_an_expert_is_whoever_spoke_last() -> None:
    assert (
        names(
            ("يقول إنزو بونتيلو، المحلل في المؤسسة، إن المحادثات صعبة.", "إنزو بونتيلو"),
            ("وأضاف المختص المالي أن الدين كبير.", "المختص المالي"),
        )
        == ["إنزو بونتيلو"] * 2
    )


def test_the_head_of_the_government_is_the_prime_minister() -> None:
    assert names(
        ("كشف رئيس الوزراء السلوفيني ماتياج كوفاتشيتش الخطة.", NONE),
        ("وقال رئيس الحكومة السلوفينية إنها جاهزة.", "رئيس الحكومة السلوفينية"),
    ) == [None, "ماتياج كوفاتشيتش"]


def test_a_mention_beats_what_running_text_makes_of_a_name() -> None:
    assert names(
        ("قال الشيخ دعيج بن راشد المناعي إن العمل بدأ.", "الشيخ دعيج بن راشد المناعي"),
        ("وأشاد الحاضرون باهتمام الشيخ دعيج بحرص الوزارة.", NONE),
        ("وقال الشيخ دعيج إن الوزارة حريصة.", "الشيخ دعيج"),
    ) == ["دعيج بن راشد المناعي", None, "دعيج بن راشد المناعي"]


def test_second_half_of_a_compound_first_name_is_its_person() -> None:
    assert (
        names(("وقال الرئيس سلفامور دينق إن الأمن استتب.", "الرئيس سلفامور دينق"), ("وأضاف مور: «نعم».", "مور"))
        == ["سلفامور دينق"] * 2
    )


def test_whom_somebody_speaks_to_is_no_part_of_the_name() -> None:
    assert names(
        ("وصل سامي الحكيم والسفير نادر كرامين.", Attribution(Source.NONE)),
        ("وقال سامي الحكيم لكرامين إنه راض.", "سامي الحكيم لكرامين"),
        ("وقال سيرغي لافروتين نعم.", "سيرغي لافروتين"),
    ) == [None, "سامي الحكيم", "سيرغي لافروتين"]


WORDS = (
    "وزير الوزير رئيسة النائب كبير المفاوضين مصدر مسؤول بلدية هيئة الهيئة للهيئة شركة مشتركة البرلمان برئاسة نفسه "
    "سامي الحداد سلمى القرواني بن أغ فان عبد الله أبو وولدي وسلمى بارك هو والتر راي كوت ديفوار الكندي الكندية باريس "
    "أحد بيان التقرير صادر عن رحمه الله "
    'قال وأضافت إن أن إلى في من على هذا ما بهذه العبارة لم و ل ء ؟ ، . - – ج : س « » ( ) " • 2017 ـ a'
).split()


@given(st.data())
def test_no_text_is_too_strange(data: st.DataObject) -> None:
    sentences = data.draw(st.lists(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join), max_size=5))
    offsets = st.none() | st.integers(-2, 80)
    given_ = st.builds(Attribution, st.sampled_from(Source), offsets, offsets)
    speakers = resolve_speakers(sentences, [data.draw(given_) for _ in sentences])
    for speaker in filter(None, speakers):
        assert speaker.name
        assert speaker.mention.text in sentences[speaker.mention.sentence]


def test_a_long_article_is_read_in_sections(monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[tuple[str, str | Attribution]] = []
    for number in range(60):
        rows.append((f"قال وزير النقل سامي الحداد{number} إن الطريق طويل.", f"وزير النقل سامي الحداد{number}"))
        rows.append(("وأضاف أن ذلك صحيح.", CONTINUES))
        rows.append((f"وقال الحداد{number} إن العمل مستمر.", f"الحداد{number}"))
    whole = resolve(*rows)
    monkeypatch.setattr(speakers, "SECTION", 500)
    monkeypatch.setattr(speakers, "CONTEXT", 200)
    sizes: list[int] = []

    class Counted(speakers.Cast):
        def __init__(self, sentences: Sequence[str]) -> None:
            sizes.append(len(sentences))
            super().__init__(sentences)

    monkeypatch.setattr(speakers, "Cast", Counted)
    assert resolve(*rows) == whole
    assert len(sizes) > 8
    assert max(sizes) < 40


def test_an_endless_sentence_is_read_at_its_beginning() -> None:
    sentence = "قال وزير النقل سامي الحداد إن " + "الوزير سامي " * 50_000
    (speaker,) = resolve((sentence, "وزير النقل سامي الحداد"))
    assert speaker is not None
    assert speaker.name == "سامي الحداد"
