"""Who an article names: joins surnames, titles and bodies taken up again into one name a speaker."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property

from nabra import _lexicon as lexicon
from nabra._bodies import Bodies, Body, distance
from nabra._lexicon import bare, has_nationality, is_definite, is_known, is_title, of_country, same_spelling
from nabra._matching import Entity, each_of, fitness, likeness, unaddressed
from nabra._running import (
    continues_name,
    enclosed_name_end,
    first_name_start,
    is_joined,
    is_possessed,
    name_before,
    plausible,
    title_of,
)
from nabra.names import FILIATION, read_phrase, role_end, undescribed
from nabra.words import Token, fold, is_particle, tokenize

MOST_PEOPLE = 500
"""Whom running text introduces after so many is not looked for: each is compared with all before."""


class Cast:
    """Everybody an article names, so that a surname or a title finds its person."""

    def __init__(self, sentences: Sequence[str]) -> None:
        self.sentences = sentences
        self.tokens = [tokenize(sentence) for sentence in sentences]
        self.seen_words = frozenset(token.key for tokens in self.tokens for token in tokens)
        self.entities: list[Entity] = []
        self.surnames: set[str] = set()
        self.voices: dict[int, Entity] = {}
        self._bodies = Bodies(sentences, self.tokens)

    def read(self, mentions: dict[int, str]) -> None:
        """Enter the people of the mentions, then those whom the running text introduces with a title."""
        titles: dict[int, range] = {}
        for index, text in mentions.items():
            phrase = read_phrase(text)
            words = tuple(fold(phrase.name or phrase.text).split())
            head = bare(words[0])
            if (len(words) == 1 or not phrase.role) and (
                head in lexicon.TITLES_AND_NAMES or not (is_title(head) or head in lexicon.NOT_PERSONS)
            ):
                self.surnames.update(word for word in words if word not in lexicon.LINKS)
            if not phrase.name:
                spokesman = len(phrase.role) > 2 and bare(phrase.role[0]) in lexicon.ANYBODY
                if len(phrase.role) > 1 and (spokesman or not is_definite(phrase.role[0])):
                    self._enter(text, index, phrase.role, named=False)
            elif len(fold(phrase.name).split()) > 1:
                for name in each_of(phrase.name):
                    self._enter(self._unlinked(name, index), index, phrase.role).voiced = True
                titles[index] = range(self.sentences[index].find(text), self.sentences[index].find(phrase.name))
        for index, tokens in enumerate(self.tokens):
            self._introductions(index, tokens, titles.get(index, range(0)))

    def name(self, text: str, index: int) -> str:
        """The full name of whoever a mention names."""
        said = " ".join(word for word in text.split() if fold(word) not in lexicon.SAME) or text
        phrase = read_phrase(said)
        words = tuple(fold(phrase.name or phrase.text).split())
        entity = self._enter_body(self._bodies.by_short_name(words)) or self._alias(words, index)
        entity = entity or (None if phrase.name else self._surname(words, index))
        bare_surname = len(words) == 1 and (phrase.name or is_definite(words[0])) and not is_known(words[0])
        if entity is None and bare_surname:
            entity = self._expand(words[0], index)
        if entity is None and (phrase.name or bare_surname):
            entity = self._misspelt(words, index)
        if entity is None and not phrase.name:
            full, words = words, unaddressed(words)
            unnamed = any(e.roles[0][0] == bare(words[0]) for e in self.entities if not e.named)
            again = said != text and bare(words[0]) in lexicon.GENERAL and not unnamed  # «المسؤول نفسه»
            titled = self._titled(full, index) or self._titled(words, index)
            entity = None if again else titled or self._enter_body(self._bodies.by_kind(words, index))
            entity = entity or self._enter_body(self._bodies.by_part(words))
            entity = entity or self._lately(words, index)
        if entity is None:
            return phrase.name or undescribed("ال" + text[2:] if text.startswith("لل") else text)
        entity.seen.append(index)
        self.voices[index] = entity
        return self._fullest(entity).name

    def introduced(self) -> dict[int, str]:
        """Whom a sentence is the first to name, as written there: where it is a single person."""
        first: dict[int, list[str]] = {}
        for entity in self.entities:
            if entity.named and entity.name in self.sentences[at := min(entity.seen)]:
                first.setdefault(at, []).append(entity.name)
        return {at: people[0] for at, people in first.items() if len(people) == 1}

    def _enter(self, name: str, index: int, role: tuple[str, ...], *, named: bool = True) -> Entity:
        words = tuple(fold(name).split())
        entity = next((e for e in self.entities if e.words == words), None)
        if entity is None and named:
            entity = next((e for e in self.entities if e.named and same_spelling(words, e.words)), None)
        if entity is None:
            entity = Entity(name, words, named)
            self.entities.append(entity)
        if role:
            entity.roles.append(role)
        entity.seen.append(index)
        return entity

    def _unlinked(self, name: str, index: int) -> str:
        """The full name where a mention begins inside it: «فان ديرستين» of «أنطون فان ديرستين»."""
        words = fold(name).split()
        full = self._expand(words[-1], index) if len(words) == 2 and words[0] in lexicon.LINKS else None
        return full.name if full else name

    def _introductions(self, index: int, tokens: list[Token], read: range) -> None:
        """Titles in running text: before a name (الوزير فلان) or after one (فلان، وزير المالية).

        Those of a mention that was `read` are left out: a whole phrase is read better than running text.
        """
        position = 0
        while position < len(tokens) and len(self.entities) < MOST_PEOPLE:
            here, position = position, position + 1
            title = title_of(tokens[here].key)
            if not title or tokens[here].start in read:
                continue
            joined = title != tokens[here].key
            window = [tokens[here]._replace(key=title), *tokens[here + 1 : here + 20]]
            start = role_end(window, 0, running=True)
            role = tuple(token.key for token in window[: min(start, 8)])
            start, end = self._named(window, start)
            if end - start > 1:
                entity = self._enter(self._text(index, window[start:end]), index, role)
                if here and tokens[here - 1].key.endswith("برياسه"):
                    entity.roles.append(("رييس", *(token.key for token in tokens[max(0, here - 9) : here - 1])))
                position = here + end
            elif here and not joined and (known := self._ending(tokens[max(0, here - 9) : here])):
                known.roles.append(role)
            elif here > 2 and not joined and not is_definite(title) and (start := name_before(tokens, here)):
                self._enter(self._text(index, tokens[start:here]), index, role)

    def _named(self, window: Sequence[Token], start: int) -> tuple[int, int]:
        """Where the name after a title begins and ends; it ends where it begins if there is none."""
        apposed = next((n for n in range(1, len(window)) if window[n].gap), 0)
        if start < len(window):
            end = self._name_end(window, start)
        elif apposed > 1 and role_end(window[:apposed], 0) == apposed and (end := enclosed_name_end(window, apposed)):
            start = apposed  # «وزيرة النقل، سلمى القرواني،»
        else:
            return start, start
        before = window[start - 1].key
        sure = is_definite(before) or is_known(before) or before[1:] in lexicon.PLACES
        given = any(token.key in lexicon.GIVEN_NAMES or token.key in self.surnames for token in window[start:end])
        if not (sure or given or before in lexicon.ADJECTIVES) or not plausible(window[start:end], self.surnames):
            return start, start
        return start, end

    def _text(self, index: int, tokens: Sequence[Token]) -> str:
        return self.sentences[index][tokens[0].start : tokens[-1].end]

    def _ending(self, tokens: Sequence[Token]) -> Entity | None:
        tail = tuple(fold(" ".join(t.raw for t in tokens)).split())
        return next((e for e in self.entities if e.named and tail[-len(e.words) :] == e.words), None)

    def _name_end(self, tokens: Sequence[Token], start: int) -> int:
        """Where a name in running text ends: as a known one does, at an alien word, or after two parts."""
        end = start
        while end < len(tokens) and (end == start or not tokens[end].gap):
            if not (continues_name(tokens, start, end) or tokens[end].key in self.surnames):
                break
            end += 1
        for stop in range(end, start + 1, -1):
            words = tuple(fold(" ".join(t.raw for t in tokens[start:stop])).split())
            goes_on = stop < end and tokens[stop].key in FILIATION
            if not goes_on and any(e.words == words for e in self.entities):
                return stop
        last = end + 1 < len(tokens) and not (tokens[end + 1].gap or is_particle(tokens[end + 1]))
        if start < end < len(tokens) and not (tokens[end].gap or last) and plausible(tokens[start:end]):
            surname = is_definite(tokens[end].key) and is_title(tokens[end].key) and not is_particle(tokens[end])
            end += surname  # «السفير حاتم الجندي»
        for stop in range(min(end + 1, len(tokens)), start + 1, -1):
            if tokens[stop - 1].key in self.surnames and not tokens[stop - 1].gap:
                return stop + (stop + 1 == end and stop - start == 2 and self._second_surname(tokens, stop))
        after = tokens[end].key if end < len(tokens) else ""
        titled = is_title(after) and not (is_definite(after) or after.endswith("ا"))  # «صحفيا» describes a thing
        clean = not after or tokens[end].gap or is_particle(tokens[end]) or titled
        limit = 5 if clean else 3 if start < end and tokens[start].key in lexicon.EAST_ASIAN else 2
        parts, stop = 0, start
        while stop < end and parts < limit:
            chained = stop > start and tokens[stop - 1].key in FILIATION
            parts += tokens[stop].key not in lexicon.LINKS and not chained
            stop += 1
        while stop - start > 2 and is_possessed(tokens[stop - 1]) and tokens[stop - 2].key not in lexicon.LINKS:
            stop -= 1
        return stop

    def _second_surname(self, tokens: Sequence[Token], place: int) -> bool:
        """Whether a foreign name goes on before a comma after the surname that it goes by: «لوسيا كيسبي أروخو،»."""
        word, before = tokens[place].key, tokens[place - 1].key
        foreign = not (is_definite(before) or is_definite(word) or word in lexicon.GIVEN_NAMES)
        return foreign and len(word) > 3 and (place + 1 == len(tokens) or tokens[place + 1].gap)

    def _alias(self, words: tuple[str, ...], index: int) -> Entity | None:
        """The person whose full name a part of it means: surname, first name, or some of several."""
        people = [e for e in self.entities if e.named]
        if len(words) == 1 and is_known(words[0]) and bare(words[0]) not in lexicon.TITLES_AND_NAMES:
            if self._titled(words, index):
                return None
            return self._best([(3, e) for e in people if len(e.words) > 1 and e.words[-1] == words[0]], index)
        alike = [(likeness(words, e.words), e) for e in people]
        return self._best([(score and 2 * score + e.voiced, e) for score, e in alike], index)

    def _surname(self, words: tuple[str, ...], index: int) -> Entity | None:
        """A title with a surname that looks like an adjective or a title: «الوزير الجبير», «المستشار الجندي»."""
        addressed = is_definite(words[0]) or words[0] in lexicon.FULL_TITLES or (is_title(words[0]) and len(words) > 2)
        if len(words) < 2 or not addressed or (is_known(words[-1]) and len(words) > 2):
            return None
        return self._best([(3, e) for e in self.entities if e.named and e.words[-1] == words[-1]], index)

    def _misspelt(self, words: tuple[str, ...], index: int) -> Entity | None:
        """The person whose name is written a little differently: «بيجوم» for «بيغوم»."""
        people = [e for e in self.entities if e.named and len(e.words) > 1]
        return self._best([(int(same_spelling(words, e.words)), e) for e in people], index)

    def _lately(self, words: tuple[str, ...], index: int) -> Entity | None:
        """The last speaker, for a title that fits anybody who speaks: «المتحدثة», «المسؤول الأممي»."""
        head = bare(words[0])
        woman = head.endswith("ه")
        if not is_definite(words[0]) or head.removesuffix("ه") not in lexicon.ANYBODY or len(words) > 2:
            return None
        if len(words) == 2 and head.startswith(("متحدث", "ناطق")):
            return None
        introduced = [e for e in self.entities if e.named and min(e.seen) < index]
        for entity in (*reversed(self.voices.values()), *introduced[: len(introduced) == 1]):
            heads = [bare(role[0]) for role in entity.roles if is_title(role[0])]
            countries = [word for role in entity.roles for word in role if of_country(word)]
            foreign = of_country(words[-1]) and (not heads or countries)  # nobody fits it, so it is another country
            if entity.named and not foreign and (not heads or any(h.endswith("ه") == woman for h in heads)):
                return entity
        return None

    def _titled(self, words: tuple[str, ...], index: int) -> Entity | None:
        """Whom a title or a description taken up again means: «الوزير الأمريكي», «المصدر نفسه», «الوكالة»."""
        if not any(is_definite(word) for word in words):
            return None
        if words[:2] == lexicon.CHIEF_DIPLOMAT:
            words = (*lexicon.FOREIGN_MINISTER, *words[2:])
        others = [e for e in self.entities if e.words != words]
        if found := self._best([(fitness(words, e), e) for e in others], index):
            return found
        if len(words) == 1 and words[0].endswith(("ي", "يه")) and not is_known(words[0]):  # «البرتغالي»
            return self._best([(sum(role.count(words[0]) for role in e.roles), e) for e in others if e.named], index)
        if len(words) < 2 or not all(map(is_definite, (*words[1:], words[-2]))) or not words[-1].endswith(("ي", "يه")):
            return None
        fitting = [e for e in others if e.named and fitness(words[:-1], e) > 2]  # one whose nationality nobody gave
        return fitting[0] if len(fitting) == 1 and not any(map(has_nationality, fitting[0].roles)) else None

    def _best(self, candidates: list[tuple[int, Entity]], index: int) -> Entity | None:
        """The likeliest; among equals the one last seen before the sentence, else the first after it."""

        def nearness(entity: Entity) -> int:
            earlier = [at for at in entity.seen if at <= index]
            return max(earlier) if earlier else -min(entity.seen) - 1

        likely = [(score, nearness(entity), -n) for n, (score, entity) in enumerate(candidates) if score > 0]
        return candidates[-max(likely)[-1]][1] if likely else None

    def _fullest(self, entity: Entity) -> Entity:
        if not entity.named:
            return entity
        fuller = [e for e in self.entities if e.named and likeness(entity.words, e.words) >= 2]
        return max(fuller, key=lambda e: len(e.words), default=entity)

    def _enter_body(self, body: Body | None) -> Entity | None:
        return self._enter(body.text, body.at, (body.kind, *body.complements), named=False) if body else None

    @cached_property
    def _places(self) -> dict[str, list[tuple[int, int]]]:
        """Where each folded word stands: its sentence, and its number in that."""
        places: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for index, tokens in enumerate(self.tokens):
            for place, token in enumerate(tokens):
                places[token.key].append((index, place))
        return places

    def _expand(self, word: str, index: int) -> Entity | None:
        """A person named in full only in the reporter's running text, without a title that the lists know."""
        found = [*self._places.get(word, ()), *self._places.get("أ" + word[1:], ())]
        places = sorted(found, key=lambda place: distance(place[0], index))
        for certain in (True, False):
            for at, place in places:
                tokens = self.tokens[at]
                if not tokens[place].gap and (start := first_name_start(tokens, place, certain)) is not None:
                    text = self._text(at, tokens[start : place + 1])
                    return self._enter(text[is_joined(tokens, start) :], at, ())
        return None
