"""Phrases that name somebody: telling the name from the title, comparing two names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from nabra import _lexicon as lexicon
from nabra._morphology import bare, is_definite, is_known, is_noun, is_stop, is_title, of_country
from nabra.words import Token, fold, is_particle, name_like, tokenize

_LONGEST_PHRASE = 300
_ADJECTIVES = ("ي", "يه", "عام", "معارض", "متحده", "عليا", "احمر")
_DESCRIBING = re.compile(
    r"\s(?:التابعة?|المقربة?|القريبة?|بزعامة|بقيادة|برئاسة|الصادرة?|الموالية?|المنضمة?|الوافدة?|ومقر\w+)(?:\s|$)"
)
FILIATION = ("بن", "بنت", "منت", "ابن", "ولد", "اغ")
_CHIEFS = ("الشيخ", "الطالب")  # given names in Mauritania: «الشيخ ولد فلان»
_NAME_PARTS = lexicon.GIVEN_NAMES | lexicon.LINKS
_WITHIN = ("في", "من", "على", "إلى")
_ADDRESS = lexicon.FULL_TITLES | lexicon.HONORIFICS


def role_end(tokens: Sequence[Token], start: int, *, running: bool = False) -> int:
    """Index of the token where a phrase that starts with a title goes over to the name.

    An indefinite noun calls for a complement (رئيس ← بلدية ← باريس); the first word after that which is
    neither an adjective with the article nor the head of another complement begins the name. In running
    text the phrase ends at punctuation and at words that no title contains.
    """
    head = tokens[start].key
    open_ = not (is_definite(head) or head in lexicon.FULL_TITLES or _possessed(tokens[start]))
    if open_ and start + 1 < len(tokens) and _describes(head, tokens[start + 1].key):
        return len(tokens)
    index = _complements_end(tokens, start + 1, open_, running=running)
    if start + 1 < index < len(tokens) and tokens[index].key in FILIATION:
        before = tokens[index - 1].key
        index -= not is_definite(before) or before in _CHIEFS  # the son's own name comes before
    return index


def _complements_end(tokens: Sequence[Token], index: int, open_: bool, *, running: bool = False) -> int:
    """Where the complements and adjectives of a title end; `open_` says that a noun before calls for one."""
    while index < len(tokens):
        token = tokens[index]
        verb = is_particle(token) and token.key in lexicon.STOP and token.raw not in lexicon.PREPOSITIONS
        if running and (token.gap or verb):
            return len(tokens)
        step = _step(tokens, index, open_)
        if step is None:
            break
        index, open_ = step
    return index


def _possessed(title: Token) -> bool:
    """Whether a title carries a pronoun (نظيره, زميلتها) and so needs no complement."""
    return title.raw.endswith(("ه", "ها", "هم", "هما")) and title.key not in lexicon.TITLES


def _describes(head: str, word: str) -> bool:
    """Whether the word right after an indefinite title makes it a description (مسؤول كبير, خبير مصري)."""
    if head in lexicon.BODIES and head.endswith("ه") and not word.endswith("ه"):
        return False  # «شركة إيني»
    stem = word.removesuffix("ا") if head.endswith("ا") else word.removesuffix("ه")
    if stem in lexicon.ADJECTIVES:
        return True
    if len(word) < 4 or is_definite(word) or is_known(word):
        return False
    of_woman = word.endswith("يه") and is_title(head) and not head.endswith(("ه", "ات"))
    several = word.endswith("ي") and is_title(word[:-1]) and word[:-1] not in lexicon.TITLES_AND_NAMES
    if of_woman or several:
        return False  # «وزير مالية اليونان», «كبير مفوضي البعثة»
    return stem.endswith("ي") or word.startswith("ي")


def _step(tokens: Sequence[Token], index: int, open_: bool) -> tuple[int, bool] | None:
    """The next index, and whether a complement is still missing; `None` where the name begins."""
    word, raw = tokens[index].key, tokens[index].raw
    following = tokens[index + 1].key if index + 1 < len(tokens) else ""
    if raw.rstrip("ـ") in lexicon.PREPOSITIONS or (raw == "على" and is_definite(following)):
        return index + 1, True
    namesake = index > 1 and tokens[index - 1].key in lexicon.GIVEN_NAMES  # «جامعة سالم المختار»
    before = tokens[index - 1].key
    colour = word in lexicon.COLOURS and is_definite(before) and not (is_title(before) or before.endswith("ي"))
    if not open_ and following and not (namesake or colour) and _starts_name(word, following):
        return None
    for size in (3, 2):
        place = tuple(t.key for t in tokens[index : index + size])
        if open_ and place in lexicon.LONG_PLACES:
            return index + len(place), False
    if (
        raw[0] in '«“"'
        or word[0].isdigit()
        or word in lexicon.CLOSED
        or (word.endswith(("ها", "هما")) and len(word) > 4 and word not in lexicon.GIVEN_NAMES)
        or word.removesuffix("ه") in lexicon.ADJECTIVES
        or (not open_ and word == "وكاله")  # acting: «محافظ الحي وكالة فلان»
    ):
        return index + 1, False
    if not open_ and (ends := _describes_still(tokens, index)):
        return ends
    if not open_ and (following in lexicon.DIVINE or (following and raw in lexicon.NAMES_LIKE_NOUNS)):
        return None  # «الكابتن فتح الرحمن شدو»
    if not open_ and _is_purpose(word) and is_definite(following) and len(tokens) > index + 3:
        return index + 1, True  # «مكتب الأمم المتحدة لتنسيق الشؤون …»
    if word.startswith("لل") and is_definite(word):
        return index + 1, False
    if word[0] in "ولب" and not is_known(word) and word not in lexicon.GIVEN_NAMES:
        if is_definite(word[1:]):
            return index + 1, False
        if not open_ and _second_complement(tokens, index):
            return index + 1, True
        word = word[1:] if word[1:] not in lexicon.TITLES_AND_NAMES and is_known(word[1:]) else word
    if word in lexicon.PLACES or is_definite(word) or word in lexicon.FULL_TITLES:
        return index + 1, False
    return (index + 1, True) if is_known(word) else (index + 1, False) if open_ else None


def _is_purpose(word: str) -> bool:
    """Whether a word may be ل with a noun that says what an office is for."""
    long = word[0] == "ل" and word[1:2] != "ل" and len(word) > 4
    return long and not is_known(word[1:]) and word not in lexicon.GIVEN_NAMES


def _second_complement(tokens: Sequence[Token], index: int) -> bool:
    """Whether a word joins another noun to a title before a name: «وزيرة العمل وتحديث الإدارة فلانة»."""
    word, rest = tokens[index].key, tokens[index + 1 : index + 4]
    if word[0] != "و" or word in lexicon.GIVEN_NAMES or tokens[index - 1].key in _ADDRESS or len(rest) < 3:
        return False
    return is_definite(rest[0].key) and rest[1].key not in lexicon.LINKS and all(map(name_like, rest[1:]))


def _describes_still(tokens: Sequence[Token], index: int) -> tuple[int, bool] | None:
    """As `_step`, for an adjective in ية or a place with ب or ل before a name of two or more words."""
    token, rest = tokens[index], tokens[index + 1 :]
    if (
        token.key in lexicon.GIVEN_NAMES
        or token.key in lexicon.EAST_ASIAN
        or len(rest) < 2
        or rest[0].key in lexicon.LINKS
        or len(token.key) < 4
    ):
        return None
    if is_definite(rest[0].key) and rest[0].key not in lexicon.GIVEN_NAMES and len(rest) > 2:
        rest = rest[1:]
    named = rest[0].key in lexicon.GIVEN_NAMES or token.raw.endswith(("ات", "ة")) or token.key[1:] in lexicon.LINKS
    open_ = token.key[1:] in lexicon.LINKS
    long = len(token.key) > 4 or open_ or token.raw.endswith("ة")
    attached = token.key[0] in "بل" and long and named and not is_known(token.key[1:])
    if attached and tokens[index - 1].key.endswith("ي"):
        return None  # «الوزير الصومالي ليبان نور فارح»
    if attached or (token.raw.endswith("ية") and not is_definite(token.key)):
        return index + 1, attached and open_
    return None


def _starts_name(word: str, following: str) -> bool:
    """Whether a word that may belong to a title begins a name (المنصف فلان, الشيخ ولد فلان)."""
    if word in lexicon.ARTICLE_NAMES:
        return True
    if bare(word) not in lexicon.TITLES_AND_NAMES:
        return False
    return following in ("بن", "ولد", "اغ", "ود") or (not is_definite(word) and not is_known(following))


@dataclass(frozen=True, slots=True)
class Phrase:
    """A naming phrase, read: the folded words of its title and the proper name in it, if any."""

    text: str
    role: tuple[str, ...]
    name: str


@lru_cache(maxsize=4096)
def read_phrase(text: str) -> Phrase:
    """Tell the title of a naming phrase from the name, which ends it or begins it (فلان وزير المالية)."""
    tokens = tokenize(text[:_LONGEST_PHRASE], quotes=True)
    words = tuple(token.key for token in tokens)
    if not words or _names_nobody(tokens):
        return Phrase(text, words, "")
    start = _called(tokens) or _name_start(tokens)
    end = _name_end(tokens, start)
    if start == len(tokens) or (start and _describing(tokens, start)):
        return Phrase(text, words, "")
    if start == 0 and any(token.raw in _WITHIN for token in tokens[:end]):
        return Phrase(text, words, "")  # «آخر البيانات على موقع البنك»
    if start == 0 and end == 1 < len(words) and words[1].endswith("يه") and not is_definite(words[1]):
        return Phrase(text, words, "")  # «تقارير صحافية»: an adjective here
    after = words[end:] if end == len(words) or words[end][:2] != "لل" else ()
    return Phrase(text, words[:start] + after, text[tokens[start].start : tokens[end - 1].end])


def _names_nobody(tokens: Sequence[Token]) -> bool:
    """Whether a phrase begins with a word for a body, for several people, or for somebody's unnamed spokesman."""
    first, following = tokens[0].key, tokens[1].key if len(tokens) > 1 else ""
    if bare(first) in lexicon.GROUPS or bare(first) in lexicon.BODIES or first in lexicon.QUANTIFIERS:
        return True
    if first[0].isdigit() or (len(first) > 5 and is_definite(first) and first.endswith("ون")):
        return True  # «30 محللا», «الإيرانيون»
    if len(first) > 4 and first.endswith(("ون", "ين")) and is_title(first[:-2]):
        return True
    if following and first.endswith("و") and is_title(first[:-1]):
        return True  # «مستشارو فلان»
    spokesman = first in ("متحدث", "متحدثه", "ناطق", "ناطقه") and following == "باسم"
    return spokesman and not any(token.key in lexicon.GIVEN_NAMES for token in tokens[3:])


