"""The page of `nabra report`: predictions or labelled articles."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from nabra.article import Article
from nabra.reports.packing import Corpus
from nabra.reports.shell import DIRECTIONS, Language, write_page


class Written(NamedTuple):
    """How much a report shows."""

    articles: int
    sentences: int


def write_report(articles: Iterable[Article], path: str | Path, lang: Language = "en", title: str = "") -> Written:
    """Write a page that shows articles, their tones and their speakers. It needs no other file and no network.

    Args:
        articles: Predictions or labelled articles.
        path: The HTML file.
        lang: Language of the interface; the articles stay as they are.
        title: Heading of the page.

    Returns:
        How many articles and sentences the page shows.

    Raises:
        NabraError: If an article has no tones, or the page cannot be written.
        TypeError: If the title is no text.
        ValueError: If there is no such language.
    """
    if not isinstance(title, str):
        raise TypeError(f"title: expected a text, not {type(title).__name__}")
    if lang not in DIRECTIONS:
        raise ValueError(f"lang: {lang!r} is no language of the page; there are {', '.join(DIRECTIONS)}")
    corpus = Corpus()
    packed = [corpus.pack(article) for article in articles]
    write_page("report", Path(path), lang, title, corpus, packed)
    return Written(len(packed), sum(len(article["sentences"]) for article in packed))
