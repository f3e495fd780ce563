"""What the lists and the letters of a folded word tell: title, body, article, country; and whether two are one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from nabra._lexicon import BODIES, FULL_TITLES, GIVEN_NAMES, GROUPS, NATIONALITIES, NOUNS, PLACES, STOP, TITLES

_OF_COUNTRIES = ("يه", "يا", "ي", "ه", "ا")
_ENDINGS = ("", "ه", "ا", "ها", "هم", "هما", "ته", "تها", "تهم")


def bare(word: str) -> str:
    """A folded word without its article (ال, and لل for ل with it), as `key` has it: «الألماني» is «ألماني»."""
    if not is_definite(word):
        return word
    return "أ" + word[3:] if word.startswith("ال", 2) else word[2:]


def is_definite(word: str) -> bool:
    """Whether a folded word carries the article."""
    return len(word) > 3 and word.startswith(("ال", "لل"))


@lru_cache(maxsize=65536)
def is_title(word: str) -> bool:
    """Whether a folded word heads a phrase for one person, in either gender, definite or not."""
    stem = bare(word)
    return word in FULL_TITLES or any(stem.removesuffix(ending) in TITLES for ending in _ENDINGS)


def is_noun(word: str) -> bool:
    """Whether a folded word is a body or another common noun of titles."""
    return bare(word) in BODIES or bare(word) in NOUNS


def is_known(word: str) -> bool:
    """Whether the lists know the word as something other than a person's name."""
    return is_title(word) or is_noun(word) or bare(word) in GROUPS or word in PLACES or bare(word) in PLACES


def is_stop(word: str) -> bool:
    """Whether a folded word, with و or ف before it or not, is a verb or particle that no name contains."""
    return word in STOP or (word[0] in "وف" and word[1:] in STOP)


def stem(word: str) -> str:
    """A word of a title without attached letters, article and endings, for comparing two titles."""
    attached = word[0] in "بلو" and not is_known(word) and (is_known(word[1:]) or is_definite(word[1:]))
    word = bare(word[1:] if attached else word)
    for ending in ("يه", "ي", "ه", "ا", "ون", "ين"):
        if word.endswith(ending) and len(word) - len(ending) > 2:
            return word.removesuffix(ending)
    return word


def akin(a: str, b: str) -> bool:
    """Whether one stem begins the other: مصر and مصري."""
    return a == b or (len(a) > 2 and b.startswith(a)) or (len(b) > 2 and a.startswith(b))


@lru_cache(maxsize=65536)
def of_country(word: str) -> bool:
    """Whether a word is a country or an adjective of one, with a letter attached to it or not."""
    attached = word[0] in "بلو" and (is_definite(word[1:]) or word[1:] in PLACES)
    return _root(word[1:] if attached else word) in _COUNTRIES


def _root(word: str) -> str:
    """What a country and its adjectives have in common: «تركيا», «تركي», «التركية»."""
    root = bare(word).replace("أ", "ا")
    ending = next((end for end in _OF_COUNTRIES if root.endswith(end) and len(root) - len(end) > 2), "")
    return root.removesuffix(ending)


def is_feminine(verb: str) -> bool:
    """Whether a verb of saying in the past tense has a woman or a body for its subject."""
    return verb.endswith("ت") and verb != "لفت"


def has_nationality(role: Iterable[str]) -> bool:
    """Whether a title names a country or belongs to one."""
    words = list(role)
    if any(is_definite(word) and word.endswith("ي") for word in words):
        return True
    return any(map(of_country, words))


def same_spelling(words: Sequence[str], full: Sequence[str]) -> bool:
    """Whether the words are the end of a full foreign name, spelt a little differently."""
    if any(is_definite(word) or word in GIVEN_NAMES for word in words[-1:]):
        return False
    if len(words) > 1 and len(words) == len(full):
        return _near(words[0], full[0], strict=True) and all(map(_near, words, full))
    joined = "".join(words)
    return any(_near(joined, "".join(full[size:])) for size in range(1, len(full)))


def _near(a: str, b: str, *, strict: bool = False) -> bool:
    """Whether long words differ by one letter or two that changed places, others only in ج and غ or a long vowel."""
    if a[0].replace("ج", "غ") != b[0].replace("ج", "غ"):
        return False
    a, b = a.replace("ج", "غ"), b.replace("ج", "غ")
    if a == b or strict:
        return a == b
    if len(a) == len(b) > 5 and _swapped(a, b):
        return True
    if abs(len(a) - len(b)) > 1 or min(len(a), len(b)) < 6:
        return min(len(a), len(b)) > 3 and a.replace("ا", "") == b.replace("ا", "")
    short, long = sorted((a, b), key=len)
    same = next((n for n, (x, y) in enumerate(zip(short, long)) if x != y), len(short))
    return short[same + (len(a) == len(b)) :] == long[same + 1 :]


def _swapped(a: str, b: str) -> bool:
    """Whether two neighbouring letters are all that differs: «تركساتني» for «تركستاني»."""
    at = next(n for n, (x, y) in enumerate(zip(a, b)) if x != y)
    return a[:at] + a[at : at + 2][::-1] + a[at + 2 :] == b


_COUNTRIES = frozenset(map(_root, PLACES | NATIONALITIES)) - {_root("مالي")}  # «المالي» is the financial one
