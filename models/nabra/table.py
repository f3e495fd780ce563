"""Articles as tables for a terminal, with Arabic that stays readable."""

from __future__ import annotations

import shutil
import textwrap
import unicodedata
from collections.abc import Iterator

from nabra.article import Article, Sentence

# A terminal that reorders Arabic takes two Arabic cells in a row for one run and swaps them. A mark of Latin
# direction (invisible, no width) on both sides of the rule between them keeps each cell in its place.
LATIN_MARK = "\u200e"
RULE = f"{LATIN_MARK} │ {LATIN_MARK}"
NUMBER_WIDTH, TONE_WIDTH, SPEAKER_WIDTH = 3, 11, 24
NARROWEST_TEXT = 30


def format_article(article: Article, width: int | None = None) -> str:
    """An article as a table: number, tone, speaker and text of each sentence.

    Args:
        article: A labelled article.
        width: Columns of the terminal; by default the real ones.
    """
    width = width or shutil.get_terminal_size().columns
    text_width = max(NARROWEST_TEXT, width - NUMBER_WIDTH - TONE_WIDTH - SPEAKER_WIDTH - 3 * 3)
    title = " ".join(str(part) for part in (article.id, article.metadata.get("title")) if part)
    lines = [title, _row("", "tone", "speaker", "sentence")]
    lines.append("┼".join("─" * w for w in (NUMBER_WIDTH + 1, TONE_WIDTH + 2, SPEAKER_WIDTH + 2, text_width + 1)))
    for number, sentence in enumerate(article.sentences, 1):
        lines += _sentence_rows(number, sentence, text_width)
    return "\n".join(lines) + "\n\n"


def _sentence_rows(number: int, sentence: Sentence, text_width: int) -> Iterator[str]:
    speaker = sentence.speaker.name if sentence.speaker else "-"
    speaker_lines = textwrap.wrap(speaker, SPEAKER_WIDTH)
    text_lines = textwrap.wrap(sentence.text, text_width)
    tone = sentence.tone + "?" * sentence.undecided
    for line in range(max(len(speaker_lines), len(text_lines))):
        yield _row(
            str(number) if line == 0 else "",
            tone if line == 0 else "",
            speaker_lines[line] if line < len(speaker_lines) else "",
            text_lines[line] if line < len(text_lines) else "",
        )


def _row(number: str, tone: str, speaker: str, text: str) -> str:
    cells = (number.rjust(NUMBER_WIDTH), tone.ljust(TONE_WIDTH), _pad(speaker, SPEAKER_WIDTH), text)
    return RULE.join(cells).rstrip()


def _pad(text: str, width: int) -> str:
    """Fill up to `width` columns; marks above and below letters, and invisible ones, take none."""
    shown = sum(1 for letter in text if unicodedata.category(letter) not in ("Mn", "Cf"))
    return text + " " * (width - shown)
