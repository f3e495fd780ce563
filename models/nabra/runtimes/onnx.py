"""ONNX Runtime on the processor, in float32: for machines that OpenVINO does not run on. Needs the `onnx` extra."""

from __future__ import annotations

from pathlib import Path

from nabra.batching import CPU_BATCH_TOKENS
from nabra.decoding import Logits
from nabra.errors import ModelError
from nabra.logs import LOGGER
from nabra.manifest import verify
from nabra.tokenization import Batch
from nabra.untrusted import check_onnx

INPUTS = ("input_ids", "attention_mask")
OUTPUTS = ("tone_logits", "source_logits", "span_logits")


def onnx_path(directory: Path) -> Path:
    """Where a checkpoint keeps its ONNX model, as on the Hub."""
    return directory / "onnx" / "model.onnx"


class OnnxRuntime:
    """A checkpoint's ONNX model.

    Args:
        directory: The checkpoint.
        threads: Processor threads; 0 for all cores.
    """

    concurrency = 1
    batch_tokens = CPU_BATCH_TOKENS

    def __init__(self, directory: Path, threads: int = 0) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise ModelError("--inference.runtime onnx needs ONNX Runtime: pip install 'nabra[onnx]'") from error
        path = onnx_path(directory)
        if not path.is_file():
            raise ModelError(f"{path}: no such file; make it with 'nabra export {directory}'")
        verify(directory, path.relative_to(directory).as_posix())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        check_onnx(path)
        try:
            self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime raises many kinds
            raise ModelError(f"{path}: cannot be loaded ({error}); export it again") from error
        LOGGER.debug("runtime: ONNX Runtime, float32, threads: %s", threads or "all")

    def __call__(self, batch: Batch) -> Logits:
        """Logits of every sentence of the batch."""
        feeds = {"input_ids": batch.input_ids, "attention_mask": batch.attention_mask}
        return Logits(*self._session.run(list(OUTPUTS), feeds))
