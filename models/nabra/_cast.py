"""Who an article names: joins surnames, titles and bodies taken up again into one name a speaker."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from nabra import _lexicon as lexicon
from nabra._bodies import Bodies, Body, distance
from nabra._lexicon import (
    akin,
    bare,
    has_nationality,
    is_definite,
    is_known,
    is_stop,
    is_title,
    key,
    of_country,
    same_spelling,
    stem,
)
from nabra.names import (
    FILIATION,
    Token,
    continues_name,
    fold,
    is_particle,
    name_like,
    plausible,
    read_phrase,
    role_end,
    tokenize,
    undescribed,
)

MOST_PEOPLE = 500
"""Whom running text introduces after so many is not looked for: each is compared with all before."""


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
                for name in _each(phrase.name):
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
            full, words = words, _addressed(words)
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
            title = _title(tokens[here].key)
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
            elif here > 2 and not joined and not is_definite(title) and (start := _name_before(tokens, here)):
                self._enter(self._text(index, tokens[start:here]), index, role)

    def _named(self, window: Sequence[Token], start: int) -> tuple[int, int]:
        """Where the name after a title begins and ends; it ends where it begins if there is none."""
        apposed = next((n for n in range(1, len(window)) if window[n].gap), 0)
        if start < len(window):
            end = self._name_end(window, start)
        elif apposed > 1 and role_end(window[:apposed], 0) == apposed and (end := _enclosed_name(window, apposed)):
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
        while stop - start > 2 and _possessed(tokens[stop - 1]) and tokens[stop - 2].key not in lexicon.LINKS:
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
        likeness = [(_likeness(words, e.words), e) for e in people]
        return self._best([(score and 2 * score + e.voiced, e) for score, e in likeness], index)

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
        if found := self._best([(_fitness(words, e), e) for e in others], index):
            return found
        if len(words) == 1 and words[0].endswith(("ي", "يه")) and not is_known(words[0]):  # «البرتغالي»
            return self._best([(sum(role.count(words[0]) for role in e.roles), e) for e in others if e.named], index)
        if len(words) < 2 or not all(map(is_definite, (*words[1:], words[-2]))) or not words[-1].endswith(("ي", "يه")):
            return None
        fitting = [e for e in others if e.named and _fitness(words[:-1], e) > 2]  # one whose nationality nobody gave
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
        fuller = [e for e in self.entities if e.named and _likeness(entity.words, e.words) >= 2]
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
                if not tokens[place].gap and (start := _first_name(tokens, place, certain)) is not None:
                    text = self._text(at, tokens[start : place + 1])
                    return self._enter(text[_joined(tokens, start) :], at, ())
        return None


@lru_cache(maxsize=65536)
def _title(word: str) -> str:
    """The title that a folded word of running text is, without a letter attached to it; empty if it is none."""
    if is_title(word):
        return word
    return word[1:] if len(word) > 3 and word[0] in "وفلبك" and is_title(word[1:]) else ""


def _each(name: str) -> list[str]:
    """The people of a joint name: «سامي الحداد وهند العلي»."""
    words = name.split()
    for index in range(2, len(words) - 1):
        if words[index][0] == "و" and key(words[index]) not in lexicon.LINKS | lexicon.GIVEN_NAMES:
            return [" ".join(words[:index]), *_each(" ".join((words[index][1:], *words[index + 1 :])))]
    return [name]


def _joined(tokens: Sequence[Token], start: int) -> bool:
    """Whether the first letter of a name is the «و» that joins it to what stands before, not its own."""
    word, before = tokens[start].key, tokens[start - 1]
    if word[0] != "و" or word in lexicon.GIVEN_NAMES:
        return False
    return word[1:] in lexicon.GIVEN_NAMES or not is_particle(before)


def _name_before(tokens: Sequence[Token], end: int) -> int:
    """Where a name of two to four words before a title begins, «قال إبراهيم المفلح مدير المصلحة»; 0 without one."""
    for start in range(max(1, end - 4), end - 1):
        name = tokens[start:end]
        given = _is_given(name[0].key) and (name[0].gap or is_particle(tokens[start - 1]))
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
    acts = _verbal(verb) or is_stop(verb) or (verb.endswith("ت") and 2 < len(verb) < 7 and not is_definite(verb))
    strange = first in lexicon.LINKS or is_known(first) or _possessed(tokens[end - 1])
    complement = end + 1 < len(tokens) and not tokens[end + 1].gap
    return end - start == 2 and acts and complement and not strange


def _enclosed_name(tokens: Sequence[Token], start: int) -> int:
    """Where a name ends that stands between commas; 0 if what stands there is none."""
    ends = (n for n in range(start + 1, len(tokens)) if tokens[n].gap or is_particle(tokens[n]))
    end = next(ends, len(tokens))
    likely = name_like(tokens[start]) and all(continues_name(tokens, start, n) for n in range(start + 1, end))
    return end if 1 < end - start < 6 and likely and plausible(tokens[start:end]) else 0


def _possessed(token: Token) -> bool:
    """Whether a word carries a pronoun and so belongs to no name («ضيفه»)."""
    return (
        token.raw.endswith(("ه", "ها", "هم")) and not token.raw.endswith("يه") and token.key not in lexicon.GIVEN_NAMES
    )


def _addressed(words: tuple[str, ...]) -> tuple[str, ...]:
    """A title without the forms of address before it: «معالي الدكتور الوزير»."""
    while len(words) > 1 and words[0] in lexicon.HONORIFICS and is_title(words[1]):
        if not (is_definite(words[1]) or words[0] in lexicon.FULL_TITLES):
            break
        words = words[1:]
    return words


def _first_name(tokens: Sequence[Token], place: int, certain: bool) -> int | None:
    """Where the first name before a surname begins in running text, if there is one.

    A given name that the lists know is certain; an unknown word needs a noun, a particle or another verb before it,
    else it may well be a verb («اكتفى فلان»).
    """
    start = place - 1
    while start > 0 and tokens[start].key in lexicon.LINKS and not tokens[start].gap:
        start -= 1
    first = tokens[start].key
    if start < 1 or not name_like(tokens[start]) or is_definite(first):
        return None
    if first in lexicon.VERBS and first in lexicon.TITLES_AND_NAMES:
        return None  # «طالب الأقارب»
    sure = _is_given(tokens[start].key) or tokens[start].key[0] not in "بل"
    while start > 1 and sure and not tokens[start].gap and _is_given(tokens[start - 1].key):
        start -= 1
    if _is_given(tokens[start].key):
        return start
    if certain or not plausible(tokens[start : place + 1]):
        return None
    before = tokens[start - 1].key
    closed = place + 1 == len(tokens) or tokens[place + 1].gap
    nominal = before in lexicon.BEFORE_NOUNS or is_definite(before) or is_title(before)
    nominal = nominal or (_verbal(before) and not _verbal(tokens[start].key))
    joined = tokens[start].key[0] == "و" and name_like(tokens[start - 1])
    apposed = closed and is_title(tokens[min(place + 1, len(tokens) - 1)].key)  # «قدمت إنغريد هولم، رئيسة الصندوق،»
    return start if nominal or joined or apposed or (tokens[start].gap and closed) else None


def _is_given(word: str) -> bool:
    """Whether a word is a given name: one of the lists, or عبد with a name of God."""
    return word in lexicon.GIVEN_NAMES or word.startswith("عبدال")


def _verbal(word: str) -> bool:
    """Whether a word is a verb, after which no other verb is to be expected: «يدير فلان», «قالت فلانة»."""
    word = word[1:] if word[0] in "وف" and len(word) > 3 else word
    return word in lexicon.VERBS or (len(word) > 3 and word[0] in "يت" and not _is_given(word))


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
        return 3 if part[0] in lexicon.EAST_ASIAN else min(size, 2)
    if size > 1 and full[0] == part[0] and full[-1] == part[-1] and set(part) <= set(full):
        return 2
    return 2 if any(full[i : i + size] == part for i in range(1, len(full) - size)) else 0


def _fitness(words: tuple[str, ...], entity: Entity) -> int:
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
    titles = [title for role in entity.roles for title in (_appositions(role) if entity.named else [role])]
    return max((_head_fitness(head, bool(rest), entity.named, title) for title in titles), default=0)


def _appositions(role: tuple[str, ...]) -> list[tuple[str, ...]]:
    """A title and those beside it: «رئيس اللجنة وزير النفط», «كبير المفاوضين السفير», «رئيس اللجنة ومدير المركز»."""
    words = [word[1:] if word[0] == "و" and is_title(word[1:]) else word for word in role]
    titles = (n for n in range(1, len(role)) if is_title(words[n]) and bare(words[n]) not in lexicon.BODIES)
    starts = (n for n in titles if is_definite(role[n - 1]))
    return [role, *((words[start], *role[start + 1 :]) for start in starts)]


def _head_fitness(head: str, narrowed: bool, named: bool, role: tuple[str, ...]) -> int:
    first = lexicon.SYNONYMS.get(bare(role[0]), bare(role[0]))
    head = lexicon.SYNONYMS.get(head, head)
    if head in (first, first.removesuffix("ا")):
        return 4
    if not named:
        unnamed = first == role[0] and not any(is_definite(word) for word in role[1:2])
        return int(unnamed and head in lexicon.SOURCES and not narrowed and first not in lexicon.BODIES)
    if first.endswith("ه") != head.endswith("ه"):
        return 0
    if any(bare(word) == head.removesuffix("ه") + "ين" for word in role[1:2]):
        return 3  # «كبير المفاوضين»: «المفاوض»
    if (head in lexicon.GENERAL and narrowed) or (first.startswith("نظير") and is_title(head)):
        return 2
    return 0
