"""The bodies that an article names, so that one taken up by its kind, a part or a short name has its full name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple

from nabra import _lexicon as lexicon
from nabra._morphology import bare, is_definite
from nabra.names import body_end
from nabra.words import Token, fold, tokenize

_QUOTED = re.compile('[«“"]')
_SHORT_NAME = re.compile(r"""\s*[«“"(](\w[\w .-]{1,18})[»”")]""")


class Body(NamedTuple):
    """A body in running text: the folded noun for its kind, what follows it, the name as written, and its sentence."""

    kind: str
    complements: tuple[str, ...]
    text: str
    at: int


class Bodies:
    """Every body of an article whose name is more than a noun.

    Args:
        sentences: The article.
        tokens: The words of each sentence.
    """

    def __init__(self, sentences: Sequence[str], tokens: Sequence[Sequence[Token]]) -> None:
        self._sentences = sentences
        self._tokens = tokens

    def by_kind(self, words: tuple[str, ...], index: int) -> Body | None:
        """The nearest body of a kind, «الهيئة», in the fullest form that it has in the article."""
        kind = bare(words[0])
        if kind in lexicon.MINISTRIES:
            return self.by_part(words)
        if len(words) > 1 or not is_definite(words[0]) or not (bodies := self._of_kind.get(kind)):
            return None
        bodies = [body for body in bodies if not _described(body)] or bodies
        nearest = min(bodies, key=lambda body: distance(body.at, index)).complements
        same = [body for body in bodies if body.complements[: len(nearest)] == nearest]
        return max(same, key=lambda body: len(body.complements))

    def by_part(self, words: tuple[str, ...]) -> Body | None:
        """A body named in part, «البنك الأفريقي» for «البنك الأفريقي للتنمية», if only one fuller name fits.

        Or a ministry called without the word: «الخارجية البريطانية».
        """
        kind = bare(words[0])
        if kind in lexicon.MINISTRIES:
            ministries = self._of_kind.get("وزاره", ())
            return next((body for body in ministries if body.complements[: len(words)] == words), None)
        bodies = self._of_kind.get(kind, []) if len(words) == 2 else []
        fuller = [body for body in bodies if body.complements[:1] == words[1:] and _only_adjectives(body)]
        longest = max(fuller, key=lambda body: len(body.complements), default=None)
        if longest is None or any(longest.complements[: len(b.complements)] != b.complements for b in fuller):
            return None
        return longest

    def by_short_name(self, words: tuple[str, ...]) -> Body | None:
        """A body called by its short name, alone or after its kind: «إياتا», «منظمة أوبك»."""
        names = [" ".join(words), *([" ".join(words[1:])] if words[0] in lexicon.BODIES else [])]
        return next((self._of_short_name[name] for name in names if name in self._of_short_name), None)

    def by_own_name(self, words: tuple[str, ...]) -> Body | None:
        """A body called without its kind: «الدعم السريع» for «قوات الدعم السريع», «سنابل» for «شركة سنابل للنقل»."""
        size = len(words)
        bodies = (body for kind in sorted(lexicon.WITH_OWN_NAME) for body in self._of_kind.get(kind, ()))
        called = [body for body in bodies if body.complements[:size] == words]
        return max(called, key=lambda body: len(body.complements), default=None)

    @cached_property
    def _of_short_name(self) -> dict[str, Body]:
        return dict(self._short_names())

    def _short_names(self) -> Iterator[tuple[str, Body]]:
        """Short names in marks after a body's name, «الاتحاد الدولي للطيران (إياتا)», and those of the media."""
        for body in (body for kind in sorted(self._of_kind) for body in self._of_kind[kind]):
            sentence = self._sentences[body.at]
            after = _SHORT_NAME.match(sentence, sentence.find(body.text) + len(body.text))
            agency = body.complements in (("انبا",), ("الانبا",))  # «وكالة أنباء (رويترز)»
            if after and body.text in sentence and not agency:
                yield fold(after[1]), body
            if body.kind in lexicon.MEDIA and body.complements[0][0] not in '«“"':
                yield body.complements[0], body

    @cached_property
    def _of_kind(self) -> dict[str, list[Body]]:
        """Every body in the text, in order, by its kind."""
        bodies: dict[str, list[Body]] = {}
        for index in range(len(self._sentences)):
            for body in self._find(index):
                bodies.setdefault(body.kind, []).append(body)
        return bodies

    def _find(self, index: int) -> Iterator[Body]:
        """The bodies of a sentence; a word may be of one kind with its first letter, and of another without."""
        sentence = self._sentences[index]
        tokens = tokenize(sentence, quotes=True) if _QUOTED.search(sentence) else self._tokens[index]
        for place, token in enumerate(tokens):
            kinds = _kinds(token.key)
            if kinds and (end := _own_end(tokens, place, body_end(tokens, place))):
                complements = tuple(t.key for t in tokens[place + 1 : end])
                for kind in kinds:
                    text = sentence[token.start : tokens[end - 1].end]
                    text = text if kind in (token.key, bare(token.key)) else text[1:]
                    text = "ال" + text[2:] if text.startswith("لل") else text
                    yield Body(kind, complements, text, index)


def _own_end(tokens: Sequence[Token], place: int, end: int) -> int:
    """Where a body's name ends before the words that say whose it is; 0 where there are no others."""
    whose = (n for n in range(place + 1, end) if tokens[n].key in lexicon.OWNED_BY)
    return 0 if (own := next(whose, end)) == place + 1 else own


@lru_cache(maxsize=65536)
def _kinds(word: str) -> tuple[str, ...]:
    """The kinds of body that a folded word may stand for, its first letter being its own or attached."""
    rest = word[1:] if word[0] in "وفبلك" else ""
    return tuple(sorted({word, bare(word), rest} & lexicon.BODIES))


def _described(body: Body) -> bool:
    """Whether a body is any one of its kind: «حكومة وحدة وطنية»."""
    last = body.complements[-1]
    return len(body.complements) > 1 and last.endswith("يه") and not any(map(is_definite, body.complements))


def _only_adjectives(body: Body) -> bool:
    """Whether a body's name goes on after two words, with nothing but adjectives and what it is for."""
    rest, masculine = body.complements[1:], not body.kind.endswith("ه")
    agreeing = all(w.startswith("لل") or w.endswith("ه") or (w.endswith("ي") and masculine) for w in rest)
    return bool(rest) and agreeing and all(map(is_definite, rest)) and rest[-1] not in lexicon.QUALITIES


def longer_names(names: Collection[str]) -> dict[str, str]:
    """The longest name of each body that goes by several: «المفوضية الأوروبية», «المفوضية الأوروبية في بروكسل».

    A shorter one is the beginning of all that are longer; what follows it is no short name in marks, and nothing that
    is joined by «و» or describes it.
    """
    longest: dict[str, str] = {}
    for name in names:
        longer = sorted((n for n in names if n.startswith(f"{name} ") and n[len(name) + 1].isalpha()), key=len)
        chained = all(last.startswith(first) for first, last in pairwise(longer))
        body = " " in name and bare(fold(name).split()[0]) in lexicon.BODIES
        if longer and chained and body and not longer[-1].startswith((f"{name} و", f"{name} ذات ", f"{name} ذي ")):
            longest[name] = longer[-1]
    return longest


def distance(at: int, index: int) -> tuple[bool, int]:
    """How far a sentence is from another; what comes before is nearer than what comes after."""
    return at > index, abs(at - index)
