#!/usr/bin/env python3
"""How far a second, independent labelling of some articles agrees with the corpus.

    python scripts/agreement.py seeds/second/labels.jsonl seeds/*.jsonl

The second labels are an article a line: `{"id": …, "tones": […], "speakers": […]}`, a speaker being a name or null.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sklearn.metrics import cohen_kappa_score

from nabra.article import TONES, Article
from nabra.cli import guard
from nabra.errors import NabraError
from nabra.json_lines import read_json_lines
from nabra.names import same_name
from nabra_train.data import load_articles


def agreement(articles: Sequence[Article], second: Iterable[dict[str, Any]]) -> dict[str, float]:
    """Number of sentences labelled twice, shares of equal tones and speakers, and Cohen's kappa (1960) of the tones."""
    by_id = {article.id: article for article in articles}
    second = list(second)
    if not second:
        raise NabraError("no article was labelled twice; the file of second labels is empty")
    if unknown := [record.get("id") for record in second if record.get("id") not in by_id]:
        raise NabraError(f"article {unknown[0]!r} was labelled twice and is in none of the files; name the file too")
    for record in second:
        count = len(by_id[record["id"]].sentences)
        if not all(isinstance(record.get(key), list) and len(record[key]) == count for key in ("tones", "speakers")):
            raise NabraError(f"article {record['id']!r}: tones and speakers must be lists, each of {count} sentences")
    pairs = [
        (sentence, tone, speaker)
        for record in second
        for sentence, tone, speaker in zip(
            by_id[record["id"]].sentences, record["tones"], record["speakers"], strict=True
        )
    ]
    tones = [(sentence.tone, tone) for sentence, tone, _ in pairs]
    speakers = [_same_speaker(sentence.speaker.name if sentence.speaker else None, name) for sentence, _, name in pairs]
    return {
        "sentences": len(pairs),
        "tone_agreement": sum(a == b for a, b in tones) / len(pairs),
        "tone_kappa": float(cohen_kappa_score(*zip(*tones))),
        "speaker_agreement": sum(speakers) / len(pairs),
    }


def _same_speaker(one: str | None, other: str | None) -> bool:
    return one == other if one is None or other is None else same_name(one, other)


def main() -> None:
    parser = argparse.ArgumentParser(description="How far a second labelling agrees with the corpus.")
    parser.add_argument("second", type=Path, help="second labels, JSON Lines")
    parser.add_argument("corpus", type=Path, nargs="+", help="the labelled articles")
    arguments = parser.parse_args()
    articles = [article for path in arguments.corpus for article in load_articles(path, TONES)]
    second = [record for _, record in read_json_lines(arguments.second)]
    print(f"{len(second)} articles labelled twice")
    for name, value in agreement(articles, second).items():
        print(f"{name.replace('_', ' '):<20}{value:.3f}" if value <= 1 else f"{name:<20}{value}")


if __name__ == "__main__":
    sys.exit(guard("agreement.py", main))
