"""Which unlabelled articles would teach a model most: those it doubts, and no two alike.

Uncertainty sampling (Lewis & Gale 1994; Settles 2009) takes an article's worth from the entropy of its sentences' tone
probabilities, which are calibrated. Alone it picks many articles of one kind, so the next article is chosen greedily by
maximal marginal relevance (Carbonell & Goldstein 1998): its uncertainty counts for less the more it resembles an
article that is chosen or labelled already, by the cosine of TF-IDF vectors. Both lie between 0 and 1 and are
multiplied, so that there is no weight to choose and a duplicate is worth nothing. As in diverse mini-batch active
learning (Zhdanov 2019) only the most uncertain articles are compared, so that any number of articles can be read.
"""

from __future__ import annotations

import dataclasses
import heapq
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from nabra.article import Article
from nabra.errors import NabraError
from nabra.rendering import escape, show_title
from nabra.words import fold

KEY = "selection"
"""The metadata that says why an article was chosen."""
COMPARED = 50
"""Articles compared for each that is wanted."""


def select(
    articles: Iterable[Article], count: int, labelled: Sequence[Article] = (), min_sentences: int = 1
) -> list[Article]:
    """Choose the articles to label next.

    Articles whose text is among the labelled ones, or came before, are passed over. The same articles in the same order
    always give the same choice.

    Args:
        articles: Articles labelled by a model, with scores.
        count: How many to choose.
        labelled: Articles that have labels already.
        min_sentences: Pass over articles that are shorter.

    Returns:
        At most `count` articles with the model's labels, worthiest first. Each has as metadata its `selection`: its
        uncertainty, its similarity to the nearest article that was chosen before it or labelled, and its worth.

    Raises:
        NabraError: If an article has no scores, or there is none to choose from.
    """
    pool = _most_uncertain(_unseen(articles, labelled, min_sentences), count * COMPARED)
    if not pool:
        raise NabraError("there is no article to choose from: all are labelled already or too short")
    uncertainties = np.array([uncertainty(article) for article in pool])
    weigh = TfidfVectorizer(preprocessor=fold, tokenizer=str.split, token_pattern=None, sublinear_tf=True)
    vectors = weigh.fit_transform(map(_text, [*pool, *labelled]))
    candidates = vectors[: len(pool)]
    nearest = _likeness(candidates, vectors[len(pool) :]) if labelled else np.zeros(len(pool))
    chosen: list[Article] = []
    taken = np.zeros(len(pool), dtype=bool)
    for _ in range(min(count, len(pool))):
        worth = uncertainties * (1 - nearest)
        best = int(np.where(taken, -1, worth).argmax())
        reasons = {"worth": worth[best], "uncertainty": uncertainties[best], "similarity": nearest[best]}
        reasons = {name: round(float(value), 3) for name, value in reasons.items()}
        chosen.append(dataclasses.replace(pool[best], metadata=pool[best].metadata | {KEY: reasons}))
        nearest = np.maximum(nearest, _likeness(candidates, candidates[best]))
        taken[best] = True
    return chosen


def _likeness(candidates: Any, others: Any) -> np.ndarray:
    """The cosine of each candidate and the other that is most like it."""
    cosines: np.ndarray = (candidates @ others.T).max(axis=1).toarray().ravel()
    return cosines.clip(0, 1)


def uncertainty(article: Article) -> float:
    """The mean entropy of its sentences' tone probabilities: 0 where the model is sure, 1 where it knows nothing."""
    return math.fsum(_entropy(sentence.scores.values()) for sentence in article.sentences) / len(article.sentences)


def _entropy(probabilities: Iterable[float]) -> float:
    values = list(probabilities)
    return -math.fsum(p * math.log(p) for p in values if p > 0) / math.log(len(values))


def _unseen(articles: Iterable[Article], labelled: Iterable[Article], min_sentences: int) -> Iterator[Article]:
    """Articles of some length whose text did not come before."""
    seen = {_letters(article) for article in labelled}
    for article in articles:
        if not all(len(sentence.scores) > 1 for sentence in article.sentences):
            raise NabraError(f"article {article.id!r}: has sentences without scores; label it with 'nabra predict'")
        letters = _letters(article)
        if len(article.sentences) >= min_sentences and letters not in seen:
            seen.add(letters)
            yield article


def _letters(article: Article) -> int:
    """A number for the text, however it is split and spaced."""
    return hash("".join("".join(sentence.text.split()) for sentence in article.sentences))


def _text(article: Article) -> str:
    return " ".join(sentence.text for sentence in article.sentences)


def _most_uncertain(articles: Iterable[Article], size: int) -> list[Article]:
    """Those of highest uncertainty, first ones first where they are equal; holds no more than it returns."""
    numbered = ((uncertainty(article), -number, article) for number, article in enumerate(articles))
    return [article for _, _, article in heapq.nlargest(size, numbered)]


def format_selection(articles: Sequence[Article]) -> str:
    """A table of the chosen articles, and why."""
    lines = ["     worth  uncertainty  similarity  sentences  article"]
    for number, article in enumerate(articles, 1):
        why = article.metadata[KEY]
        figures = f"{why['worth']:7.2f}  {why['uncertainty']:11.2f}  {why['similarity']:10.2f}"
        lines.append(f"{number:3d}{figures}  {len(article.sentences):9d}  {escape(show_title(article))}")
    return "\n".join(lines)
