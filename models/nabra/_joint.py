"""Those who speak together: «سامي الحداد وهند العلي», later «الحداد والعلي» or «الوزيران»."""

from __future__ import annotations

from collections.abc import Callable

from nabra import _lexicon as lexicon
from nabra._matching import Entity
from nabra._morphology import bare, is_definite, is_known, is_title
from nabra._spelling import key
from nabra.names import read_phrase
from nabra.words import tokenize

SIDES = ("جانب", "طرف", "منظمت", "بلد", "حزب", "رجل")
"""Stems that a dual puts beside those of the titles: «الطرفان»."""


def each_of(name: str) -> list[str]:
    """The people of a joint name, without the titles between them: «سامي الحداد ووزيرة النقل هند العلي»."""
    words = name.split()
    for index in range(2, len(words) - 1):
        if joins(words[index]):
            rest = " ".join((words[index][1:], *words[index + 1 :]))
            name = read_phrase(rest).name
            return [" ".join(words[:index]), *each_of(name if " " in name else rest)]
    return [name]


def joins(word: str) -> bool:
    """Whether the first letter of a word is the «و» that joins it to what stands before."""
    return (
        word.startswith("و")
        and word[1:].isalpha()
        and key(word) not in lexicon.GIVEN_NAMES
        and key(word) not in lexicon.LINKS
    )


def joint_body(text: str) -> bool:
    """Whether a phrase names two bodies: «الاتحاد التونسي للشغل واتحاد الصناعة»."""
    first, *rest = (token.key for token in tokenize(text))
    kinds = (bare(word[1:]) for word in rest[1:] if word[0] == "و")
    return bare(first) in lexicon.BODIES and any(kind in lexicon.BODIES for kind in kinds)


def is_dual(words: tuple[str, ...]) -> bool:
    """Whether a phrase means two who were named: «الوزيران», «للطرفين»."""
    if len(words) > 1 or not is_definite(words[0]) or not words[0].endswith(("ان", "ين")):
        return False
    if words[0].endswith("ين") and bare(words[0]) in lexicon.GROUPS:
        return False  # «المسؤولين» may be any number
    stem = bare(words[0])[:-2]
    return stem in SIDES or is_title(stem) or (stem.endswith("ت") and is_title(stem[:-1]))


def joined_again(words: list[str], find: Callable[[str], Entity | None]) -> list[Entity]:
    """Whom two surnames joined by «و» mean, where both are known; nobody else."""
    for index in range(1, min(len(words), 3)):
        if joins(words[index]) and not is_known(key(words[0])):
            people = [find(" ".join(words[:index])), find(" ".join((words[index][1:], *words[index + 1 :])))]
            found = [person for person in people if person is not None]
            return found if len(found) == 2 and found[0] is not found[1] else []
    return []
