"""Runtimes: what turns a batch of token ids into logits."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from nabra.decoding import Logits
from nabra.errors import NabraError
from nabra.runtimes.onnx import OnnxRuntime, onnx_path
from nabra.tokenization import Batch


class Runtime(Protocol):
    """Runs the model on a batch."""

    def __call__(self, batch: Batch) -> Logits:
        """Logits of every sentence of the batch."""
        ...


def load_runtime(directory: Path, runtime: str = "auto", precision: str = "int8", threads: int = 0) -> Runtime:
    """The runtime for a checkpoint.

    Args:
        directory: The checkpoint.
        runtime: `onnx`, `torch`, or `auto`: ONNX Runtime where the checkpoint has the model, else torch.
        precision: `int8` or `float`, of the ONNX model.
        threads: Processor threads; 0 for all cores.
    """
    if runtime == "onnx" or (runtime == "auto" and onnx_path(directory, precision).is_file()):
        return OnnxRuntime(directory, precision, threads)
    try:
        from nabra.runtimes.torch import TorchRuntime
    except ImportError as error:
        raise NabraError(
            f"{directory}: has no {onnx_path(directory, precision).name}, and torch, which could run it without, "
            "is not installed: run 'nabra export' on it, or pip install 'nabra[train]'"
        ) from error
    return TorchRuntime.from_directory(directory, threads)
