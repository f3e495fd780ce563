"""Arabic names: folding spelling variants, telling names from titles, comparing two of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from nabra import _lexicon as lexicon
from nabra._lexicon import bare, fold_word, is_definite, is_known, is_stop, is_title, key, plain

_LONGEST_PHRASE = 300
_NOT_WORD = re.compile(r"[^\w]+")
_JOINED = re.compile(r"\b(عبد|ابو|ابي|ال) (?=\w)")
_WORD = re.compile(r"\w[\w\u064b-\u065f\u0670\u200c\u200d'’-]*")
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
        if not (folded := key(match[0])):
            continue
        gap = not text[last : match.start()].isspace() and match.start() > 0
        tokens.append(Token(match[0], folded, match.start(), match.end(), gap))
        last = match.end()
    return tokens


def name_like(token: Token) -> bool:
    """Whether a word of running text may be part of a person's name that has begun."""
    word = token.key
    if (
        word in lexicon.LINKS
        or word in lexicon.TITLES_AND_NAMES
        or word in lexicon.ARTICLE_NAMES
        or word in lexicon.FEMININE_NAMES
    ):
        return True
    if is_stop(word) or len(word) < 2 or is_known(word) or any(c.isdigit() for c in word):
        return False
    return not word.startswith(("بال", "وال", "كال", "فال", "لل")) and not token.raw.endswith(("ات", "ة"))


def role_end(tokens: Sequence[Token], start: int, *, running: bool = False) -> int:
    """Index of the token where a phrase that starts with a title goes over to the name.

    An indefinite noun calls for a complement (رئيس ← بلدية ← باريس); the first word after that which is
    neither an adjective with the article nor the head of another complement begins the name. In running
    text the phrase ends at punctuation and at words that no title contains.
    """
    head = tokens[start].key
    open_ = not (is_definite(head) or head in lexicon.FULL_TITLES or _possessed(tokens[start]))
    if open_ and start + 1 < len(tokens) and _describes(head, tokens[start + 1].key):
        return len(tokens)
    index = start + 1
    while index < len(tokens):
        token = tokens[index]
        if running and (token.gap or (token.key in lexicon.STOP and token.raw not in lexicon.PREPOSITIONS)):
            return len(tokens)
        step = _step(tokens, index, open_)
        if step is None:
            break
        index, open_ = step
    return index


def _possessed(title: Token) -> bool:
    """Whether a title carries a pronoun (نظيره, زميلتها) and so needs no complement."""
    return title.raw.endswith(("ه", "ها", "هم", "هما")) and title.key not in lexicon.TITLES


def _describes(head: str, word: str) -> bool:
    """Whether the word right after an indefinite title makes it a description (مسؤول كبير, خبير مصري)."""
    stem = word.removesuffix("ا") if head.endswith("ا") else word.removesuffix("ه")
    if stem in lexicon.ADJECTIVES:
        return True
    if len(word) < 4 or is_definite(word) or is_known(word):
        return False
    return stem.endswith("ي") or word.startswith("ي")


def _step(tokens: Sequence[Token], index: int, open_: bool) -> tuple[int, bool] | None:
    """The next index, and whether a complement is still missing; `None` where the name begins."""
    word, raw = tokens[index].key, tokens[index].raw
    following = tokens[index + 1].key if index + 1 < len(tokens) else ""
    if raw in lexicon.PREPOSITIONS or (raw == "على" and is_definite(following)):
        return index + 1, True
    if not open_ and following and _starts_name(word, following):
        return None
    for size in (3, 2):
        if open_ and tuple(t.key for t in tokens[index : index + size]) in lexicon.LONG_PLACES:
            return index + size, False
    if (
        raw[0] in '«“"'
        or word[0].isdigit()
        or word in lexicon.CLOSED
        or word.endswith(("ها", "هما"))
        or word.removesuffix("ه") in lexicon.ADJECTIVES
    ):
        return index + 1, False
    if word[0] in "ولب" and not is_known(word):
        if is_definite(word[1:]):
            return index + 1, False
        word = word[1:] if word[1:] not in lexicon.TITLES_AND_NAMES and is_known(word[1:]) else word
    if word in lexicon.PLACES or is_definite(word) or word in lexicon.FULL_TITLES:
        return index + 1, False
    return (index + 1, True) if is_known(word) else (index + 1, False) if open_ else None


