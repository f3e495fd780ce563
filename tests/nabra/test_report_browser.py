"""The pages in a browser: Chromium, driven by Playwright. Without either these tests are skipped."""

from __future__ import annotations

import dataclasses
import functools
import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nabra.article import TONES, Article, Mention, Sentence, Speaker
from nabra.reports import write_report
from nabra_train.evaluation import MODEL, Evaluation, build_report
from nabra_train.evaluation_page import write_evaluation
from nabra_train.metrics import bootstrap

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

AXE = importlib.util.find_spec("axe_playwright_python")
HACK = '</script><script>hacked()</script><img src="x" onerror="hacked()"><a href="javascript:hacked()">\u202e\u2066'
ROWS = "#speakers tbody tr"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with playwright.sync_playwright() as driver:
        try:
            browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        except playwright.Error as error:
            pytest.skip(f"no Chromium: {error}")
        yield browser
        browser.close()


def articles() -> list[Article]:
    """Fifty articles of two sources over four years: a minister in each, and others in some."""
    return [Article(f"a-{number}", tuple(sentences(number)), metadata(number)) for number in range(50)]


def metadata(number: int) -> dict[str, str]:
    date = {} if number == 49 else {"date": f"{2018 + number // 12}-{1 + number % 12:02}-15"}
    return date | {"title": f"جولة المحادثات رقم {number}", "source": ("الأفق", "المدار")[number % 2]}


def sentences(number: int) -> Iterator[Sentence]:
    speaker = Speaker("عادل بشير", Mention(1, "وزير الري عادل بشير"), 0.97)
    yield voiced("وصل الوفدان إلى الخرطوم.", 1, None, 0.55)
    yield voiced("وقال وزير الري عادل بشير إن الاتفاق بات قريبا.", 0, speaker, 0.95)
    yield voiced("وأضاف أن التوقيع في الربيع.", 0, speaker, 0.8)
    if number % 10 == 0:
        yield voiced("لكن إثيوبيا رَفضت المقترح.", 2, Speaker("إثيوبيا", Mention(3, "إثيوبيا"), 0.9), 0.9)
    if number == 7:
        yield voiced(HACK, 2, Speaker(HACK, Mention(3, HACK), 0.9), 0.4, undecided=True, truncated=True)


def voiced(text: str, tone: int, speaker: Speaker | None, score: float, **more: Any) -> Sentence:
    scores = dict.fromkeys(TONES, (1 - score) / 2) | {TONES[tone]: score}
    return Sentence(text, TONES[tone], speaker, scores=scores, **more)


def predictions(articles: list[Article]) -> list[Article]:
    """Articles as a model labels them that errs in the tone of four, misses the speaker in six, and errs in one."""
    return [
        dataclasses.replace(article, sentences=tuple(mislabelled(number, article)))
        for number, article in enumerate(articles)
    ]


def mislabelled(number: int, article: Article) -> Iterator[Sentence]:
    first, second, third, *rest = article.sentences
    yield voiced(first.text, 2, None, 0.9) if number % 3 == 0 else first
    yield second
    yield dataclasses.replace(third, speaker=None) if number % 2 else third
    yield from (dataclasses.replace(last, speaker=second.speaker) if number == 7 else last for last in rest)


