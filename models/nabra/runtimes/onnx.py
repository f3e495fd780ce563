"""ONNX Runtime on the processor: fast, and all that the base install needs."""

from __future__ import annotations

from pathlib import Path

import onnxruntime

from nabra.decoding import Logits
from nabra.errors import NabraError
from nabra.tokenization import Batch

FILE_NAMES = {"float": "model.onnx", "int8": "model_int8.onnx"}
INPUTS = ("input_ids", "attention_mask")
OUTPUTS = ("tone_logits", "source_logits", "span_logits")


def onnx_path(directory: Path, precision: str) -> Path:
    """Where a checkpoint keeps its ONNX model, as on the Hub."""
    return directory / "onnx" / FILE_NAMES[precision]


class OnnxRuntime:
    """A checkpoint's ONNX model.

    Args:
        directory: The checkpoint.
        precision: `int8` or `float`.
        threads: Processor threads; 0 for all cores.
    """

    def __init__(self, directory: Path, precision: str = "int8", threads: int = 0) -> None:
        path = onnx_path(directory, precision)
        if not path.is_file():
            raise NabraError(f"{path}: no such file; make it with 'nabra export {directory}'")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime raises many kinds
            raise NabraError(f"{path}: cannot be loaded ({error}); export it again") from error

    def __call__(self, batch: Batch) -> Logits:
        """Logits of every sentence of the batch."""
        feeds = {"input_ids": batch.input_ids, "attention_mask": batch.attention_mask}
        return Logits(*self._session.run(list(OUTPUTS), feeds))
