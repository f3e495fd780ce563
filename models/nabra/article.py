"""The types that every part of Nabra speaks: articles, sentences, speakers, mentions."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
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
    scores: dict[str, float] = field(default_factory=dict)
    truncated: bool = False
    undecided: bool = False


@dataclass(frozen=True, slots=True)
class Article:
    """A news article, sentence by sentence. `metadata` holds title, date, topic, source: whatever the input had."""

    id: str
    sentences: tuple[Sentence, ...]
    metadata: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The article in the data contract's form, ready for JSON; unknown values are left out."""
        return {"id": self.id, **self.metadata, "sentences": [_sentence_to_dict(s) for s in self.sentences]}

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Article:
        """The inverse of `to_dict`. The record must be well-formed (`nabra.labelled` checks it)."""
        metadata = {key: value for key, value in record.items() if key not in ("id", "sentences")}
        return cls(record["id"], tuple(_sentence_from_dict(s) for s in record["sentences"]), metadata)

    def to_pandas(self) -> pandas.DataFrame:
        """The article as a data frame, one row a sentence; `nabra.to_pandas` does it for many."""
        from nabra.frames import to_pandas

        return to_pandas([self])

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from nabra.notebook import to_html

        return to_html(self)


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
    speaker = record.get("speaker")
    if speaker is not None:
        speaker = Speaker(speaker["name"], Mention(**speaker["mention"]), speaker.get("score"))
    return Sentence(**{**record, "speaker": speaker})
