"""Evaluates a model, or predictions made before, beside the baselines."""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import nabra
from nabra.article import Article
from nabra.config import Config
from nabra.errors import NabraError
from nabra.writers import atomic_writer
from nabra_train.baselines import Majority, WordsAndCues
from nabra_train.data import load_articles
from nabra_train.metrics import bootstrap, compare, confusion, coverage, reliability, score, speaker_errors

MODEL = "model"


class Labeller(Protocol):
    """What labels articles: an analyzer or a baseline."""

    def analyze_many(self, articles: Iterable[Article]) -> Iterator[Article]:
        """Label articles, in their order."""
        ...


class Evaluation(NamedTuple):
    """A report, and what it was made from.

    Args:
        report: What `evaluate_model` returns.
        gold: The labelled articles.
        predicted: The same articles as each system labels them.
    """

    report: dict[str, Any]
    gold: list[Article]
    predicted: dict[str, list[Article]]


def evaluate_model(
    config: Config, labeller: Labeller | None, predictions: Path | None = None, baselines: bool = True
) -> dict[str, Any]:
    """Score on the configuration's test articles.

    Args:
        config: Names the articles and the tones.
        labeller: The model; `None` to score `predictions`.
        predictions: Articles labelled before, JSON Lines.
        baselines: Whether to train and score the baselines too.

    Returns:
        The report: what was scored, on what and when, and for each system its scores with 95% intervals, its confusion
        matrix, its reliability and its accuracy at each least confidence, and how its speakers are wrong. Ready for
        JSON.
    """
    return evaluate(config, labeller, predictions, baselines).report


def evaluate(
    config: Config, labeller: Labeller | None, predictions: Path | None = None, baselines: bool = True
) -> Evaluation:
    """Score on the configuration's test articles, and keep what was predicted.

    Takes what `evaluate_model` takes.
    """
    tones = config.model.tones
    gold = load_articles(config.data.test, tones)
    predicted: dict[str, list[Article]] = {}
    if labeller is not None:
        predicted[MODEL] = list(labeller.analyze_many(gold))
    elif predictions is not None:
        predicted[MODEL] = _match(gold, load_articles(predictions, tones), predictions)
    if baselines and Path(config.data.train).is_file():
        train = load_articles(config.data.train, tones)
        predicted["words and cues"] = list(WordsAndCues(train).analyze_many(gold))
        predicted["majority"] = list(Majority(train).analyze_many(gold))
    model = str(predictions or config.model.checkpoint or "shipped checkpoint")
    return Evaluation(build_report(model, config.data.test, gold, predicted, tones), gold, predicted)


def build_report(
    model: str, data: str, gold: Sequence[Article], predicted: dict[str, list[Article]], tones: Sequence[str]
) -> dict[str, Any]:
    """What `evaluate_model` returns.

    Args:
        model: What was scored.
        data: What it was scored on.
        gold: The labelled articles.
        predicted: The same articles as each system labels them.
        tones: The tones.
    """
    return {
        "model": model,
        "nabra": nabra.__version__,
        "data": data,
        "date": datetime.date.today().isoformat(),
        "articles": len(gold),
        "sentences": sum(len(article.sentences) for article in gold),
        "tones": list(tones),
        "systems": {name: _scores(gold, articles, tones) for name, articles in predicted.items()},
    }


def _match(gold: Sequence[Article], predicted: Sequence[Article], path: Path) -> list[Article]:
    """The predictions in the order of the labelled articles."""
    by_id = {article.id: article for article in predicted}
    missing = [article.id for article in gold if article.id not in by_id]
    if missing:
        raise NabraError(f"{path}: has no prediction for article {missing[0]!r} ({len(missing)} missing in all)")
    return [by_id[article.id] for article in gold]


def _scores(gold: Sequence[Article], predicted: Sequence[Article], tones: Sequence[str]) -> dict[str, Any]:
    for article in predicted:
        if strange := {sentence.tone for sentence in article.sentences} - set(tones):
            names = ", ".join(tones)
            raise NabraError(f"article {article.id!r}: is predicted as {min(strange)!r}, which is none of {names}")
    try:
        comparison = compare(gold, predicted, tones)
    except ValueError as error:
        raise NabraError(f"{error}; predict on the labelled file itself, whose sentences are split") from error
    intervals = bootstrap(comparison, lambda c: score(c, tones))
    values = {
        name: {"value": _number(value), "low": _number(intervals[name][0]), "high": _number(intervals[name][1])}
        for name, value in score(comparison, tones).items()
    }
    return {
        "scores": values,
        "confusion": confusion(comparison, tones),
        "reliability": _rounded(reliability(comparison.confidence, comparison.tone_right)),
        "coverage": _rounded(coverage(comparison)),
        "speaker_errors": speaker_errors(comparison),
    }


def _rounded(points: Sequence[dict[str, float]]) -> list[dict[str, float]]:
    return [{name: round(value, 4) for name, value in point.items()} for point in points]


def _number(value: float) -> float | None:
    """Four digits; JSON has no NaN."""
    return None if math.isnan(value) else round(value, 4)


def format_report(report: dict[str, Any]) -> str:
    """The report as a table for the terminal."""
    systems = report["systems"]
    lines = [
        f"{report['model']} on {report['data']}: {report['articles']} articles, {report['sentences']} sentences",
        "95% intervals by bootstrap over articles",
        "",
        f"{'':<28}" + "".join(f"{name:>24}" for name in systems),
    ]
    first = next(iter(systems.values()))
    for name in first["scores"]:
        cells = "".join(f"{_cell(system['scores'][name]):>24}" for system in systems.values())
        lines.append(f"{name.replace('_', ' '):<28}{cells}")
    lines += ["", f"confusion of the {next(iter(systems))}: rows labelled, columns predicted"]
    lines.append(f"{'':<14}" + "".join(f"{tone:>12}" for tone in report["tones"]))
    for tone, row in zip(report["tones"], first["confusion"], strict=True):
        lines.append(f"{tone:<14}" + "".join(f"{count:>12}" for count in row))
    return "\n".join(lines + _coverage_lines(first["coverage"]))


def _coverage_lines(curve: Sequence[dict[str, float]]) -> list[str]:
    """The table of `--min-confidence`."""
    if not curve:
        return []
    rows = [f"{p['min_confidence']:<28.2f}{p['coverage']:>12.1%}{p['tone_accuracy']:>16.3f}" for p in curve]
    return ["", f"{'min confidence':<28}{'decided':>12}{'tone accuracy':>16}", *rows]


def _cell(score: dict[str, float | None]) -> str:
    if score["value"] is None:
        return "-"
    return f"{score['value']:.3f} [{score['low']:.3f}, {score['high']:.3f}]"


def write_report(report: dict[str, Any], path: Path) -> None:
    """Save the report as JSON."""
    with atomic_writer(path) as file:
        json.dump(report, file, ensure_ascii=False, indent=1)
        file.write("\n")
