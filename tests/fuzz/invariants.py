"""What must hold whatever the input: Hypothesis (`test_invariants.py`) and atheris (`scripts/fuzz.py`) try it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nabra.article import Article, Source
from nabra.config_files import build_parser, parse
from nabra.errors import NabraError
from nabra.formats import FormatName, read_labelled, write_labelled
from nabra.labelled import read_predictions
from nabra.readers import read_articles
from nabra.records import article_from_text
from nabra.speakers import Attribution, resolve_speakers
from nabra.splitting import UNSEEN, split_sentences
from nabra.tokenization import SentenceTokenizer
from nabra.writers import to_json_line

HALF_A_PAIR = re.compile("[\ud800-\udfff]")
"""Read as U+FFFD, and said."""
Given = tuple[int, int, int]
"""Of a sentence: which source, and where its mention begins and ends."""


def splitting(text: str) -> None:
    """Sentences are in order, apart, not blank at their edges, and nothing that anybody sees is left out."""
    last = 0
    for start, end in split_sentences(text):
        assert last <= start < end <= len(text)
        assert text[start:end] == text[start:end].strip()
        assert _is_unseen(text[last:start])
        last = end
    assert _is_unseen(text[last:])


def _is_unseen(text: str) -> bool:
    return bool(UNSEEN.fullmatch(text))


def tokens(tokenizer: SentenceTokenizer, text: str) -> None:
    """Offsets lie in the text and go forward."""
    (encoded,) = tokenizer.encode([text])
    spans = [span for span, special in zip(encoded.offsets, encoded.special, strict=True) if not special]
    assert len(encoded.ids) == len(encoded.offsets)
    assert all(0 <= start <= end <= len(text) for start, end in spans)
    assert spans == sorted(spans)


def speakers(sentences: Sequence[str], given: Sequence[Given]) -> None:
    """Every sentence is answered once; a mention stands in the sentence that it names; a person has one name."""
    sources = tuple(Source)
    attributions = [
        Attribution(sources[source % 3], start, end, 0.5)
        if sources[source % 3] is Source.HERE
        else Attribution(sources[source % 3])
        for source, start, end in given
    ]
    found = resolve_speakers(sentences, attributions)
    assert len(found) == len(sentences)
    names: dict[tuple[int, str], str] = {}
    for speaker in found:
        if speaker is not None:
            mention = speaker.mention
            assert mention.text
            assert mention.text in sentences[mention.sentence]
            assert speaker.name.strip()
            assert names.setdefault((mention.sentence, mention.text), speaker.name) == speaker.name
    assert found == resolve_speakers(sentences, attributions)


def reading(path: Path) -> None:
    """A file is articles that can be written and read again, or one clear line."""
    try:
        articles = list(read_articles([path]))
    except NabraError as fault:
        _one_line(fault)
        return
    for article in articles:
        record = json.loads(to_json_line(article))
        assert [sentence["text"] for sentence in record["sentences"]] == [s.text for s in article.sentences]
        assert all(s.text.strip() for s in article.sentences)


def offsets(text: str) -> None:
    """The offsets of an article's sentences give back their text."""
    for sentence in article_from_text(text).sentences:
        assert sentence.start is not None
        assert text[sentence.start : sentence.end] == sentence.text


def predictions(path: Path) -> None:
    """What was checked can be shown by a report, and written and read again without a change; else one clear line."""
    from nabra.notebook import to_html
    from nabra.reports.packing import Corpus
    from nabra.reports.shell import to_safe_json
    from nabra.table import format_article

    try:
        articles = list(read_predictions(path))
    except NabraError as fault:
        _one_line(fault)
        return
    corpus = Corpus()
    for article in articles:
        format_article(article, 80)
        assert "<script" not in to_html(article)
        page = to_safe_json(corpus.pack(article))
        assert not set("<>&\u2028\u2029") & set(page)
        assert Article.from_dict(json.loads(to_json_line(article))) == article


def converting(article: Article, name: FormatName, folder: Path) -> None:
    """What a format holds comes back without a loss; what it cannot hold is one clear line."""
    path = folder / "labelled"
    try:
        write_labelled([article], path, name)
    except NabraError as fault:
        _one_line(fault)
        return
    (back,) = read_labelled(path, name)
    whole = HALF_A_PAIR.sub("\ufffd", json.dumps(article.to_dict(), ensure_ascii=False))
    assert back == Article.from_dict(json.loads(whole))


def configuration(path: Path) -> None:
    """A configuration file is a configuration, or one clear line."""
    try:
        parse(build_parser("nabra", ""), ["--config", str(path)], {})
    except NabraError as fault:
        _one_line(fault)


def _one_line(fault: NabraError) -> None:
    assert str(fault)


def as_json_line(value: Any) -> str:
    """A value as a line of JSON, in ASCII, so that halves of surrogate pairs can stand in it."""
    return json.dumps(value) + "\n"
