"""The speaker thread: from what the model says of each sentence to speakers with one full name a person."""

from __future__ import annotations

import dataclasses
import difflib
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from nabra import _lexicon as lexicon
from nabra._cast import Cast
from nabra._lexicon import bare, is_definite, is_known, is_stop, is_title
from nabra.article import Mention, Source, Speaker
from nabra.names import Token, fold, is_particle, read_phrase, tokenize

_EDGES = " \t\r\n\u00a0،,؛;.:!؟?…«»\"“”'‘’()[]{}/-–—"
_BREAKS = re.compile(r"[،,؛;)\[\]–—]|\((?!\d)|\s-\s")
_AFTER_NAME = re.compile(
    r"\s(?:(?:(?:رحم|حفظ)\w+ الله|طيب الله|تقريرا|بيانا|في (?:بيان|تصريح|تصريحات|حديث|مقابلة|كلمة|اتصال|هذا|هذه))\b.*"
    r"|الأخيرة?$)"
)
STRAIGHT = '""'
_QUOTES = {"«": "«»", "“": "“”", '"': STRAIGHT}
_MARK = re.compile('[«»“”"]')
_BEFORE_QUOTE = ("", "(", "[", ":", "،", "-", "–", "—", "«")
_LONGEST_QUOTE = 6
_QUESTION = re.compile(r"\s*(?:[•●▪■◆*]|س\s?:)")
_ANSWER = re.compile(r"\s*(?:[-–—ـ]|ج\s?:)")
_WHO_IS = re.compile(r"\s(?:أحد|إحدى|وهو|وهي|البالغ|البالغة|الملقب|الملقبة|المكنى|المكلف|المكلفة)\s")
_ISSUED_BY = re.compile(r"\s(?:ال)?صادرة?\s(?:عن|من)\s")
_SIGNED = re.compile(r"((?:بيان|إعلان|وثيقة|مذكرة|رسالة)\s\w+)\sوقع\w+\s$")
_POINTS_BACK = re.compile(r"\W*(?:هذا ما|هكذا|به(?:ذه|ذا) ال\w+)\s")  # «هذا ما قاله فلان»

# Who is who takes time with the square of the length: so an article is read in sections of this many characters, about
# five hundred sentences, each with the end of the one before; and nobody is looked for further on in a sentence.
SECTION, CONTEXT, LONGEST_SENTENCE = 75_000, 5_000, 5_000


@dataclass(frozen=True, slots=True)
class Attribution:
    """What the model says of one sentence.

    Args:
        source: Whether the sentence has a speaker, and whether it names them itself.
        start: Where the naming phrase begins inside the sentence, in characters; only for `Source.HERE`.
        end: One past its last character.
        score: The model's confidence, 0 to 1.
    """

    source: Source
    start: int | None = None
    end: int | None = None
    score: float | None = None


def resolve_speakers(sentences: Sequence[str], attributions: Sequence[Attribution]) -> list[Speaker | None]:
    """The speaker of each sentence, from the model's attributions; `None` in the reporter's own voice.

    The time is linear in the length: an article longer than a section is read section by section.
    """
    if len(sentences) != len(attributions):
        raise ValueError(f"{len(sentences)} sentences but {len(attributions)} attributions")
    sentences = [sentence[:LONGEST_SENTENCE] for sentence in sentences]
    speakers: list[Speaker | None] = []
    for lead, start, stop in _sections(sentences):
        resolved = _resolve_section(sentences[lead:stop], attributions[lead:stop])
        speakers += (speaker and _shift(speaker, lead) for speaker in resolved[start - lead :])
    return speakers


