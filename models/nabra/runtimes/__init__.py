"""Runtimes: what turns a batch of token ids into logits."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from nabra.decoding import Logits
from nabra.errors import ModelError
from nabra.runtimes.openvino import OpenVinoRuntime, openvino_path
from nabra.tokenization import Batch

GPU_DEVICES = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")
"""One of which a system with a GPU has: under Linux, in its subsystem for Windows, and of AMD."""


class Runtime(Protocol):
    """Runs the model on a batch.

    Attributes:
        concurrency: Threads that may call it at once.
        batch_tokens: Tokens of a batch, padding included, that it computes most quickly.
    """

    concurrency: int
    batch_tokens: int

    def __call__(self, batch: Batch) -> Logits:
        """Logits of every sentence of the batch."""
        ...


def load_runtime(directory: Path, runtime: str = "auto", threads: int = 0) -> Runtime:
    """The runtime for a checkpoint.

    Args:
        directory: The checkpoint.
        runtime: `openvino`, `onnx` or `torch`; `auto` takes torch where there is a CUDA device or no OpenVINO model,
            else OpenVINO.
        threads: Processor threads; 0 for all cores.
    """
    if runtime == "auto":
        runtime = "torch" if has_gpu() or not openvino_path(directory).is_file() else "openvino"
    if runtime == "openvino":
        return OpenVinoRuntime(directory, threads)
    if runtime == "onnx":
        from nabra.runtimes.onnx import OnnxRuntime

        return OnnxRuntime(directory, threads)
    try:
        from nabra.runtimes.torch import TorchRuntime
    except ImportError as error:
        raise ModelError(
            f"{directory}: has no {openvino_path(directory).name}, and torch, which could run it without, "
            "is not installed: run 'nabra export' on it, or pip install 'nabra[train]'"
        ) from error
    return TorchRuntime.from_directory(directory, threads)


def has_gpu() -> bool:
    """Whether torch can compute on a CUDA device; without one, torch is not even imported."""
    present = os.name == "nt" or any(os.path.exists(device) for device in GPU_DEVICES)
    if not (present and find_spec("torch")):
        return False
    import torch

    return torch.cuda.is_available()
