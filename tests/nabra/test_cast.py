"""Who is meant: offices spelt out, leads that describe, bodies called by half their name, two who speak together."""

from __future__ import annotations

import pytest

from nabra._bodies import longer_names
from nabra._morphology import of_country
from nabra._spelling import key
from nabra.speakers import Attribution
from tests.nabra.thread import CONTINUES, NONE, names, resolve


@pytest.mark.parametrize(
    ("meeting", "mention", "name"),
    [
        ("التقى وزير الري المالي بكاري تراوبا نظيره الكندي بيتر ماكلاود.", "الوزير الكندي", "بيتر ماكلاود"),
        ("التقى وزير الري المالي بكاري تراوبا نظيره الكندي بيتر ماكلاود.", "وزير الري الكندي", "بيتر ماكلاود"),
        ("التقى وزير الري المالي بكاري تراوبا نظيره الكندي بيتر ماكلاود.", "وزير الري المالي", "بكاري تراوبا"),
        ("التقى وزير الري المالي بكاري تراوبا نظيرته الكندية إلسا بيريرا.", "الوزيرة الكندية", "إلسا بيريرا"),
    ],
)
def test_a_counterpart_holds_the_office_of_whoever_was_named_before(meeting: str, mention: str, name: str) -> None:
    assert names((meeting, NONE), (f"وقال {mention} إن العمل مستمر.", mention))[1] == name


@pytest.mark.parametrize(
    ("lead", "mention", "following", "who"),
    [
        (
            "قال خبير في أسواق المعادن إن السعر سيهبط.",
            "خبير في أسواق المعادن",
            "وأضاف طلال الكيومي أن الطلب ضعيف.",
            "طلال الكيومي",
        ),
        (
            "أعلنت المديرة العامة لمتحف المرفأ موعد الافتتاح.",
            "المديرة العامة لمتحف المرفأ",
            "وقالت الدكتورة هند العلي إن القاعات جاهزة.",
            "الدكتورة هند العلي",
        ),
        (
            "كشف مسؤول في المكتبة الوطنية عن سرقة.",
            "مسؤول في المكتبة الوطنية",
            "وقال سامي الحداد رئيس قسم الخرائط بالمكتبة إن الباب كسر.",
            "سامي الحداد رئيس قسم الخرائط بالمكتبة",
        ),
    ],
)
def test_a_lead_describes_whom_the_text_then_names(lead: str, mention: str, following: str, who: str) -> None:
    first, second = names((lead, mention), (following, who))
    assert first == second
    assert first in who


@pytest.mark.parametrize(
    ("following", "who"),
    [
        ("وقال وزير النقل سامي الحداد إن الطرق مفتوحة.", "وزير النقل سامي الحداد"),  # somebody else's title
        ("وأضاف أن الطلب ضعيف.", CONTINUES),
    ],
)
def test_a_lead_keeps_its_description_where_nobody_fits(following: str, who: str) -> None:
    lead = "قال خبير في أسواق المعادن إن السعر سيهبط."
    assert names((lead, "خبير في أسواق المعادن"), (following, who))[0] == "خبير في أسواق المعادن"


def test_somebody_named_before_is_not_whom_the_lead_describes() -> None:
    lead = "قال خبير في أسواق المعادن إن سامي الحداد أخطأ."
    following = "وقال سامي الحداد إن السعر ثابت."
    assert names((lead, "خبير في أسواق المعادن"), (following, "سامي الحداد"))[0] == "خبير في أسواق المعادن"


TOGETHER = "قالت وزيرة النقل هند العلي ووزير الري بكاري تراوبا إن الجسر آمن."


@pytest.mark.parametrize("again", ["الوزيران", "العلي وتراوبا", "الطرفان", "الوزيرين"])
def test_two_who_speak_together_keep_their_joint_name(again: str) -> None:
    joint = "وزيرة النقل هند العلي ووزير الري بكاري تراوبا"
    assert names((TOGETHER, joint), (f"وأكد {again} أن العمل مستمر.", again)) == ["هند العلي وبكاري تراوبا"] * 2


def test_two_who_were_not_named_together_stay_as_written() -> None:
    assert names(("وصلت هند العلي أمس.", NONE), ("وأكد الوزيران أن العمل مستمر.", "الوزيران"))[1] == "الوزيران"


@pytest.mark.parametrize("again", ["الطرفان", "الاتحادان"])
def test_two_bodies_keep_their_joint_name_as_written(again: str) -> None:
    joint = "الاتحاد العام للنقل واتحاد الصناعة"
    expected = joint if again == "الطرفان" else again
    assert names((f"أعلن {joint} الإضراب.", joint), (f"وأكد {again} أن العمل مستمر.", again))[1] == expected


