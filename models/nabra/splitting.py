"""Splits an article's raw text into sentences, by rules made for Arabic news."""

from __future__ import annotations

import re
from typing import NamedTuple

from nabra.aligned import INVISIBLE

# A line of white space and marks that nobody sees makes no sentence; web pages strew them about.
_INVISIBLE = re.compile(f"[{INVISIBLE}]")
UNSEEN = re.compile(rf"[\s{INVISIBLE}]*")
# A stop with everything that leans on it: more stops, closing marks, and one of these after stray white space.
_STOP = re.compile(rf"""[.!?؟…۔][.!?؟…۔"'«»“”„‘’‹›)\]}}{INVISIBLE}]*(?:\s+[»”)\]](?![^\s.،,؛;:!?؟…]))?""")
# Two dots and more (also …) are a pause in Arabic copy, not an end; a single dot, ! and ؟ are an end.
_FULL_STOP = re.compile(r"[!?؟۔]|(?<![.…])\.(?![.…])")
_WORD_CHARACTER = re.compile(r"[^\W_]")
_SPACE = re.compile(r"\s*")
# A dot is judged by this many characters on either side, so that the whole stays linear.
_WINDOW = 24
_FIRST_WORD = re.compile(r"^[\w\u064b-\u0652]+")
_LAST_WORD = re.compile(r"[\w\u064b-\u0652]+$")
_LIST_NUMBER = re.compile(r"[\W_]*\d{1,3}")
_CHAIN = re.compile(r"\w\.\w+$")
_TIME = re.compile(r"\d\s+\w$")
_MARKS = re.compile("[\u0640\u064b-\u0652]")
_ARABIC_LETTER = re.compile("[\u0621-\u064a\u0671-\u06d3]")
_LATIN_LETTER = re.compile("[A-Za-z]")
# What starts a sentence without white space before it: Arabic, an opening mark, a bullet.
_STARTS_AT_ONCE = re.compile(r"""[\u0621-\u064a\u0671-\u06d3«“„‘‹"'(\[{*•●]|[-–—]\s""")
# «موسكو، 12 أبريل – سبوتنيك.», «دمشق-سانا.»: a place, a date, a dash and at most three words for the agency; not «2-1».
_DATELINE = re.compile(r"(?:[\w)](?:\s+[-–—ـ]\s*|[-–—]\s+)|^\w+[-–—])(?!\d)[^\s\-–—]+(?:\s[^\s\-–—]+){0,2}$")
_LONGEST_DATELINE = 60

_GOES_ON = frozenset("،,؛;:")
_OPENING = frozenset("«“„‘‹\"'([{")
_TITLES = frozenset(["د", "م", "أ", "ا", "ود", "وم", "وأ"])
_LATIN_ABBREVIATIONS = frozenset(["mr", "mrs", "ms", "dr", "st", "jr", "prof", "vs", "no", "gen", "sen"])
# Latin letters spelled out in Arabic, as in «بي.بي.سي».
_LETTER_NAMES = frozenset(
    """إيه ايه أيه بي سي دي إي إف اف جي إتش اتش آي جيه جاي كيه كي إل إم إن كيو آر إس اس تي
    دبليو دابليو إكس اكس واي زد زي""".split()
)
# These are also words, or ends of names.
_DOUBTFUL_LETTER_NAMES = frozenset(["اي", "ال", "ام", "ان", "أو", "او", "ار", "يو", "في"])


class Span(NamedTuple):
    """Where a sentence lies in the text, in characters: `text[start:end]`."""

    start: int
    end: int


def split_sentences(text: str) -> list[Span]:
    """Find the sentences of a text, in time linear in its length.

    A line break always ends a sentence; a headline or byline on a line of its own therefore is one. Within
    a line a sentence ends at `.`, `؟`, `?` or `!`, inside quotations too, and takes the closing quotation
    marks and brackets with it. Not ends are `؛`, two and more dots, stops before a comma, and the dots of
    numbers, abbreviations, initials, web addresses and datelines.

    Args:
        text: The raw text of an article.

    Returns:
        The spans of the sentences, in order. No span is empty, begins or ends with white space, or overlaps
        another; outside them there is only white space, with marks that nobody sees.
    """
    spans: list[Span] = []
    offset = 0
    for line in text.splitlines(keepends=True):
        begin = 0
        for cut in _cuts(line, opens_text=not spans):
            sentence = line[begin:cut]
            start = offset + begin + len(sentence) - len(sentence.lstrip())
            end = offset + begin + len(sentence.rstrip())
            if start < end and not UNSEEN.fullmatch(sentence):
                spans.append(Span(start, end))
            begin = cut
        offset += len(line)
    return spans


