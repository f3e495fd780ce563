#!/usr/bin/env python3
"""What more labelled articles would gain: train on parts of the training articles, score, draw.

    python scripts/learning_curve.py --config compact --sizes 25 50 100 200 400 --repeats 2 --picture docs/curve.svg

Takes every key of the configuration, as `nabra train` does. Each part is drawn by lot, and each repeat draws anew.
What is finished already is not trained again, so an interrupted curve goes on.
"""

from __future__ import annotations

import dataclasses
import json
import math
import random
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nabra.analyzer import Analyzer
from nabra.article import Article
from nabra.cli import guard
from nabra.config import Config, replace
from nabra.config_files import build_parser, parse
from nabra.errors import NabraError
from nabra_train.data import load_articles
from nabra_train.evaluation import MODEL, evaluate_model, write_report
from nabra_train.training import fit

LEAST_STEPS = 600
"""A small part is gone through more often, until the model has made so many steps."""
SCORES = {"tone_macro_f1": "tone, macro-F1", "speaker_accuracy": "speaker, accuracy"}


def run_point(config: Config, articles: Sequence[Article], size: int, repeat: int, tests: Sequence[str]) -> Path:
    """Train on `size` articles and write the scores on each test file; return the file of the scores."""
    output = Path(config.training.output) / f"{size}-{repeat}"
    result = output / "scores.json"
    part = random.Random(f"{size}-{repeat}").sample(list(articles), size)
    steps = math.ceil(sum(len(article.sentences) for article in part) / config.training.batch_size)
    epochs = max(config.training.epochs, math.ceil(LEAST_STEPS / steps))
    once = replace(config, "training", output=str(output), seed=config.training.seed + repeat, epochs=epochs)
    settings = {name: dataclasses.asdict(getattr(once, name)) for name in ("model", "data", "optimizer", "training")}
    if result.is_file():
        done = json.loads(result.read_text(encoding="utf-8"))
        if missing := set(tests) - set(done["scores"]):
            fault = f"has no scores on {missing.pop()}"
        elif done.get("settings") != settings:
            fault = "was made with other settings"
        else:
            return result
        raise NabraError(f"{result}: {fault}; delete it, or name another --training.output")
    fit(once, part, None)
    analyzer = Analyzer.from_pretrained(str(output), runtime="torch")
    reports = [evaluate_model(replace(once, "data", test=test), analyzer, baselines=False) for test in tests]
    scores = {report["data"]: report["systems"][MODEL]["scores"] for report in reports}
    write_report({"articles": size, "repeat": repeat, "epochs": epochs, "settings": settings, "scores": scores}, result)
    return result


def summarise(points: Sequence[dict[str, Any]], test: str, score: str) -> list[dict[str, float]]:
    """Mean over the repeats of a score and of the ends of its interval, a row a size."""
    rows = []
    for size in sorted({point["articles"] for point in points}):
        values = [point["scores"][test][score] for point in points if point["articles"] == size]
        rows.append({"articles": size} | {k: statistics.fmean(v[k] for v in values) for k in ("value", "low", "high")})
    return rows


def gain_of_doubling(rows: Sequence[dict[str, float]]) -> float:
    """Slope of the score over the binary logarithm of the articles, by least squares."""
    doublings = [math.log2(row["articles"]) for row in rows]
    return statistics.linear_regression(doublings, [row["value"] for row in rows]).slope


def draw(curves: dict[str, dict[str, list[dict[str, float]]]], path: Path) -> None:
    """One panel a score, one line a test file, with the mean 95% interval as its band."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    for axes, (score, label) in zip(figure.subplots(1, len(SCORES)), SCORES.items()):
        for test, scores in curves.items():
            rows = scores[score]
            sizes = [row["articles"] for row in rows]
            axes.plot(sizes, [row["value"] for row in rows], marker="o", label=test)
            axes.fill_between(sizes, [row["low"] for row in rows], [row["high"] for row in rows], alpha=0.15)
        axes.set(xscale="log", xlabel="labelled articles", ylabel=label)
        axes.set_xticks(sizes, [str(size) for size in sizes])
        axes.minorticks_off()
        axes.grid(alpha=0.3)
    axes.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def main(arguments: Sequence[str]) -> None:
    parser = build_parser("learning_curve.py", __doc__ or "")
    parser.add_argument("--sizes", type=int, nargs="+", default=[25, 50, 100, 200, 400], help="articles to train on")
    parser.add_argument("--repeats", type=int, default=2, help="draws of each size")
    parser.add_argument("--tests", type=str, nargs="+", default=[], help="labelled files; data.test if none is named")
    parser.add_argument("--names", type=str, nargs="+", default=[], help="what to call each of them")
    parser.add_argument("--picture", type=Path | None, default=None, help="draw the curve here (.svg, .png)")
    config, own = parse(parser, arguments)
    articles = load_articles(config.data.train, config.model.tones)
    if too_large := [size for size in own.sizes if size > len(articles)]:
        raise NabraError(f"--sizes: {too_large[0]} is more than the {len(articles)} articles of {config.data.train}")
    if len(set(own.sizes)) < 2 or min(own.sizes) < 1 or own.repeats < 1:
        raise NabraError(
            "--sizes, --repeats: a curve needs two sizes or more, each of at least 1, and one repeat or more"
        )
    if own.picture is not None and own.picture.suffix not in (".svg", ".png"):
        raise NabraError(f"--picture: {own.picture}: must end in .svg or .png")
    tests = own.tests or [config.data.test]
    names = own.names or tests
    if len(names) != len(tests):
        raise NabraError(f"--names: {len(names)} for {len(tests)} test files; give each file one")
    places = [(size, repeat) for size in own.sizes for repeat in range(own.repeats)]
    points = [json.loads(run_point(config, articles, *place, tests).read_text()) for place in places]
    curves = {name: {score: summarise(points, test, score) for score in SCORES} for name, test in zip(names, tests)}
    write_report({"curves": curves}, Path(config.training.output) / "learning_curve.json")
    for name, scores in curves.items():
        for score, rows in scores.items():
            cells = "  ".join(f"{r['articles']}: {r['value']:.3f} [{r['low']:.3f}, {r['high']:.3f}]" for r in rows)
            print(f"{name}, {SCORES[score]}: {cells}; {gain_of_doubling(rows):+.3f} a doubling")
    if own.picture is not None:
        draw(curves, own.picture)


if __name__ == "__main__":
    sys.exit(guard("learning_curve.py", lambda: main(sys.argv[1:])))