@pytest.mark.parametrize(
    ("introduction", "mention", "name"),
    [
        ("انسحبت عصابة الجيل الجبلي من القرية.", "الجيل الجبلي", "عصابة الجيل الجبلي"),
        ("وقعت شركة سنابل للمطاحن العقد.", "سنابل", "شركة سنابل للمطاحن"),
        ("نشأت حكومة وحدة وطنية بعد سقوط حكومة غانديا.", "الحكومة", "حكومة غانديا"),
        ("زار الأمين العام للأمم المتحدة بان كي مون المخيم.", "الأمين العام", "بان كي مون"),
        ("زار الأمين العام للامم المتحدة بان كي مون المخيم.", "بان", "بان كي مون"),
        ("بدأ تاكاشي ميزوغوتشي وزير التجارة محادثاته أمس.", "ميزوغوتشي", "تاكاشي ميزوغوتشي"),
        ("علم أن مستشارا سابقا، هو جيروم كاستلنو، يعمل هنا.", "كاستلنو", "جيروم كاستلنو"),
        ("عرفه محاميه باسم ياركو سالمينن أمس.", "سالمينن", "ياركو سالمينن"),
        ("هذا ما أعلنه دميتر هولمدال أمس.", "هولمدال", "دميتر هولمدال"),
        ("فوجئ بما قام به أناتولي هولمدال أمس.", "هولمدال", "أناتولي هولمدال"),
        ("أعلن النادي تجديد عقد مانويل هولمدال أمس.", "هولمدال", "مانويل هولمدال"),
        ("استقبل الوزير الكندي بيتر ماكلاود هولم في قصره. وسيعود هولم غدا.", "الوزير الكندي", "بيتر ماكلاود هولم"),
    ],
)
def test_more_parts_of_names_find_their_bearer(introduction: str, mention: str, name: str) -> None:
    assert names((introduction, NONE), (f"وقال {mention} إن الأمر محسوم.", mention))[1] == name


def test_a_title_alone_takes_up_the_fuller_one() -> None:
    rows = [("قال الرئيس البوليفي إن العمل مستمر.", "الرئيس البوليفي"), ("وعد الرئيس الخطوة نجاحا.", "الرئيس")]
    assert names(*rows)[1] == "الرئيس البوليفي"


def test_a_group_taken_up_again_keeps_its_first_name() -> None:
    rows = [("قال ناشطون إن الطريق مغلق.", "ناشطون"), ("وأكد الناشطون أن الماء مقطوع.", "الناشطون")]
    assert names(*rows)[1] == "ناشطون"


@pytest.mark.parametrize(
    ("mention", "name"),
    [
        ("المبعوث الدولي لليمن", "سامي الحداد"),
        ("المبعوث الكندي لليمن", "المبعوث الكندي لليمن"),
        ("مبعوث دولي لليمن", "مبعوث دولي لليمن"),
    ],
)
def test_a_longer_title_is_whose_shorter_one_it_begins_with(mention: str, name: str) -> None:
    introduction = ("رفض الوزير مقترح المبعوث الدولي سامي الحداد أمس.", NONE)
    assert names(introduction, (f"وقال {mention} إن الأمر محسوم.", mention))[1] == name


@pytest.mark.parametrize("following", ["كوريا الجنوبية", "لرويترز هولم"])
def test_a_lead_describes_no_country_and_no_agency(following: str) -> None:
    rows = [("قال مسؤول بوزارة الدفاع إن الجسر آمن.", "مسؤول بوزارة الدفاع"), (f"وأكد {following} ذلك.", following)]
    assert names(*rows)[0] == "مسؤول بوزارة الدفاع"


def test_a_body_has_one_name_with_and_without_whose_it_is() -> None:
    full = "المفوضية العليا للاجئين التابعة للأمم المتحدة"
    rows = [(f"أعلنت {full} خطتها.", full), ("وأكدت المفوضية ذلك.", "المفوضية")]
    assert names(*rows) == ["المفوضية العليا للاجئين"] * 2


def test_the_bank_is_not_what_its_site_says() -> None:
    phrase = "آخر البيانات على موقع البنك الشمالي"
    rows = [(f"أظهرت {phrase} تراجعا.", phrase), ("وقال البنك الشمالي إن الأمر محسوم.", "البنك الشمالي")]
    assert names(*rows)[1] == "البنك الشمالي"


def test_an_agency_spoken_to_is_no_part_of_a_mention() -> None:
    (speaker,) = resolve(("وقال قائد قوات محلية لرويترز إن الأمر محسوم.", "قائد قوات محلية لرويترز"))
    assert speaker is not None
    assert (speaker.name, speaker.mention.text) == ("قائد قوات محلية", "قائد قوات محلية")


