from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nabra.errors import NabraError
from nabra.runtimes import load_runtime
from nabra.runtimes.openvino import OpenVinoRuntime
from nabra.runtimes.torch import TorchRuntime
from nabra.tokenization import Batch, SentenceTokenizer

TEXTS = ["قال الوزير إن الاتفاق قريب.", "نعم.", "لكن المعارضة رفضت المقترح، ووصفته بأنه خطوة إلى الوراء."]


@pytest.fixture
def batch(tokenizer: SentenceTokenizer) -> Batch:
    return tokenizer.pad([encoding.ids for encoding in tokenizer.encode(TEXTS)])


def test_onnx_gives_the_same_logits_as_torch(tiny_model: Path, batch: Batch) -> None:
    reference = TorchRuntime.from_directory(tiny_model)(batch)
    logits = load_runtime(tiny_model, "onnx")(batch)
    for name in ("tone", "source", "span"):
        np.testing.assert_allclose(getattr(logits, name), getattr(reference, name), atol=1e-4)


def test_openvino_stays_near(tiny_model: Path, batch: Batch) -> None:
    reference = TorchRuntime.from_directory(tiny_model)(batch)
    logits = load_runtime(tiny_model, "openvino")(batch)
    spread = np.ptp(reference.tone)
    assert logits.span.shape == reference.span.shape
    assert np.abs(logits.tone - reference.tone).max() < max(0.25 * spread, 0.05)


def test_answers_outlive_the_next_batch(tiny_model: Path, batch: Batch) -> None:
    runtime = OpenVinoRuntime(tiny_model, threads=1)
    first = runtime(batch)
    kept = first.tone.copy()
    runtime(Batch(batch.input_ids[::-1].copy(), batch.attention_mask[::-1].copy()))
    np.testing.assert_array_equal(first.tone, kept)


def test_auto_takes_openvino_where_the_model_is_exported_else_torch(tiny_model: Path, tmp_path: Path) -> None:
    assert isinstance(load_runtime(tiny_model), OpenVinoRuntime)
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).write_bytes((tiny_model / name).read_bytes())
    assert isinstance(load_runtime(tmp_path), TorchRuntime)


def test_without_torch_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nabra.runtimes.torch", None)
    with pytest.raises(NabraError, match=r"nabra export.*nabra\[train\]"):
        load_runtime(tmp_path)


def test_without_onnxruntime_the_remedy_is_named(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(NabraError, match=r"nabra\[onnx\]"):
        load_runtime(tiny_model, "onnx")


def test_openvino_reports_to_nobody(tiny_model: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from nabra.runtimes import load_runtime
load_runtime(Path({str(tiny_model)!r}))
assert "openvino" in sys.modules
assert not [name for name in sys.modules if name.startswith("openvino_telemetry")]
"""
    subprocess.run([sys.executable, "-c", code], check=True)


FIRST_CALLS = """
import builtins, sys, threading, time
from pathlib import Path
import numpy as np
from nabra.runtimes.openvino import OpenVinoRuntime
from nabra.tokenization import Batch

runtime = OpenVinoRuntime(Path(sys.argv[1]), 2)
batch = Batch(np.ones((2, 16), np.int64), np.ones((2, 16), np.int64))
import_module = builtins.__import__

def import_slowly(name, *rest):
    time.sleep(0.05 * ("numpy" in name))
    return import_module(name, *rest)

builtins.__import__ = import_slowly
threads = [threading.Thread(target=runtime, args=(batch,)) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_two_threads_may_make_the_first_calls_at_once(tiny_model: Path) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", FIRST_CALLS, str(tiny_model)], env=environment, check=True, timeout=60)