def _name_start(tokens: Sequence[Token]) -> int:
    first, second = tokens[0].key, tokens[1].key if len(tokens) > 1 else ""
    titled = (
        is_title(first) or bare(first) in lexicon.NOUNS or (is_definite(first) and first not in lexicon.ARTICLE_NAMES)
    )
    if not titled and first not in lexicon.GIVEN_NAMES and (start := _unlisted_role(tokens)):
        return start
    if (
        not titled
        or first in lexicon.LINKS
        or first in lexicon.PLACES
        or (_starts_name(first, second) and is_definite(first))
    ):
        return 0
    if first in lexicon.TITLES_AND_NAMES and (second in lexicon.LINKS or second in lexicon.DIVINE):
        return 0
    start = role_end(tokens, 0)
    if start == len(tokens) > 1 and tokens[-1].key in lexicon.ARTICLE_NAMES and tokens[-2].key in _ADDRESS:
        return start - 1
    again = _second_title(tokens, start + 1 if start < len(tokens) else 1)
    return _after_complement(tokens, _resumed(tokens, again or start))


def _resumed(tokens: Sequence[Token], start: int) -> int:
    """Where the name begins, if the title goes on after the words that seemed to begin it.

    No name contains a preposition («رئيس وفد بلدي لصفرون إلى الحوار فلان»), and a place that the lists do not know
    may have two words («رئيس بلدية فيض آباد سالم فلان»).
    """
    left = len(tokens) - start
    if left < 3 or tokens[start].key in _NAME_PARTS:
        return start
    for index in range(start + 1, len(tokens) - 2):
        if tokens[index].raw in lexicon.PREPOSITIONS and tokens[index - 1].key not in lexicon.LINKS:
            end = _complements_end(tokens, index + 1, True)
            return _resumed(tokens, end) if end < len(tokens) - 1 else start
    before = tokens[start - 1].key
    unlisted = not (is_definite(before) or is_definite(before[1:]) or is_known(before) or before in lexicon.CLOSED)
    son = left > 3 and (tokens[start + 2].key in FILIATION or tokens[start + 1].key in lexicon.GIVEN_NAMES)
    return start + (unlisted and not before.endswith("ستان") and son)


