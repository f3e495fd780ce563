"""The page of `nabra evaluate --report`: the scores, and the sentences that the model gets wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nabra.article import Article
from nabra.reports import Language
from nabra.reports.packing import Corpus
from nabra.reports.shell import write_page
from nabra_train.evaluation import MODEL, Evaluation
from nabra_train.metrics import compare


def write_evaluation(evaluation: Evaluation, path: Path, lang: Language = "en") -> int:
    """Write a page that shows an evaluation of a model. It needs no other file and no network.

    Args:
        evaluation: What to show.
        path: The HTML file.
        lang: Language of the interface; the articles stay as they are.

    Returns:
        How many sentences have a wrong tone or a wrong speaker.
    """
    report, gold, predicted = evaluation.report, evaluation.gold, evaluation.predicted[MODEL]
    comparison = compare(gold, predicted, report["tones"])
    errors = iter(comparison.speaker_error.tolist())
    corpus = Corpus(report["tones"])
    packed = [_pack(corpus, one, other, errors) for one, other in zip(gold, predicted, strict=True)]
    title = f"{Path(report['model']).name}: {Path(report['data']).name}"
    write_page("evaluation", path, lang, title, corpus, packed, report=report)
    return int((~(comparison.tone_right & comparison.speaker_right)).sum())


def _pack(corpus: Corpus, gold: Article, predicted: Article, errors: Iterator[str]) -> dict[str, Any]:
    """A labelled article whose sentences have their prediction (`guess`) and how its speaker is wrong (`error`)."""
    packed = corpus.pack(gold)
    guesses = corpus.pack(predicted)["sentences"]
    for sentence, guess, error in zip(packed["sentences"], guesses, errors):
        del guess["text"]
        sentence["guess"] = guess
        if error:
            sentence["error"] = error
    return packed
