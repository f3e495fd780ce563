"""Names in running text, where nothing but the words around them tells where they begin and end."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache

from nabra import _lexicon as lexicon
from nabra._morphology import is_definite, is_known, is_stop, is_title
from nabra.names import FILIATION
from nabra.words import Token, is_particle, name_like

# Verbal nouns, verbs of the eighth and tenth form, and nouns with a preposition: تقديم, اكتفى, بسبب, ليقول;
# without a long vowel, verbs in ي or ت: يذكر, نزلت; accusatives of participles: مبتسما.
_NO_FIRST_NAME = re.compile(
    r"(?:[بل]?ت\w\wي\w|ا\wت\w\w?ا?\w?|است\w{3}|\w{3,}وا|[بل]ا(?:ست|ن|\wت)\w*ا\w?|[بل](?:سبب|عدم|شان|ما)|لي\w{3}"
    r"|[يتن][^اوي]{3,}ا?|ي\w{2,}ي|[^اوي]{2,}(?<!ر)ت|ت\w{3,}ت|[بل][^اوي]{3}|م[^اوي]\w{2,}ا)$"
)
# As they are written: with a hamza, a doubled letter, a pronoun or an ending that names do not have.
_VERB = re.compile(r"^[يتن]ؤ|^[يت].*ى$|^[بل][أإ]|[أئؤة]$|(?<![يك])ه$|اء$|\u0651")


def plausible(tokens: Sequence[Token], surnames: Collection[str] = ()) -> bool:
    """Whether words of running text may be a person's name: made-up names are worse than none."""
    if not tokens or tokens[0].key in lexicon.EAST_ASIAN:
        return bool(tokens)
    first, last = tokens[0].key, tokens[-1]
    if any(t.key in lexicon.IN_NO_NAME for t in tokens) or (first.endswith("ين") and is_title(first[:-2])):
        return False  # «أسابيع يطوف», «مهندسين تأخروا»
    if any((is_particle(t) and t.key not in lexicon.LINKS) or t.raw in ("فإن", "فأن", "أنا", "رؤساء") for t in tokens):
        return False
    known = last.key in surnames or not is_definite(last.key) or last.key.endswith("ي")
    if first in lexicon.TITLES_AND_NAMES and not known and len(tokens) == 2:
        return False  # «أمين المخازن»
    if first == "لا" and tokens[1:] and tokens[1].key[0] in "ايتن":
        return False  # «لا أستطيع»
    if first in lexicon.GIVEN_NAMES or first in lexicon.LINKS or first.startswith("عبد"):
        return True
    if any(t.key in lexicon.CLOSED or (t.raw.endswith(("هم", "هما", "ها")) and len(t.key) > 3) for t in tokens):
        return False  # «بها فلان», «عزم بلادها»
    if any(token.key in FILIATION for token in tokens[1:]):
        return True
    if len(tokens) > 1 and first[0] in "يتب" and is_definite(tokens[1].key):
        return False  # «يحاول التذاكي», «بوقف القصف»
    if is_no_name(tokens[0]) or last.raw.endswith(("ته", "تها", "اً")) or last.raw.startswith(("لإ", "لأ")):
        return False
    verb_follows = any(
        t.key.startswith("فا") and not (t.key in surnames or t.key in lexicon.LINKS or t.key in lexicon.GIVEN_NAMES)
        for t in tokens[1:]
    )
    return known and not is_definite(first) and not verb_follows


def is_no_name(token: Token) -> bool:
    """Whether a word that the lists do not know is a verb, a pronoun, an accusative, or has a particle before it."""
    word = token.key
    if _VERB.search(token.raw) or word.removeprefix("و") in ("نحن", "هو", "هي"):
        return True  # «نؤكد دوما»
    if len(word) < 3 or word in lexicon.PRONOUNS:
        return True
    after = word[1:]
    if word[0] in "بل" and (is_stop(after) or after in lexicon.PRONOUNS or after in lexicon.AGENCIES):
        return True  # «لبحث مصير»
    if word.endswith("ا") and is_known(word[:-1]):
        return True  # «شخصا فلان»
    return token.raw[0] not in "أإآ" and bool(_NO_FIRST_NAME.match(word))


def continues_name(tokens: Sequence[Token], start: int, index: int) -> bool:
    """Whether a word of running text goes on with a name; less is taken for granted later on."""
    word = tokens[index].key
    if word in lexicon.IN_NO_NAME:
        return False
    if tokens[start].key in lexicon.EAST_ASIAN:
        short = index - start == 2 and len(word) < 3 and tokens[index].raw not in lexicon.PREPOSITIONS
        return index - start < 3 and (short or name_like(tokens[index]))
    if index > start and tokens[index - 1].key in lexicon.LINKS:
        return True
    if index + 1 < len(tokens) and tokens[index + 1].key in FILIATION and not is_known(word):
        return not is_particle(tokens[index])  # «زوينة بنت خلفان»
    particles = "وفبليتسن" if index > start + 1 else "و"
    if word[:2] == "وو":
        return word[1:] not in lexicon.GIVEN_NAMES and name_like(tokens[index])  # the name's own: «وولدي»
    if word[0] in particles and word not in lexicon.LINKS and word not in lexicon.GIVEN_NAMES:
        return False
    return name_like(tokens[index])


