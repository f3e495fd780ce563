"""Who an article names: joins surnames, titles and bodies taken up again into one name a speaker."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from nabra import _lexicon as lexicon
from nabra._lexicon import bare, is_definite, is_known, is_stop, is_title
from nabra.names import Token, fold, name_like, read_phrase, role_end, tokenize


def _folded(text: str) -> frozenset[str]:
    return frozenset(map(fold, text.split()))


SAME = _folded("نفسه نفسها نفسهم ذاته ذاتها ذاتهم عينه عينها المذكور المذكورة ذات نفس")
"""Words that only say that somebody is meant again."""
_GENERAL = _folded("مسؤول مسؤولة دبلوماسي دبلوماسية سياسي")
_SOURCES = _folded("مصدر مسؤول")
_SMALL = _folded("في فى من إلى لدى عن عند على باسم شؤون لشؤون عام خاص جديد")
_BEFORE_NOUNS = _folded("إن أن مع بين من إلى لدى عن على ضد")
_DESCRIBING = re.compile(r"\s(?:التابعة?|المقربة?|الصادرة?|الموالية?|ومقر\w+)\s")
_CHIEF_DIPLOMAT = ("رييس", "الدبلوماسيه")
_FOREIGN_MINISTER = ("وزير", "الخارجيه")
_ADJECTIVES = ("ي", "يه", "عام", "معارض", "متحده")


@dataclass(slots=True)
class Entity:
    """A person, a body or an unnamed source of the article, its titles and where it turned up."""

    name: str
    words: tuple[str, ...]
    named: bool
    roles: list[tuple[str, ...]] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)


class Cast:
    """Everybody an article names, so that a surname or a title finds its person."""

    def __init__(self, sentences: Sequence[str]) -> None:
        self.sentences = sentences
        self.tokens = [tokenize(sentence) for sentence in sentences]
        self.seen_words = frozenset(token.key for tokens in self.tokens for token in tokens)
        self.entities: list[Entity] = []

    def read(self, mentions: dict[int, str]) -> None:
        """Enter the people of the mentions, then those whom the running text introduces with a title."""
        for index, text in mentions.items():
            phrase = read_phrase(text)
            if not phrase.name:
                if len(phrase.role) > 1 and not is_definite(phrase.role[0]):
                    self._enter(text, index, phrase.role, named=False)
            elif len(fold(phrase.name).split()) > 1:
                self._enter(phrase.name, index, phrase.role)
        for index, tokens in enumerate(self.tokens):
            self._introductions(index, tokens)

    def name(self, text: str, index: int) -> str:
        """The full name of whoever a mention names."""
        phrase = read_phrase(" ".join(w for w in text.split() if fold(w) not in SAME) or text)
        words = tuple(fold(phrase.name or phrase.text).split())
        entity = self._alias(words, index) or (None if phrase.name else self._surname(words, index))
        bare_surname = len(words) == 1 and (phrase.name or is_definite(words[0])) and not is_known(words[0])
        if entity is None and bare_surname:
            entity = self._expand(words[0], index)
        if entity is None and not phrase.name:
            entity = self._titled(words, index) or self._body(words, index)
        if entity is None:
            return phrase.name or _undescribed("ال" + text[2:] if text.startswith("لل") else text)
        entity.seen.append(index)
        return self._fullest(entity).name

    def _enter(self, name: str, index: int, role: tuple[str, ...], *, named: bool = True) -> Entity:
        words = tuple(fold(name).split())
        entity = next((e for e in self.entities if e.words == words), None)
        if entity is None:
            entity = Entity(name, words, named)
            self.entities.append(entity)
        if role:
            entity.roles.append(role)
        entity.seen.append(index)
        return entity

    def _introductions(self, index: int, tokens: list[Token]) -> None:
        """Titles in running text: before a name (الوزير فلان) or after one (فلان، وزير المالية)."""
        position = 0
        while position < len(tokens):
            here, position = position, position + 1
            head = tokens[here]
            if not is_title(head.key) and len(head.key) > 3 and head.key[0] in "وفلبك":
                head = head._replace(key=head.key[1:])
            if not is_title(head.key):
                continue
            window = [head, *tokens[here + 1 : here + 20]]
            start = role_end(window, 0, running=True)
            role = tuple(token.key for token in window[: min(start, 8)])
            if (end := self._name_end(window, start)) - start > 1:
                self._enter(self._text(index, window[start:end]), index, role)
                position = here + end
            elif here and (entity := self._ending(tokens[:here])):
                entity.roles.append(role)

    def _text(self, index: int, tokens: Sequence[Token]) -> str:
        return self.sentences[index][tokens[0].start : tokens[-1].end]

    def _ending(self, tokens: Sequence[Token]) -> Entity | None:
        tail = tuple(fold(" ".join(t.raw for t in tokens[-5:])).split())
        return next((e for e in self.entities if e.named and tail[-len(e.words) :] == e.words), None)

    def _name_end(self, tokens: Sequence[Token], start: int) -> int:
        """Where a name in running text ends: as a known one does, at an alien word, or after two parts."""
        end = start
        while end < len(tokens) and (end == start or not tokens[end].gap) and _continues_name(tokens, start, end):
            end += 1
        for stop in range(end, start + 1, -1):
            words = tuple(fold(" ".join(t.raw for t in tokens[start:stop])).split())
            if any(e.words == words for e in self.entities):
                return stop
        clean = end == len(tokens) or tokens[end].gap or is_stop(tokens[end].key)
        limit = 5 if clean else 3 if start < end and tokens[start].key in lexicon.EAST_ASIAN else 2
        parts, stop = 0, start
        while stop < end and parts < limit:
            parts += tokens[stop].key not in lexicon.LINKS
            stop += 1
        return stop

    def _alias(self, words: tuple[str, ...], index: int) -> Entity | None:
        """The person whose full name a part of it means: surname, first name, or some of several."""
        if len(words) == 1 and (is_known(words[0]) and words[0] not in lexicon.TITLES_AND_NAMES):
            return None
        return self._best([(_likeness(words, e.words), e) for e in self.entities if e.named], index)

    def _surname(self, words: tuple[str, ...], index: int) -> Entity | None:
        """A title with a surname that looks like an adjective: «الوزير الجبير»."""
        if len(words) < 2 or is_known(words[-1]):
            return None
        return self._best([(3, e) for e in self.entities if e.named and e.words[-1] == words[-1]], index)

    def _titled(self, words: tuple[str, ...], index: int) -> Entity | None:
        """Whom a title or a description taken up again means: «الوزير الأمريكي», «المصدر نفسه», «الوكالة»."""
        if not any(is_definite(word) for word in words):
            return None
        if words[:2] == _CHIEF_DIPLOMAT:
            words = (*_FOREIGN_MINISTER, *words[2:])
        return self._best([(_fitness(words, e), e) for e in self.entities if e.words != words], index)

    def _best(self, candidates: list[tuple[int, Entity]], index: int) -> Entity | None:
        """The likeliest; among equals the one last seen before the sentence, else the first after it."""

        def nearness(entity: Entity) -> int:
            earlier = [at for at in entity.seen if at <= index]
            return max(earlier) if earlier else -min(entity.seen) - 1

        likely = [(score, nearness(entity), -n) for n, (score, entity) in enumerate(candidates) if score > 0]
        return candidates[-max(likely)[2]][1] if likely else None

    def _fullest(self, entity: Entity) -> Entity:
        if not entity.named:
            return entity
        fuller = [e for e in self.entities if e.named and _likeness(entity.words, e.words) >= 2]
        return max(fuller, key=lambda e: len(e.words), default=entity)

    def _nearest(self, index: int) -> list[int]:
        return sorted(range(len(self.tokens)), key=lambda at: (at > index, abs(at - index)))

    def _body(self, words: tuple[str, ...], index: int) -> Entity | None:
        """A body taken up by its kind alone («الهيئة»), whose full name stands in the running text."""
        if len(words) > 1 or not is_definite(words[0]) or bare(words[0]) not in lexicon.BODIES:
            return None
        for at in self._nearest(index):
            tokens = self.tokens[at]
            for place, token in enumerate(tokens):
                if bare(words[0]) in (token.key, bare(token.key), token.key[1:]) and (end := _body_end(tokens, place)):
                    text = self._text(at, tokens[place:end])
                    text = text[1:] if token.key[1:] == bare(words[0]) else text
                    return self._enter(text, at, tuple(t.key for t in tokens[place:end]), named=False)
        return None

    def _expand(self, word: str, index: int) -> Entity | None:
        """A person named in full only in the reporter's running text, without a title that the lists know."""
        for at in self._nearest(index):
            tokens = self.tokens[at]
            for place, token in enumerate(tokens):
                if token.key == word and not token.gap and (start := _first_name(tokens, place)) is not None:
                    text = self._text(at, tokens[start : place + 1])
                    return self._enter(text.removeprefix("و") if tokens[start].key[0] == "و" else text, at, ())
        return None