def _starts_name(word: str, following: str) -> bool:
    """Whether a word that may belong to a title begins a name (المنصف فلان, الشيخ ولد فلان)."""
    if word in lexicon.ARTICLE_NAMES:
        return True
    if bare(word) not in lexicon.TITLES_AND_NAMES:
        return False
    return following in ("بن", "ولد", "اغ", "ود") or (not is_definite(word) and not is_known(following))


@dataclass(frozen=True, slots=True)
class Phrase:
    """A naming phrase, read: the folded words of its title and the proper name in it, if any."""

    text: str
    role: tuple[str, ...]
    name: str


@lru_cache(maxsize=4096)
def read_phrase(text: str) -> Phrase:
    """Tell the title of a naming phrase from the name, which ends it or begins it (فلان وزير المالية)."""
    tokens = tokenize(text[:_LONGEST_PHRASE], quotes=True)
    words = tuple(token.key for token in tokens)
    if not words or bare(words[0]) in lexicon.GROUPS or bare(words[0]) in lexicon.BODIES:
        return Phrase(text, words, "")
    start = _name_start(tokens)
    end = _name_end(tokens, start)
    if start == len(tokens) or (start and _describing(tokens, start)):
        return Phrase(text, words, "")
    return Phrase(text, words[:start] + words[end:], text[tokens[start].start : tokens[end - 1].end])


def _name_start(tokens: Sequence[Token]) -> int:
    first, second = tokens[0].key, tokens[1].key if len(tokens) > 1 else ""
    titled = (
        is_title(first) or bare(first) in lexicon.NOUNS or (is_definite(first) and first not in lexicon.ARTICLE_NAMES)
    )
    if (
        not titled
        or first in lexicon.LINKS
        or first in lexicon.PLACES
        or (_starts_name(first, second) and is_definite(first))
    ):
        return 0
    if first in lexicon.TITLES_AND_NAMES and (second in lexicon.LINKS or second in lexicon.DIVINE):
        return 0
    start = role_end(tokens, 0)
    for index in range(start + 1, len(tokens) - 1):
        if (
            is_definite(tokens[index].key)
            and is_title(tokens[index].key)
            and tokens[index - 1].key not in lexicon.LINKS
        ):
            again = role_end(tokens, index)  # a second title, as in «أستاذ … بجامعة الملك فلان الدكتور فلان»
            start = again if again < len(tokens) else start
    return start


def _name_end(tokens: Sequence[Token], start: int) -> int:
    """Where the name gives way to a title after it."""
    for index in range(start + 1, len(tokens) - 1):
        word, following = tokens[index].key, tokens[index + 1].key
        certain = bare(word) not in lexicon.TITLES_AND_NAMES or is_definite(following) or is_known(following)
        if (is_title(word) and certain and tokens[index - 1].key not in lexicon.LINKS) or word.startswith("لل"):
            return index
    return len(tokens) - (len(tokens) > start + 1 and tokens[-1].key.startswith("لل"))


def _describing(tokens: Sequence[Token], start: int) -> bool:
    """Whether the words after a title rather describe its last noun than begin a name (سائق شاحنة لبناني)."""
    rest, before = tokens[start:], tokens[start - 1].key
    if len(rest) == 1 and rest[0].key.endswith("ي") and not is_definite(before) and before not in lexicon.PLACES:
        return True
    return all(t.raw.endswith(("ية", "رة")) or (t.key[0] == "ب" and is_known(t.key[1:])) for t in rest)


def strip_titles(name: str) -> str:
    """The name without titles and roles; the whole phrase where there is no proper name in it."""
    phrase = read_phrase(name.strip())
    return phrase.name or phrase.text


def same_name(a: str, b: str) -> bool:
    """Whether two names are one after dropping titles and folding spelling variants."""
    if fold(a) == fold(b):
        return True
    left, right = fold(strip_titles(a)), fold(strip_titles(b))
    return bool(left) and left == right
