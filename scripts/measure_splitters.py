"""Compares sentence splitters on labelled articles and prints a Markdown table.

    pip install sentencex yasbd-lib pysbd
    PYTHONPATH=models python scripts/measure_splitters.py seeds/*.jsonl

Each argument is a JSON Lines file of articles whose sentences are known; all of them count as one set. An
article's text is put together again from its sentences, in three ways:

space   a space between all sentences: the hard case, where bylines and headlines run into the next sentence
titles  the same, but a line break after sentences without a stop at their end (bylines, headlines)
pairs   a line break after every second sentence, otherwise a space

P, R and F1 are precision, recall and F1 of the boundaries inside the articles, in per cent; "whole" is the
share of articles split without a fault. Splitters that are not installed are left out, with a note.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path

from nabra.cli import guard
from nabra.labelled import read_predictions
from nabra.splitting import split_sentences

Splitter = Callable[[str], Sequence[str]]
Separator = Callable[[int, str], str]

_HAS_STOP = re.compile(r"[.؟?!…]\W*$")

JOINS: dict[str, Separator] = {
    "space": lambda index, sentence: " ",
    "titles": lambda index, sentence: " " if _HAS_STOP.search(sentence) else "\n",
    "pairs": lambda index, sentence: "\n" if index % 2 else " ",
}


def own() -> Splitter:
    return lambda text: [text[span.start : span.end] for span in split_sentences(text)]


def regex() -> Splitter:
    boundary = re.compile(r"""(?<=[.؟?!…])\s+|(?<=[.؟?!…]["'»”’)])\s+|\n+""")
    return lambda text: boundary.split(text)


def sentencex() -> Splitter:
    segment = import_module("sentencex").segment
    return lambda text: list(segment("ar", text))


def yasbd() -> Splitter:
    detector = import_module("yasbd").BoundaryDetector(lang="ar")
    return lambda text: [str(sentence) for sentence in detector.segment(text)]


def pysbd() -> Splitter:
    segmenter = import_module("pysbd").Segmenter(language="ar", clean=False)
    return lambda text: [str(sentence) for sentence in segmenter.segment(text)]


SPLITTERS: dict[str, Callable[[], Splitter]] = {
    "nabra": own,
    "regular expression": regex,
    "sentencex": sentencex,
    "yasbd": yasbd,
    "pysbd": pysbd,
}


def read_articles(paths: Sequence[Path]) -> list[list[str]]:
    """The sentences of every article."""
    return [
        [sentence.text.strip() for sentence in article.sentences]
        for path in paths
        for article in read_predictions(path)
    ]


def join(sentences: Sequence[str], separator: Separator) -> str:
    pieces = (sentence + separator(index, sentence) for index, sentence in enumerate(sentences))
    return "".join(pieces).strip()


def boundaries(sentences: Sequence[str]) -> set[int]:
    """How many characters other than white space stand before each inner boundary.

    So that a splitter may trim or keep the white space around its sentences.
    """
    ends = set()
    count = 0
    for sentence in sentences:
        count += len("".join(sentence.split()))
        ends.add(count)
    return ends - {0, count}


def measure(splitter: Splitter, articles: Sequence[list[str]], separator: Separator) -> Iterator[float]:
    """Precision, recall and F1 of the inner boundaries, and the share of faultless articles; in per cent."""
    right = found = known = whole = 0
    for sentences in articles:
        gold = boundaries(sentences)
        guess = boundaries(splitter(join(sentences, separator)))
        right += len(gold & guess)
        found += len(guess)
        known += len(gold)
        whole += gold == guess
    yield 100 * right / max(found, 1)
    yield 100 * right / max(known, 1)
    yield 100 * 2 * right / max(found + known, 1)
    yield 100 * whole / max(len(articles), 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("paths", nargs="+", type=Path, help="labelled articles, JSON Lines")
    articles = read_articles(parser.parse_args().paths)
    print(f"{len(articles)} articles, {sum(map(len, articles))} sentences\n")
    print("| splitter | text | P | R | F1 | whole | ms an article |")
    print("| --- | --- | --: | --: | --: | --: | --: |")
    for name, make in SPLITTERS.items():
        try:
            splitter = make()
        except ImportError:
            print(f"{name} is not installed: left out", file=sys.stderr)
            continue
        for join_name, separator in JOINS.items():
            begin = time.perf_counter()
            figures = " | ".join(f"{figure:.1f}" for figure in measure(splitter, articles, separator))
            took = 1000 * (time.perf_counter() - begin) / max(len(articles), 1)
            print(f"| {name} | {join_name} | {figures} | {took:.2f} |")


if __name__ == "__main__":
    sys.exit(guard("measure_splitters.py", main))
