"""An article as annotation tools draw it: one text, spans on it, and arrows between them.

The text is the sentences, a line each. A span over a sentence carries its tone, a span over a mention the label
`mention`, and an arrow leads from a sentence to the mention of its speaker, in whichever sentence that stands. A
sentence without an arrow is in the reporter's own voice.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from nabra._cast import Cast
from nabra.article import Article, Mention, plain
from nabra.errors import NabraError
from nabra.labelled import trim_mention
from nabra.rendering import locate

MENTION = "mention"
SHOWN = 40
"""Characters of a sentence that a message shows."""


@dataclass(frozen=True, slots=True)
class Span:
    """A labelled piece of the text.

    Args:
        id: What arrows know it by.
        label: A tone, or `mention`.
        start: Its first character.
        end: One past its last.
        name: Who a mention names; empty where nobody wrote it.
        score: The model's confidence in the label, for predictions.
    """

    id: str
    label: str
    start: int
    end: int
    name: str = ""
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Drawing:
    """An article as text, spans and arrows; `head` is its id and metadata."""

    head: dict[str, Any]
    text: str
    spans: list[Span] = field(default_factory=list)
    arrows: list[tuple[str, str]] = field(default_factory=list)


def draw(article: Article) -> Drawing:
    """Draw a labelled article; the ids are those of its sentences, then of its mentions."""
    texts = [sentence.text for sentence in article.sentences]
    starts = _starts(texts)
    drawing = Drawing({"id": article.id, **plain(article.metadata)}, "\n".join(texts))
    for index, sentence in enumerate(article.sentences):
        end = starts[index] + len(sentence.text)
        score = max(sentence.scores.values(), default=None)
        drawing.spans.append(Span(str(index), sentence.tone, starts[index], end, score=score))
    mentions: dict[tuple[Mention, str], str] = {}
    for index, sentence in enumerate(article.sentences):
        if sentence.speaker is None:
            continue
        mention, name = sentence.speaker.mention, sentence.speaker.name
        key = (Mention(mention.sentence, mention.text), name)
        if key not in mentions:
            mentions[key] = str(len(drawing.spans))
            start, end = (starts[mention.sentence] + place for place in located(article, mention))
            drawing.spans.append(Span(mentions[key], MENTION, start, end, name))
        drawing.arrows.append((str(index), mentions[key]))
    return drawing


def located(article: Article, mention: Mention) -> tuple[int, int]:
    """Where a mention lies in its sentence.

    Raises:
        NabraError: If it does not stand there.
    """
    if (place := locate(article, mention)) is None:
        raise NabraError(f"article {article.id!r}: the mention «{mention.text}» is not in sentence {mention.sentence}")
    return place


def _starts(texts: Sequence[str]) -> list[int]:
    """Where each sentence begins in the text."""
    return list(accumulate((len(text) + 1 for text in texts[:-1]), initial=0))


def to_record(drawing: Drawing, tones: Sequence[str], where: str) -> dict[str, Any]:
    """The article that somebody drew, in the data contract's form.

    Annotators may move or remove any span and draw arrows either way. White space and punctuation at the edge of a
    mention are left off. A mention whose name nobody wrote is called as another mention of the same words, or by
    Nabra's rules for names.

    Args:
        drawing: The spans and arrows.
        tones: The tones that may occur.
        where: The place, for messages.

    Raises:
        NabraError: Naming place and remedy of the first thing that has no meaning.
    """
    return _Reader(drawing, tones, where).record()


class _Reader:
    """Reads one drawing."""

    def __init__(self, drawing: Drawing, tones: Sequence[str], where: str) -> None:
        self._drawing, self._tones = drawing, tones
        self._where = f"{where}: article {drawing.head.get('id', '?')!r}"
        self._texts = drawing.text.split("\n")
        self._starts = _starts(self._texts)

    def record(self) -> dict[str, Any]:
        for span in self._drawing.spans:
            if not 0 <= span.start <= span.end <= len(self._drawing.text):
                raise self._fault(f"a span reaches from {span.start} to {span.end}, past the text; delete it")
        sentences = {span.id: self._sentence_at((span.start + span.end) // 2) for span in self._labelled(*self._tones)}
        mentions = {span.id: self._mention(span) for span in self._labelled(MENTION)}
        for span in self._drawing.spans:
            if span.id not in sentences and span.id not in mentions:
                expected = ", ".join([*self._tones, MENTION])
                raise self._fault(f"«{self._quoted(span)}»: the label {span.label!r} is none of {expected}")
        tones, speakers = self._tones_of(sentences), self._speakers(sentences, mentions)
        names = self._names(mentions)
        return self._drawing.head | {
            "sentences": [
                {"text": text, "tone": tones[index], "speaker": _speaker(mentions, names, speakers.get(index))}
                for index, text in enumerate(self._texts)
            ]
        }

    def _labelled(self, *labels: str) -> Iterator[Span]:
        return (span for span in self._drawing.spans if span.label in labels)

    def _sentence_at(self, place: int) -> int:
        return bisect_right(self._starts, place) - 1

    def _mention(self, span: Span) -> Mention:
        marked = self._drawing.text[span.start : span.end]
        text = trim_mention(marked)
        if not text:
            raise self._fault(f"a mention marks no words ({marked!r}); delete it")
        index = self._sentence_at(span.start + marked.index(text))
        if "\n" in text:
            shown = _shortened(text)
            raise self._fault(f"{self._place(index)}: the mention «{shown}» runs over two sentences; mark it in one")
        return Mention(index, text)

    def _tones_of(self, sentences: dict[str, int]) -> list[str]:
        """The tone of every sentence."""
        found: dict[int, set[str]] = {}
        for span in self._labelled(*self._tones):
            found.setdefault(sentences[span.id], set()).add(span.label)
        for index in range(len(self._texts)):
            labels = sorted(found.get(index, ()))
            if not labels:
                raise self._fault(f"{self._place(index)}: has no tone; mark the sentence with one")
            if len(labels) > 1:
                raise self._fault(f"{self._place(index)}: has the tones {' and '.join(labels)}; leave one")
        return [found[index].pop() for index in range(len(self._texts))]

    def _speakers(self, sentences: dict[str, int], mentions: dict[str, Mention]) -> dict[int, str]:
        """The span that names the speaker of each sentence that has one."""
        speakers: dict[int, str] = {}
        for ends in self._drawing.arrows:
            sentence = next((end for end in ends if end in sentences), None)
            mention = next((end for end in ends if end in mentions), None)
            if sentence is None or mention is None:
                joined = " and ".join(map(self._end, ends))
                raise self._fault(f"an arrow joins {joined}; it must join a sentence and a mention")
            index = sentences[sentence]
            other = speakers.setdefault(index, mention)
            if mentions[other] != mentions[mention]:
                both = f"«{mentions[other].text}» and «{mentions[mention].text}»"
                raise self._fault(f"{self._place(index)}: has the speakers {both}; leave one arrow")
        used = {mentions[span] for span in speakers.values()}
        for found in mentions.values():
            if found not in used:
                raise self._fault(
                    f"{self._place(found.sentence)}: no arrow leads to the mention «{found.text}»; draw one from each "
                    "sentence that it speaks in, or delete it"
                )
        return speakers

    def _names(self, mentions: dict[str, Mention]) -> dict[str, str]:
        """Who each mention names: as written, as another mention of the same words, or by rule."""
        names = {span.id: span.name.strip() for span in self._labelled(MENTION)}
        same = {mentions[span].text: name for span, name in names.items() if name}
        cast: Cast | None = None
        for span, mention in mentions.items():
            names[span] = names[span] or same.get(mention.text, "")
            if not names[span]:
                cast = cast or self._cast(mentions.values())
                names[span] = cast.name(mention.text, mention.sentence)
        return names

    def _cast(self, mentions: Iterable[Mention]) -> Cast:
        cast = Cast(self._texts)
        cast.read({mention.sentence: mention.text for mention in mentions})
        return cast

    def _quoted(self, span: Span) -> str:
        return _shortened(self._drawing.text[span.start : span.end])

    def _end(self, id: str) -> str:
        """An end of an arrow, for a message."""
        return next((f"«{self._quoted(span)}»" for span in self._drawing.spans if span.id == id), "nothing")

    def _place(self, index: int) -> str:
        return f"sentences[{index}] («{_shortened(self._texts[index])}»)"

    def _fault(self, message: str) -> NabraError:
        return NabraError(f"{self._where}: {message}")


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"


def _speaker(mentions: dict[str, Mention], names: dict[str, str], span: str | None) -> dict[str, Any] | None:
    if span is None:
        return None
    mention = mentions[span]
    return {"name": names[span], "mention": {"sentence": mention.sentence, "text": mention.text}}


def check_text(value: Any) -> str:
    """A value that must be a text; `TypeError` if it is none."""
    if not isinstance(value, str):
        raise TypeError(f"expected a text, got {value!r}")
    return value


def utf16_length(text: str) -> int:
    """Its length in UTF-16 code units, as JavaScript counts: two for an emoji."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def from_utf16(text: str, offset: int) -> int:
    """Which character of `text` an offset in UTF-16 code units means."""
    return len(text.encode("utf-16-le", "surrogatepass")[: 2 * offset].decode("utf-16-le", "replace"))
