#!/usr/bin/env python3
"""List the sentences whose tone label a model doubts, most doubtful first, for a reader to look at.

    nabra crossvalidate --config compact --folds 3 --training.output output/folds
    python scripts/label_suspects.py output/folds/predictions.jsonl seeds/train.jsonl

The predictions must come from models that have not seen the labels. What counts as a suspect is decided by
confident learning (Northcutt et al., 2021), as cleanlab does it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from nabra.article import TONES
from nabra.cli import guard
from nabra.errors import NabraError
from nabra_train.data import load_articles


def main() -> None:
    parser = argparse.ArgumentParser(description="List the sentences whose tone label a model doubts.")
    parser.add_argument("predictions", type=Path, help="articles with scores, as 'nabra crossvalidate' writes them")
    parser.add_argument("labelled", type=Path, help="the same articles with their labels")
    arguments = parser.parse_args()
    try:
        from cleanlab.filter import find_label_issues
    except ImportError as error:
        raise NabraError("this script needs cleanlab: pip install cleanlab") from error
    labelled = {article.id: article for article in load_articles(arguments.labelled, TONES)}
    predicted = load_articles(arguments.predictions, TONES)
    for article in predicted:
        where, own = f"{arguments.predictions}: article {article.id!r}", labelled.get(article.id)
        if own is None or [s.text for s in own.sentences] != [s.text for s in article.sentences]:
            raise NabraError(
                f"{where}: is not in {arguments.labelled} with the same sentences; name what was predicted"
            )
        if any(set(sentence.scores) != set(TONES) for sentence in article.sentences):
            raise NabraError(f"{where}: has no scores of {', '.join(TONES)}; name what 'nabra crossvalidate' wrote")
    rows = [
        (article.id, index, labelled[article.id].sentences[index], sentence)
        for article in predicted
        for index, sentence in enumerate(article.sentences)
    ]
    labels = np.array([TONES.index(label.tone) for _, _, label, _ in rows])
    probabilities = np.array([[guess.scores[tone] for tone in TONES] for *_, guess in rows])
    for row in find_label_issues(labels, probabilities, return_indices_ranked_by="self_confidence", n_jobs=1):
        article, index, label, guess = rows[row]
        print(f"{article}\t{index}\t{label.tone}\t{guess.tone} {guess.scores[guess.tone]:.2f}\t{label.text}")


if __name__ == "__main__":
    sys.exit(guard("label_suspects.py", main))
