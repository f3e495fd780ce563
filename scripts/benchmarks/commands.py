"""Whole commands, from the start of the process to its end: the first answer, and inputs of any size."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from benchmarks.common import machine, row, where
from nabra.checkpoint import shipped_checkpoint
from nabra.readers import read_articles

ARTICLE = Path(__file__).parents[2] / "seeds" / "articles" / "01-water-talks.txt"
PYTHON = [sys.executable]
PREDICT = [*PYTHON, "-m", "nabra", "predict"]


LAUNCHER = """
import json, resource, subprocess, sys, time
begin = time.perf_counter()
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
seconds = time.perf_counter() - begin
print(json.dumps([status, seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss]))
"""
"""Starts a command from a small process: one begins with the peak of whoever started it."""


def run_command(command: Sequence[str]) -> tuple[float, float]:
    """Seconds that a command took, and its peak resident memory in MiB."""
    done = subprocess.run([*PYTHON, "-c", LAUNCHER, *command], stdout=subprocess.PIPE, check=True)
    status, seconds, memory = json.loads(done.stdout)
    if status:
        raise RuntimeError(f"{' '.join(command)} ended with status {status}")
    return seconds, memory / (2**20 if sys.platform == "darwin" else 2**10)


def run_start(arguments: argparse.Namespace) -> dict[str, Any]:
    """Time what a person waits for: imports, and the first article."""
    with tempfile.TemporaryDirectory() as folder:
        commands = {
            "python -c pass": [*PYTHON, "-c", "pass"],
            "from nabra import Analyzer": [*PYTHON, "-c", "from nabra import Analyzer"],
            "nabra predict ARTICLE": [*PREDICT, str(ARTICLE), "--output", f"{folder}/one.jsonl", "--overwrite"],
        }
        for command in commands.values():
            run_command(command)  # the first run compiles Python files and fills the model's cache
        runs = [{name: run_command(command) for name, command in commands.items()} for _ in range(arguments.rounds)]
    return {
        "commands": {name: _medians([done[name] for done in runs]) for name in commands},
        "settings": {"rounds": arguments.rounds},
        "machine": machine(),
    }


def _medians(runs: Sequence[tuple[float, float]]) -> dict[str, float]:
    seconds, memory = zip(*runs, strict=True)
    return {
        "seconds": statistics.median(seconds),
        "low": min(seconds),
        "high": max(seconds),
        "memory": statistics.median(memory),
    }


def format_start(figures: dict[str, Any]) -> str:
    """The report as a Markdown table."""
    return "\n".join(
        [
            "| command | seconds, median (range) | peak memory, MiB |",
            "| --- | --: | --: |",
            *(
                row(f"`{name}`", [f"{x['seconds']:.2f} ({x['low']:.2f}–{x['high']:.2f})", f"{x['memory']:.0f}"])
                for name, x in figures["commands"].items()
            ),
            "",
            f"{figures['settings']['rounds']} runs each, in turns.",
            where(figures["machine"], "openvino"),
        ]
    )


def run_scale(arguments: argparse.Namespace) -> dict[str, Any]:
    """Time `nabra predict` on growing numbers of articles."""
    model = arguments.model or str(shipped_checkpoint())
    with tempfile.TemporaryDirectory() as folder:
        rows = []
        for size in arguments.sizes:
            sentences = _write_articles(arguments.data, size, arguments.sentences, Path(folder, "in.jsonl"))
            command = [
                *PREDICT,
                f"{folder}/in.jsonl",
                "--model",
                model,
                "--output",
                f"{folder}/out.jsonl",
                "--overwrite",
            ]
            seconds, memory = run_command(command)
            rows.append({"articles": size, "sentences": sentences, "seconds": seconds, "memory": memory})
            print(f"{size} articles: {seconds:.1f} s, {memory:.0f} MiB", file=sys.stderr)
    return {"rows": rows, "machine": machine()}


def _write_articles(data: Path, number: int, sentences: int, path: Path) -> int:
    """So many articles, cut to so many sentences; the data is repeated as often as it takes."""
    total = 0
    with path.open("w", encoding="utf-8") as file:
        for count, article in enumerate(islice(cycle(read_articles([data])), number)):
            texts = [sentence.text for sentence in article.sentences[: sentences or None]]
            total += len(texts)
            file.write(json.dumps({"id": str(count), "text": "\n".join(texts)}, ensure_ascii=False) + "\n")
    return total


def format_scale(figures: dict[str, Any]) -> str:
    """The report as a Markdown table."""
    return "\n".join(
        [
            "| articles | sentences | seconds | ms an article | ms a sentence | peak memory, MiB |",
            "| --: | --: | --: | --: | --: | --: |",
            *map(_scale_row, figures["rows"]),
            "",
            where(figures["machine"], "openvino"),
        ]
    )


def _scale_row(figures: dict[str, Any]) -> str:
    articles, sentences, seconds = (figures[name] for name in ("articles", "sentences", "seconds"))
    each = f"{1e3 * seconds / articles:.1f} | {1e3 * seconds / sentences:.2f}"
    return f"| {articles:,} | {sentences:,} | {seconds:.1f} | {each} | {figures['memory']:.0f} |"
