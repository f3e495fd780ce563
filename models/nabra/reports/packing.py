"""Brings articles into the compact form that pages read."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from nabra.article import TONES, Article, Mention, Sentence
from nabra.errors import NabraError
from nabra.rendering import locate
from nabra.words import fold

_DATE = re.compile(r"\s*([12]\d{3})[-/](\d\d)[-/](\d\d)(?!\d)")


class Corpus:
    """Packs articles; in them a tone or a speaker is a number, its place in a list.

    Args:
        tones: Tones that come first, in this order.
    """

    def __init__(self, tones: Iterable[str] = ()) -> None:
        self.tones = {tone: number for number, tone in enumerate(tones)}
        self._speakers: dict[str, int] = {}
        self._spellings: list[Counter[str]] = []

    def speaker_names(self) -> list[str]:
        """The speakers' names, each in its most frequent spelling."""
        return [spellings.most_common(1)[0][0] for spellings in self._spellings]

    def pack(self, article: Article) -> dict[str, Any]:
        """The article as the page reads it, ready for JSON."""
        shown = {
            key: str(value) for key in ("title", "date", "source", "topic") if (value := article.metadata.get(key))
        }
        day = _day(shown.get("date", ""))
        sentences = [self._pack_sentence(article, sentence) for sentence in article.sentences]
        return {"id": article.id, **shown, **({"day": day} if day else {}), "sentences": sentences}

    def _pack_sentence(self, article: Article, sentence: Sentence) -> dict[str, Any]:
        if not sentence.tone:
            raise NabraError(f"article {article.id!r}: has sentences without a tone; label it with Analyzer.analyze")
        for tone in (*sentence.scores, sentence.tone):
            self._enter_tone(tone)
        packed: dict[str, Any] = {"text": sentence.text, "tone": self.tones[sentence.tone]}
        if sentence.scores:
            packed["scores"] = [round(sentence.scores.get(tone, 0), 3) for tone in self.tones]
        if sentence.speaker is not None:
            packed["speaker"] = self._speaker(sentence.speaker.name)
            packed["mention"] = [sentence.speaker.mention.sentence, *_place(article, sentence.speaker.mention)]
            if sentence.speaker.score is not None:
                packed["certainty"] = round(sentence.speaker.score, 3)
        return packed | {flag: 1 for flag in ("truncated", "undecided") if getattr(sentence, flag)}

    def _enter_tone(self, tone: str) -> None:
        """Number a tone; the default ones come together and in their order, and so keep their colours."""
        for each in TONES if tone in TONES else (tone,):
            self.tones.setdefault(each, len(self.tones))

    def _speaker(self, name: str) -> int:
        """The number of a speaker; spellings that differ in hamza and the like are one."""
        number = self._speakers.setdefault(fold(name) or name, len(self._speakers))
        if number == len(self._spellings):
            self._spellings.append(Counter())
        self._spellings[number][name] += 1
        return number


def _day(date: str) -> str:
    """The day with which a date begins, as YYYY-MM-DD; empty if it does not begin with one that exists."""
    if (match := _DATE.match(date)) is None:
        return ""
    try:
        return datetime.date(*map(int, match.groups())).isoformat()
    except ValueError:
        return ""


def _place(article: Article, mention: Mention) -> tuple[int, int] | tuple[()]:
    """Where a mention stands in its sentence, counted as JavaScript does; nothing if it does not stand there."""
    if (place := locate(article, mention)) is None:
        return ()
    text = article.sentences[mention.sentence].text
    return _utf16_length(text[: place[0]]), _utf16_length(text[: place[1]])


def _utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2
