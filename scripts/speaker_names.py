#!/usr/bin/env python3
"""How often the rules name a speaker as the labels do, where the labels say which words name somebody.

    python scripts/speaker_names.py seeds/dev.jsonl seeds/challenge.jsonl --list

So what the model gets wrong is left out, and what `nabra.speakers` gets wrong is left.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nabra.aligned import as_read
from nabra.article import TONES, Article, Source
from nabra.cli import guard
from nabra.errors import NabraError
from nabra.speakers import Attribution, resolve_speakers
from nabra_train.data import load_articles, source_of
from nabra_train.metrics import Comparison, bootstrap, compare


def name_again(article: Article) -> Article:
    """The article with the names that the rules give, where the labels say whether and by which words one is given."""
    texts = [as_read(sentence.text) for sentence in article.sentences]
    found = resolve_speakers(texts, [_attribution(article, index, text) for index, text in enumerate(texts)])
    sentences = [
        dataclasses.replace(
            sentence, speaker=sentence.speaker and other and dataclasses.replace(sentence.speaker, name=other.name)
        )
        for sentence, other in zip(article.sentences, found, strict=True)
    ]
    return dataclasses.replace(article, sentences=tuple(sentences))


def accuracy(comparison: Comparison) -> dict[str, float]:
    """Share of the sentences that have a speaker whose name is the labelled one."""
    return {"accuracy": float(np.mean(comparison.speaker_right))}


def _attribution(article: Article, index: int, text: str) -> Attribution:
    source = source_of(index, article.sentences[index])
    speaker = article.sentences[index].speaker
    if source is not Source.HERE or speaker is None:
        return Attribution(source)
    mention = as_read(speaker.mention.text)
    start = text.index(mention)
    return Attribution(source, start, start + len(mention))


def _report(path: Path, articles: Sequence[Article], *, listed: bool) -> None:
    named = [name_again(article) for article in articles]
    comparison = compare(articles, named, TONES)
    comparison = comparison.take(np.flatnonzero(comparison.gold_source != Source.NONE.value))
    if not len(comparison.article):
        raise NabraError(f"{path}: no sentence has a speaker; name labelled articles")
    (low, high), value = bootstrap(comparison, accuracy)["accuracy"], accuracy(comparison)["accuracy"]
    print(f"{path}: {value:.3f} ({low:.3f}-{high:.3f}) of {len(comparison.article)} sentences")
    for article, other in zip(articles, named) if listed else ():
        for index, wrong in enumerate(compare([article], [other], TONES).speaker_error):
            gold, guess = article.sentences[index].speaker, other.sentences[index].speaker
            if wrong and gold:
                print(f"{article.id}\t{index}\t{gold.mention.text}\t{gold.name}\t{guess.name if guess else '-'}")


def main() -> None:
    parser = argparse.ArgumentParser(description="How often the rules name speakers as the labels do.")
    parser.add_argument("files", type=Path, nargs="+", help="labelled articles")
    parser.add_argument("--list", action="store_true", help="article, sentence, mention and both names of what differs")
    arguments = parser.parse_args()
    for path in arguments.files:
        _report(path, load_articles(path, TONES), listed=arguments.list)


if __name__ == "__main__":
    sys.exit(guard("speaker_names.py", main))
