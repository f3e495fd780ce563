from __future__ import annotations

import dataclasses
import io
import re
from pathlib import Path

import pytest

from nabra.article import TONES, Article, Mention, Sentence, Speaker
from nabra.rendering import Palette, escape
from nabra.table import ARABIC_MARK, COLOURS, LATIN_MARK, RULE, format_article, palette_for
from nabra.writers import to_json_line
from tests.nabra.terminal import nabra_in_terminal

MINISTER = "وزير الري السوداني عادل بشير"
SPEAKER = Speaker("عادل بشير", Mention(1, MINISTER, 72, 100), 0.9)
ARTICLE = Article(
    "خبر",
    (
        Sentence("وصل الوفد إلى الخرطوم أمس وبدأ المحادثات على الفور مع الجانب الآخر.", "cautious"),
        Sentence(f"قالَ {MINISTER} نعم.", "optimistic", SPEAKER, 67, 106, {"optimistic": 0.934, "obstacle": 0.066}),
        Sentence("وأضاف أن 日本 تؤيد ذلك 🙂.", "obstacle", SPEAKER),
    ),
    {"title": "عنوان"},
)
CODES = re.compile(r"\x1b\[[\d;]*m")


def columns(line: str) -> int:
    """What a terminal takes for a line of these tests."""
    return len(re.sub(f"[{LATIN_MARK}{ARABIC_MARK}\u064e]", "", CODES.sub("", line))) + len(
        re.findall("[日本🙂]", line)
    )


def replaced(sentence: Sentence, **changes: object) -> Article:
    return Article("a", (dataclasses.replace(sentence, **changes),))


@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize("palette", [None, Palette(COLOURS)], ids=["plain", "coloured"])
def test_every_row_fits_and_its_rules_align(width: int, palette: Palette | None) -> None:
    rows = format_article(ARTICLE, width, palette).splitlines()[1:-1]
    assert max(map(columns, rows)) <= width
    for number in (0, 1, 2):
        assert len({columns(re.split("[│┼]", row)[number]) for row in rows}) == 1


def test_long_words_names_and_tones_are_broken() -> None:
    speaker = Speaker("ب" * 90, Mention(0, "ا"))
    shown = format_article(replaced(Sentence("ا" * 300, "x" * 99, speaker, scores={"x" * 99: 1.0})), 80)
    assert max(map(columns, shown.splitlines())) == 80
    assert (shown.count("ا"), shown.count("ب")) == (300, 90)
    assert "xxx…" in shown
    assert "100%" in shown


def test_an_article_without_sentences_is_its_title() -> None:
    assert format_article(Article("a", ()), 80).startswith("a\n")


def test_an_undecided_tone_has_a_question_mark() -> None:
    sentences = tuple(dataclasses.replace(sentence, undecided=True) for sentence in ARTICLE.sentences)
    shown = format_article(dataclasses.replace(ARTICLE, sentences=sentences))
    assert "optimistic?" in shown
    assert "cautious?" in shown
    assert "?" not in format_article(ARTICLE)


def test_confidence_is_shown_where_there_is_one() -> None:
    shown = format_article(ARTICLE)
    assert "93%" in shown
    assert shown.count("%") == 1


def test_text_is_whole_and_in_logical_order() -> None:
    shown = format_article(ARTICLE, width=70)
    rows = [row for row in shown.splitlines() if row.count("│") == 3]
    cells = [row.rsplit("│", 1)[1].strip(f" {LATIN_MARK}{ARABIC_MARK}") for row in rows]
    assert " ".join(sentence.text for sentence in ARTICLE.sentences) in " ".join(cells)
    assert "عنوان" in shown


@pytest.mark.parametrize("palette", [None, Palette(COLOURS)], ids=["plain", "coloured"])
def test_arabic_cells_are_kept_apart_for_terminals_that_reorder(palette: Palette | None) -> None:
    row = next(row for row in format_article(ARTICLE, 120, palette).splitlines() if "قالَ" in row)
    between = row[row.index("عادل بشير") + len("عادل بشير") : row.index("قالَ")]
    assert CODES.sub("", between).strip(f" {ARABIC_MARK}") == RULE.strip(" ")


def test_punctuation_at_the_ends_of_an_arabic_line_stays_on_its_side() -> None:
    shown = format_article(replaced(ARTICLE.sentences[0], text="«نعم».", speaker=None), 120)
    assert f"{RULE}{ARABIC_MARK}«نعم».{ARABIC_MARK}\n" in shown


