"""Exports a trained model: to OpenVINO in int8, for processors, and to ONNX in float32, for everything else."""

from __future__ import annotations

import io
import logging
import os
import random
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from nabra.aligned import as_read
from nabra.checkpoint import read_model_config
from nabra.config import CONFIG_NAME
from nabra.config_files import read_config
from nabra.errors import NabraError
from nabra.logs import is_quiet
from nabra.manifest import write_manifest
from nabra.modeling import NabraModel, load_trained, quietly
from nabra.readers import read_articles
from nabra.runtimes.onnx import INPUTS, OUTPUTS, onnx_path
from nabra.runtimes.openvino import import_openvino, openvino_path
from nabra.tokenization import Batch, SentenceTokenizer
from nabra_train.checkpoints import is_distilled, staging

CALIBRATION_SENTENCES = 300
"""From which the ranges of the int8 activations are taken."""


class _Logits(nn.Module):
    """The model as exporters need it: tensors in, a tuple of tensors out."""

    def __init__(self, model: NabraModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, ...]:
        output = self.model(input_ids=input_ids, attention_mask=attention_mask)
        return output.tone_logits, output.source_logits, output.span_logits


def export_model(directory: Path, data: Sequence[str | Path] = ()) -> list[Path]:
    """Write `onnx/model.onnx` and `openvino/openvino_model_qint8_quantized.xml` beside a checkpoint's weights.

    Args:
        directory: The checkpoint.
        data: Articles like those that the model will read, labelled or not; without them, those it was trained on.

    Returns:
        The paths of both.

    Raises:
        NabraError: If there are no articles.
    """
    texts = _calibration_texts(directory, data)
    tokenizer = SentenceTokenizer.from_directory(directory, read_model_config(directory))
    sentences = [tokenizer.pad([tokens.ids]) for tokens in tokenizer.encode(texts)]
    # Attention as plain products: exporters make fewer and faster operations of it than of torch's fused one.
    model = load_trained(directory)
    model.encoder.set_attn_implementation("eager")
    with staging(directory) as folder, _silently(), torch.inference_mode():
        for path in (onnx_path(folder), openvino_path(folder)):
            path.parent.mkdir()
        _export_onnx(_Logits(model), onnx_path(folder))
        _export_openvino(_Logits(model), sentences, openvino_path(folder))
        write_manifest(directory, folder, keep=True)
    return [onnx_path(directory), openvino_path(directory)]


def _calibration_texts(directory: Path, data: Sequence[str | Path]) -> list[str]:
    """Some sentences of the articles, the same ones every time."""
    if not data:
        try:
            config = read_config(directory / CONFIG_NAME)
        except NabraError as error:
            raise NabraError(f"{error}; so name articles with --data") from error
        named = config.data.text if is_distilled(directory, config) else config.data.train
        if not named:
            raise NabraError(
                f"{directory}: {CONFIG_NAME} does not say what it was trained on; name articles with --data"
            )
        trained_on = Path(named)
        if not trained_on.exists():
            raise NabraError(f"{directory}: was trained on {trained_on}, which is not here; name articles with --data")
        data = [trained_on]
    texts = [as_read(sentence.text) for article in read_articles(data) for sentence in article.sentences]
    return random.Random(0).sample(texts, min(CALIBRATION_SENTENCES, len(texts)))


@contextmanager
def _silently() -> Iterator[None]:
    """The tracer warns of every constant, and NNCF tells of every step; its bars are for a terminal only."""
    os.environ.setdefault("NNCF_CI", "1")  # NNCF reports its use to its makers otherwise
    logging.getLogger("nncf").setLevel(logging.ERROR)
    terminal = sys.stdout if sys.stdout.isatty() and not is_quiet() else io.StringIO()
    with warnings.catch_warnings(), quietly(), redirect_stdout(terminal):
        warnings.simplefilter("ignore")
        yield


def _export_onnx(model: nn.Module, path: Path) -> None:
    example = torch.ones(2, 8, dtype=torch.long)
    torch.onnx.export(
        model,
        (example, example),
        str(path),
        input_names=list(INPUTS),
        output_names=list(OUTPUTS),
        dynamic_axes={name: {0: "sentence", 1: "token"} for name in (*INPUTS, "span_logits")}
        | {name: {0: "sentence"} for name in ("tone_logits", "source_logits")},
        opset_version=17,
        dynamo=False,
    )


def _export_openvino(model: nn.Module, sentences: Sequence[Batch], path: Path) -> None:
    """Weights in int8 with a scale a channel, activations with one a tensor that the sentences settle."""
    openvino = import_openvino()
    import nncf

    example = torch.ones(2, 8, dtype=torch.long)
    shape = openvino.PartialShape([-1, -1])
    converted = openvino.convert_model(model, example_input=dict.fromkeys(INPUTS, example), input=[shape, shape])
    for ports, names in ((converted.inputs, INPUTS), (converted.outputs, OUTPUTS)):
        for port, name in zip(ports, names, strict=True):
            port.get_tensor().set_names({name})
    quantised = nncf.quantize(
        converted,
        nncf.Dataset(list(sentences), _as_inputs),
        model_type=nncf.ModelType.TRANSFORMER,
        subset_size=len(sentences),
    )
    openvino.save_model(quantised, path)


def _as_inputs(batch: Batch) -> dict[str, Any]:
    return {"input_ids": batch.input_ids, "attention_mask": batch.attention_mask}
