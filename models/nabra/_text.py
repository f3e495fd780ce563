"""An article's words, and the names of people in them that nothing but other places of the article bounds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cached_property

from nabra import _lexicon as lexicon
from nabra._morphology import is_definite, is_known, is_title
from nabra._running import continues_name, enclosed_name_end, is_no_name, is_possessed, plausible, verbal
from nabra.names import FILIATION, role_end
from nabra.words import Token, fold, is_particle, name_like, tokenize

IsName = Callable[[tuple[str, ...]], bool]


class ArticleText:
    """The words of an article.

    Args:
        sentences: The article.
    """

    def __init__(self, sentences: Sequence[str]) -> None:
        self.sentences = sentences
        self.tokens = [tokenize(sentence) for sentence in sentences]
        self.surnames: set[str] = set()
        """Folded words that mentions use as names by themselves."""

    @cached_property
    def seen_words(self) -> frozenset[str]:
        """All words, folded."""
        return frozenset(self.places)

    @cached_property
    def places(self) -> dict[str, list[tuple[int, int]]]:
        """Where each folded word stands: its sentence, and its number in that."""
        places: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for index, tokens in enumerate(self.tokens):
            for place, token in enumerate(tokens):
                places[token.key].append((index, place))
        return places

    def text(self, index: int, tokens: Sequence[Token]) -> str:
        """Some words of a sentence as it writes them."""
        return self.sentences[index][tokens[0].start : tokens[-1].end]

    def name_after(self, window: Sequence[Token], start: int, is_name: IsName) -> tuple[int, int]:
        """Where the name after a title begins and ends; it ends where it begins if there is none.

        Args:
            window: The title and what follows.
            start: Where the title ends.
            is_name: Whether some folded words are the name of somebody known.
        """
        apposed = next((n for n in range(1, len(window)) if window[n].gap), 0)
        if start < len(window):
            end = self.name_end(window, start, is_name)
        elif apposed > 1 and role_end(window[:apposed], 0) == apposed and (end := enclosed_name_end(window, apposed)):
            start = apposed  # «وزيرة النقل، سلمى القرواني،»
        else:
            return start, start
        first, before = window[start].key, window[start - 1].key
        if first.endswith("ا") and first[:-1] in self.places and first not in lexicon.GIVEN_NAMES:
            return start, start  # «هجوما», where the article speaks of «هجوم»
        sure = is_definite(before) or is_known(before) or before[1:] in lexicon.PLACES
        given = any(token.key in lexicon.GIVEN_NAMES or token.key in self.surnames for token in window[start:end])
        if not (sure or given or before in lexicon.ADJECTIVES) or not plausible(window[start:end], self.surnames):
            return start, start
        return start, end

    def name_end(self, tokens: Sequence[Token], start: int, is_name: IsName) -> int:
        """Where a name in running text ends: as a known one does, at an alien word, or after two parts."""
        if " " in tokens[start].key:
            return start + 1  # a name that is one word here: «بان كي مون»
        end = start
        while end < len(tokens) and (end == start or not tokens[end].gap):
            if not (continues_name(tokens, start, end) or tokens[end].key in self.surnames):
                break
            end += 1
        for stop in range(end, start + 1, -1):
            words = tuple(fold(" ".join(t.raw for t in tokens[start:stop])).split())
            goes_on = stop < end and tokens[stop].key in FILIATION
            if not goes_on and is_name(words):
                return stop
        last = end + 1 < len(tokens) and not (tokens[end + 1].gap or is_particle(tokens[end + 1]))
        if start < end < len(tokens) and not (tokens[end].gap or last) and plausible(tokens[start:end]):
            surname = is_definite(tokens[end].key) and is_title(tokens[end].key) and not is_particle(tokens[end])
            end += surname  # «السفير حاتم الجندي»
        for stop in range(min(end + 1, len(tokens)), start + 1, -1):
            if tokens[stop - 1].key in self.surnames and not tokens[stop - 1].gap:
                return stop + (stop + 1 == end and stop - start == 2 and _second_surname(tokens, stop))
        after = tokens[end].key if end < len(tokens) else ""
        titled = is_title(after) and not (is_definite(after) or after.endswith("ا"))  # «صحفيا» describes a thing
        clean = not after or tokens[end].gap or is_particle(tokens[end]) or titled
        limit = 5 if clean else 3 if start < end and tokens[start].key in lexicon.EAST_ASIAN else 2
        parts, stop = 0, start
        while stop < end and parts < limit:
            chained = stop > start and tokens[stop - 1].key in FILIATION
            parts += tokens[stop].key not in lexicon.LINKS and not chained
            stop += 1
        while stop - start > 1 and stop < len(tokens) and self._ends_name(tokens, stop):
            stop += 1  # «مالك نجاي سار», later «سار»
        if stop - start == 2 and self._goes_astray(tokens[start], tokens[start + 1]):
            stop -= 1
        while stop - start > 2 and is_possessed(tokens[stop - 1]) and tokens[stop - 2].key not in lexicon.LINKS:
            stop -= 1
        return stop

    def _goes_astray(self, first: Token, second: Token) -> bool:
        """Whether a word after a name's first is a verb or a noun that no name has: «سيف لفرانس», «سابيلا احتمال»."""
        own = second.key in lexicon.LINKS or second.key in lexicon.GIVEN_NAMES or second.key in self.surnames
        linked = first.key in lexicon.LINKS or first.key in lexicon.EAST_ASIAN
        return not (own or linked or is_definite(second.key)) and is_no_name(second)

    def _ends_name(self, tokens: Sequence[Token], place: int) -> bool:
        """Whether a word is the surname that a name in running text goes on to: elsewhere it stands after a verb."""
        token, first = tokens[place], tokens[place - 1].key
        if token.gap or not name_like(token) or is_definite(token.key):
            return False
        for at, other in self.places.get(token.key, ()):
            before = self.tokens[at][other - 1].key if other else ""
            if before and before != first and verbal(before):
                return True
        return False


def _second_surname(tokens: Sequence[Token], place: int) -> bool:
    """Whether a foreign name goes on before a comma after the surname that it goes by: «لوسيا كيسبي أروخو،»."""
    word, before = tokens[place].key, tokens[place - 1].key
    foreign = not (is_definite(before) or is_definite(word) or word in lexicon.GIVEN_NAMES)
    return foreign and len(word) > 3 and (place + 1 == len(tokens) or tokens[place + 1].gap)
