#!/usr/bin/env python3
"""Split labelled articles into train, dev, test and challenge, by article, writers and topics in proportion.

    python scripts/split_corpus.py seeds/*.jsonl [NEW.jsonl ...]

Every article's writer is the part of its id before the dash, and each writer's articles are dealt out on their
own, so that a new batch moves no article of an older one. The same articles give the same split, however they
were arranged before.

The test articles stay those of the first twenty writers, so that scores of older and newer models compare. What is
kept out of training of the later writers, who aimed at the errors of a model, is the challenge.
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nabra.article import TONES
from nabra.cli import guard
from nabra.errors import NabraError
from nabra.writers import atomic_writer, to_json_line
from nabra_train.data import load_articles

HELD_OUT = {"dev": 0.1, "test": 0.1}
"""Shares of the articles kept out of training."""
PARTS = ("train", "dev", "test", "challenge")
TEST_WRITERS = frozenset(f"w{number}" for number in range(1, 21))
"""Writers whose articles are in the test part."""


def writer(article_id: str) -> str:
    """Who wrote an article, by its id."""
    return article_id.partition("-")[0]


def deal(articles: list[Any], seed: str) -> dict[str, list[Any]]:
    """Split one writer's articles: ordered by topic, every n-th one is held out, so that topics keep their shares."""
    shuffled = sorted(articles, key=lambda article: article.id)
    generator = random.Random(seed)
    generator.shuffle(shuffled)
    shuffled.sort(key=lambda article: str(article.metadata.get("topic")))
    parts: dict[str, list[Any]] = {"train": shuffled}
    for name, share in HELD_OUT.items():
        step = 1 / (share / (1 - sum(HELD_OUT[n] for n in parts if n != "train")))
        places = {int(i * step + generator.random() * step) for i in range(round(len(parts["train"]) / step))}
        parts[name] = [article for i, article in enumerate(parts["train"]) if i in places]
        parts["train"] = [article for i, article in enumerate(parts["train"]) if i not in places]
    return parts


def split(articles: Iterable[Any], seed: int) -> dict[str, list[Any]]:
    """Split all articles, writer by writer; each part is in the order of the ids."""
    ordered = sorted(articles, key=lambda article: writer(article.id))
    parts: dict[str, list[Any]] = {part: [] for part in PARTS}
    for name, group in itertools.groupby(ordered, key=lambda article: writer(article.id)):
        for part, dealt in deal(list(group), f"{seed}-{name}").items():
            parts["challenge" if part == "test" and name not in TEST_WRITERS else part] += dealt
    return {name: sorted(part, key=lambda article: article.id) for name, part in parts.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description="Split labelled articles into train, dev, test and challenge.")
    parser.add_argument("files", nargs="+", type=Path, help="labelled articles, JSON Lines")
    parser.add_argument("--output", type=Path, default=Path("seeds"), help="folder of the files")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    articles = [article for path in arguments.files for article in load_articles(path, TONES)]
    if twice := [name for name, count in Counter(article.id for article in articles).items() if count > 1]:
        raise NabraError(
            f"article {twice[0]!r} stands in several files, so that it could be in several parts; keep one"
        )
    for name, part in split(articles, arguments.seed).items():
        with atomic_writer(arguments.output / f"{name}.jsonl") as lines:
            lines.writelines(to_json_line(article) for article in part)
        print(f"{name}: {len(part)} articles, {sum(len(article.sentences) for article in part)} sentences")


if __name__ == "__main__":
    sys.exit(guard("split_corpus.py", main))