def evaluation(model: str, gold: list[Article], predicted: list[Article]) -> Evaluation:
    systems = {MODEL: predicted}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nabra_train.evaluation.bootstrap", functools.partial(bootstrap, resamples=10))
        return Evaluation(build_report(model, "test.jsonl", gold, systems, TONES), gold, systems)


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The addresses of pages: in both languages, and of labels and predictions that say no more than they must."""
    folder = tmp_path_factory.mktemp("reports")
    write_report(articles(), folder / "en.html", "en", HACK)
    write_report(articles(), folder / "ar.html", "ar")
    bare = [Article("x", (Sentence("وصل الوفد.", "neutral"), Sentence("Nothing new.", "grim")))]
    write_report(bare, folder / "bare.html")
    hostile = evaluation(HACK, articles()[:12], predictions(articles()[:12]))
    write_evaluation(hostile, folder / "evaluation-en.html")
    write_evaluation(hostile, folder / "evaluation-ar.html", "ar")
    right = [Article("x", (Sentence("وصل الوفد.", "cautious"),))]
    write_evaluation(evaluation("right", right, right), folder / "evaluation-bare.html")
    return {path.stem: path.as_uri() for path in folder.iterdir()}


@pytest.fixture
def page(browser: Any, reports: dict[str, str]) -> Iterator[Any]:
    """The English report on a laptop. No test may leave a message in the console, or run what the data says."""
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    faults = listen(page)
    page.goto(reports["en"])
    yield page
    assert faults == []
    page.close()


def listen(page: Any) -> list[str]:
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: request.url.startswith("file:") or faults.append(request.url))
    page.expose_function("hacked", lambda: faults.append("a script of the data ran"))
    return faults


def expect_status(page: Any, text: str) -> None:
    expect(page.locator("#status")).to_have_text(text)


def set_filter(page: Any, name: str, value: str) -> None:
    """Fill a field of the filters, whatever its kind."""
    script = "([name, value]) => { const f = document.querySelector('#filters'); f.elements[name].value = value;"
    page.evaluate(script + "f.elements[name].dispatchEvent(new Event('input', { bubbles: true })); }", [name, value])


def test_the_page_gives_an_overview(page: Any) -> None:
    assert page.inner_text("#figures").split("\n") == [
        *("Articles", "50", "Sentences", "156", "Speakers", "3"),
        *("Dates", "15 Jan 2018 to 15 Jan 2022", "Undecided", "1%"),
    ]
    assert (
        page.get_attribute("#shares .tone-bar", "aria-label")
        == "optimistic 100 (64%), cautious 50 (32%), obstacle 6 (4%)"
    )
    assert page.locator("#chart .column").count() == 49
    assert "without a date that can be read: 1." in page.inner_text("#undated")


def test_an_article_is_read_from_right_to_left_with_its_mentions(page: Any) -> None:
    paragraph = page.locator("#articles .sentence p").nth(1)
    style = paragraph.evaluate("(p) => [getComputedStyle(p).direction, getComputedStyle(p).unicodeBidi]")
    assert style == ["rtl", "isolate"]
    assert paragraph.locator("u").inner_text() == "وزير الري عادل بشير"
    who, what = (page.locator(f"#articles .sentence {part}").nth(1).bounding_box() for part in (".who", "p"))
    assert who["x"] > what["x"] + what["width"]


def test_confidence_shows_on_focus_and_on_hover(page: Any) -> None:
    row = page.locator("#articles .sentence").nth(2)
    tip = row.locator(".tip")
    assert not tip.is_visible()
    row.locator(".tag").focus()
    assert (
        tip.inner_text().split() == "optimistic 80% cautious 10% obstacle 10% Speaker 97% Named in sentence 2".split()
    )
    row.locator(".tag").evaluate("(tag) => tag.blur()")
    row.hover()
    assert tip.is_visible()


FILTERS = [
    ("text", "رفضت", "Sentences: 5 of 156. Articles: 5 of 50."),
    ("text", "رقم 49", "Sentences: 3 of 156. Articles: 1 of 50."),
    ("speaker", "اثيوبيا", "Sentences: 5 of 156. Articles: 5 of 50."),
    ("speaker", '"بشير"', "Sentences: 0 of 156. Articles: 0 of 50."),
    ("speaker", '"عادل بشير"', "Sentences: 100 of 156. Articles: 50 of 50."),
    ("voice", "reporter", "Sentences: 50 of 156. Articles: 50 of 50."),
    ("source", "1", "Sentences: 76 of 156. Articles: 25 of 50."),
    ("from", "2021-12-01", "Sentences: 6 of 156. Articles: 2 of 50."),
    ("to", "2018-01-31", "Sentences: 4 of 156. Articles: 1 of 50."),
    ("confidence", "90", "Sentences: 55 of 156. Articles: 50 of 50."),
]


def test_filters_filter(page: Any) -> None:
    for name, value, found in FILTERS:
        set_filter(page, name, value)
        expect_status(page, found)
        expect(page.locator("#figures dd").first).to_have_text(found.split()[-3])
        page.click("[type=reset]")
        expect_status(page, "Sentences: 156. Articles: 50.")


def test_tones_are_filtered_and_what_does_not_match_is_dimmed(page: Any) -> None:
    page.locator("#tones input").nth(0).uncheck()
    page.locator("#tones input").nth(3).uncheck()  # undecided
    expect_status(page, "Sentences: 55 of 156. Articles: 50 of 50.")
    assert page.locator("#articles details").first.locator(".sentence:not(.outside)").count() == 1
    expect(page.locator("#articles summary").first).to_contain_text("1 of 3 sentences match")


def test_found_words_are_marked_whatever_their_spelling(page: Any) -> None:
    set_filter(page, "text", "اثيوبيا رفضت")
    expect_status(page, "Sentences: 5 of 156. Articles: 5 of 50.")
    marked = page.locator("#articles .sentence p:has(mark)").first.locator("mark").all_text_contents()
    assert "".join(marked) == "إثيوبيا رَفضت"


def test_speakers_are_sorted_and_searched(page: Any) -> None:
    names = f"{ROWS} .speaker"
    assert page.inner_text(names) == "عادل بشير"
    page.click("#speakers [data-sort=sentences] button")
    assert page.get_attribute("#speakers [data-sort=sentences]", "aria-sort") == "ascending"
    assert page.locator(names).last.inner_text() == "عادل بشير"
    page.select_option("#sort", label="Most sentences: obstacle")
    assert page.inner_text(names) == "إثيوبيا"
    page.fill("#find-speaker", "بشير")
    expect(page.locator(ROWS)).to_have_count(1)
    expect(page.locator(f"{ROWS} td")).to_have_text(["", "100", "15 Jan 2018", "15 Jan 2022"])


def test_a_speaker_opens_with_their_sentences_and_leads_to_an_article(page: Any) -> None:
    page.click(f"{ROWS} .speaker")
    assert page.inner_text("#drawer h2") == "عادل بشير"
    assert page.locator("#drawer .sentence").count() == 40
    assert page.inner_text("#drawer .namings li") == "وزير الري عادل بشير"
    page.click("#drawer .link >> nth=0")
    assert page.locator("#drawer .sentence").count() == 4
    page.click("#back")
    page.click("#drawer >> text=Show this speaker alone")
    assert not page.is_visible("#drawer")
    expect_status(page, "Sentences: 100 of 156. Articles: 50 of 50.")
    page.keyboard.press("Escape")


def test_articles_come_in_pages_and_open_when_asked(page: Any) -> None:
    assert page.locator("#articles details").count() == 20
    assert page.locator("#articles .sentences").count() == 1
    page.click("#articles .pager button >> nth=1")
    page.click("#articles .pager button >> nth=1")
    assert page.inner_text("#articles .pager span") == "41–50 of 50"
    page.click("#open-all")
    expect(page.locator("#articles .sentences")).to_have_count(10)
    page.select_option("#article-order", "oldest")
    assert page.inner_text("#articles h3 >> nth=0") == "جولة المحادثات رقم 0"


def test_a_column_of_the_chart_restricts_the_dates(page: Any) -> None:
    page.select_option("#period", "year")
    assert page.locator("#chart .column").count() == 5
    page.click("#chart .column >> nth=1")
    assert page.input_value("[name=from]") == "2019-01-01"
    assert page.input_value("[name=to]") == "2019-12-31"
    expect_status(page, "Sentences: 37 of 156. Articles: 12 of 50.")


def test_text_of_the_data_does_nothing_but_stand_there(page: Any) -> None:
    set_filter(page, "text", "hacked")
    expect(page.locator("#articles details")).to_have_count(1)
    assert page.locator("#articles .sentence.undecided p").inner_text() == HACK
    assert page.inner_text("h1") == HACK
    page.click(f"{ROWS} .speaker")
    assert page.inner_text("#drawer h2") == HACK
    assert page.locator("img").count() == 0
    assert page.locator("a[href^=javascript]").count() == 0


def test_bare_labelled_articles_show_only_what_is_known(browser: Any, reports: dict[str, str]) -> None:
    page = browser.new_page()
    faults = listen(page)
    page.goto(reports["bare"])
    assert page.inner_text("#figures").split() == "Articles 1 Sentences 2 Speakers 0".split()
    assert [page.is_visible(part) for part in ("#dates", "#confidence", "#source", "#time", ".tip")] == [False] * 5
    assert not page.is_visible("#speakers th.date")
    assert page.locator("#article-order option").first.inner_text() == "As in the file"
    assert page.locator("#sort option").all_inner_texts()[:3] == ["Sentences", "Name", "Most sentences: neutral"]
    assert page.locator(".tag", has_text="grim").count() > 0
    page.emulate_media(media="print")
    assert not page.is_visible("#filters")
    assert faults == []
    page.close()


@pytest.fixture
def scores(browser: Any, reports: dict[str, str]) -> Iterator[Any]:
    """The English page of an evaluation on a laptop, watched like `page`."""
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    faults = listen(page)
    page.goto(reports["evaluation-en"])
    yield page
    assert faults == []
    page.close()


def test_an_evaluation_shows_its_scores(scores: Any) -> None:
    assert scores.inner_text("#figures").split("\n")[2:8] == [
        "Labels",
        "test.jsonl",
        "Articles",
        "12",
        "Sentences",
        "39",
    ]
    assert scores.locator("#scores tbody tr").first.inner_text().split()[:3] == ["Tone,", "accuracy", "0.897"]
    assert scores.locator("#confusion td").all_inner_texts()[3:6] == ["0\n0%", "8\n67%", "4\n33%"]
    assert scores.locator("#reliability rect").count() == 4
    scores.click("#coverage summary")
    assert scores.locator("#coverage tbody tr").all_inner_texts()[0].split() == ["0%", "1.000", "0.897"]
    assert scores.locator("#speakers td").all_inner_texts()[2:4] == ["6", "86%"]


def test_wrong_sentences_come_surest_first_with_label_prediction_and_context(scores: Any) -> None:
    expect_status(scores, "Wrong sentences: 11 of 11.")
    assert scores.locator("#errors .list li").count() == 10
    surest, second = (scores.locator("#errors .list li").nth(place) for place in range(2))
    assert surest.locator(".context p").all_inner_texts() == [articles()[7].sentences[2].text, HACK]
    assert second.locator(".context p").all_inner_texts() == [s.text for s in articles()[0].sentences[:2]]
    assert second.locator("tbody tr").all_inner_texts() == [
        "✗ Tone\tcautious\tobstacle 90%",
        "✓ Speaker\tReporter’s own voice\tReporter’s own voice",
    ]
    second.locator("h3 button").click()
    assert scores.locator("#drawer .sentence").count() == 4
    assert scores.inner_text("#drawer [aria-current] .tone").split() == ["cautious", "Predicted:", "obstacle"]


def test_wrong_sentences_are_filtered_by_kind(scores: Any) -> None:
    scores.click("#confusion td button")
    expect_status(scores, "Wrong sentences: 4 of 11.")
    assert scores.input_value("#kind") == "1-2"
    scores.click("#speakers button >> text=Speaker named in the sentence overlooked")
    expect_status(scores, "Wrong sentences: 1 of 11.")
    assert scores.inner_text("#errors .context p:not(.quiet)") == HACK
    assert "Named in sentence 2 وزير الري عادل بشير" in scores.inner_text("#errors .versus")
    scores.select_option("#kind", "missed")
    expect_status(scores, "Wrong sentences: 6 of 11.")


def test_an_evaluation_without_errors_and_confidences_shows_neither(browser: Any, reports: dict[str, str]) -> None:
    page = browser.new_page()
    faults = listen(page)
    page.goto(reports["evaluation-bare"])
    assert [page.is_visible(part) for part in ("#reliability", "#coverage", "#confusion")] == [False, False, True]
    assert page.inner_text("#errors .list") == "No such error."
    assert faults == []
    page.close()


OPENERS = {"en": f"{ROWS} .speaker", "evaluation-en": "#errors h3 button"}
OPENERS |= {"ar": OPENERS["en"], "evaluation-ar": OPENERS["evaluation-en"]}
"""What opens the drawer of each page."""


@pytest.mark.parametrize("name", OPENERS)
def test_a_phone_needs_no_scrolling_to_the_side(name: str, browser: Any, reports: dict[str, str]) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 740})
    page.goto(reports[name])
    page.evaluate("document.querySelectorAll('details').forEach((details) => (details.open = true))")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.click(OPENERS[name])
    assert page.evaluate("(d => d.scrollWidth - d.clientWidth)(document.querySelector('#drawer'))") <= 0
    page.close()


@pytest.mark.skipif(AXE is None, reason="axe-playwright-python is not installed")
@pytest.mark.parametrize(
    ("name", "scheme"), [("en", "light"), ("ar", "dark"), ("evaluation-en", "dark"), ("evaluation-ar", "light")]
)
def test_axe_finds_nothing_serious(name: str, scheme: str, browser: Any, reports: dict[str, str]) -> None:
    page = browser.new_page(viewport={"width": 1366, "height": 768}, color_scheme=scheme)
    page.goto(reports[name])
    page.evaluate((Path(AXE.origin).parent / "axe.min.js").read_text(encoding="utf-8"))
    found = serious(page)
    page.click(".as-table summary")
    page.click(OPENERS[name])
    assert found + serious(page) == []
    page.close()


def serious(page: Any) -> list[str]:
    """What axe finds serious or critical on the page as it stands."""
    violations = page.evaluate("axe.run({ resultTypes: ['violations'] }).then((result) => result.violations)")
    return [
        f"{fault['id']}: {node['html'][:120]} {node['failureSummary']}"
        for fault in violations
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]
