"""Makes the page: articles in a compact form, inside a template with its style, its script and its words."""

from __future__ import annotations

import base64
import datetime
import hashlib
import html
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Template
from typing import Any, Literal, NamedTuple

from nabra.article import TONES, Article, Mention, Sentence
from nabra.names import fold
from nabra.rendering import locate
from nabra.writers import atomic_writer

Language = Literal["en", "ar"]
DIRECTIONS: dict[Language, str] = {"en": "ltr", "ar": "rtl"}

_FOLDER = Path(__file__).parent
_DATE = re.compile(r"\s*([12]\d{3})[-/](\d\d)[-/](\d\d)(?!\d)")
# What could end the script element or start markup, what older JavaScript takes for line breaks, and halves of
# surrogate pairs, which UTF-8 cannot hold.
_UNSAFE = re.compile("[<>&\u2028\u2029\ud800-\udfff]")


class Written(NamedTuple):
    """How much a report shows."""

    articles: int
    sentences: int


def write_report(articles: Iterable[Article], path: Path, lang: Language = "en", title: str = "") -> Written:
    """Write a page that shows articles, their tones and their speakers. It needs no other file and no network.

    Args:
        articles: Predictions or labelled articles.
        path: The HTML file.
        lang: Language of the interface; the articles stay as they are.
        title: Heading of the page.

    Returns:
        How many articles and sentences the page shows.
    """
    corpus = _Corpus()
    packed = [corpus.pack(article) for article in articles]
    words = json.loads((_FOLDER / "words.json").read_text(encoding="utf-8"))[lang]
    data = {
        "lang": lang,
        "words": words,
        "tones": [words["tone_names"].get(tone, tone) for tone in corpus.tones],
        "speakers": corpus.speaker_names(),
        "articles": packed,
    }
    with atomic_writer(path) as file:
        file.write(_page(data, words, lang, title))
    return Written(len(packed), sum(len(article["sentences"]) for article in packed))


def _page(data: Mapping[str, Any], words: Mapping[str, Any], lang: Language, title: str) -> str:
    style, script = ((_FOLDER / name).read_text(encoding="utf-8") for name in ("report.css", "report.js"))
    escaped = {name: html.escape(word) for name, word in words.items() if isinstance(word, str)}
    return Template((_FOLDER / "template.html").read_text(encoding="utf-8")).substitute(
        escaped,
        lang=lang,
        dir=DIRECTIONS[lang],
        title=html.escape(title.encode(errors="replace").decode()) or escaped["report"],
        style_hash=_hash(style),
        script_hash=_hash(script),
        style=style,
        script=script,
        data=to_safe_json(data),
    )


def to_safe_json(data: Any) -> str:
    """JSON that may stand inside a script element, whatever text it carries."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _hash(source: str) -> str:
    """What a Content-Security-Policy calls an inline style or script by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()


class _Corpus:
    """Brings articles into the page's form, where a tone or a speaker is a number: its place in a list."""

    def __init__(self) -> None:
        self.tones: dict[str, int] = {}
        self._speakers: dict[str, int] = {}
        self._spellings: list[Counter[str]] = []

    def speaker_names(self) -> list[str]:
        """The speakers' names, each in its most frequent spelling."""
        return [spellings.most_common(1)[0][0] for spellings in self._spellings]

    def pack(self, article: Article) -> dict[str, Any]:
        shown = {
            key: str(value) for key in ("title", "date", "source", "topic") if (value := article.metadata.get(key))
        }
        day = _day(shown.get("date", ""))
        sentences = [self._pack_sentence(article, sentence) for sentence in article.sentences]
        return {"id": article.id, **shown, **({"day": day} if day else {}), "sentences": sentences}

    def _pack_sentence(self, article: Article, sentence: Sentence) -> dict[str, Any]:
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
