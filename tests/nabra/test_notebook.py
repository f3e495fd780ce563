from __future__ import annotations

import copy
import pickle
import re
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from html.parser import HTMLParser
from multiprocessing import get_context

import pytest

import nabra
from nabra.article import Article, Mention, Sentence, Speaker, Tone
from nabra.errors import NabraError

MINISTER = "الوزير عادل بشير"
SPEAKER = Speaker("عادل بشير", Mention(0, MINISTER, 14, 30), 0.875)
ARTICLE = Article(
    "a",
    (
        Sentence(f"قال {MINISTER} نعم.", "optimistic", SPEAKER, 10, 35, {"optimistic": 0.9, "cautious": 0.1}, True),
        Sentence("انتهى.", "cautious", start=36, end=42, scores={"optimistic": 0.4, "cautious": 0.6}, undecided=True),
    ),
    {"title": "خبر", "date": "2020-01-01"},
)
LABELLED = Article("b", (Sentence("نعم.", Tone.OBSTACLE.value), Sentence("وقال بشير لا.", "grim", SPEAKER)))


class Page(HTMLParser):
    """Collects the tags and attributes of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(page)
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


# ---- HTML ----


def test_a_notebook_shows_all_that_is_known() -> None:
    html = ARTICLE._repr_html_()
    assert html.startswith('<div dir="rtl" lang="ar"')
    page = Page(html)
    for sentence in ARTICLE.sentences:
        assert sentence.text in page.text
    assert f"<u>{MINISTER}</u>" in html
    assert html.count("<u>") == 1
    for known in ("a خبر", "عادل بشير 88%", "optimistic 90%", "cautious? 60%"):
        assert known in page.text
    assert ("title", "optimistic 90%, cautious 10%") in page.attributes
    assert set(page.tags) == {"div", "bdi", "b", "u"}


def test_shades_are_of_the_tone_and_let_the_background_through() -> None:
    shades = re.findall(r"background:(#\w+)", ARTICLE._repr_html_() + LABELLED._repr_html_())
    assert len(set(shades)) == 4
    assert all(len(shade) == len("#rrggbbaa") for shade in shades)
    assert "color:" not in re.sub("background-color", "", ARTICLE._repr_html_())


@pytest.mark.parametrize(
    "unsafe",
    ["<script>alert(1)</script>", '" onmouseover="alert(1)', "'><img src=x onerror=alert(1)>", "&lt;b&gt;", "</div>"],
)
def test_text_is_never_markup(unsafe: str) -> None:
    mention = Mention(0, f"قال {unsafe}")
    sentence = Sentence(f"قال {unsafe} نعم.", unsafe, Speaker(unsafe, mention), scores={unsafe: 1.0})
    page = Page(Article(unsafe, (sentence,), {"title": unsafe})._repr_html_())
    assert page.text.count(unsafe) == 5
    assert set(page.tags) == {"div", "bdi", "b", "u"}
    assert {name for name, _ in page.attributes} == {"dir", "lang", "style", "title"}


def test_mentions_that_overlap_or_stand_elsewhere_lose_no_text() -> None:
    text = "قال وزير الري عادل بشير نعم."
    mentions = [
        Mention(0, "وزير الري عادل"),
        Mention(0, "عادل بشير"),
        Mention(0, "وزير", 999, 1003),
        Mention(0, "غيره"),
    ]
    article = Article("a", tuple(Sentence(text, "cautious", Speaker("x", mention), 0) for mention in mentions))
    html = article._repr_html_()
    assert "<div>قال <u>وزير</u><u> الري عادل</u><u> بشير</u> نعم.</div>" in html
    assert Page(html).text.count(text) == 4


def test_half_a_surrogate_pair_can_be_sent() -> None:
    assert r"\ud800" in Article("a", (Sentence("نعم \ud800", "cautious"),))._repr_html_().encode().decode()


# ---- pandas ----


def test_a_frame_has_a_row_a_sentence() -> None:
    frame = ARTICLE.to_pandas()
    assert (
        list(frame.columns)
        == (
            "article sentence text tone score_optimistic score_cautious speaker speaker_score mention mention_sentence "
            "mention_start mention_end start end truncated undecided"
        ).split()
    )
    first, second = frame.to_dict("records")
    assert first == {
        "article": "a",
        "sentence": 0,
        "text": ARTICLE.sentences[0].text,
        "tone": "optimistic",
        "score_optimistic": 0.9,
        "score_cautious": 0.1,
        "speaker": "عادل بشير",
        "speaker_score": 0.875,
        "mention": MINISTER,
        "mention_sentence": 0,
        "mention_start": 14,
        "mention_end": 30,
        "start": 10,
        "end": 35,
        "truncated": True,
        "undecided": False,
    }
    assert (second["sentence"], second["start"], second["undecided"]) == (1, 36, True)
    missing = frame.isna().iloc[1]
    assert {name for name in frame.columns if missing[name]} == set(frame.columns[6:12])
    assert frame["mention_start"].dtype == "Int64"
    assert frame["truncated"].dtype == bool


def test_a_frame_of_many_articles_with_metadata() -> None:
    frame = nabra.to_pandas(iter([ARTICLE, LABELLED]), metadata=["date", "source"])
    assert list(frame["article"]) == ["a", "a", "b", "b"]
    assert list(frame["date"][:2]) == ["2020-01-01"] * 2
    assert frame["date"][2:].isna().all()
    assert frame["source"].isna().all()
    assert frame.groupby("tone").size().to_dict() == {"optimistic": 1, "cautious": 1, "obstacle": 1, "grim": 1}
    assert frame["score_cautious"][2:].isna().all()


def test_a_frame_of_nothing_has_its_columns() -> None:
    frame = nabra.to_pandas([])
    assert len(frame) == 0
    assert {"article", "text", "speaker", "start", "undecided"} <= set(frame.columns)
    assert len(Article("a", ()).to_pandas()) == 0


def test_what_cannot_be_a_frame_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NabraError, match="metadata: text: is a column already"):
        nabra.to_pandas([ARTICLE], metadata=["date", "text"])
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(NabraError, match=r"pip install 'nabra\[pandas\]'"):
        ARTICLE.to_pandas()


# ---- copies ----


@pytest.mark.parametrize("value", [ARTICLE, ARTICLE.sentences[0], SPEAKER, SPEAKER.mention, Tone.CAUTIOUS])
def test_values_pickle_and_copy(value: object) -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(value, protocol)) == value
    assert copy.copy(value) == value
    assert copy.deepcopy(value) == value


def test_a_deep_copy_shares_nothing_that_can_change() -> None:
    twin = copy.deepcopy(ARTICLE)
    twin.metadata["title"] = "آخر"
    twin.sentences[0].scores["optimistic"] = 0.0
    assert ARTICLE.metadata["title"] == "خبر"
    assert ARTICLE.sentences[0].scores["optimistic"] == 0.9


def test_articles_travel_between_processes() -> None:
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        assert pool.submit(Article.from_dict, ARTICLE.to_dict()).result() == ARTICLE
        assert pool.submit(Article.to_dict, ARTICLE).result() == ARTICLE.to_dict()


def test_what_terminals_and_notebooks_need_is_not_imported_with_the_library() -> None:
    lazy = ["IPython", "nabra.notebook", "nabra.table", "pandas", "rich", "tqdm"]
    code = f"import sys; from nabra import Analyzer, Article; print([m for m in {lazy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": ":".join(sys.path)}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
