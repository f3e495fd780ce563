"""The words of a text, folded so that spelling variants are equal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from nabra import _lexicon as lexicon
from nabra._morphology import is_known, is_stop
from nabra._spelling import fold_word, key, plain

_TANWIN = "\u064b"
"""Ending of an indefinite accusative, which no name takes."""
_NOT_WORD = re.compile(r"[^\w]+")
_JOINED = re.compile(r"\b(عبد|ابو|ابي|ال) (?=\w)")
_ONE_WORD = r"\bبان كي[ -]مون\b"
"""A name whose first word would be read as «بأن»."""
_WORD = re.compile(_ONE_WORD + r"|\w(?:[\w\u064b-\u065f\u0670\u200c\u200d]|['’-](?=\w))*")
_QUOTED_OR_WORD = re.compile(r"«[^«»]{1,60}»|“[^“”]{1,60}”|\"[^\"]{1,60}\"|" + _WORD.pattern)


def fold(text: str) -> str:
    """The text for comparing: spelling variants, punctuation, spaces and case made equal."""
    words = " ".join(fold_word(word) for word in _NOT_WORD.sub(" ", plain(text)).split())
    digits = "".join(str(unicodedata.digit(c)) if c.isdigit() else c for c in words)
    return _JOINED.sub(r"\1", digits)


class Token(NamedTuple):
    """A word of a text: as written, folded, and its place."""

    raw: str
    key: str
    start: int
    end: int
    gap: bool
    """Whether punctuation stands before it."""


def tokenize(text: str, *, quotes: bool = False) -> list[Token]:
    """The words of a text; with `quotes`, a short quotation («الدعم السريع») is one word."""
    tokens: list[Token] = []
    last = 0
    for match in (_QUOTED_OR_WORD if quotes else _WORD).finditer(text):
        word = match[0]
        if not (folded := key(word)):
            continue
        start, end = match.span()
        between = text[last:start]
        gap = between != " " and start > 0 and not (between.isspace() or _abbreviates(tokens, between))
        tokens.append(Token(word, folded, start, end, gap))
        last = end
    return tokens


def _abbreviates(tokens: Sequence[Token], between: str) -> bool:
    """Whether what follows some words is the point of an abbreviated title: «د. فلان»."""
    return bool(tokens) and between.strip() == "." and tokens[-1].raw in ("د", "م", "أ")


def is_particle(token: Token) -> bool:
    """Whether a word of running text is a verb or particle that no name contains."""
    if token.raw in lexicon.NAMES_LIKE_PARTICLES:
        return False
    return is_stop(token.key) and not (token.raw.endswith("ي") and token.key in lexicon.VERBS_IN_ALIF)


def name_like(token: Token) -> bool:
    """Whether a word of running text may be part of a person's name that has begun."""
    word = token.key
    if word in lexicon.LINKS or word in lexicon.GIVEN_NAMES:
        return True
    if is_particle(token) or len(word) < 2 or is_known(word) or any(c.isdigit() or c == _TANWIN for c in token.raw):
        return False
    return not word.startswith(("بال", "وال", "كال", "فال", "لل")) and not token.raw.endswith(("ات", "ة"))
