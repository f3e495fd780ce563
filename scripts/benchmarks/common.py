"""What all benchmarks share: rounds in processes of their own, paired ratios, tables, and the machine they ran on."""

from __future__ import annotations

import argparse
import contextlib
import datetime
import multiprocessing
import os
import platform
import resource
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import datasets
import numpy as np
import torch
import transformers
from transformers import BertConfig, BertModel

from nabra.config import COMPACT, ModelConfig
from nabra.errors import NabraError
from nabra_train import checkpoints

RESAMPLES = 10_000
FEWEST_TO_RESAMPLE = 6
"""Of fewer values the median lies outside their range more often than one time in twenty."""
HEAD_WIDTH = 64
"""Of an attention head, in every BERT that was published."""
Result = TypeVar("Result")


def in_own_process(measure: Callable[..., Result], *arguments: Any) -> Result:
    """Measure in a process that ends with it, so that no round inherits another's memory.

    A spawned process begins with its parent's peak. It does no harm here: the parent loads the same libraries and
    computes nothing.
    """
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn, initializer=silence) as pool:
        return pool.submit(measure, *arguments).result()


def silence() -> None:
    """No progress bars, and no warning that a classifier is new."""
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    datasets.disable_progress_bars()


def peak_memory() -> int:
    """Most resident memory that this process ever had, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def paired(ratios: Sequence[float]) -> dict[str, Any]:
    """The median of the rounds' ratios with its interval."""
    low, high = interval(ratios)
    return {"median": float(np.median(ratios)), "low": low, "high": high, "rounds": list(ratios)}


def interval(values: Sequence[float]) -> tuple[float, float]:
    """95% interval of the median, by bootstrap; the range of so few values that they bear none."""
    if len(values) < FEWEST_TO_RESAMPLE:
        return min(values), max(values)
    draws = np.random.default_rng(0).choice(values, (RESAMPLES, len(values)))
    low, high = np.percentile(np.median(draws, axis=1), [2.5, 97.5])
    return float(low), float(high)


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median and range."""
    return {"median": float(np.median(values)), "low": min(values), "high": max(values)}


def machine() -> dict[str, Any]:
    """Where and when the figures were taken."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        **{name: version(name) for name in ("torch", "transformers", "openvino")},
        "date": datetime.date.today().isoformat(),
    }


def processor() -> str:
    """The model of the processor, as far as the system tells."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def where(machine: dict[str, Any], *packages: str) -> str:
    """The machine and the versions of some packages in one line."""
    gpu = f", {machine['gpu']}" if machine["gpu"] else ""
    versions = ", ".join(f"{name} {machine[name]}" for name in packages)
    return (
        f"{machine['processor']}{gpu}, {machine['cores']} cores, {machine['threads']} threads; {versions}; "
        f"{machine['date']}."
    )


def row(label: str, cells: Sequence[str]) -> str:
    return f"| {label} | {' | '.join(cells)} |"


def ratio_row(label: str, values: dict[str, Any]) -> str:
    label = label.partition(",")[0]  # a ratio has no unit
    return f"| {label} | {values['median']:.3f} | {values['low']:.3f}–{values['high']:.3f} |"


def cell(values: dict[str, float], unit: int) -> str:
    median, low, high = (values[name] / unit for name in ("median", "low", "high"))
    return f"{median:.0f} ({low:.0f}–{high:.0f})"


def write_random_encoder(directory: Path, layers: int, hidden: int, vocabulary: int) -> str:
    """Save a BERT of some shape with random weights and the compact encoder's tokenizer.

    Args:
        directory: Where to save.
        layers: Number of layers.
        hidden: Width of the token vectors.
        vocabulary: Rows of the embeddings; the tokenizer may use fewer.

    Returns:
        What it is, in words.

    Raises:
        NabraError: If the tokenizer gives ids that the vocabulary does not hold.
    """
    tokenizer, _ = checkpoints.load_tokenizer(ModelConfig(encoder=COMPACT))
    if vocabulary < len(tokenizer):
        raise NabraError(f"--vocabulary {vocabulary}: the compact tokenizer has {len(tokenizer)} tokens")
    config = BertConfig(
        vocab_size=vocabulary,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=max(1, hidden // HEAD_WIDTH),
        intermediate_size=4 * hidden,
        pad_token_id=tokenizer.pad_token_id,
    )
    torch.manual_seed(0)
    BertModel(config, add_pooling_layer=False).save_pretrained(directory)
    tokenizer.save_pretrained(directory)
    return (
        f"a BERT of random weights, {layers} layers of {hidden} with {config.num_attention_heads} heads and "
        f"{config.intermediate_size} in between, vocabulary {vocabulary}"
    )


def choose_encoder(arguments: argparse.Namespace, folder: Path) -> tuple[str, str]:
    """An encoder and what it is in words; a random one is made in `folder`."""
    shape = (arguments.layers, arguments.hidden, arguments.vocabulary)
    if None not in shape:
        silence()
        return str(folder), write_random_encoder(folder, *shape)
    if shape != (None, None, None):
        raise NabraError("--layers, --hidden and --vocabulary: give all three or none")
    # The report is made to be passed on: where the encoder lies on this machine is nobody's business.
    return arguments.encoder, Path(arguments.encoder).name
