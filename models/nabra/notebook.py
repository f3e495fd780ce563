"""Articles as HTML for a notebook."""

from __future__ import annotations

import html

from nabra.article import Article, Sentence
from nabra.rendering import TRUNCATED, Palette, cut_at_mentions, show_share, show_title, show_tone

COLOURS = ("#2a9d8f", "#e6ae3c", "#dc6276", "#4a7fc1", "#8a63b8", "#8b939c", "#7f9a3c", "#a8744f")
"""Those of reports."""
SHADE = "33"
"""Added to a colour: a fifth of it, over whatever background the notebook has."""


def to_html(article: Article) -> str:
    """An article as HTML that needs no style sheet and no script: sentences shaded by tone, mentions underlined."""
    palette = Palette(COLOURS)
    palette.meet(article)
    sentences = (
        _sentence(sentence, pieces, palette[sentence.tone])
        for sentence, pieces in zip(article.sentences, cut_at_mentions(article))
    )
    title = f'<div style="font-weight:bold;margin-bottom:6px"><bdi>{_escape(show_title(article))}</bdi></div>'
    style = "max-width:60em;line-height:1.7;text-align:start"
    return f'<div dir="rtl" lang="ar" style="{style}">{title}{"".join(sentences)}</div>'


def _sentence(sentence: Sentence, pieces: list[tuple[str, bool]], colour: str) -> str:
    line = "dashed" if sentence.undecided else "solid"
    style = f"margin:3px 0;padding:3px 12px;border-inline-start:4px {line} {colour};background:{colour}{SHADE}"
    scores = ", ".join(f"{tone} {show_share(score)}" for tone, score in sentence.scores.items())
    text = "".join(f"<u>{_escape(piece)}</u>" if named else _escape(piece) for piece, named in pieces)
    labels = [_label(show_tone(sentence), sentence.scores.get(sentence.tone))]
    if sentence.truncated:
        labels.append(f"<bdi>{TRUNCATED}</bdi>")
    if sentence.speaker is not None:
        labels.insert(0, f"<b>{_label(sentence.speaker.name, sentence.speaker.score)}</b>")
    below = f'<div style="font-size:85%;opacity:0.85">{" · ".join(labels)}</div>'
    return f'<div style="{style}" title="{_escape(scores)}"><div>{text}</div>{below}</div>'


def _label(name: str, share: float | None) -> str:
    """A name and its probability, each in its own direction."""
    return f"<bdi>{_escape(name)}</bdi>" + (f" <bdi>{show_share(share)}</bdi>" if share is not None else "")


def _escape(text: str) -> str:
    """Text that is no markup, and that can be sent: half a surrogate pair is spelt out."""
    return html.escape(text.encode("utf-8", "backslashreplace").decode("utf-8"))
