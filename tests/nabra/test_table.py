from __future__ import annotations

import dataclasses

from nabra.article import Article, Mention, Sentence, Speaker
from nabra.table import LATIN_MARK, format_article

ARTICLE = Article(
    "خبر",
    (
        Sentence("وصل الوفد إلى الخرطوم أمس وبدأ المحادثات على الفور مع الجانب الآخر.", "cautious"),
        Sentence("قالَ نعم.", "optimistic", Speaker("عادل بشير", Mention(1, "عادل"))),
    ),
    {"title": "عنوان"},
)


def test_every_row_fits_and_its_rules_align() -> None:
    rows = format_article(ARTICLE, width=80).splitlines()[1:]
    places = [row.replace(LATIN_MARK, "").replace("\u064e", "").index("│") for row in rows if "│" in row]
    assert len(set(places)) == 1
    assert max(len(row.replace(LATIN_MARK, "")) for row in rows) <= 81


def test_an_undecided_tone_has_a_question_mark() -> None:
    sentences = tuple(dataclasses.replace(sentence, undecided=True) for sentence in ARTICLE.sentences)
    shown = format_article(dataclasses.replace(ARTICLE, sentences=sentences))
    assert "optimistic?" in shown
    assert "cautious?" in shown
    assert "?" not in format_article(ARTICLE)


def test_text_is_whole_and_in_logical_order() -> None:
    shown = format_article(ARTICLE, width=70)
    cells = [row.rsplit("│", 1)[1].strip(f" {LATIN_MARK}") for row in shown.splitlines() if row.count("│") == 3]
    assert ARTICLE.sentences[0].text in " ".join(cells)
    assert "عنوان" in shown


def test_arabic_cells_are_kept_apart_for_terminals_that_reorder() -> None:
    row = next(row for row in format_article(ARTICLE).splitlines() if "عادل بشير" in row)
    between = row[row.index("عادل بشير") + len("عادل بشير") : row.index("قالَ")]
    assert between.count(LATIN_MARK) == 2
