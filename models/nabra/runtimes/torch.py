"""torch: for checkpoints that were not exported, and the reference for the other runtimes."""

from __future__ import annotations

from pathlib import Path

import torch

from nabra.decoding import Logits
from nabra.modeling import NabraModel, load_trained
from nabra.tokenization import Batch


class TorchRuntime:
    """A model in torch, on whatever device it lies."""

    def __init__(self, model: NabraModel) -> None:
        self._model = model

    @classmethod
    def from_directory(cls, directory: Path, threads: int = 0) -> TorchRuntime:
        """Load a checkpoint's safetensors in float32.

        Args:
            directory: The checkpoint.
            threads: Processor threads; 0 for all cores.
        """
        if threads:
            torch.set_num_threads(threads)
        return cls(load_trained(directory))

    @torch.inference_mode()
    def __call__(self, batch: Batch) -> Logits:
        """Logits of every sentence of the batch."""
        device = self._model.device
        output = self._model(
            input_ids=torch.from_numpy(batch.input_ids).to(device),
            attention_mask=torch.from_numpy(batch.attention_mask).to(device),
        )
        logits = (output.tone_logits, output.source_logits, output.span_logits)
        return Logits(*(values.float().cpu().numpy() for values in logits))