def _after_complement(tokens: Sequence[Token], start: int) -> int:
    """Where the name begins after a complement that the lists do not know.

    That is a place and its adjective («حاكم ستونغ ترينغ الكمبودي فلان») or a verbal noun («تأجير السيارات خالد فلان»).
    """
    if start + 3 < len(tokens) and tokens[start].key not in _NAME_PARTS:
        noun, given = tokens[start + 1].key, tokens[start + 2].key
        of_thing = is_definite(noun) and noun not in lexicon.ARTICLE_NAMES
        if of_thing and given in lexicon.GIVEN_NAMES and not is_title(given):
            return start + 2
    for index in range(start + 1, min(start + 3, len(tokens) - 2)):
        word = tokens[index].key
        if is_title(word):
            break
        if is_definite(word) and word.endswith(("ي", "يه")) and of_country(word) and word not in lexicon.ARTICLE_NAMES:
            return index + 1 + (tokens[index + 1].key in lexicon.FULL_TITLES)  # «… الليبية د. فلان»
    return start


def _unlisted_role(tokens: Sequence[Token]) -> int:
    """Where the name begins after a role that the lists do not know; 0 where there is none."""
    for index in range(2, len(tokens) - 2):
        if index > 2 and is_definite(tokens[index - 1].key) and is_title(tokens[index - 1].key):
            return 0  # «فلان فلان المتحدث باسم المستشارة فلانة»
        if tokens[index].key in lexicon.HONORIFICS and tokens[index - 1].key not in lexicon.LINKS:
            return _second_title(tokens, index, least=2) or 0
    if len(tokens) != 4:
        return 0
    complement, given, last = (token.key for token in tokens[1:])
    compound = complement in lexicon.DIVINE or complement in lexicon.ARTICLE_NAMES
    return 2 if is_definite(complement) and not compound and given in lexicon.GIVEN_NAMES and is_definite(last) else 0


