"""The phrase that names a speaker, cut out of what the model marked."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from nabra import _lexicon as lexicon
from nabra._morphology import bare, is_definite, is_known, is_stop, is_title
from nabra.names import read_phrase
from nabra.words import Token, fold, is_particle, tokenize

EDGES = " \t\r\n\u00a0،,؛;.:!؟?…«»\"“”'‘’()[]{}/-–—"
_BREAKS = re.compile(r"[،,؛;)\[\]–—]|\((?!\d)|\s-\s")
_AFTER_NAME = re.compile(
    r"\s(?:(?:(?:رحم|حفظ)\w+ الله|طيب الله|تقريرا|بيانا|في (?:بيان|تصريح|تصريحات|حديث|مقابلة|كلمة|اتصال|هذا|هذه))\b.*"
    r"|الأخيرة?$)",
    re.DOTALL,
)
_WHO_IS = re.compile(
    r"\s(?:أحد|إحدى|وهو|وهي|البالغ|البالغة|الملقب|الملقبة|المكنى|المكلف|المكلفة|المنضم|المنضمة|الوافد|الوافدة)\s"
)
_ISSUED_BY = re.compile(r"\s(?:ال)?صادرة?\s(?:عن|من)\s")
_SIGNED = re.compile(r"((?:بيان|إعلان|وثيقة|مذكرة|رسالة)\s\w+)\sوقع\w+\s$")


def clean_mention(
    sentence: str,
    start: int | None,
    end: int | None,
    seen: frozenset[str] = frozenset(),
    words: Sequence[Token] | None = None,
) -> str:
    """The naming phrase in a predicted span; empty where the span names nobody.

    Cut words are completed, words that belong to no name and attached particles are left off, and of a phrase
    that punctuation breaks the part with the name is taken.

    Args:
        sentence: The text.
        start: Where the span begins in it, in characters.
        end: One past its last character.
        seen: All words of the article, folded.
        words: Those of the sentence, where they are known already.
    """
    if start is None or end is None or not 0 <= start < end or start >= len(sentence):
        return ""
    words = tokenize(sentence) if words is None else words
    inside = [n for n, t in enumerate(words) if t.end > start and t.start < end]
    tokens = _completed(words, inside[0], inside[-1] + 1) if inside else []
    while tokens and _outside(tokens[-1]) and not _syllable(tokens):
        tokens.pop()
    while tokens and _outside(tokens[0]):
        tokens.pop(0)
    to_agency = len(tokens) > 1 and tokens[-1].key[0] == "ل" and tokens[-1].key[1:] in lexicon.AGENCIES
    if to_agency or (len(tokens) > 1 and not is_known(tokens[0].key) and _spoken_to(tokens[-1], seen)):
        tokens.pop()
    if not tokens:
        return ""
    first = tokens[0]
    begin = first.start
    cut = start == begin + 1 and first.raw[0] in "وفبكل" and not first.raw.startswith("لل")
    cut = cut and first.key not in lexicon.GIVEN_NAMES  # a span that cuts «ليلى» short
    if cut or _attached(first, seen):
        begin += 1
    if signed := _SIGNED.search(sentence[:begin]):
        return signed[1]  # «بيان مشترك وقعه فلان وفلان»: none of them alone
    text = _AFTER_NAME.sub("", sentence[begin : tokens[-1].end])
    parts = [part.strip(EDGES) for part in _BREAKS.split(text)]
    named = [part for part in parts if read_phrase(part).name]
    text = _issuer((named or sorted(parts, key=len, reverse=True))[0])
    before = _WHO_IS.split(text, maxsplit=1)[0]
    if " " in read_phrase(before).name and not is_title(tokenize(before)[-1].key):  # «عمة أحد الضحايا»
        text = before
    return "" if len(fold(text)) < 2 or fold(text) in lexicon.PRONOUNS else _close(text, sentence)


def _issuer(text: str) -> str:
    """Whose a document is, where a phrase says it: «بيان وزارة النقل», «أحدث تقارير «أوبك»», «تقرير فصلي للوكالة»."""
    words = tokenize(text)
    first = 1 if len(words) > 1 and words[0].key in lexicon.LATEST else 0
    if not words or bare(words[first].key) not in lexicon.OWNED_DOCUMENTS:
        return text
    if len(parts := _ISSUED_BY.split(text, maxsplit=1)) > 1:
        return parts[1]
    owner = first + 1
    while owner < len(words) - 1 and words[owner].key.endswith(("ي", "يه")) and not is_definite(words[owner].key):
        owner += 1
    if owner == len(words) or is_definite(words[first].key):
        return text
    word = words[owner]
    quoted = text[word.start - 1] in '«“"' and owner == len(words) - 1
    if quoted or bare(word.key) in lexicon.BODIES:
        return text[word.start :]
    return text[word.start + 1 :] if word.key[0] == "ل" and word.key[1:] in lexicon.BODIES else text


def _completed(words: Sequence[Token], first: int, last: int) -> list[Token]:
    """A span with the neighbours that it cannot do without: the noun before its complement, the name after عبد."""
    while first and not words[first].gap and not is_stop(words[first].key) and words[first].key[:2] != "لل":
        before = words[first - 1].key
        body = before in lexicon.BODIES and not is_title(words[first].key)
        if is_definite(before) or is_stop(before) or not (is_title(before) or body):
            break
        first -= 1
    if first and words[first - 1].key in lexicon.QUANTIFIERS:
        first -= 1
    while last < len(words) and not words[last].gap and words[last - 1].key in lexicon.LINKS:
        last += 1
    return list(words[first:last])


def _spoken_to(token: Token, seen: frozenset[str]) -> bool:
    """Whether a word is ل with somebody whom the article names elsewhere, give or take a letter: «قال مون لبومبيو»."""
    rest = token.key[1:]
    if token.key[0] != "ل" or rest[:1] == "ل" or len(rest) < 5:
        return False
    # Comparing takes time: only with words that begin alike, the first letter or the two after it.
    alike = [word for word in seen if word[0] != "ل" and (word[0] == rest[0] or word[1:3] == rest[1:3])]
    return bool(difflib.get_close_matches(rest, alike, n=1, cutoff=0.8))


def _outside(token: Token) -> bool:
    word = token.key
    name_part = is_known(word) or word in lexicon.SAME or token.raw in lexicon.LINKS  # «فان» is not «فإن»
    return word == "بين" or ((is_particle(token) or word in lexicon.PRONOUNS) and not name_part)


def _syllable(tokens: Sequence[Token]) -> bool:
    """Whether a last word that looks like a particle ends a Korean or Chinese name (مون جاي إن)."""
    return len(tokens) > 2 and tokens[-3].key in lexicon.EAST_ASIAN and len(tokens[-1].key) < 4


def _attached(token: Token, seen: frozenset[str]) -> bool:
    """Whether the first letter of a word is a particle written together with it."""
    word = token.key
    if (
        len(word) < 4
        or word[0] not in "وفبلك"
        or word.startswith("لل")
        or is_known(word)
        or word in lexicon.GIVEN_NAMES
    ):
        return False
    rest = word[1:]
    if rest in lexicon.LINKS or is_known(rest) or (word[0] == "و" and is_definite(rest)):
        return len(rest) > 2
    return len(rest) > 3 and rest in seen


def _close(text: str, sentence: str) -> str:
    """The phrase with the closing quotation mark that trimming took from it."""
    for opening, closing in ("«»", "“”", "()", '""'):
        if text.count(opening) > text.count(closing) or (opening == closing and text.count(opening) % 2):
            if text + closing in sentence:
                return text + closing
            before = text[: text.rfind(opening)].strip(EDGES)
            words = tokenize(before)
            return before if words and is_definite(words[-1].key) else text.strip(EDGES)
    return text