def _undescribed(body: str) -> str:
    """The name of a body without the words that say whose it is: «الوكالة التابعة للأمم المتحدة»."""
    return _DESCRIBING.split(body, maxsplit=1)[0]


def _body_end(tokens: Sequence[Token], place: int) -> int:
    """Where a body's name ends in running text: after complement and adjectives; 0 without any."""
    end = place + 1
    while end < min(len(tokens), place + 5) and not tokens[end].gap and not is_stop(tokens[end].key):
        complement = end == place + 1 and not is_definite(tokens[place].key)
        adjective = is_definite(tokens[end].key) and tokens[end].key.endswith(_ADJECTIVES)
        attached = tokens[end].key.startswith("لل")
        if not (complement or adjective or attached):
            break
        end += 1
    return end if end > place + 1 else 0


def _continues_name(tokens: Sequence[Token], start: int, index: int) -> bool:
    """Whether a word of running text goes on with a name; less is taken for granted later on."""
    word = tokens[index].key
    if tokens[start].key in lexicon.EAST_ASIAN:
        short = index - start == 2 and len(word) < 3 and tokens[index].raw not in lexicon.PREPOSITIONS
        return index - start < 3 and (short or name_like(tokens[index]))
    if index > start and tokens[index - 1].key in lexicon.LINKS:
        return True
    particles = "وفبليتسن" if index > start + 1 else "و"
    if word[0] in particles and word not in lexicon.LINKS:
        return False
    return name_like(tokens[index])


