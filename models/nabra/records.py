"""Makes articles of raw text, of sentences and of records, and refuses what cannot be one."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from nabra.article import Article, Sentence, plain
from nabra.encodings import check_encoding
from nabra.errors import NabraError
from nabra.rendering import shorten
from nabra.splitting import split_sentences

TEXT_FIELD = "text"
LONGEST_ARTICLE = 10_000_000
"""Most characters of an article: some fifty thousand sentences."""
MOST_NAMED = 20
"""Fields that a message names."""

_ARABIC = re.compile("[\u0621-\u064a\u0671-\u06d3\ufb50-\ufdfb\ufe70-\ufefc]")
_TAG = re.compile(
    r"<(?:!doctype|/?(?:html|head|body|title|meta|link|script|style|iframe|div|span|p|br|hr|a|b|i|u|em|strong|font|center|img"
    r"|figure|ul|ol|li|table|tr|td|th|h[1-6]|article|section|blockquote|small|sup|sub))\b[^<>]*>",
    re.IGNORECASE,
)
_ENDS_WORD, _BEGINS_WORD = re.compile(r"\w[ةﺓﺔ]\b"), re.compile(r"\b[ةﺓﺔ]\w")
_LEAST_REVERSED = 3


def article_from_text(text: str, id: str = "", metadata: dict[str, Any] | None = None) -> Article:
    """Split raw text into an article without labels; the sentences' offsets point into `text`."""
    sentences = [Sentence(text[start:end], start=start, end=end) for start, end in split_sentences(text)]
    return Article(id, tuple(sentences), metadata or {})


def article_from_sentences(texts: Iterable[str], id: str = "", metadata: dict[str, Any] | None = None) -> Article:
    """An article whose sentences are already split; offsets count as if a line break stood between them."""
    sentences, start = [], 0
    for text in texts:
        sentences.append(Sentence(text, start=start, end=start + len(text)))
        start += len(text) + 1
    return Article(id, tuple(sentences), metadata or {})


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How articles are read.

    Args:
        text_field: Field or column that holds an article's text.
        encoding: Of the files; without it UTF-8, or what a file turns out to be.
        strip_html: Take the text out of texts with tags; offsets count in what is left.

    Raises:
        NabraError: If there is no such encoding.
    """

    text_field: str = TEXT_FIELD
    encoding: str = ""
    strip_html: bool = False

    def __post_init__(self) -> None:
        if self.encoding:
            check_encoding(self.encoding)


def article_from_record(record: dict[str, Any], default_id: str, where: str, options: ReadOptions) -> Article:
    """An article from a record with a text or with sentences already split."""
    own_id = plain(record.get("id"))
    if isinstance(own_id, bool | list | dict):
        raise NabraError(f"{where}: id: must be a string or a number, not {json.dumps(own_id)[:40]}")
    article_id = ("" if own_id is None else str(own_id).strip()) or default_id
    metadata = {k: plain(value) for k, value in record.items() if k not in ("id", "sentences", options.text_field)}
    sentences = record.get("sentences")
    if isinstance(record.get(options.text_field), str) and not (isinstance(sentences, list) and sentences):
        sentences = None  # a column of that name that counts them, say
    if sentences is not None:
        return article_from_sentences(_sentence_texts(sentences, where, options), article_id, metadata)
    if options.text_field not in record:
        fields = ", ".join(repr(shorten(str(name))) for name in itertools.islice(record, MOST_NAMED)) or "none"
        fields += f" and {len(record) - MOST_NAMED:,} more" if len(record) > MOST_NAMED else ""
        named = f"no text in the field {options.text_field!r} (fields: {fields})"
        raise NabraError(f"{where}: {named}; name it with --text_field")
    text = record[options.text_field]
    if not isinstance(text, str):
        found = "null" if text is None else type(text).__name__
        raise NabraError(f"{where}: {options.text_field}: must be a string, not {found}")
    return article_from_text(without_tags(text, where, options), article_id, metadata)


def _sentence_texts(sentences: Any, where: str, options: ReadOptions) -> Iterator[str]:
    if not isinstance(sentences, list):
        raise NabraError(f"{where}: sentences: must be a list")
    room = LONGEST_ARTICLE
    for index, sentence in enumerate(sentences):
        place = f"{where}: sentences[{index}]"
        text = sentence.get("text") if isinstance(sentence, dict) else sentence
        text = without_tags(text, place, options) if isinstance(text, str) else ""
        if not text.strip():
            raise NabraError(f"{place}: must be a non-empty string or an object with a text")
        if (room := room - len(text)) < 0:
            raise NabraError(f"{where}: its sentences have more than {LONGEST_ARTICLE:,} characters")
        yield text


def without_tags(text: str, where: str, options: ReadOptions) -> str:
    """A text without tags; it must not be too long."""
    if len(text) > LONGEST_ARTICLE:
        raise NabraError(f"{where}: the text is longer than {LONGEST_ARTICLE:,} characters; divide it into articles")
    if (tag := _TAG.search(text)) is None:
        return text
    if not options.strip_html:
        raise NabraError(f"{where}: holds HTML ({tag[0][:40]}); take the text out of it with --strip-html")
    try:
        from html_text import extract_text
    except ImportError as error:
        raise NabraError("--strip-html needs html-text: pip install 'nabra[html]'") from error
    return str(extract_text(text))


def checked(article: Article, where: str) -> Article:
    """Refuse what cannot be an Arabic article."""
    texts = [sentence.text for sentence in article.sentences]
    if not texts:
        raise NabraError(f"{where}: holds no text")
    if not any(map(_ARABIC.search, texts)):
        hint = "; its NUL characters look like UTF-16: name --encoding utf-16-le" if "\0" in texts[0] else ""
        raise NabraError(f"{where}: holds no Arabic text; Nabra reads Arabic only{hint}")
    if _is_reversed(texts):
        raise NabraError(f"{where}: the letters stand in reverse order, as some programs take them out of PDF files")
    return article


def _is_reversed(texts: list[str]) -> bool:
    """Whether a text stands in the order in which it is seen: its words begin with «ة», which ends words."""
    ends, begins = (sum(len(pattern.findall(text)) for text in texts) for pattern in (_ENDS_WORD, _BEGINS_WORD))
    return begins >= _LEAST_REVERSED and begins > ends