def test_an_agency_called_by_its_kind_keeps_its_short_name() -> None:
    rows = [("نشرت وكالة أنباء «ريفرز» الخبر.", NONE), ("وقالت ريفرز إن الطريق مغلق.", "ريفرز")]
    assert names(*rows)[1] == "ريفرز"


def test_the_article_that_a_particle_swallowed_is_written_again() -> None:
    rows = [("وقال متحدث إن وفقا للمتحدث الرسمي للنادي.", "للمتحدث الرسمي للنادي"), ("وأكد المتحدث ذلك.", "المتحدث")]
    assert names(*rows)[1] == "المتحدث الرسمي للنادي"


def test_a_group_that_was_described_is_meant_before_one_that_was_not() -> None:
    rows = [
        ("قالت مصادر طبية في المدينة إن الطريق مغلق.", "مصادر طبية في المدينة"),
        ("وقالت مصادر إن الماء مقطوع.", "مصادر"),
        ("وأكدت المصادر ذلك.", "المصادر"),
    ]
    assert names(*rows)[2] == "مصادر طبية في المدينة"


@pytest.mark.parametrize(
    ("introduction", "mention", "name"),
    [
        ("زار الأمين العام للأمم المتحدة بان كي مون التزم المخيم.", "الأمين العام", "بان كي مون"),
        ("رفع رئيس المدينة الشكر لخادم الحرمين الشريفين الملك سلمان بن عبدالعزيز.", "رئيس المدينة", "رئيس المدينة"),
        ("حضرت محللة الأسواق آنا بيتل أمس.", "بيتل", "آنا بيتل"),
        ("شنت قوات الحلف الجبلي غارة.", "الحلف الجبلي", "الحلف الجبلي"),
        ("حضر الرئيس تمام سلامة فقد أشاح عنهم. أشاح كثيرون.", "الرئيس", "تمام سلامة"),
        ("انتقد المتحدث هجوما نفذه آخرون بعد هجوم أمس.", "المتحدث", "المتحدث"),
        ("زار المدينة لباراك هولمدال أصدقاء.", "هولمدال", "باراك هولمدال"),
    ],
)
def test_what_only_looks_like_more_of_a_name_is_left_off(introduction: str, mention: str, name: str) -> None:
    assert names((introduction, NONE), (f"وقال {mention} إن الأمر محسوم.", mention))[1] == name


@pytest.mark.parametrize(
    ("sentence", "mention", "named"),
    [
        ("وذكر أحدث تقارير «أوبكا» أن الطلب ضعيف.", "أحدث تقارير «أوبكا»", "أوبكا"),
        ("وجاء في دراسة لشركة سنابل أن الطلب ضعيف.", "دراسة لشركة سنابل", "شركة سنابل"),
        ("وحذر تقرير فصلي للوكالة الدولية من الجفاف.", "تقرير فصلي للوكالة الدولية", "للوكالة الدولية"),
        ("وحذر تقرير فصلي من الجفاف.", "تقرير فصلي", "تقرير فصلي"),
    ],
)
def test_a_document_is_whose_the_phrase_says(sentence: str, mention: str, named: str) -> None:
    (speaker,) = resolve((sentence, mention))
    assert speaker is not None
    assert speaker.mention.text == named


@pytest.mark.parametrize(
    ("introduced", "mention", "name"),
    [
        ("سافر محمد إلى القاهرة أمس.", "علي", "علي"),  # «إلى» is no surname
        ("وصلت وزيرة النقل هناء السالم أمس.", "الوزيرة", "هناء السالم"),  # nor is «هناء» the word for here
        ("وصل الوزير سامي العلي- المعين حديثا- إلى العاصمة.", "العلي", "سامي العلي"),
        ("كان المدرب ينادي الفريق الوطني بالفوز.", "النادي", "النادي"),
        ("التقى الوزير رؤساء تنفيذيين أمس.", "الوزير", "الوزير"),
        ("وصل كاميرون إلى الكاميرون وقال ديفيد كاميرون إنه عائد.", "كاميرون", "ديفيد كاميرون"),
        ("التقى الوزير أنا أمس.", "الوزير", "الوزير"),
    ],
)
def test_what_looks_like_a_name_or_a_body_is_told_apart(introduced: str, mention: str, name: str) -> None:
    assert names((introduced, NONE), (f"وقال {mention} إن العمل مستمر.", mention))[1] == name


