"""Trainings that repeat: several random seeds, and cross-validation by article."""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nabra.analyzer import Analyzer
from nabra.article import Article
from nabra.config import Config, replace
from nabra.errors import NabraError
from nabra.json_lines import read_json_lines
from nabra.writers import atomic_writer, to_json_line
from nabra_train.baselines import Majority, WordsAndCues
from nabra_train.data import load_articles
from nabra_train.evaluation import MODEL, build_report, evaluate_model, write_report
from nabra_train.resuming import check_settings, keep_settings
from nabra_train.training import fit, is_first_process, is_trained, processes, train

SEEDS_NAME = "seeds.json"
FOLDS_NAME = "crossvalidation.json"
PREDICTIONS_NAME = "predictions.jsonl"


def train_seeds(config: Config) -> dict[str, Any]:
    """Train once a seed, in `output/seed-N`, and score each on the test articles.

    With `training.resume`, a seed that is trained already is only scored.

    Returns:
        For every score its value a seed, mean and sample standard deviation; saved as `output/seeds.json`.
    """
    load_articles(config.data.test, config.model.tones)  # a fault in them must not wait until all is trained
    _begin(config, "train")
    scores: dict[int, dict[str, float | None]] = {}
    for seed in range(config.training.seed, config.training.seed + config.training.seeds):
        output = Path(config.training.output) / f"seed-{seed}"
        once = replace(config, "training", seed=seed, seeds=1, output=str(output))
        if not (config.training.resume and is_trained(output)):
            train(once)
        report = evaluate_model(once, _analyzer(output), baselines=False)
        scores[seed] = {name: score["value"] for name, score in report["systems"][MODEL]["scores"].items()}
    summary = {"data": config.data.test, "seeds": list(scores), "scores": _summary(list(scores.values()))}
    if is_first_process():
        write_report(summary, Path(config.training.output) / SEEDS_NAME)
    return summary


def _begin(config: Config, command: str) -> None:
    """Refuse to go on with trainings that were begun otherwise; what is done of them would be mixed with others."""
    output = Path(config.training.output)
    if config.training.resume:
        check_settings(output, command, config)
    if is_first_process():
        keep_settings(output, command, config)


def _analyzer(directory: Path) -> Analyzer:
    return Analyzer.from_pretrained(str(directory), runtime="torch")


def _summary(runs: Sequence[dict[str, float | None]]) -> dict[str, dict[str, Any]]:
    """Mean and spread of each score over the runs that have it."""
    summary = {}
    for name in runs[0]:
        values = [value for run in runs if (value := run[name]) is not None]
        spread = statistics.stdev(values) if len(values) > 1 else None
        mean = statistics.fmean(values) if values else None
        summary[name] = {"values": values, "mean": mean, "standard_deviation": spread}
    return summary


def format_seeds(summary: dict[str, Any]) -> str:
    """The summary of several seeds as a table for the terminal."""
    seeds = summary["seeds"]
    lines = [f"{summary['data']}: mean and standard deviation of {len(seeds)} seeds ({seeds[0]} to {seeds[-1]})"]
    for name, score in summary["scores"].items():
        if score["mean"] is not None:
            spread = f" ± {score['standard_deviation']:.3f}" if score["standard_deviation"] is not None else ""
            values = " ".join(f"{value:.3f}" for value in score["values"])
            lines.append(f"{name.replace('_', ' '):<28}{score['mean']:.3f}{spread}   ({values})")
    return "\n".join(lines)


def cross_validate(config: Config, folds: int) -> dict[str, Any]:
    """Train on all but a part of the training articles, label that part, and so on until all are labelled.

    No part chooses an epoch: each training runs to its end, and the dev and test articles are not read. With
    `training.resume`, parts that are labelled already are kept.

    Returns:
        The report of all articles together, as `evaluate_model` makes it; saved with the predictions in `output`.
    """
    tones = config.model.tones
    articles = load_articles(config.data.train, tones)
    if not 2 <= folds <= len(articles):
        raise NabraError(f"--folds: must lie between 2 and the number of articles, {len(articles)}; got {folds}")
    _begin(config, f"crossvalidate --folds {folds}")
    order = np.random.default_rng(config.training.seed).permutation(len(articles))
    gold: list[Article] = []
    predicted: dict[str, list[Article]] = {MODEL: [], "words and cues": [], "majority": []}
    for number in range(folds):
        held_out = {int(index) for index in order[number::folds]}
        part = [article for index, article in enumerate(articles) if index in held_out]
        rest = [article for index, article in enumerate(articles) if index not in held_out]
        gold += part
        predicted[MODEL] += _label_fold(config, number, rest, part)
        predicted["words and cues"] += WordsAndCues(rest).analyze_many(part)
        predicted["majority"] += Majority(rest).analyze_many(part)
    name = f"{folds}-fold cross-validation by article"
    report = build_report(name, config.data.train, gold, predicted, tones)
    if is_first_process():
        output = Path(config.training.output)
        write_report(report, output / FOLDS_NAME)
        _write(predicted[MODEL], output / PREDICTIONS_NAME)
    return report


def _label_fold(config: Config, number: int, rest: list[Article], part: list[Article]) -> list[Article]:
    """Train on `rest` and label `part`; the model is thrown away, its labels are kept."""
    folder = Path(config.training.output) / f"fold-{number}"
    labels = folder.with_suffix(".jsonl")
    if config.training.resume and labels.is_file():
        kept = [Article.from_dict(record) for _, record in read_json_lines(labels)]
        if [article.id for article in kept] == [article.id for article in part]:
            return kept
    fit(replace(config, "training", output=str(folder)), rest, None)
    labelled = list(_analyzer(folder).analyze_many(part))
    processes().wait_for_everyone()  # each of them reads the model
    if is_first_process():
        _write(labelled, labels)
        shutil.rmtree(folder)
    return labelled


def _write(articles: Sequence[Article], path: Path) -> None:
    with atomic_writer(path) as file:
        file.writelines(map(to_json_line, articles))
