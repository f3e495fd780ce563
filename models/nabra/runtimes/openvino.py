"""OpenVINO on the processor, in int8: the fastest there, and all that the base install needs."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np
import platformdirs

from nabra.batching import CPU_BATCH_TOKENS
from nabra.decoding import Logits
from nabra.errors import ModelError
from nabra.logs import LOGGER
from nabra.manifest import verify
from nabra.tokenization import Batch

FILE_NAME = "openvino_model_qint8_quantized.xml"
"""The name that `sentence-transformers` gives such a model too."""


def openvino_path(directory: Path) -> Path:
    """Where a checkpoint keeps its OpenVINO model; the weights lie beside it as `.bin`."""
    return directory / "openvino" / FILE_NAME


def import_openvino() -> Any:
    """OpenVINO without its telemetry: it reports every import to its makers if the package for that can be had."""
    name = "openvino_telemetry"
    blocked = name not in sys.modules
    if blocked:
        sys.modules[name] = None  # type: ignore[assignment]  # as the import system has it: cannot be imported
    try:
        import openvino
    finally:
        if blocked:
            sys.modules.pop(name, None)  # another thread may have done it
    return openvino


class OpenVinoRuntime:
    """A checkpoint's OpenVINO model.

    The scales of the activations are constants, measured once when the model was exported, and everything between two
    int8 products is float32: an answer depends on the sentence and the width it is padded to, and on nothing else.

    Args:
        directory: The checkpoint.
        threads: Processor threads; 0 for all cores that this process may use.
    """

    batch_tokens = CPU_BATCH_TOKENS

    def __init__(self, directory: Path, threads: int = 0) -> None:
        path = openvino_path(directory)
        if not path.is_file():
            raise ModelError(f"{path}: no such file; make it with 'nabra export {directory}'")
        verify(directory, *(file.relative_to(directory).as_posix() for file in (path, path.with_suffix(".bin"))))
        options = {
            "PERFORMANCE_HINT": "THROUGHPUT",
            "INFERENCE_NUM_THREADS": threads or usable_cores(),
            "INFERENCE_PRECISION_HINT": "f32",
        }
        if cache := _cache_folder():
            options["CACHE_DIR"] = str(cache)
        try:
            openvino = import_openvino()
            # OpenVINO takes up numpy with the first array it sees. Two threads that do so at once wait for each other.
            openvino.Tensor(np.zeros(1, np.float32))
            core = openvino.Core()
            model = core.compile_model(core.read_model(path), "CPU", options)
        except Exception as error:  # OpenVINO raises RuntimeError for everything
            reason = str(error).strip().splitlines()[-1]
            raise ModelError(f"{path}: cannot be loaded ({reason}); export it again, or give it more memory") from error
        LOGGER.debug("runtime: OpenVINO, int8, threads: %d", options["INFERENCE_NUM_THREADS"])
        self.concurrency: int = model.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS")
        self._requests: SimpleQueue[Any] = SimpleQueue()
        for _ in range(self.concurrency):
            self._requests.put(model.create_infer_request())

    def __call__(self, batch: Batch) -> Logits:
        """Logits of every sentence of the batch; may be called by `concurrency` threads at once."""
        request = self._requests.get()
        try:
            request.infer([batch.input_ids, batch.attention_mask])
            return Logits(*(np.array(request.get_output_tensor(i).data) for i in range(3)))
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]
            raise ModelError(f"OpenVINO cannot run the model ({reason}); give it more memory") from error
        finally:
            self._requests.put(request)


def _cache_folder() -> Path | None:
    """Where OpenVINO keeps what it made of a model, so that the next process starts sooner; none if not writable."""
    folder = platformdirs.user_cache_path("nabra") / "openvino"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def usable_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