@pytest.mark.parametrize(
    ("country", "other"),
    [("المصري", "التنزاني"), ("الألماني", "الكندي"), ("الصومالي", "اليمني"), ("الهندي", "المغربي")],
)
def test_the_country_of_an_office_is_not_that_of_a_counterpart(country: str, other: str) -> None:
    minister, peer = f"وزير الخارجية {country} سامي شكري", f"نظيره {other} جون مكامبا"
    rows = [(f"قال {minister} إن العمل مستمر.", minister), (f"وقال {peer} إن الأمر صعب.", peer)]
    again = [f"الوزير {country}", f"الوزير {other}"]
    said = names(*rows, *((f"وأضاف {who} أن العمل مستمر.", who) for who in again))
    assert said == ["سامي شكري", "جون مكامبا"] * 2


@pytest.mark.parametrize("word", ["المصرفي", "المالي", "الرومانسي", "البيروقراطي", "الدولي"])
def test_an_adjective_that_begins_like_a_country_is_none_of_it(word: str) -> None:
    assert not of_country(key(word))


@pytest.mark.parametrize("office", ["المبعوث الأممي إلى اليمن", "المبعوث الأممي الى اليمن"])
def test_an_office_with_a_preposition_is_taken_up_again(office: str) -> None:
    rows = [(f"قال {who} إن العمل مستمر.", who) for who in (f"{office} هانس غروندبرغ", office)]
    assert names(*rows) == ["هانس غروندبرغ"] * 2


def test_plurals_are_not_two() -> None:
    joint = "سامي الحداد وهند العلي"
    rows = [(f"قال {joint} إن العمل مستمر.", joint), ("وأكد بعض المسؤولين أن العمل توقف.", "المسؤولين")]
    assert names(*rows)[1] != joint


@pytest.mark.parametrize("sign", ["ـ", "ء", "\u064e"])
def test_a_sign_alone_among_the_words_of_a_name_does_no_harm(sign: str) -> None:
    mention = f"وزارة النقل {sign} فرع الرياض"
    assert names((f"قالت {mention} إن العمل مستمر.", mention))[0]
    assert names((f"قال سامي الحداد {sign} نفسه إن العمل مستمر.", f"{sign} نفسه"))


def test_a_mention_ends_at_a_line_break_where_its_name_ends() -> None:
    mention = "محمد صالح في بيان\nوزير النقل"
    assert names((f"قال {mention} إن العمل مستمر.", mention)) == ["محمد صالح"]


@pytest.mark.parametrize(
    ("first", "then", "name"),
    [
        ("البنك الأوروبي لإعادة الإعمار", "البنك الأوروبي", "البنك الأوروبي لإعادة الإعمار"),
        ("البنك الأوروبي والبنك الأفريقي", "البنك الأوروبي", "البنك الأوروبي"),
        ("وزارة الخارجية الروسية", "الخارجية", "وزارة الخارجية الروسية"),
    ],
)
def test_a_body_has_one_name(first: str, then: str, name: str) -> None:
    rows = [(f"أعلن {who} أن العمل مستمر.", who) for who in (first, then)]
    assert names(*rows)[1] == name


@pytest.mark.parametrize("tail", ['"أوبك"', "وحلفاؤها", "ذات التاريخ العريق"])
def test_what_is_said_of_a_body_makes_no_longer_name(tail: str) -> None:
    assert longer_names({"منظمة الدول", f"منظمة الدول {tail}"}) == {}
    assert longer_names({"منظمة الدول", "منظمة الدول المصدرة"}) == {"منظمة الدول": "منظمة الدول المصدرة"}


@pytest.mark.parametrize(
    ("rows", "name"),
    [
        (
            [
                ("قال وزير النقل هاينز فيشر إن الطرق مفتوحة.", "وزير النقل هاينز فيشر"),
                ("قوبلت دعوة فيشر بترحيب.", "دعوة فيشر"),
                ("وأكد فيشر الأمر.", "فيشر"),
            ],
            "هاينز فيشر",
        ),
        (
            [("وصل فخامة الرئيس اليمني هادي منصور أمس.", NONE), ("وقال الرئيس اليمني ذلك.", "الرئيس اليمني")],
            "هادي منصور",
        ),
        ([("قال كمال أوزان مدير المصرف ذلك.", "مال أوزان مدير المصرف")], "كمال أوزان"),
        ([("قال وزير النفط الكسندر نوفاك ذلك.", NONE), ("وأكد نوفاك الأمر.", "نوفاك")], "الكسندر نوفاك"),
    ],
)
def test_whoever_is_meant_is_found(rows: list[tuple[str, str | Attribution]], name: str) -> None:
    assert names(*rows)[-1] == name
