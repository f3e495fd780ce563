"""Exports a trained model to ONNX, in float32 and with int8 weights."""

from __future__ import annotations

import logging
import os
import tempfile
import warnings
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import matmul_nbits_quantizer
from torch import Tensor, nn

from nabra.modeling import NabraModel, load_trained
from nabra.runtimes.onnx import INPUTS, OUTPUTS, onnx_path

BLOCK = 32
"""Weights that share a scale in the int8 model."""
INT8_ACTIVATIONS = 4
"""ONNX Runtime's accuracy level that computes in int8."""


class _Logits(nn.Module):
    """The model as ONNX needs it: tensors in, a tuple of tensors out."""

    def __init__(self, model: NabraModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, ...]:
        output = self.model(input_ids=input_ids, attention_mask=attention_mask)
        return output.tone_logits, output.source_logits, output.span_logits


def export_onnx(directory: Path) -> list[Path]:
    """Write `onnx/model.onnx` and `onnx/model_int8.onnx` beside a checkpoint's weights.

    Returns:
        The paths of both.
    """
    model = load_trained(directory)
    full, int8 = onnx_path(directory, "float"), onnx_path(directory, "int8")
    full.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory) as folder:
        staged_full, staged_int8 = Path(folder) / full.name, Path(folder) / int8.name
        _export(model, staged_full)
        _quantise(staged_full, staged_int8)
        os.replace(staged_full, full)
        os.replace(staged_int8, int8)
    return [full, int8]


def _export(model: NabraModel, path: Path) -> None:
    example = torch.ones(2, 8, dtype=torch.long)
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # the tracer warns of every constant
        torch.onnx.export(
            _Logits(model),
            (example, example),
            str(path),
            input_names=list(INPUTS),
            output_names=list(OUTPUTS),
            dynamic_axes={name: {0: "sentence", 1: "token"} for name in (*INPUTS, "span_logits")}
            | {name: {0: "sentence"} for name in ("tone_logits", "source_logits")},
            opset_version=17,
            dynamo=False,
        )


def _quantise(source: Path, target: Path) -> None:
    """Int8 weights, a scale a block of 32.

    Activations keep a scale of their own for every row, so that a sentence's answer depends on no other sentence of
    its batch; ONNX Runtime's dynamic quantisation takes one for the whole batch.
    """
    logging.getLogger(matmul_nbits_quantizer.__name__).setLevel(logging.WARNING)
    quantizer = matmul_nbits_quantizer.MatMulNBitsQuantizer(
        onnx.load(source), bits=8, block_size=BLOCK, is_symmetric=True, accuracy_level=INT8_ACTIVATIONS
    )
    quantizer.process()
    quantizer.model.save_model_to_file(str(target))
