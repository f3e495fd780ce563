"""Quotations that go on over several sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence

STRAIGHT = '""'
_QUOTES = {"«": "«»", "“": "“”", '"': STRAIGHT}
_MARK = re.compile('[«»“”"]')
_BEFORE_QUOTE = ("", "(", "[", ":", "،", "-", "–", "—", "«")
_LONGEST_QUOTE = 6


def open_quotes(sentences: Sequence[str]) -> list[int]:
    """How many characters of each sentence still belong to a quotation that an earlier one opened."""
    result: list[int] = []
    marks = ""
    for index, sentence in enumerate(sentences):
        closed = _closing(marks, "\n".join(sentences[index : index + _LONGEST_QUOTE])) if marks else 0
        if closed is None:  # never closed: a stray mark
            marks, closed = "", 0
        result.append(min(closed, len(sentence)))
        if closed <= len(sentence):
            marks = _left_open(sentence[closed + bool(marks) :])
    return result


def _closing(marks: str, text: str) -> int | None:
    """Where a quotation that is open already ends; `None` if it does not, or another begins before it does."""
    depth = 1
    for match in _MARK.finditer(text):
        position, char = match.start(), match[0]
        if char in marks:
            opens = _opens(text, position)
            if opens and marks == STRAIGHT:
                return None
            depth += 1 if opens else -1
            if not depth:
                return position
    return None


def _left_open(text: str) -> str:
    """The marks of the quotation that is open at the end of a text; empty if there is none."""
    marks, depth = "", 0
    for match in _MARK.finditer(text):
        position, char = match.start(), match[0]
        if not marks:
            marks, depth = (_QUOTES.get(char, ""), 1) if _opens(text, position) else ("", 0)
        elif char in marks:
            opens = _opens(text, position)
            depth = 1 if opens and marks == STRAIGHT else depth + (1 if opens else -1)
            marks = marks if depth else ""
    return marks


def _opens(text: str, position: int) -> bool:
    """Whether a quotation mark opens: a straight one does so between a space and a word."""
    if text[position] != STRAIGHT[0]:
        return text[position] in _QUOTES
    before, after = text[max(position - 1, 0) : position], text[position + 1 : position + 2]
    return not after.isspace() and after != "" and (before in _BEFORE_QUOTE or before.isspace())
