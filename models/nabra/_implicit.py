"""Sentences that report speech without a word for who speaks: «وأضاف أن…», «مشيرا إلى…»."""

from __future__ import annotations

from collections.abc import Sequence

from nabra import _lexicon as lexicon
from nabra._morphology import bare, is_definite, is_feminine
from nabra._spelling import key
from nabra.words import Token

_THAT = frozenset(map(key, "أن إن أنه أنها إنه إنها أنهم إنهم بأن بأنه بأنها بأنهم".split()))
_TO = frozenset(map(key, "إلى الى الي".split()))
_ADVERBS = frozenset(map(key, "كما قد وقد فقد ثم".split()))
_MARKS = {"«": "»", "“": "”", '"': '"'}
_OPENING = 6
"""Words in which a sentence says that it reports speech."""
_SHORT = 4
"""Words of a quotation that may be a name: «القوات العشائرية الموحدة»."""


def has_implied_subject(sentence: str, tokens: Sequence[Token]) -> bool:
    """Whether a sentence opens with a verb of saying that what is said follows at once: nobody is named between.

    Of 1,003 such sentences of `seeds/train.jsonl` 997 go on with the last speaker.
    """
    first = 1 if tokens and tokens[0].key in _ADVERBS else 0
    if len(tokens) < first + 2:
        return False
    word, following = tokens[first], tokens[first + 1]
    joined = word.key[0] in "وف" and word.key not in lexicon.VERBS
    said = word.key[1:] if joined else word.key
    if said in lexicon.SAYING:
        return True
    if said not in lexicon.VERBS:
        return False
    between = sentence[word.end : following.start].strip()
    if not between:
        to = following.key in _TO and said not in lexicon.ADDING
        return following.key in _THAT or to or _is_object(said, following.key)
    if between[0] in _MARKS:
        quoted = sentence[following.start :].partition(_MARKS[between[0]])[0]
        return len(quoted.split()) > _SHORT
    return between[0] == ":"


def reports_speech(tokens: Sequence[Token]) -> bool:
    """Whether a word near the beginning of a sentence says that it reports what somebody says or has written."""
    return any(
        word in lexicon.REPORTING or word.removeprefix("و").removeprefix("ف") in lexicon.REPORTING
        for word in (token.key for token in tokens[:_OPENING])
    )


def _is_object(verb: str, noun: str) -> bool:
    """Whether a noun right after a verb cannot be its subject, for its gender or case: «وطالب الهيئة بأن…»."""
    if is_feminine(verb):
        return False  # «قالت النائب هند العلي», «قالت مصادر»
    body = bare(noun) in lexicon.BODIES and bare(noun).endswith(("ه", "ات"))
    return body or (is_definite(noun) and noun.endswith("يين"))