def _cuts(line: str, opens_text: bool) -> list[int]:
    """Where the sentences of a line end; the last cut is the line's end."""
    cuts: list[int] = []
    begin = scanned = 0
    has_word = quote_is_open = False
    for stop in _STOP.finditer(line):
        # Only what was not yet looked at, so that the whole stays linear.
        has_word = has_word or _WORD_CHARACTER.search(line, scanned, stop.start()) is not None
        quote_is_open ^= line.count('"', scanned, stop.start()) % 2 == 1
        scanned = stop.end()
        end = _end_of_stop(line, stop, quote_is_open)
        if has_word and _is_end(line, stop, begin, end, opens_text and not cuts):
            cuts.append(end)
            begin, has_word = end, False
        quote_is_open ^= stop.group().count('"') % 2 == 1
    if cuts and not has_word and _WORD_CHARACTER.search(line, scanned) is None:
        cuts.pop()  # Punctuation without a word is no sentence; it stays with the one before.
    return [*cuts, len(line)]


def _end_of_stop(line: str, stop: re.Match[str], quote_is_open: bool) -> int:
    """The end of the marks that belong to the stop: a mark that opens the next sentence does not."""
    end = stop.end()
    if end == len(line) or not (line[end].isalnum() or line[end] in _OPENING):
        return end
    last = line[end - 1]
    closes = quote_is_open ^ (line.count('"', stop.start(), end - 1) % 2 == 1)
    return end - 1 if last in "«“„‘‹" or (last == '"' and not closes) else end


def _is_end(line: str, stop: re.Match[str], begin: int, end: int, opens_text: bool) -> bool:
    marks = line[stop.start() : end]
    before = line[stop.start() - 1]
    if before in "([{/" or _FULL_STOP.search(marks) is None:  # «(...)», «(!)», «/تاس/.», a pause
        return False
    spaces = _SPACE.match(line, end)
    following = spaces.end() if spaces else end
    if following == len(line):
        return True
    if line[following] in _GOES_ON:
        return False
    if following == end and not _STARTS_AT_ONCE.match(line, end):
        return False
    if _INVISIBLE.sub("", marks) != ".":
        return True
    if opens_text and end <= _LONGEST_DATELINE and _DATELINE.search(line[: stop.start()]):
        return False
    left = line[max(begin, stop.start() - _WINDOW) : stop.start()]
    return _dot_is_end(left, line[following : following + _WINDOW], following == end)


def _dot_is_end(left: str, right: str, at_once: bool) -> bool:
    """Whether a single dot ends a sentence.

    Args:
        left: The sentence up to the dot, or its last characters.
        right: The first characters of what follows, without white space before it.
        at_once: Whether it follows without white space.
    """
    word = _MARKS.sub("", _found(_LAST_WORD, left))
    next_word = _MARKS.sub("", _found(_FIRST_WORD, right))
    if _LIST_NUMBER.fullmatch(left):
        return False
    if at_once:
        return _is_missing_space(word, next_word)
    if word.isdigit() and len(word) <= 3 and next_word[:1].isdigit():
        return False  # «3. 2», a torn number
    if _LATIN_LETTER.match(word) and _LATIN_LETTER.match(next_word):
        return len(word) > 1 and word.lower() not in _LATIN_ABBREVIATIONS
    return not _is_abbreviation(left, word, next_word)


def _is_missing_space(word: str, next_word: str) -> bool:
    """Tells «المدينة.وقالت», two sentences, from «د.أحمد» and «بي.كيه.كيه», names."""
    if word in _LETTER_NAMES or next_word in _LETTER_NAMES or 0 < len(next_word) < 3:
        return False
    return len(word) != 1 or not word.isalpha()


def _is_abbreviation(left: str, word: str, next_word: str) -> bool:
    in_chain = _CHAIN.search(left) is not None
    if word in _TITLES:
        return _TIME.search(left) is None  # «الساعة 5 م.» is a time, «د. أحمد» a title.
    is_letter = len(word) == 1 and (in_chain or _ARABIC_LETTER.match(word) is not None)
    is_name = word.removeprefix("و") in _LETTER_NAMES
    is_doubtful = word in _DOUBTFUL_LETTER_NAMES and (in_chain or next_word in _LETTER_NAMES)
    if not (is_letter or is_name or is_doubtful):
        return False
    # New sentences mostly begin with «و» (and); the second half of an abbreviation or a name seldom does.
    return next_word in _LETTER_NAMES or not next_word.startswith("و")


def _found(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found.group() if found else ""