def _called(tokens: Sequence[Token]) -> int:
    """Where the name begins after «يدعى» and the like; 0 without."""
    words = [token.key.removeprefix("و") for token in tokens[:-1]]
    after = next((n + 1 for n, word in enumerate(words) if n and word in lexicon.CALLED), 0)
    return after and after + _name_start(tokens[after:])


def _second_title(tokens: Sequence[Token], begin: int, *, least: int = 1) -> int | None:
    """Where the name begins after a title inside the phrase: «أستاذ … بجامعة الملك فلان الدكتور فلان»."""
    found = None
    for index in range(begin, len(tokens) - least):
        word = tokens[index].key
        if tokens[index - 1].key in lexicon.LINKS or word in lexicon.ARTICLE_NAMES:
            continue
        if index > begin and word.startswith("لل") and is_title(word):
            break  # «… فلان للرئيس فلان»
        surname = bare(word) in lexicon.TITLES_AND_NAMES and index + 2 >= len(tokens) and index - begin < 1
        surname = surname or (bare(word) in lexicon.TITLES_AND_NAMES and tokens[index + 1].key in FILIATION)
        if ((is_definite(word) and is_title(word)) or word in lexicon.HONORIFICS) and not surname:
            again = role_end(tokens, index)
            found = again if again < len(tokens) else found
    return found