@lru_cache(maxsize=65536)
def title_of(word: str) -> str:
    """The title that a folded word of running text is, without a letter attached to it; empty if it is none."""
    if is_title(word):
        return word
    return word[1:] if len(word) > 3 and word[0] in "وفلبك" and is_title(word[1:]) else ""


def name_before(tokens: Sequence[Token], end: int) -> int:
    """Where a name of two to four words before a title begins, «قال إبراهيم المفلح مدير المصلحة»; 0 without one."""
    for start in range(max(1, end - 4), end - 1):
        name = tokens[start:end]
        given = is_given(name[0].key) and (name[0].gap or is_particle(tokens[start - 1]))
        whole = not any(token.gap for token in name[1:]) and plausible(name)
        if (
            (given or _follows_verb(tokens, start, end))
            and whole
            and all(continues_name(name, 0, n) for n in range(1, len(name)))
        ):
            return start
    return 0


def _follows_verb(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Whether two unknown words stand between a verb and a title: «التقت سنية الورغي وزيرة الفلاحة»."""
    verb, first = tokens[start - 1].key, tokens[start].key
    acts = verbal(verb) or is_stop(verb) or (verb.endswith("ت") and 2 < len(verb) < 7 and not is_definite(verb))
    strange = first in lexicon.LINKS or is_known(first) or is_possessed(tokens[end - 1])
    complement = end + 1 < len(tokens) and not tokens[end + 1].gap
    return end - start == 2 and acts and complement and not strange


def enclosed_name_end(tokens: Sequence[Token], start: int) -> int:
    """Where a name ends that stands between commas; 0 if what stands there is none."""
    ends = (n for n in range(start + 1, len(tokens)) if tokens[n].gap or is_particle(tokens[n]))
    end = next(ends, len(tokens))
    likely = name_like(tokens[start]) and all(continues_name(tokens, start, n) for n in range(start + 1, end))
    return end if 1 < end - start < 6 and likely and plausible(tokens[start:end]) else 0


def first_name_start(tokens: Sequence[Token], place: int, certain: bool) -> int | None:
    """Where the first name before a surname begins in running text, if there is one.

    A given name that the lists know is certain; an unknown word needs a noun, a particle or another verb before it,
    else it may well be a verb («اكتفى فلان»).
    """
    start = place - 1
    while start > 0 and tokens[start].key in lexicon.LINKS and not tokens[start].gap:
        start -= 1
    first = tokens[start].key
    if start < 1 or not name_like(tokens[start]) or (is_definite(first) and first not in lexicon.GIVEN_NAMES):
        return None
    if first in lexicon.VERBS and first in lexicon.TITLES_AND_NAMES:
        return None  # «طالب الأقارب»
    sure = is_given(tokens[start].key) or tokens[start].key[0] not in "بل"
    while start > 1 and sure and not tokens[start].gap and is_given(tokens[start - 1].key):
        start -= 1
    if is_given(tokens[start].key):
        return start
    if certain or not plausible(tokens[start : place + 1]):
        return None
    before = tokens[start - 1].key
    closed = place + 1 == len(tokens) or tokens[place + 1].gap
    presented = before in lexicon.CALLED or before == "باسم"  # «هو فلان», «المعروف باسم فلان»
    presented = presented or before in lexicon.CLOSED or before.removesuffix("ه") in lexicon.VERBS  # «أعلنه فلان»
    nominal = presented or before in lexicon.BEFORE_NOUNS or is_definite(before) or is_title(before)
    nominal = nominal or (verbal(before) and not verbal(tokens[start].key))
    joined = tokens[start].key[0] == "و" and name_like(tokens[start - 1])
    following = tokens[place + 1].key if place + 1 < len(tokens) else ""
    apposed = is_title(following) and (closed or not is_definite(following))  # «قدمت إنغريد هولم، رئيسة الصندوق،»
    return start if nominal or joined or apposed or (tokens[start].gap and closed) else None


def is_joined(tokens: Sequence[Token], start: int) -> bool:
    """Whether the first letter of a name is a «و» or «ل» that joins it to what stands before, not its own."""
    word, before = tokens[start].key, tokens[start - 1]
    if word[0] == "ل" and word not in lexicon.GIVEN_NAMES:
        return word[1:] in lexicon.GIVEN_NAMES
    if word[0] != "و" or word in lexicon.GIVEN_NAMES:
        return False
    return word[1:] in lexicon.GIVEN_NAMES or not is_particle(before)


def is_possessed(token: Token) -> bool:
    """Whether a word carries a pronoun and so belongs to no name («ضيفه»)."""
    return (
        token.raw.endswith(("ه", "ها", "هم")) and not token.raw.endswith("يه") and token.key not in lexicon.GIVEN_NAMES
    )


def is_given(word: str) -> bool:
    """Whether a word is a given name: one of the lists, or عبد with a name of God."""
    return word in lexicon.GIVEN_NAMES or word.startswith("عبدال")


def verbal(word: str) -> bool:
    """Whether a word is a verb, after which no other verb is to be expected: «يدير فلان», «قالت فلانة»."""
    word = word[1:] if word[0] in "وف" and len(word) > 3 else word
    return word in lexicon.VERBS or (len(word) > 3 and word[0] in "يت" and not is_given(word))
