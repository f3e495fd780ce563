#!/usr/bin/env python3
"""Measure Nabra side by side with what one would use without it.

    python scripts/bench.py train [--group_by_length] [--gradient_checkpointing] [--output FILE.json]
    python scripts/bench.py infer [--data ARTICLES] [--articles 150]
    python scripts/bench.py start
    python scripts/bench.py scale [--sizes 10 100 1000 10000]

`train` compares the throughput of training: Nabra's model, optimizer, collator and Trainer, as `nabra train` runs
them, against a plain transformers `Trainer` that fine-tunes `AutoModelForSequenceClassification` on three labels.
Both start on the same encoder and read the same token ids in the same batches, in the same precision.

`infer` compares the throughput of inference, from raw articles to tone and speaker, against transformers'
text-classification pipeline and `Trainer.predict` on sentences already split, with the same encoder and the same number
of threads; and with what the processor needs for the encoder's int8 products alone.

Both take `--layers 12 --hidden 768 --vocabulary 64000`, say, for a random encoder of another shape. Rounds take turns,
and the order within a round too, so that whatever else runs on the machine slows all alike: trust the paired ratios
more than the seconds, and on a busy machine those of processor time, with OMP_WAIT_POLICY=PASSIVE set so that threads
do not count as busy while they wait. Each round of each system has a process of its own.

`start` times whole commands on one article, `scale` on more and more of them.

Needs the `train` extra.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import commands, inference, training

from nabra.cli import guard
from nabra.config import COMPACT

TEST = Path(__file__).parents[1] / "seeds" / "test.jsonl"


def positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def add_encoder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--encoder", default=COMPACT, help="directory of an encoder, or 'compact'")
    parser.add_argument("--layers", type=positive, help="with --hidden and --vocabulary: a random BERT instead")
    parser.add_argument("--hidden", type=positive, help="its width, 64 an attention head")
    parser.add_argument("--vocabulary", type=positive, help="its vocabulary, at least that of the compact tokenizer")


def add_train(parser: argparse.ArgumentParser) -> None:
    add_encoder(parser)
    parser.add_argument("--batch_size", type=positive, default=16, help="sentences a batch")
    parser.add_argument(
        "--steps",
        type=positive,
        default=30,
        help="steps to time in each round; with --group_by_length take a multiple of 50, a turn through all lengths",
    )
    parser.add_argument("--rounds", type=positive, default=5, help="rounds of both systems")
    parser.add_argument("--group_by_length", action="store_true", help="batches of like length")
    parser.add_argument("--gradient_checkpointing", action="store_true", help="less memory, more time")
    parser.add_argument("--precision", choices=("auto", "fp32", "bf16", "fp16"), default="auto")


def add_infer(parser: argparse.ArgumentParser) -> None:
    add_encoder(parser)
    parser.add_argument("--data", type=Path, default=TEST, help="articles, in any form that 'nabra predict' reads")
    parser.add_argument("--articles", type=positive, default=150, help="how many of them")
    parser.add_argument("--rounds", type=positive, default=3, help="rounds of all systems")
    parser.add_argument("--systems", nargs="+", default=list(inference.SYSTEMS), help="which to compare")


def add_start(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=positive, default=7, help="runs of each command")


def add_scale(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=TEST, help="articles, repeated as often as it takes")
    parser.add_argument("--sizes", type=positive, nargs="+", default=[10, 100, 1000, 10_000], help="articles a run")
    parser.add_argument("--sentences", type=int, default=0, help="first sentences of each article; 0 for all")
    parser.add_argument("--model", default="", help="directory of a Nabra model; default: the shipped one")


COMMANDS = {
    "train": (add_train, training.run, training.format_report, "throughput of training"),
    "infer": (add_infer, inference.run, inference.format_report, "throughput of inference"),
    "start": (add_start, commands.run_start, commands.format_start, "time to the first answer"),
    "scale": (add_scale, commands.run_scale, commands.format_scale, "cost of an article as articles get more"),
}


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    subparsers = parser.add_subparsers(required=True, metavar="command")
    for name, (add_arguments, run, format_report, help_text) in COMMANDS.items():
        command = subparsers.add_parser(name, help=help_text)
        add_arguments(command)
        command.add_argument("--output", type=Path, help="write the report here too, as JSON")
        command.set_defaults(run=run, format_report=format_report)
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    arguments = build_parser().parse_args(argv)
    figures = arguments.run(arguments)
    print(arguments.format_report(figures))
    if arguments.output:
        arguments.output.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(guard("bench.py", main))
