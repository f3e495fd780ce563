"""Articles as tables for a terminal, with Arabic that stays readable."""

from __future__ import annotations

import functools
import os
import re
import shutil
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TextIO

from nabra.article import Article, Sentence
from nabra.rendering import TRUNCATED, Palette, cut_at_mentions, escape, show_share, show_title, show_tone

# A terminal that reorders Arabic takes two Arabic cells in a row for one run and swaps them. A mark of Latin
# direction (invisible, no width) on both sides of the rule between them keeps each cell in its place.
LATIN_MARK = "\u200e"
RULE = f"{LATIN_MARK} │ {LATIN_MARK}"
# Its counterpart keeps the punctuation at the ends of an Arabic line on the side where it belongs.
ARABIC_MARK = "\u200f"
NUMBER_WIDTH = 3
SHARE_WIDTH = 4
WIDEST_TONE, WIDEST_SPEAKER = 16, 28
NARROWEST_TEXT = 12

COLOURS = ("32", "33", "31", "34", "35", "36")
"""What terminals call green, yellow and red, and for tones of one's own blue, magenta and cyan."""
BOLD, DIM = "1", "2"
# Stand for underlining while text is broken into lines: `escape` lets neither through from the input.
MENTION, END = "\x0e", "\x0f"
UNDERLINE = str.maketrans({MENTION: "\x1b[4m", END: "\x1b[24m"})


def palette_for(stream: TextIO) -> Palette | None:
    """The colours for a terminal; `None` for a pipe or file, with NO_COLOR set and on a dumb terminal."""
    wanted = stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Palette(COLOURS) if wanted else None


@dataclass(frozen=True, slots=True)
class _Columns:
    """The widths of a table."""

    number: int
    tone: int
    speaker: int
    text: int

    @classmethod
    def of(cls, article: Article, width: int) -> _Columns:
        """As wide as the content needs; what is left over is the text's."""
        sentences = article.sentences
        number = max(NUMBER_WIDTH, len(str(len(sentences))))
        tone = min(WIDEST_TONE, max((_width(_tone(s)) for s in sentences), default=0))
        if any(s.scores for s in sentences):
            tone += 1 + SHARE_WIDTH
        tone = max(tone, len("tone"))
        speaker = max((_width(_speaker(s)) for s in sentences), default=0)
        room = width - number - tone - 3 * _width(RULE)
        speaker = max(min(speaker, WIDEST_SPEAKER, room // 3), len("speaker"))
        return cls(number, tone, speaker, max(NARROWEST_TEXT, room - speaker))


def format_article(article: Article, width: int | None = None, palette: Palette | None = None) -> str:
    """An article as a table: number, tone with its confidence, speaker and text of each sentence.

    Args:
        article: A labelled article.
        width: Columns of the terminal; by default the real ones.
        palette: Colours of the tones; mentions are underlined then. Without it the table is plain.
    """
    width = width or shutil.get_terminal_size().columns
    columns = _Columns.of(article, width)
    if palette is not None:
        palette.meet(article)
    bold, dim = (BOLD, DIM) if palette is not None else ("", "")
    lines = [_paint(line, bold) for line in _wrap(escape(show_title(article)), width)]
    lines.append(_row(("", "tone", "speaker", "sentence"), columns, (dim,) * 4))
    rule = (columns.number + 1, columns.tone + 2, columns.speaker + 2, columns.text + 1)
    lines.append(_paint("┼".join("─" * w for w in rule), dim))
    for number, (sentence, pieces) in enumerate(zip(article.sentences, cut_at_mentions(article)), 1):
        lines += _sentence_rows(number, sentence, pieces, columns, palette)
    return "\n".join(lines) + "\n\n"


def _sentence_rows(
    number: int, sentence: Sentence, pieces: Sequence[tuple[str, bool]], columns: _Columns, palette: Palette | None
) -> Iterator[str]:
    codes = ("", "", "", "")
    if palette is not None:
        tone = palette[sentence.tone] + f";{DIM}" * sentence.undecided
        codes = (DIM, tone, BOLD if sentence.speaker else DIM, "")
    text = "".join(
        f"{MENTION}{escape(piece)}{END}" if named and palette is not None else escape(piece) for piece, named in pieces
    )
    text += f" {TRUNCATED}" * sentence.truncated
    speaker_lines, text_lines = _wrap(_speaker(sentence), columns.speaker), _wrap(text, columns.text)
    lines = zip_longest(
        [str(number).rjust(columns.number)],
        [_tone_cell(sentence, columns.tone)],
        speaker_lines,
        map(_marked, _underlined(text_lines)),
        fillvalue="",
    )
    for cells in lines:
        yield _row(cells, columns, codes)


def _tone(sentence: Sentence) -> str:
    return escape(show_tone(sentence))


def _speaker(sentence: Sentence) -> str:
    return escape(sentence.speaker.name) if sentence.speaker else "-"


def _tone_cell(sentence: Sentence, width: int) -> str:
    """The tone, cut if it is too long, and at the right its confidence."""
    tone = " ".join(_tone(sentence).split())
    share = show_share(sentence.scores.get(sentence.tone))
    room = width - (1 + SHARE_WIDTH if share else 0)
    if _width(tone) > room:
        tone = next(_broken(tone, room - 1)) + "…"
    return f"{_pad(tone, room)}{LATIN_MARK} {share:>{SHARE_WIDTH}}" if share else tone


def _row(cells: Sequence[str], columns: _Columns, codes: Sequence[str]) -> str:
    widths = (columns.number, columns.tone, columns.speaker, 0)
    return RULE.join(_paint(_pad(cell, width), code) for cell, width, code in zip(cells, widths, codes))


def _paint(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if code and text.strip() else text


def _underlined(lines: Sequence[str]) -> Iterator[str]:
    """Lines with their mentions underlined; one that goes on in the next line ends and begins anew."""
    carried = ""
    for line in lines:
        line = carried + line
        carried = MENTION if line.rfind(MENTION) > line.rfind(END) else ""
        yield (line + END if carried else line).translate(UNDERLINE)


def _marked(line: str) -> str:
    return f"{ARABIC_MARK}{line}{ARABIC_MARK}" if re.search("[\u0620-\u06ff]", line) else line


def _wrap(text: str, width: int) -> list[str]:
    """Break text into lines of at most `width` columns, between words where it can be."""
    lines, room = [""], width
    for word in text.split():
        for piece in _broken(word, width):
            needed = _width(piece) + (room < width)
            if needed > room:
                lines.append(piece)
                room = width - _width(piece)
            else:
                lines[-1] += f" {piece}" if room < width else piece
                room -= needed
    return lines


def _broken(word: str, width: int) -> Iterator[str]:
    """A word in pieces of at most `width` columns."""
    piece, room = "", width
    for letter in word:
        if _letter_width(letter) > room:
            yield piece
            piece, room = "", width
        piece += letter
        room -= _letter_width(letter)
    yield piece


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _width(text: str) -> int:
    """Columns that a terminal gives to a text."""
    return sum(map(_letter_width, text))


@functools.cache
def _letter_width(letter: str) -> int:
    """None for marks above and below letters and for invisible ones, two for Chinese characters and emoji."""
    if unicodedata.category(letter) in ("Mn", "Me", "Cf", "Cc"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1
