"""Words without the differences of spelling that mean nothing: what the lists are looked up by."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_LETTERS = str.maketrans("أإآٱىیېؤةۀەکڪگڤپچ", "اااايييوهههككغفبج")
_AS_WRITTEN = frozenset("على إلى إليه إليها إلا".split())
_DROPPED = re.compile(
    r"[\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0640\u200b-\u200f\u202a-\u202e"
    r"\u2066-\u2069\ufeff\u00ad]"
)


def plain(text: str) -> str:
    """The text in canonical letters, without diacritics, tatweel and invisible characters."""
    return _DROPPED.sub("", unicodedata.normalize("NFKC", text))


@lru_cache(maxsize=65536)
def fold_word(word: str) -> str:
    """One word without the differences between spellings of one letter."""
    word = plain(word).casefold()
    # A hamza on its seat before و is written both ways: مسؤول and مسئول, شؤون and شئون.
    word = word.replace("ئو", "و").replace("ؤو", "و").translate(_LETTERS).replace("ئ", "ي")
    return (word.removesuffix("ء") or word).replace("امريك", "اميرك")


@lru_cache(maxsize=65536)
def key(word: str) -> str:
    """A folded word for looking up. Two differences stay: أليكسي has no article, على is not the name علي."""
    if word in _AS_WRITTEN:
        return word
    folded = fold_word(word)
    return "أ" + folded[1:] if word[:2] in ("أل", "إل", "آل") else folded