def _sections(sentences: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Where what is read before a section begins, the section itself, and what comes after it."""
    ends = [0, *accumulate(map(len, sentences))]
    start = 0
    while start < len(sentences):
        stop = max(start + 1, bisect_right(ends, ends[start] + SECTION) - 1)
        yield bisect_left(ends, ends[start] - CONTEXT), start, stop
        start = stop


def _shift(speaker: Speaker, by: int) -> Speaker:
    mention = dataclasses.replace(speaker.mention, sentence=speaker.mention.sentence + by)
    return dataclasses.replace(speaker, mention=mention)


def _resolve_section(sentences: Sequence[str], attributions: Sequence[Attribution]) -> list[Speaker | None]:
    cast = Cast(sentences)
    quoted = open_quotes(sentences)
    mentions: dict[int, str] = {}
    for index, (sentence, given) in enumerate(zip(sentences, attributions)):
        if given.source is not Source.HERE or (given.start or 0) < quoted[index]:
            continue  # whom a quotation names is not who voices it
        if text := clean_mention(sentence, given.start, given.end, cast.seen_words, cast.tokens[index]):
            mentions[index] = text
    cast.read(mentions)
    attributions = [_continued(given, mentions, index, cast) for index, given in enumerate(attributions)]
    here = {index: Mention(index, text) for index, text in mentions.items()}
    names = {mention: cast.name(mention.text, mention.sentence) for mention in here.values()}
    introduced = {index: Mention(index, name) for index, name in cast.introduced().items() if index not in here}
    names |= {mention: cast.name(mention.text, mention.sentence) for mention in introduced.values()}
    owners = _owners(sentences, cast.tokens, attributions, here, introduced, quoted)
    return [Speaker(names[owner], owner, given.score) if owner else None for given, owner in zip(attributions, owners)]


def _continued(given: Attribution, mentions: dict[int, str], index: int, cast: Cast) -> Attribution:
    """What the model says, but that a document taken up again («وأوضح التقرير») goes on with whose it is."""
    text = mentions.get(index, "")
    if not _is_document(text) or min(mentions) == index or cast.name(text, index) != text:
        return given
    del mentions[index]
    return dataclasses.replace(given, source=Source.CONTINUES, start=None, end=None)


def _is_document(mention: str) -> bool:
    words = [token.key for token in tokenize(mention)]
    alone = len(words) == 1 or (len(words) > 1 and not is_definite(words[1]))
    return alone and is_definite(words[0]) and bare(words[0]) in lexicon.DOCUMENTS


def _owners(
    sentences: Sequence[str],
    tokens: Sequence[Sequence[Token]],
    attributions: Sequence[Attribution],
    here: dict[int, Mention],
    introduced: dict[int, Mention],
    quoted: Sequence[int],
) -> Iterator[Mention | None]:
    """For each sentence where its speaker is named.

    Args:
        sentences: The article.
        tokens: The words of each sentence.
        attributions: What the model says of each sentence.
        here: The mentions by sentence.
        introduced: Whom the reporter introduces elsewhere, by sentence.
        quoted: How much of each sentence belongs to an earlier one's quotation.
    """
    last: Mention | None = None
    quote_owner: Mention | None = None
    genders = {index: _gender(sentences[index], mention.text) for index, mention in here.items()}
    answers = {index for index in range(len(sentences)) if _is_answer(sentences, index)}
    first_answer = min(answers, default=0)
    interviewee = next((introduced[i] for i in sorted(introduced) if i < first_answer), None)
    first = here[min(here)] if here else None
    for index, given in enumerate(attributions):
        if index in here:
            last = quote_owner = here[index]
            yield last
        elif given.source is Source.NONE:
            yield quote_owner if quoted[index] else None
        else:
            if index in answers:
                last = interviewee or last
            elif index - 1 in introduced and attributions[index - 1].source is Source.NONE and not quoted[index]:
                last = introduced[index - 1]  # «وصل فلان. وقال إن…»
            following = here.get(index + 1)
            if following and _POINTS_BACK.match(sentences[index + 1]):
                last = following
            owner = last or first
            words = tokens[index][:2]
            named = len(words) > 1 and is_definite(words[1].key) and not is_stop(words[1].key)
            verb = "" if named else _verb_gender(words[:1])
            gender = genders.get(last.sentence) if last else None
            if last and verb and gender and verb != gender and not quoted[index]:
                agreeing = [i for i in range(last.sentence - 3, last.sentence) if genders.get(i) == verb]
                owner = last = here[max(agreeing)] if agreeing else last
            quote_owner = owner
            yield owner


def _is_answer(sentences: Sequence[str], index: int) -> bool:
    """Whether a sentence begins an interviewee's answer: marked as one, after a question."""
    before = sentences[index - 1] if index else ""
    question = _QUESTION.match(before) or before.rstrip(_EDGES.replace("؟", "")).endswith("؟")
    return bool(question and _ANSWER.match(sentences[index]))


def _gender(sentence: str, mention: str) -> str:
    """The gender of a mention, "f" or "m", from its title or the verb before it; empty where unknown."""
    head = read_phrase(mention).role[:1]
    if head and is_title(head[0]):
        return "f" if head[0].endswith("ه") and head[0] not in ("نظيره", "زميله", "عمده") else "m"
    if head:
        return ""
    return _verb_gender(tokenize(sentence[: sentence.find(mention)])[-2:])


def _verb_gender(tokens: Sequence[Token]) -> str:
    """The gender of the first reporting verb among some words."""
    for token in tokens:
        verb = next((word for word in (token.key, token.key[1:]) if word in lexicon.VERBS), "")
        if verb:
            return "f" if verb.endswith("ت") else "m"
    return ""


def open_quotes(sentences: Sequence[str]) -> list[int]:
    """How many characters of each sentence still belong to a quotation that an earlier one opened."""
    result: list[int] = []
    marks = ""
    for index, sentence in enumerate(sentences):
        closed = _closing(marks, "\n".join(sentences[index : index + _LONGEST_QUOTE])) if marks else 0
        if closed is None:  # never closed: a stray mark
            marks, closed = "", 0
        result.append(min(closed, len(sentence)))
        if closed <= len(sentence):
            marks = _left_open(sentence[closed + bool(marks) :])
    return result


def _closing(marks: str, text: str) -> int | None:
    """Where a quotation that is open already ends; `None` if it does not, or another begins before it does."""
    depth = 1
    for match in _MARK.finditer(text):
        position, char = match.start(), match[0]
        if char in marks:
            opens = _opens(text, position)
            if opens and marks == STRAIGHT:
                return None
            depth += 1 if opens else -1
            if not depth:
                return position
    return None


def _left_open(text: str) -> str:
    """The marks of the quotation that is open at the end of a text; empty if there is none."""
    marks, depth = "", 0
    for match in _MARK.finditer(text):
        position, char = match.start(), match[0]
        if not marks:
            marks, depth = (_QUOTES.get(char, ""), 1) if _opens(text, position) else ("", 0)
        elif char in marks:
            opens = _opens(text, position)
            depth = 1 if opens and marks == STRAIGHT else depth + (1 if opens else -1)
            marks = marks if depth else ""
    return marks


def _opens(text: str, position: int) -> bool:
    """Whether a quotation mark opens: a straight one does so between a space and a word."""
    if text[position] != STRAIGHT[0]:
        return text[position] in _QUOTES
    before, after = text[max(position - 1, 0) : position], text[position + 1 : position + 2]
    return not after.isspace() and after != "" and (before in _BEFORE_QUOTE or before.isspace())


def clean_mention(
    sentence: str,
    start: int | None,
    end: int | None,
    seen: frozenset[str] = frozenset(),
    words: Sequence[Token] | None = None,
) -> str:
    """The naming phrase in a predicted span; empty where the span names nobody.

    Cut words are completed, words that belong to no name and attached particles are left off, and of a phrase
    that punctuation breaks the part with the name is taken.

    Args:
        sentence: The text.
        start: Where the span begins in it, in characters.
        end: One past its last character.
        seen: All words of the article, folded.
        words: Those of the sentence, where they are known already.
    """
    if start is None or end is None or not 0 <= start < end or start >= len(sentence):
        return ""
    words = tokenize(sentence) if words is None else words
    inside = [n for n, t in enumerate(words) if t.end > start and t.start < end]
    tokens = _completed(words, inside[0], inside[-1] + 1) if inside else []
    while tokens and _outside(tokens[-1]) and not _syllable(tokens):
        tokens.pop()
    while tokens and _outside(tokens[0]):
        tokens.pop(0)
    if len(tokens) > 1 and not is_known(tokens[0].key) and _spoken_to(tokens[-1], seen):
        tokens.pop()
    if not tokens:
        return ""
    first = tokens[0]
    begin = first.start
    cut = start == begin + 1 and first.raw[0] in "وفبكل" and not first.raw.startswith("لل")
    cut = cut and first.key not in lexicon.GIVEN_NAMES  # a span that cuts «ليلى» short
    if cut or _attached(first, seen):
        begin += 1
    if signed := _SIGNED.search(sentence[:begin]):
        return signed[1]  # «بيان مشترك وقعه فلان وفلان»: none of them alone
    text = _AFTER_NAME.sub("", sentence[begin : tokens[-1].end])
    parts = [part.strip(_EDGES) for part in _BREAKS.split(text)]
    named = [part for part in parts if read_phrase(part).name]
    text = _issuer((named or sorted(parts, key=len, reverse=True))[0])
    before = _WHO_IS.split(text, maxsplit=1)[0]
    if read_phrase(before).name and " " in before and not is_title(tokenize(before)[-1].key):  # «عمة أحد الضحايا»
        text = before
    return "" if len(fold(text)) < 2 or fold(text) in lexicon.PRONOUNS else _close(text, sentence)


def _issuer(text: str) -> str:
    """Whose a document is, where a phrase says it: «بيان وزارة النقل», «التحليل الصادر عن المصرف»."""
    words = tokenize(text)
    if not words or bare(words[0].key) not in lexicon.DOCUMENTS:
        return text
    if len(parts := _ISSUED_BY.split(text, maxsplit=1)) > 1:
        return parts[1]
    of_body = len(words) > 1 and not is_definite(words[0].key) and bare(words[1].key) in lexicon.BODIES
    return text[words[1].start :] if of_body else text


def _completed(words: Sequence[Token], first: int, last: int) -> list[Token]:
    """A span with the neighbours that it cannot do without: the noun before its complement, the name after عبد."""
    while first and not words[first].gap and not is_stop(words[first].key) and words[first].key[:2] != "لل":
        before = words[first - 1].key
        body = before in lexicon.BODIES and not is_title(words[first].key)
        if is_definite(before) or is_stop(before) or not (is_title(before) or body):
            break
        first -= 1
    if first and words[first - 1].key in lexicon.QUANTIFIERS:
        first -= 1
    while last < len(words) and not words[last].gap and words[last - 1].key in lexicon.LINKS:
        last += 1
    return list(words[first:last])


def _spoken_to(token: Token, seen: frozenset[str]) -> bool:
    """Whether a word is ل with somebody whom the article names elsewhere, give or take a letter: «قال مون لبومبيو»."""
    rest = token.key[1:]
    if token.key[0] != "ل" or rest[:1] == "ل" or len(rest) < 5:
        return False
    return bool(difflib.get_close_matches(rest, [word for word in seen if word[0] != "ل"], n=1, cutoff=0.8))


def _outside(token: Token) -> bool:
    word = token.key
    name_part = is_known(word) or word in lexicon.SAME or token.raw in lexicon.LINKS  # «فان» is not «فإن»
    return word == "بين" or ((is_particle(token) or word in lexicon.PRONOUNS) and not name_part)


def _syllable(tokens: Sequence[Token]) -> bool:
    """Whether a last word that looks like a particle ends a Korean or Chinese name (مون جاي إن)."""
    return len(tokens) > 2 and tokens[-3].key in lexicon.EAST_ASIAN and len(tokens[-1].key) < 4


def _attached(token: Token, seen: frozenset[str]) -> bool:
    """Whether the first letter of a word is a particle written together with it."""
    word = token.key
    if len(word) < 4 or word[0] not in "وفبلك" or word.startswith("لل") or is_known(word):
        return False
    rest = word[1:]
    if rest in lexicon.LINKS or is_known(rest) or (word[0] == "و" and is_definite(rest)):
        return len(rest) > 2
    return len(rest) > 3 and rest in seen and word not in lexicon.GIVEN_NAMES


def _close(text: str, sentence: str) -> str:
    """The phrase with the closing quotation mark that trimming took from it."""
    for opening, closing in ("«»", "“”", "()", '""'):
        if text.count(opening) > text.count(closing) or (opening == closing and text.count(opening) % 2):
            if text + closing in sentence:
                return text + closing
            before = text[: text.rfind(opening)].strip(_EDGES)
            words = tokenize(before)
            return before if words and is_definite(words[-1].key) else text.strip(_EDGES)
    return text
