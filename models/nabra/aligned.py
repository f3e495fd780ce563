"""Texts made from other texts, whose characters know where they come from."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import repeat

Span = tuple[int, int]

INVISIBLE = "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
"""Marks of writing direction and of width zero, as the inside of a character class."""
_PRESENTATION = "\ufb50-\ufdfb\ufe70-\ufefc"
"""Letters in the form that they take inside a word, as PDF files hold them."""
_SURROGATES = "\ud800-\udfff"
# White space is none of it: tab, line feed, what ends a page, a record or a line.
_CONTROL = "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
_UNREADABLE = re.compile(f"[{_CONTROL}{INVISIBLE}]")
_STRANGE = re.compile(f"[{_CONTROL}{INVISIBLE}{_PRESENTATION}{_SURROGATES}]")
REPLACEMENT = "\ufffd"


@dataclass(frozen=True, slots=True)
class AlignedText:
    """A text made from another.

    Args:
        text: The new text.
        spans: For each of its characters the start and end in the other; empty for one that was added.
    """

    text: str
    spans: list[Span]

    def original(self, start: int, end: int) -> Span:
        """Where a stretch of the new text comes from."""
        return (self.spans[start][0], self.spans[end - 1][1]) if start < end else (0, 0)


def readable(text: str) -> AlignedText | None:
    """A text as the model should read it; `None` where that is the text itself, as nearly always.

    Without control characters and marks that nobody sees, letters in their normal form, and a sign in the place of half
    a surrogate pair.
    """
    if not _STRANGE.search(text):
        return None
    letters: list[str] = []
    spans: list[Span] = []
    for place, character in enumerate(text):
        spelt = _spell(character)
        letters += spelt
        spans += repeat((place, place + 1), len(spelt))
    return AlignedText("".join(letters), spans)


def as_read(text: str) -> str:
    """A text as the model should read it: `readable`, without where its characters come from."""
    aligned = readable(text)
    return aligned.text if aligned else text


def _spell(character: str) -> str:
    if not _STRANGE.match(character):
        return character
    if _UNREADABLE.match(character):
        return ""
    if "\ud800" <= character <= "\udfff":
        return REPLACEMENT
    return unicodedata.normalize("NFKC", character).strip()  # a mark alone has a space before it