def test_colours_say_the_tone_and_mentions_are_underlined() -> None:
    shown = format_article(ARTICLE, 120, Palette(COLOURS))
    assert "\x1b[33mcautious" in shown
    assert "\x1b[32moptimistic" in shown
    assert "\x1b[31mobstacle" in shown
    assert "\x1b[1mعادل بشير" in shown
    assert re.findall(r"\x1b\[4m(.*?)\x1b\[24m", shown) == [MINISTER]
    undecided = replaced(ARTICLE.sentences[0], undecided=True)
    assert "\x1b[33;2mcautious?" in format_article(undecided, 120, Palette(COLOURS))


def test_underlining_stops_at_the_end_of_a_line_and_goes_on_in_the_next() -> None:
    shown = format_article(ARTICLE, 50, Palette(COLOURS))
    pieces = re.findall(r"\x1b\[4m(.*?)\x1b\[24m", shown)
    assert len(pieces) > 1
    assert " ".join(pieces) == MINISTER
    for row in shown.splitlines():
        assert row.count("\x1b[4m") == row.count("\x1b[24m")


def test_tones_of_ones_own_keep_the_colours_they_first_get() -> None:
    palette = Palette(COLOURS)
    scores = {"hopeful": 0.2, "neutral": 0.5, "grim": 0.3}
    format_article(replaced(Sentence("نعم.", "neutral", scores=scores)), 80, palette)
    assert [palette[tone] for tone in scores] == ["34", "35", "36"]
    assert "\x1b[36mgrim" in format_article(replaced(Sentence("نعم.", "grim")), 80, palette)
    assert [palette[tone] for tone in TONES] == ["32", "33", "31"]
    assert len({palette[f"tone {number}"] for number in range(20)}) == 6


@pytest.mark.parametrize(
    ("unsafe", "shown"),
    [
        ("\x1b[31m", r"\x1b[31m"),
        ("\x1b]0;owned\x07", r"\x1b]0;owned\x07"),
        ("\x9b2J", r"\x9b2J"),
        ("\x08\x7f\x00", r"\x08\x7f\x00"),
        ("\x85\x1c\u2028", r"\x85\x1c\u2028"),
        ("\x0e\x0f", r"\x0e\x0f"),
        ("\u202eabc\u202c", r"\u202eabc\u202c"),
        ("\u2066\u2069\u200e\u200f\u061c", r"\u2066\u2069\u200e\u200f\u061c"),
        ("\ud800", r"\ud800"),
    ],
)
def test_what_a_terminal_would_obey_is_shown(unsafe: str, shown: str) -> None:
    assert escape(unsafe) == shown
    text = f"قال{unsafe} نعم"
    article = Article(text, (Sentence(text, text, Speaker(text, Mention(0, text))),), {"title": text})
    plain = format_article(article, 200)
    assert plain.count(shown) >= 3  # id, title and text; what is long is cut or broken
    for table in (plain, CODES.sub("", format_article(article, 200, Palette(COLOURS)))):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", table)
        assert not re.search(f"(?<!│ ){LATIN_MARK}(?! │)", table)


def test_ordinary_text_is_left_as_it_is() -> None:
    text = "قالَ «نعم»؛ می‌خواهم، 50% — ﷺ 🙂"
    assert escape(text) == text


def test_line_breaks_and_tabs_become_spaces() -> None:
    assert "قال نعم ولا" in format_article(replaced(Sentence("قال\tنعم\r\nولا", "cautious")), 80)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "coloured"),
    [
        (Terminal(), {"TERM": "xterm-256color"}, True),
        (Terminal(), {"TERM": "xterm", "NO_COLOR": ""}, True),
        (Terminal(), {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {"TERM": "xterm"}, False),
    ],
)
def test_colours_are_for_terminals_that_want_them(
    stream: io.StringIO, environment: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert (palette_for(stream) is not None) is coloured


@pytest.mark.parametrize(("width", "environment"), [(60, {}), (90, {"NO_COLOR": "1"}), (None, {})])
def test_the_command_shows_on_a_terminal_and_in_a_pipe(
    width: int | None, environment: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text(to_json_line(ARTICLE) + to_json_line(replaced(Sentence("ق\x1b[31m", "grim"))), encoding="utf-8")
    shown = nabra_in_terminal(["show", str(path)], width, **environment)
    assert ("\x1b[32moptimistic" in shown) is (width == 60)
    if width != 60:
        assert "\x1b" not in shown
    assert r"\x1b[31m" in shown
    rows = [row for row in shown.splitlines() if "│" in row]
    assert max(map(columns, rows)) <= (width or 80)
    assert any("┼" in row and columns(row) == (width or 80) for row in shown.splitlines())
