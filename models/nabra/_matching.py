"""Whether a part of a name or a title means somebody whom the article has named."""

from __future__ import annotations

from dataclasses import dataclass, field

from nabra import _lexicon as lexicon
from nabra._morphology import akin, bare, is_definite, is_title, stem


@dataclass(slots=True)
class Entity:
    """A person, a body or an unnamed source of the article, its titles and where it turned up."""

    name: str
    words: tuple[str, ...]
    named: bool
    voiced: bool = False
    """Whether a mention named it so, not the running text alone."""
    roles: list[tuple[str, ...]] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)


def likeness(part: tuple[str, ...], full: tuple[str, ...]) -> int:
    """How well a part of a name stands for the full one: 3 as its end, 2 inside it, 1 as its beginning."""
    size = len(part)
    if size > len(full):
        return 0
    if tuple(map(bare, full[-size:])) == tuple(map(bare, part)):
        return 3
    if size == 1 and len(part[0]) > 2 and any(w.endswith(part[0]) and len(w) > len(part[0]) + 2 for w in full):
        return 1  # a compound written as one word: «عبدالناصر», «سلفاكير»
    if full[:size] == part:
        return 3 if part[0] in lexicon.EAST_ASIAN else min(size, 2)
    if size > 1 and full[0] == part[0] and full[-1] == part[-1] and set(part) <= set(full):
        return 2
    return 2 if any(full[i : i + size] == part for i in range(1, len(full) - size)) else 0


def fitness(words: tuple[str, ...], entity: Entity) -> int:
    """How well a title fits an entity; 0 where its head, its gender or one of its words speaks against it."""
    head, rest = bare(words[0]), [stem(word) for word in words[1:] if word not in lexicon.SMALL]
    own = [word for role in entity.roles for word in role]
    if head in lexicon.PREMIER and "الوزرا" in own:
        own.append("الحكومه")
    known = [stem(word) for word in (*own, *(word[1:] for word in own if word[0] in "بل" and len(word) > 4))]
    if not all(any(akin(word, other) for other in known) for word in rest):
        return 0
    if not is_definite(words[0]) and len(words) > 1 and not is_definite(words[1]) and not entity.named:
        return 0
    if words[1:] == () and not entity.named and len(entity.words) == 1:
        return int(head == bare(entity.words[0]))  # «مصادر» itself, if there is nothing fuller
    titles = [title for role in entity.roles for title in (_appositions(role) if entity.named else [role])]
    return max((_head_fitness(head, bool(rest), entity.named, title) for title in titles), default=0)


def _appositions(role: tuple[str, ...]) -> list[tuple[str, ...]]:
    """A title and those beside it: «رئيس اللجنة وزير النفط», «كبير المفاوضين السفير», «رئيس اللجنة ومدير المركز»."""
    words = [word[1:] if word[0] == "و" and is_title(word[1:]) else word for word in role]
    titles = (n for n in range(1, len(role)) if is_title(words[n]) and bare(words[n]) not in lexicon.BODIES)
    starts = (n for n in titles if is_definite(role[n - 1]))
    return [role, unaddressed(role), *((words[start], *role[start + 1 :]) for start in starts)]


def _head_fitness(head: str, narrowed: bool, named: bool, role: tuple[str, ...]) -> int:
    first = lexicon.SYNONYMS.get(bare(role[0]), bare(role[0]))
    head = lexicon.SYNONYMS.get(head, head)
    if head in (first, first.removesuffix("ا")):
        return 4
    if not named:
        unnamed = first == role[0] and not any(is_definite(word) for word in role[1:2])
        return int(unnamed and head in lexicon.SOURCES and not narrowed and first not in lexicon.BODIES)
    counterpart = first.startswith(lexicon.COUNTERPARTS)
    woman = first.startswith("نظيرت") if counterpart else first.endswith("ه")
    if woman != head.endswith("ه"):
        return 0
    if any(bare(word) == head.removesuffix("ه") + "ين" for word in role[1:2]):
        return 3  # «كبير المفاوضين»: «المفاوض»
    if (head in lexicon.GENERAL and narrowed) or (counterpart and is_title(head)):
        return 2
    return 0


def unaddressed(words: tuple[str, ...]) -> tuple[str, ...]:
    """A title without the forms of address before it: «معالي الدكتور الوزير»."""
    while len(words) > 1 and words[0] in lexicon.HONORIFICS and is_title(words[1]):
        if not (is_definite(words[1]) or words[0] in lexicon.FULL_TITLES):
            break
        words = words[1:]
    return words
