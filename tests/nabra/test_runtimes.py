from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nabra.errors import NabraError
from nabra.runtimes import load_runtime
from nabra.runtimes.onnx import OnnxRuntime
from nabra.runtimes.torch import TorchRuntime
from nabra.tokenization import Batch, SentenceTokenizer

TEXTS = ["قال الوزير إن الاتفاق قريب.", "نعم.", "لكن المعارضة رفضت المقترح، ووصفته بأنه خطوة إلى الوراء."]


@pytest.fixture
def batch(tokenizer: SentenceTokenizer) -> Batch:
    return tokenizer.pad([encoding.ids for encoding in tokenizer.encode(TEXTS)])


def test_onnx_gives_the_same_logits_as_torch(tiny_model: Path, batch: Batch) -> None:
    reference = TorchRuntime.from_directory(tiny_model)(batch)
    logits = load_runtime(tiny_model, "onnx", "float")(batch)
    for name in ("tone", "source", "span"):
        np.testing.assert_allclose(getattr(logits, name), getattr(reference, name), atol=1e-4)


def test_int8_stays_near(tiny_model: Path, batch: Batch) -> None:
    reference = TorchRuntime.from_directory(tiny_model)(batch)
    logits = load_runtime(tiny_model, "onnx", "int8")(batch)
    spread = np.ptp(reference.tone)
    assert np.abs(logits.tone - reference.tone).max() < max(0.25 * spread, 0.05)


def test_auto_takes_onnx_where_there_is_one_else_torch(tiny_model: Path, tmp_path: Path) -> None:
    assert isinstance(load_runtime(tiny_model), OnnxRuntime)
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).write_bytes((tiny_model / name).read_bytes())
    assert isinstance(load_runtime(tmp_path), TorchRuntime)


def test_without_torch_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "nabra.runtimes.torch", None)
    with pytest.raises(NabraError, match=r"nabra export.*nabra\[train\]"):
        load_runtime(tmp_path)
