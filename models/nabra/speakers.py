"""The speaker thread: from what the model says of each sentence to speakers with one full name a person."""

from __future__ import annotations

import dataclasses
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from nabra import _lexicon as lexicon
from nabra._bodies import longer_names
from nabra._cast import Cast
from nabra._implicit import has_implied_subject, reports_speech
from nabra._mentions import EDGES, clean_mention
from nabra._morphology import bare, is_definite, is_feminine, is_stop, is_title
from nabra._quotes import open_quotes
from nabra.article import Mention, Source, Speaker
from nabra.names import read_phrase
from nabra.words import Token, tokenize

_QUESTION = re.compile(r"\s*(?:[•●▪■◆*]|س\s?:)")
_ANSWER = re.compile(r"\s*(?:[-–—ـ]|ج\s?:)")
_POINTS_BACK = re.compile(r"\W*(?:هذا ما|هكذا|به(?:ذه|ذا) ال\w+)\s")  # «هذا ما قاله فلان»

# Who is who takes time with the square of the length: so an article is read in sections of so many characters and
# sentences, each with the end of the one before; and nobody is looked for further on in a sentence.
SECTION, CONTEXT, LONGEST_SENTENCE = 75_000, 5_000, 5_000
SECTION_SENTENCES, CONTEXT_SENTENCES = 500, 50
SURE = 0.9
"""What the model's confidence must be for a speech that goes on after the reporter's voice without a word for it."""


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
        stop = min(max(start + 1, bisect_right(ends, ends[start] + SECTION) - 1), start + SECTION_SENTENCES)
        yield max(bisect_left(ends, ends[start] - CONTEXT), start - CONTEXT_SENTENCES), start, stop
        start = stop


def _shift(speaker: Speaker, by: int) -> Speaker:
    mention = dataclasses.replace(speaker.mention, sentence=speaker.mention.sentence + by)
    return dataclasses.replace(speaker, mention=mention)


def _resolve_section(sentences: Sequence[str], attributions: Sequence[Attribution]) -> list[Speaker | None]:
    cast = Cast(sentences)
    quoted = open_quotes(sentences)
    attributions = list(_by_words(sentences, cast.text.tokens, attributions, quoted))
    mentions: dict[int, str] = {}
    for index, (sentence, given) in enumerate(zip(sentences, attributions)):
        if given.source is not Source.HERE or (given.start or 0) < quoted[index]:
            continue  # whom a quotation names is not who voices it
        if text := clean_mention(sentence, given.start, given.end, cast.text.seen_words, cast.text.tokens[index]):
            mentions[index] = text
    cast.read(mentions)
    attributions = [_continued(given, mentions, index, cast) for index, given in enumerate(attributions)]
    here = {index: Mention(index, text) for index, text in mentions.items()}
    names = {mention: cast.name(mention.text, mention.sentence) for mention in here.values()}
    longer = longer_names(set(names.values()))
    names = {mention: longer.get(name, name) for mention, name in names.items()}
    introduced = {index: Mention(index, name) for index, name in cast.introduced().items() if index not in here}
    names |= {mention: cast.name(mention.text, mention.sentence) for mention in introduced.values()}
    owners = _owners(sentences, cast.text.tokens, attributions, here, introduced, quoted)
    return [Speaker(names[owner], owner, given.score) if owner else None for given, owner in zip(attributions, owners)]


def _by_words(
    sentences: Sequence[str],
    tokens: Sequence[Sequence[Token]],
    attributions: Sequence[Attribution],
    quoted: Sequence[int],
) -> Iterator[Attribution]:
    """What the model says, but for two things that the words tell better.

    A sentence without a word for its speaker goes on with the last one; and after one in the reporter's voice nobody
    goes on whom the model is not `SURE` of, unless the sentence reports speech.
    """
    kept = {index for index in range(len(sentences)) if quoted[index] or _is_answer(sentences, index)}
    spoken, before = False, Source.HERE
    for index, (sentence, words, given) in enumerate(zip(sentences, tokens, attributions)):
        if spoken and given.source is not Source.CONTINUES and has_implied_subject(sentence, words):
            given = dataclasses.replace(given, source=Source.CONTINUES, start=None, end=None)
        elif given.source is Source.CONTINUES and before is Source.NONE and index not in kept:
            doubtful = given.score is not None and given.score < SURE and not reports_speech(words)
            given = dataclasses.replace(given, source=Source.NONE) if doubtful else given
        spoken, before = spoken or given.source is Source.HERE, given.source
        yield given


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
    question = _QUESTION.match(before) or before.rstrip(EDGES.replace("؟", "")).endswith("؟")
    return bool(question and _ANSWER.match(sentences[index]))


def _gender(sentence: str, mention: str) -> str:
    """The gender of a mention, "f" or "m", from its title or the verb before it; empty where unknown."""
    head = next((word for word in read_phrase(mention).role if bare(word) not in lexicon.ADDRESS), "")
    if is_title(head):
        return "f" if head.endswith("ه") and bare(head) not in lexicon.MEN_IN_TA else "m"
    if head:
        return ""
    return _verb_gender(tokenize(sentence[: sentence.find(mention)])[-2:])


def _verb_gender(tokens: Sequence[Token]) -> str:
    """The gender of the first reporting verb among some words."""
    for token in tokens:
        verb = next((word for word in (token.key, token.key[1:]) if word in lexicon.VERBS), "")
        if verb:
            return "f" if is_feminine(verb) else "m"
    return ""
