"""Who an article names: joins surnames, titles and bodies taken up again into one name a speaker."""

from __future__ import annotations

from collections.abc import Sequence

from nabra import _lexicon as lexicon
from nabra._bodies import Bodies, Body, distance
from nabra._joint import each_of, is_dual, joined_again, joint_body
from nabra._matching import Entity, fitness, likeness, unaddressed
from nabra._morphology import (
    akin,
    bare,
    has_nationality,
    is_definite,
    is_known,
    is_title,
    of_country,
    same_spelling,
    stem,
)
from nabra._running import first_name_start, is_joined, name_before, plausible, title_of
from nabra._text import ArticleText
from nabra.names import Phrase, read_phrase, role_end, undescribed
from nabra.words import Token, fold, tokenize

LEAD = 5
"""In so many sentences whoever the first one describes is named, if at all."""
MOST_PEOPLE = 500
"""Whom running text introduces after so many is not looked for: each is compared with all before."""


class Cast:
    """Everybody an article names, so that a surname or a title finds its person."""

    def __init__(self, sentences: Sequence[str]) -> None:
        self.text = ArticleText(sentences)
        self.entities: list[Entity] = []
        self.voices: dict[int, Entity] = {}
        self.together: dict[int, str] = {}
        self.presented: dict[int, Entity] = {}
        self._mentions: dict[int, str] = {}
        self._bodies = Bodies(sentences, self.text.tokens)

    def read(self, mentions: dict[int, str]) -> None:
        """Enter the people of the mentions, then those whom the running text introduces with a title."""
        self._mentions = mentions
        titles = {index: self._enter_mention(text, index) for index, text in mentions.items()}
        for index, tokens in enumerate(self.text.tokens):
            self._introductions(index, tokens, titles.get(index, range(0)))
        self.entities = [entity for entity in self.entities if not self._is_no_person(entity)]
        self._present(mentions)

    def _is_no_person(self, entity: Entity) -> bool:
        """Whether two words without a title are a verb or a noun before the surname of somebody else: «لمح فيشر»."""
        if not entity.named or entity.roles or len(entity.words) != 2 or plausible(tokenize(entity.name)):
            return False
        others = (e for e in self.entities if e.named and (e.roles or e.words[0] in lexicon.GIVEN_NAMES))
        return any(entity.words[1] in other.words[1:] for other in others if other is not entity)

    def _enter_mention(self, text: str, index: int) -> range:
        """Enter whom a mention names; gives where its title stands in the sentence, if it has one."""
        phrase = read_phrase(text)
        self._enter_surname(phrase)
        people = each_of(phrase.name) if phrase.name else []
        if len(people) > 1 or (not phrase.name and joint_body(text)):
            self.together[index] = " و".join(people) or text
        if not phrase.name:
            spokesman = len(phrase.role) > 2 and bare(phrase.role[0]) in lexicon.ANYBODY
            several = phrase.role[0] in lexicon.GROUPS or phrase.role[0].endswith("ون")
            if (len(phrase.role) > 1 or several) and (spokesman or not is_definite(phrase.role[0])):
                whole = _unattached(text)
                body = bare(phrase.role[0]) in lexicon.BODIES
                self._enter(undescribed(whole) if body else whole, index, phrase.role, named=False)
            return range(0)
        if len(fold(phrase.name).split()) < 2:
            return range(0)
        for name in people:
            self._enter(self._unlinked(name, index), index, phrase.role).voiced = True
        sentence = self.text.sentences[index]
        return range(sentence.find(text), sentence.find(phrase.name))

    def _enter_surname(self, phrase: Phrase) -> None:
        """Note the words of a mention that is a name without a title."""
        words = fold(phrase.name or phrase.text).split()
        head = bare(words[0])
        name = head in lexicon.TITLES_AND_NAMES or not (is_title(head) or head in lexicon.NOT_PERSONS)
        if name and (len(words) == 1 or not phrase.role):
            self.text.surnames.update(word for word in words if word not in lexicon.LINKS)

    def _present(self, mentions: dict[int, str]) -> None:
        """Find whom the lead describes before the text names them: «قال خبير إن… وأضاف طلال الخضيري…»."""
        described = read_phrase(mentions.get(0, "-"))
        if described.name or len(described.role) < 2 or not is_title(described.role[0]):
            return
        for index in sorted(mentions)[1:]:
            named = read_phrase(mentions[index])
            words = tuple(fold(named.name).split())
            if len(words) < 2 or bare(words[0]) in lexicon.NOT_PERSONS or words[0][1:] in lexicon.AGENCIES:
                continue
            person = next((e for e in self.entities if e.words == words), None)
            earlier = any(at < index for at, _ in self.text.places.get(words[-1], ()))
            own = set(named.role) - lexicon.HONORIFICS
            shared = any(akin(stem(a), stem(b)) for a in own for b in described.role[1:])
            if person is None or earlier or index > LEAD or (own and not shared):
                return
            person.roles.append(described.role)
            self.entities = [e for e in self.entities if e.named or 0 not in e.seen]
            self.presented[0] = person
            return

    def name(self, text: str, index: int) -> str:
        """The full name of whoever a mention names."""
        said = " ".join(word for word in text.split() if fold(word) and fold(word) not in lexicon.SAME) or text
        phrase = read_phrase(said)
        words = tuple(fold(phrase.name or phrase.text).split())
        if together := self._together(said, words, index):
            return together
        entity = self.presented.get(index) or self._meant(text, phrase, words, index)
        if entity is None:
            written = undescribed(_unattached(text))
            return phrase.name or self._described(unaddressed(words)) or written
        entity.seen.append(index)
        self.voices[index] = entity
        return self._fullest(entity).name

    def _meant(self, text: str, phrase: Phrase, words: tuple[str, ...], index: int) -> Entity | None:
        """Whom the words of a mention mean: somebody the article names, in full or by a title, here or elsewhere."""
        entity = self._enter_body(self._bodies.by_short_name(words)) or self._alias(words, index)
        entity = entity or (None if phrase.name else self._surname(words, index))
        bare_surname = len(words) == 1 and (phrase.name or is_definite(words[0])) and not is_known(words[0])
        if entity is None and bare_surname:
            entity = self._expand(words[0], index)
        if entity is None and (phrase.name or bare_surname):
            entity = self._misspelt(words, index)
        if entity is None and not phrase.name:
            entity = self._by_title(words, index, again=phrase.text != text)
        common = is_title(words[0]) or bare(words[0]) in lexicon.NOT_PERSONS
        if entity is None and not common and (not phrase.role or not phrase.name):
            entity = self._enter_body(self._bodies.by_own_name(words))
        return entity

    def _by_title(self, words: tuple[str, ...], index: int, *, again: bool) -> Entity | None:
        """Whom a title, a kind of body or a part of a body's name means; `again` where «نفسه» went with it."""
        full, words = words, unaddressed(words)
        unnamed = any(e.roles[0][0] == bare(words[0]) for e in self.entities if not e.named)
        again = again and bare(words[0]) in lexicon.GENERAL and not unnamed  # «المسؤول نفسه»
        titled = self._titled(full, index) or self._titled(words, index)
        entity = None if again else titled or self._enter_body(self._bodies.by_kind(words, index))
        return entity or self._enter_body(self._bodies.by_part(words)) or self._lately(words, index)

    def _described(self, words: tuple[str, ...]) -> str:
        """The fuller description that a title alone takes up: «الرئيس», where it says «الرئيس البوليفي» elsewhere."""
        if len(words) > 1 or not is_definite(words[0]):
            return ""
        fuller = (text for text in self._mentions.values() if fold(text).split()[0] == words[0] and " " in text)
        return next((text for text in fuller if not read_phrase(text).name), "")

    def _together(self, text: str, words: tuple[str, ...], index: int) -> str:
        """The joint name of whom a mention names together; empty where it names one."""
        if index in self.together:
            return self.together[index]
        if is_dual(words):
            return next((self.together[at] for at in sorted(self.together, reverse=True) if at < index), "")
        people = joined_again(text.split(), lambda part: self._alias(tuple(fold(part).split()), index))
        if people:
            self.together[index] = " و".join(self._fullest(person).name for person in people)
        return self.together.get(index, "")

    def introduced(self) -> dict[int, str]:
        """Whom a sentence is the first to name, as written there: where it is a single person."""
        first: dict[int, list[str]] = {}
        for entity in self.entities:
            if entity.named and entity.name in self.text.sentences[at := min(entity.seen)]:
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
        if role and (office := self._office(role, index)) not in entity.roles:
            entity.roles.append(office)
        entity.seen.append(index)
        return entity

    def _office(self, role: tuple[str, ...], index: int) -> tuple[str, ...]:
        """A title, that of a counterpart («نظيره التنزاني») spelt out by whoever was named last."""
        at = next((n for n, word in enumerate(role) if word.startswith(lexicon.COUNTERPARTS)), None)
        if at is None:
            return role
        peers = [e for e in self.entities if e.named and e.roles and is_title(e.roles[-1][0]) and min(e.seen) <= index]
        if not peers:
            return role
        peer = max(peers, key=lambda entity: max(seen for seen in entity.seen if seen <= index))
        head, *rest = (word for word in peer.roles[-1] if not of_country(word))
        woman = role[at].startswith("نظيرت")
        return (head.removesuffix("ه") + "ه" * woman, *rest, *role[at + 1 :])

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
            start, end = self.text.name_after(window, start, self._is_name)
            name = self.text.text(index, window[start:end]) if end > start else ""
            if " " in fold(name):  # «عبد الله» alone is one word of a name
                entity = self._enter(name, index, role)
                if here and tokens[here - 1].key.endswith("برياسه"):
                    entity.roles.append(("رييس", *(token.key for token in tokens[max(0, here - 9) : here - 1])))
                position = here + end
            elif here and not joined and (known := self._ending(tokens[max(0, here - 9) : here])):
                known.roles.append(role)
            elif here > 2 and not joined and not is_definite(title) and (start := name_before(tokens, here)):
                self._enter(self.text.text(index, tokens[start:here]), index, role)

    def _is_name(self, words: tuple[str, ...]) -> bool:
        return any(entity.words == words for entity in self.entities)

    def _ending(self, tokens: Sequence[Token]) -> Entity | None:
        tail = tuple(fold(" ".join(t.raw for t in tokens)).split())
        return next((e for e in self.entities if e.named and tail[-len(e.words) :] == e.words), None)

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
        for entity in (*_latest_first(self.voices), *introduced[: len(introduced) == 1]):
            heads = [bare(role[0]) for role in entity.roles if is_title(role[0])]
            adjectives = (word for role in entity.roles for word in role if word.endswith(("ي", "يه")))
            countries = [word for word in adjectives if is_definite(word) and of_country(word)]
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
        shorter = [e for e in others if e.named and any(_begins(role, words) for role in e.roles)]
        if len(shorter) == 1 and is_definite(words[0]):
            return shorter[0]  # «المبعوث الدولي لليمن» for «المبعوث الدولي فلان»
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

    def _expand(self, word: str, index: int) -> Entity | None:
        """A person named in full only in the reporter's running text, without a title that the lists know."""
        hamza = "أ" + word[1:] if word.startswith("ال") else word  # «المان», «ألمان»
        found = [place for spelling in dict.fromkeys((word, hamza)) for place in self.text.places.get(spelling, ())]
        places = sorted(found, key=lambda place: distance(place[0], index))
        for certain in (True, False):
            for at, place in places:
                tokens = self.text.tokens[at]
                if not tokens[place].gap and (start := first_name_start(tokens, place, certain)) is not None:
                    text = self.text.text(at, tokens[start : place + 1])
                    return self._enter(text[is_joined(tokens, start) :], at, ())
        return None


def _latest_first(voices: dict[int, Entity]) -> list[Entity]:
    """Everybody who spoke, each once."""
    return list({id(entity): entity for entity in reversed(voices.values())}.values())


def _unattached(text: str) -> str:
    """A phrase without the ل that swallowed the alif of its article: «للمتحدث» for «المتحدث»."""
    return "ال" + text[2:] if text.startswith("لل") else text


def _begins(role: tuple[str, ...], words: tuple[str, ...]) -> bool:
    """Whether a title of two words or more, without forms of address, is how a longer one begins."""
    title = tuple(word for word in role if word not in lexicon.HONORIFICS)
    return 1 < len(title) < len(words) and words[: len(title)] == title
