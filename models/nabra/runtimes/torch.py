"""torch: on a CUDA device, for checkpoints that were not exported, and the reference for the other runtimes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from nabra.batching import CPU_BATCH_TOKENS
from nabra.decoding import Logits
from nabra.logs import LOGGER
from nabra.modeling import NabraModel, load_trained
from nabra.tokenization import Batch

GPU_BATCH_TOKENS = 65_536
"""Tokens of a batch on a CUDA device."""


class TorchRuntime:
    """A model in torch, on whatever device it lies; on a CUDA device that has bf16, matrices are multiplied in it.

    Args:
        model: The model.
        threads: Processor threads; 0 for as many as torch is set to.
    """

    concurrency = 1

    def __init__(self, model: NabraModel, threads: int = 0) -> None:
        self._model = model
        self._threads = threads
        on_gpu = model.device.type == "cuda"
        self._in_bf16 = on_gpu and cuda_has_bf16()
        self.batch_tokens = GPU_BATCH_TOKENS if on_gpu else CPU_BATCH_TOKENS
        precision = "bf16" if self._in_bf16 else "float32"
        LOGGER.debug("runtime: torch, %s, %s, threads: %d", model.device, precision, threads or torch.get_num_threads())

    @classmethod
    def from_directory(cls, directory: Path, threads: int = 0) -> TorchRuntime:
        """Load a checkpoint's safetensors in float32, onto a CUDA device if there is one.

        Args:
            directory: The checkpoint.
            threads: Processor threads; 0 for all cores.
        """
        model: Any = load_trained(directory)
        return cls(model.to("cuda" if torch.cuda.is_available() else "cpu"), threads)

    @torch.inference_mode()
    def __call__(self, batch: Batch) -> Logits:
        """Logits of every sentence of the batch."""
        device = self._model.device
        with _threads(self._threads), torch.autocast(device.type, torch.bfloat16, enabled=self._in_bf16):
            output = self._model(
                input_ids=torch.from_numpy(batch.input_ids).to(device),
                attention_mask=torch.from_numpy(batch.attention_mask).to(device),
            )
        logits = (output.tone_logits, output.source_logits, output.span_logits)
        return Logits(*(values.float().cpu().numpy() for values in logits))


def cuda_has_bf16() -> bool:
    """Whether the CUDA device multiplies bf16 itself: emulated, it is slower than float32."""
    has: bool = torch.cuda.is_bf16_supported(including_emulation=False)
    return has


_COUNT = threading.Lock()


@contextmanager
def _threads(number: int) -> Iterator[None]:
    """Compute with so many threads. torch has one number for the whole process: it is given back."""
    if not number:
        yield
        return
    with _COUNT:
        before = torch.get_num_threads()
        torch.set_num_threads(number)
        try:
            yield
        finally:
            torch.set_num_threads(before)
