"""Speakers of a few sentences, for tests: each a row with its mention, or with what the model says of it."""

from __future__ import annotations

from nabra.article import Source, Speaker
from nabra.speakers import Attribution, resolve_speakers

NONE, CONTINUES = Attribution(Source.NONE), Attribution(Source.CONTINUES)


def here(sentence: str, mention: str) -> Attribution:
    start = sentence.index(mention)
    return Attribution(Source.HERE, start, start + len(mention), 0.9)


def resolve(*rows: tuple[str, str | Attribution]) -> list[Speaker | None]:
    """Each row a sentence with its mention, or with an attribution where it names nobody."""
    given = [here(text, who) if isinstance(who, str) else who for text, who in rows]
    return resolve_speakers([text for text, _ in rows], given)


def names(*rows: tuple[str, str | Attribution]) -> list[str | None]:
    return [speaker.name if speaker else None for speaker in resolve(*rows)]
