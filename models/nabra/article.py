"""The types that every part of Nabra speaks: articles, sentences, speakers, mentions."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from math import isfinite
from numbers import Integral, Real
from types import UnionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas


class Tone(str, Enum):
    """The default tones. A model may be trained on others, so a sentence's tone is a plain string."""

    OPTIMISTIC = "optimistic"
    CAUTIOUS = "cautious"
    OBSTACLE = "obstacle"


TONES = tuple(tone.value for tone in Tone)


class Source(str, Enum):
    """How a sentence gets its speaker."""

    NONE = "none"
    """The reporter's own voice: no speaker."""
    HERE = "here"
    """The sentence itself names its speaker."""
    CONTINUES = "continues"
    """The speaker is named elsewhere, nearly always the last one attributed."""


@dataclass(frozen=True, slots=True)
class Mention:
    """Where the text names a speaker.

    Args:
        sentence: Index of the sentence, from 0.
        text: The naming phrase, character for character.
        start: Offset of its first character in the article text, where that is known.
        end: Offset one past its last character.
    """

    sentence: int
    text: str
    start: int | None = None
    end: int | None = None

    def __post_init__(self) -> None:
        _require(self, sentence=int, text=str, start=int | None, end=int | None)


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who voices a sentence.

    Args:
        name: The fullest proper name found in the article, without titles; one a person an article.
        mention: Where the text names them.
        score: The model's confidence in the attribution, 0 to 1; `None` for labelled data.
    """

    name: str
    mention: Mention
    score: float | None = None

    def __post_init__(self) -> None:
        _require(self, name=str, mention=Mention, score=int | float | None)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with its tone and speaker.

    Args:
        text: The sentence, without surrounding white space.
        tone: Its tone; empty while unlabelled.
        speaker: Its speaker, or `None` in the reporter's own voice.
        start: Offset of its first character in the article text, where that is known.
        end: Offset one past its last character.
        scores: Probability of each tone, summing to 1; empty for labelled data.
        truncated: Whether the model saw only the beginning, the sentence being too long for it.
        undecided: Whether the tone's probability is below what was asked for; `tone` is the likeliest all the same.
    """

    text: str
    tone: str = ""
    speaker: Speaker | None = None
    start: int | None = None
    end: int | None = None
    scores: dict[str, float] = field(default_factory=dict, hash=False)
    truncated: bool = False
    undecided: bool = False

    def __post_init__(self) -> None:
        _require(self, text=str, tone=str, speaker=Speaker | None, start=int | None, end=int | None)
        _require(self, scores=dict, truncated=bool, undecided=bool)


@dataclass(frozen=True, slots=True)
class Article:
    """A news article, sentence by sentence. `metadata` holds title, date, topic, source: whatever the input had.

    Raises:
        TypeError: If a field is of another type.
        ValueError: If metadata has a field that articles have themselves, or a mention stands in no sentence.
    """

    id: str
    sentences: tuple[Sentence, ...]
    metadata: dict[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if isinstance(self.sentences, list):
            object.__setattr__(self, "sentences", tuple(self.sentences))
        _require(self, id=str, sentences=tuple, metadata=dict)
        for name in ("id", "sentences"):
            if name in self.metadata:
                raise ValueError(f"Article.metadata: {name!r} is a field of its own; rename it")
        for index, sentence in enumerate(self.sentences):
            if not isinstance(sentence, Sentence):
                raise TypeError(f"Article.sentences[{index}]: must be Sentence, not {type(sentence).__name__}")
            if sentence.speaker and not 0 <= (named := sentence.speaker.mention.sentence) < len(self.sentences):
                where = f"Article.sentences[{index}].speaker.mention.sentence"
                raise ValueError(f"{where}: {named} is no index of a sentence")

    def to_dict(self) -> dict[str, Any]:
        """The article in the data contract's form, ready for JSON; unknown values are left out.

        Of the metadata, numbers that JSON lacks (NaN) become `None`, and all else that it lacks becomes text.
        """
        sentences = [_sentence_to_dict(sentence) for sentence in self.sentences]
        return {"id": self.id, **plain(self.metadata), "sentences": sentences}

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Article:
        """The inverse of `to_dict`. `nabra.labelled` reads files, and checks more.

        Raises:
            TypeError: If a field is missing, unknown, or of another type.
            ValueError: If a mention stands in no sentence.
        """
        _require_record(record, "an article", "id", "sentences")
        if not isinstance(sentences := record["sentences"], list | tuple):
            raise TypeError(f"an article's record: sentences: must be a list, not {type(sentences).__name__}")
        metadata = {key: value for key, value in record.items() if key not in ("id", "sentences")}
        return cls(record["id"], tuple(map(_sentence_from_dict, sentences)), metadata)

    def to_pandas(self) -> pandas.DataFrame:
        """The article as a data frame, one row a sentence; `nabra.to_pandas` does it for many."""
        from nabra.frames import to_pandas

        return to_pandas([self])

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from nabra.notebook import to_html

        return to_html(self)


def _require(owner: object, **kinds: type | UnionType) -> None:
    """Refuse fields of another type where they are given, not where they are used."""
    for name, kind in kinds.items():
        if not isinstance(value := getattr(owner, name), kind):
            expected = kind.__name__ if isinstance(kind, type) else str(kind).replace(f"{__name__}.", "")
            raise TypeError(f"{type(owner).__name__}.{name}: must be {expected}, not {type(value).__name__}")


def _require_record(record: Any, owner: str, *keys: str) -> None:
    if not isinstance(record, dict):
        raise TypeError(f"{owner}'s record: must be a dict, not {type(record).__name__}")
    for key in keys:
        if key not in record:
            raise TypeError(f"{owner}'s record: {key}: is missing")


def plain(value: Any) -> Any:
    """A value as JSON has it: NaN and infinity are unknown, and dates and the like become text."""
    if isinstance(value, str | bool | int | None):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value) if isfinite(value) else None
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, dict):
        return {str(key): plain(inside) for key, inside in value.items()}
    return list(map(plain, value)) if isinstance(value, list | tuple) else str(value)


def _sentence_to_dict(sentence: Sentence) -> dict[str, Any]:
    record: dict[str, Any] = {"text": sentence.text, "tone": sentence.tone, "speaker": None}
    if sentence.speaker is not None:
        speaker, mention = sentence.speaker, sentence.speaker.mention
        place = {"sentence": mention.sentence, "text": mention.text}
        record["speaker"] = {
            "name": speaker.name,
            "mention": place | _known(start=mention.start, end=mention.end),
        } | _known(score=speaker.score)
    record |= _known(start=sentence.start, end=sentence.end)
    if sentence.scores:
        record["scores"] = dict(sentence.scores)
    for flag in ("truncated", "undecided"):
        if getattr(sentence, flag):
            record[flag] = True
    return record


def _known(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _sentence_from_dict(record: dict[str, Any]) -> Sentence:
    _require_record(record, "a sentence")
    speaker = record.get("speaker")
    if speaker is not None:
        _require_record(speaker, "a speaker", "name", "mention")
        _require_record(speaker["mention"], "a mention")
        speaker = Speaker(**{**speaker, "mention": Mention(**speaker["mention"])})
    return Sentence(**{**record, "speaker": speaker})