def _name_end(tokens: Sequence[Token], start: int) -> int:
    """Where the name gives way to a title after it, or to what is said of it: «سامي الصالح متانة»."""
    last = tokens[-1]
    surname = is_definite(tokens[-2].key) and tokens[-2].key not in lexicon.DIVINE if len(tokens) > start + 2 else False
    if surname and last.raw.endswith(("ة", "ات")) and last.key not in lexicon.GIVEN_NAMES:
        tokens = tokens[:-1]
    for index in range(start + 1, len(tokens) - 1):
        word, following = tokens[index].key, tokens[index + 1].key
        if word in ("قوله", "قولها") or (word == "ولي" and following in ("ولي", "العهد", "عهد")):
            return index
        if index == start + 1 and _is_surname_of(tokens[start].key, word, following):
            continue
        certain = bare(word) not in lexicon.TITLES_AND_NAMES or is_known(following)
        certain = certain or (is_definite(following) and index > start + 1)
        if (is_title(word) and certain and tokens[index - 1].key not in lexicon.LINKS) or word.startswith("لل"):
            return index
    return len(tokens) - (len(tokens) > start + 1 and tokens[-1].key.startswith("لل"))


def _is_surname_of(given: str, word: str, following: str) -> bool:
    """Whether a title is the surname after a given name, another title coming: «عصام الملا رئيس اللجنة»."""
    another = is_title(following) and not is_definite(following)
    return given in lexicon.GIVEN_NAMES and is_definite(word) and is_title(word) and another


def _describing(tokens: Sequence[Token], start: int) -> bool:
    """Whether the words after a title rather describe its last noun than begin a name (سائق شاحنة لبناني)."""
    rest, before = tokens[start:], tokens[start - 1].key
    if rest[0].key in lexicon.GIVEN_NAMES:
        return False
    if len(rest) == 1 and rest[0].key.endswith("ي") and not is_definite(before) and before not in lexicon.PLACES:
        return True
    return all(t.raw.endswith(("ية", "رة")) or (t.key[0] == "ب" and is_known(t.key[1:])) for t in rest)


def undescribed(body: str) -> str:
    """The name of a body without the words that say whose it is: «الوكالة التابعة للأمم المتحدة»."""
    return _DESCRIBING.split(body, maxsplit=1)[0]


def body_end(tokens: Sequence[Token], place: int) -> int:
    """Where a body's name ends in running text: after complements, what «و» joins to them, adjectives; or 0."""
    end, joined_before = place + 1, False
    while end < min(len(tokens), place + 7) and not tokens[end].gap and not is_stop(tokens[end].key):
        word, before = tokens[end].key, tokens[end - 1].key
        following = tokens[end + 1].key if end + 1 < len(tokens) and not tokens[end + 1].gap else ""
        open_ = not is_definite(before.removeprefix("و")) and (end == place + 1 or before[0] in "ول")
        if end == place + 1 and not is_definite(tokens[place].key) and _describes(tokens[place].key, word):
            return 0  # «شركة مشتركة» is no name
        direct = end == place + 1 and before.endswith("ه")  # an adjective of the body itself agrees with it
        adjective = is_definite(word) and word.endswith(("ه", "عليا") if direct else _ADJECTIVES)
        adjective = adjective or (word.endswith("ه") and is_definite(word) and following.startswith("لل"))
        attached = word.startswith("لل") and bare(word) not in lexicon.TIMES and not joined_before
        attached = attached or (end > place + 1 and word[0] == "ل" and is_noun(word[1:]) and _complete(tokens[end - 1]))
        second = word[0] == "و" and end > place + 1 and is_definite(before) and not word.endswith("ت")
        second = second and not (is_title(word[1:]) or bare(word[1:]) in lexicon.NOT_PERSONS)  # two side by side
        joined = second and (is_definite(word[1:]) or is_definite(following))
        if not (open_ or adjective or attached or joined):
            break
        joined_before = joined_before or joined
        end += 1
    if end > place + 1 and is_noun(tokens[end - 1].key) and not is_definite(tokens[end - 1].key):
        return 0  # the complement is missing: «أمانة منطقة …»
    return end if end > place + 1 else 0


def _complete(token: Token) -> bool:
    """Whether a word, a quoted name too, needs no complement."""
    return is_definite(token.key) or token.raw[0] in '«“"'


def strip_titles(name: str) -> str:
    """The name without titles and roles; the whole phrase where there is no proper name in it."""
    phrase = read_phrase(name.strip())
    return phrase.name or phrase.text


def same_name(a: str, b: str) -> bool:
    """Whether two names are one after dropping titles and folding spelling variants."""
    if fold(a) == fold(b):
        return True
    left, right = fold(strip_titles(a)), fold(strip_titles(b))
    return bool(left) and left == right
