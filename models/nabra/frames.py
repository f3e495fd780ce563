"""Articles as a pandas data frame; needs the `pandas` extra."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from nabra.article import Article, Sentence
from nabra.errors import NabraError

if TYPE_CHECKING:
    import pandas

BEFORE_SCORES = ("article", "sentence", "text", "tone")
OFFSETS = ("mention_sentence", "mention_start", "mention_end", "start", "end")
AFTER_SCORES = ("speaker", "speaker_score", "mention", *OFFSETS, "truncated", "undecided")


def to_pandas(articles: Iterable[Article], metadata: Sequence[str] = ()) -> pandas.DataFrame:
    """A data frame with one row a sentence.

    Columns: `article` (its id), `sentence` (its index from 0), `text`, `tone`; a `score_…` for each tone; `speaker`,
    `speaker_score`, `mention`, and the sentence and offsets that it stands at; `start`, `end`, `truncated`,
    `undecided`; and the metadata asked for. What is not known is missing.

    Args:
        articles: Labelled articles.
        metadata: Fields of the input to have as columns too, such as `date` and `source`.

    Raises:
        NabraError: If pandas is not installed, or a field has the name of another column.
        TypeError: If `metadata` is a single name, or `articles` are no articles.
    """
    if isinstance(metadata, str):
        raise TypeError(f"metadata: expected several names, such as [{metadata!r}], not one")
    if isinstance(articles, Article):
        raise TypeError("to_pandas takes several articles; Article.to_pandas makes a frame of one")
    try:
        import pandas
    except ImportError as error:
        raise NabraError("to_pandas needs pandas: pip install 'nabra[pandas]'") from error
    scores: dict[str, None] = {}
    rows: list[dict[str, Any]] = []
    for article in articles:
        if not isinstance(article, Article):
            raise TypeError(f"expected a nabra.Article, not {type(article).__name__}")
        fields = {name: article.metadata.get(name) for name in metadata}
        for index, sentence in enumerate(article.sentences):
            shares = {f"score_{tone}": score for tone, score in sentence.scores.items()}
            scores |= dict.fromkeys(shares)
            rows.append({**fields, **_row(sentence), **shares, "article": article.id, "sentence": index})
    own = [*BEFORE_SCORES, *scores, *AFTER_SCORES]
    if taken := set(own) & set(metadata):
        raise NabraError(f"metadata: {', '.join(sorted(taken))}: is a column already; rename the field")
    frame = pandas.DataFrame.from_records(rows, columns=[*own, *metadata])
    return frame.astype(dict.fromkeys(OFFSETS, "Int64") | {"speaker_score": "float64"})


def _row(sentence: Sentence) -> dict[str, Any]:
    row: dict[str, Any] = {
        name: getattr(sentence, name) for name in ("text", "tone", "start", "end", "truncated", "undecided")
    }
    if (speaker := sentence.speaker) is not None:
        place = {f"mention_{name}": getattr(speaker.mention, name) for name in ("sentence", "start", "end")}
        row |= {"speaker": speaker.name, "speaker_score": speaker.score, "mention": speaker.mention.text, **place}
    return row
