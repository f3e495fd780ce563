#!/usr/bin/env python3
"""Labels of real newspaper articles, kept without a word of their text, and joined with the text again.

    python scripts/newspapers.py join seeds/newspapers/test_labels.jsonl ARTICLES.jsonl --output newspapers.jsonl
    python scripts/newspapers.py strip LABELLED.jsonl ARTICLES.jsonl --output labels.jsonl

ARTICLES.jsonl is the dataset that the articles are from, an article a line. An article is known by the first sixteen
digits of the SHA-256 of its text with single spaces, and sentences, mentions and names are places in that text:
`{"text": HASH, "sentences": [{"at": [start, end], "tone": …, "speaker": null | {"mention": [sentence, start, end],
"name": [start, end]}}]}`. A mention is counted from the beginning of its sentence. A name that the text does not hold
in one piece is written out.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from nabra.article import TONES, Article, Mention, Sentence, Speaker
from nabra.cli import guard
from nabra.errors import NabraError
from nabra.json_lines import read_json_lines
from nabra.records import TEXT_FIELD
from nabra.writers import atomic_writer, check_output, to_json_line
from nabra_train.data import load_articles


def spaced(text: str) -> str:
    """The text with single spaces, as the places count."""
    return " ".join(text.split())


def fingerprint(text: str) -> str:
    """What an article is known by."""
    return hashlib.sha256(spaced(text).encode()).hexdigest()[:16]


def strip(articles: Iterable[Article], texts: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The labels of articles, without their text.

    Args:
        articles: Labelled articles.
        texts: The texts of a dataset that holds them.

    Raises:
        NabraError: If a sentence stands in no text.
    """
    known = [spaced(text) for text in texts]
    for article in articles:
        sentences = [spaced(sentence.text) for sentence in article.sentences]
        text = next((text for text in known if all(sentence in text for sentence in sentences)), None)
        if text is None:
            raise NabraError(f"article {article.id!r}: no text of the dataset holds its sentences")
        labels, end = [], 0
        for sentence, words in zip(article.sentences, sentences, strict=True):
            start = text.index(words, end)
            end = start + len(words)
            speaker = sentence.speaker and _places(sentence.speaker, sentences, text)
            labels.append({"at": [start, end], "tone": sentence.tone, "speaker": speaker})
        yield {"text": fingerprint(text), "sentences": labels}


def _places(speaker: Speaker, sentences: list[str], text: str) -> dict[str, Any]:
    mention, name = spaced(speaker.mention.text), spaced(speaker.name)
    at = sentences[speaker.mention.sentence].index(mention)
    found = text.find(name)
    return {
        "mention": [speaker.mention.sentence, at, at + len(mention)],
        "name": name if found < 0 else [found, found + len(name)],
    }


def join(labels: Iterable[dict[str, Any]], texts: Iterable[str]) -> Iterator[Article]:
    """Labelled articles, from labels without text and the texts of the dataset.

    Raises:
        NabraError: If the dataset lacks an article.
    """
    known = {fingerprint(text): spaced(text) for text in texts}
    for number, record in enumerate(labels, 1):
        name = str(record.get("text"))
        if name not in known:
            raise NabraError(f"article {name!r}: the dataset does not hold its text; is it the whole dataset?")
        try:
            yield Article(name, tuple(_labelled(record["sentences"], known[name])))
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise NabraError(f"article {number} of the labels: is not as 'strip' writes it ({error!r})") from error


def _labelled(labels: list[dict[str, Any]], text: str) -> Iterator[Sentence]:
    sentences = [text[slice(*label["at"])] for label in labels]
    for words, label in zip(sentences, labels, strict=True):
        yield Sentence(words, label["tone"], label["speaker"] and _speaker(label["speaker"], sentences, text))


def _speaker(places: dict[str, Any], sentences: list[str], text: str) -> Speaker:
    sentence, start, end = places["mention"]
    name = places["name"]
    return Speaker(
        name if isinstance(name, str) else text[slice(*name)], Mention(sentence, sentences[sentence][start:end])
    )


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description="Labels of newspaper articles, without their text or with it again.")
    parser.add_argument("direction", choices=("join", "strip"))
    parser.add_argument("labels", type=Path, help="labels to join, or labelled articles to strip, JSON Lines")
    parser.add_argument("dataset", type=Path, help="the dataset, JSON Lines")
    parser.add_argument("--text_field", default=TEXT_FIELD, help="field of the dataset that holds an article's text")
    parser.add_argument("--output", type=Path, required=True, help="file to write")
    parser.add_argument("--overwrite", action="store_true", help="replace an output that exists")
    own = parser.parse_args(arguments)
    check_output(own.output, overwrite=own.overwrite, inputs=[own.labels, own.dataset])
    texts = [str(record.get(own.text_field, "")) for _, record in read_json_lines(own.dataset)]
    if own.direction == "strip":
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in strip(load_articles(own.labels, TONES), texts))
    else:
        lines = map(to_json_line, join((record for _, record in read_json_lines(own.labels)), texts))
    with atomic_writer(own.output) as file:
        file.writelines(lines)


if __name__ == "__main__":
    sys.exit(guard("newspapers.py", lambda: main(sys.argv[1:])))
