"""What the terminal, the notebook and the report share: colours of tones, places of mentions, text without effects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle

from nabra.article import TONES, Article, Mention, Sentence

# What a terminal obeys instead of showing it, what reorders text, and half a surrogate pair, which cannot be written.
_UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

TRUNCATED = "[truncated: the model saw the beginning alone]"
"""Stands at the end of a sentence that was too long."""


class Palette(dict[str, str]):
    """The colour of each tone; tones other than the default ones get the next as they are first looked up.

    Args:
        colours: Of the default tones, in their order, and then of all others.
    """

    def __init__(self, colours: Sequence[str]) -> None:
        super().__init__(zip(TONES, colours))
        self._next = cycle((*colours[len(TONES) :], *colours[: len(TONES)]))

    def __missing__(self, tone: str) -> str:
        self[tone] = next(self._next)
        return self[tone]

    def meet(self, article: Article) -> None:
        """Give the tones of an article their colours in the model's order, or else in that of appearance."""
        for sentence in article.sentences:
            for tone in (*sentence.scores, sentence.tone):
                self[tone]


def find_words(text: str, words: str) -> int:
    """Where some words begin in a text: as words if they stand there so, else inside others; -1 if nowhere."""
    whole = re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text)
    return whole.start() if whole else text.find(words)


def locate(article: Article, mention: Mention) -> tuple[int, int] | None:
    """Start and end of a mention in the text of its sentence; `None` if it does not stand there."""
    sentence = article.sentences[mention.sentence]
    start = -1
    if mention.start is not None and sentence.start is not None:
        start = mention.start - sentence.start
    if start < 0 or not sentence.text.startswith(mention.text, start):
        start = find_words(sentence.text, mention.text)
    return (start, start + len(mention.text)) if start >= 0 else None


def cut_at_mentions(article: Article) -> list[list[tuple[str, bool]]]:
    """The text of each sentence in pieces, and whether each names a speaker of the article."""
    places: list[set[tuple[int, int]]] = [set() for _ in article.sentences]
    for sentence in article.sentences:
        if sentence.speaker is not None and (place := locate(article, sentence.speaker.mention)):
            places[sentence.speaker.mention.sentence].add(place)
    return [list(_cut(sentence.text, sorted(found))) for sentence, found in zip(article.sentences, places)]


def _cut(text: str, places: Iterable[tuple[int, int]]) -> Iterator[tuple[str, bool]]:
    done = 0
    for start, end in places:
        if end > done:
            yield text[done:start], False
            yield text[max(done, start) : end], True
            done = end
    yield text[done:], False


def escape(text: str) -> str:
    r"""Text that a terminal shows and does not obey: control characters are spelt as `\x1b`."""
    return _UNSAFE.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def escape_line(text: str) -> str:
    """The same on one line: names of files may hold line breaks."""
    return escape(text).replace("\n", "\\n").replace("\r", "\\r")


def shorten(text: str, most: int = 60) -> str:
    """The beginning of a text that may be long, for a message."""
    return text if len(text) <= most else text[: most - 1] + "…"


def show_title(article: Article) -> str:
    """What an article is called: its id, and its title if it has one."""
    return " ".join(str(part) for part in (article.id, article.metadata.get("title")) if part)


def show_tone(sentence: Sentence) -> str:
    """A tone, with a question mark if it is undecided."""
    return sentence.tone + "?" * sentence.undecided


def show_share(probability: float | None) -> str:
    """A probability in percent; empty where there is none."""
    return "" if probability is None else f"{probability:.0%}"