def _first_name(tokens: Sequence[Token], place: int) -> int | None:
    """Where the first name before a surname begins in running text, if there is one."""
    start = place - 1
    while start > 0 and tokens[start].key in lexicon.LINKS and not tokens[start].gap:
        start -= 1
    if start < 1 or not name_like(tokens[start]) or is_definite(tokens[start].key):
        return None
    before = tokens[start - 1].key
    nominal = before in _BEFORE_NOUNS or is_definite(before) or is_title(before) or tokens[start].gap
    joined = tokens[start].key[0] == "و" and name_like(tokens[start - 1])
    return start if nominal or joined else None


def _likeness(part: tuple[str, ...], full: tuple[str, ...]) -> int:
    """How well a part of a name stands for the full one: 3 as its end, 2 inside it, 1 as its beginning."""
    size = len(part)
    if size > len(full):
        return 0
    if tuple(map(bare, full[-size:])) == tuple(map(bare, part)):
        return 3
    if size == 1 and len(part[0]) > 2 and any(w.endswith(part[0]) and len(w) > len(part[0]) + 2 for w in full):
        return 1  # a compound written as one word: «عبدالناصر», «سلفاكير»
    if full[:size] == part:
        return 3 if part[0] in lexicon.EAST_ASIAN else 1
    if size > 1 and full[0] == part[0] and full[-1] == part[-1] and set(part) <= set(full):
        return 2
    return 2 if any(full[i : i + size] == part for i in range(1, len(full) - size)) else 0


def _fitness(words: tuple[str, ...], entity: Entity) -> int:
    """How well a title fits an entity; 0 where its head, its gender or one of its words speaks against it."""
    head, rest = bare(words[0]), [_stem(word) for word in words[1:] if word not in _SMALL]
    known = [_stem(word) for role in entity.roles for word in role]
    if not all(any(_akin(word, other) for other in known) for word in rest):
        return 0
    if not is_definite(words[0]) and len(words) > 1 and not is_definite(words[1]) and not entity.named:
        return 0
    scores = [_head_fitness(head, bool(rest), entity.named, role) for role in entity.roles]
    return max(scores, default=0)


def _head_fitness(head: str, narrowed: bool, named: bool, role: tuple[str, ...]) -> int:
    first = bare(role[0])
    if head in (first, first.removesuffix("ا")):
        return 4
    if any(is_definite(word) and is_title(word) and bare(word) == head for word in role[1:]):
        return 3
    if named and head in _GENERAL and narrowed:
        return 2
    if named and first.startswith("نظير") and is_title(head) and first.endswith("ته") == head.endswith("ه"):
        return 2
    unnamed = not named and first == role[0] and not any(is_definite(word) for word in role[1:2])
    return int(unnamed and head in _SOURCES and not narrowed and first not in lexicon.BODIES)


def _stem(word: str) -> str:
    stem = bare(word[1:] if word[0] in "بل" and not is_known(word) and is_known(word[1:]) else word)
    for ending in ("يه", "ي", "ه", "ا", "ون", "ين"):
        if stem.endswith(ending) and len(stem) - len(ending) > 2:
            return stem.removesuffix(ending)
    return stem


def _akin(a: str, b: str) -> bool:
    return a == b or (len(a) > 2 and b.startswith(a)) or (len(b) > 2 and a.startswith(b))
