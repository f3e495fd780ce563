from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from nabra.analyzer import Analyzer
from nabra.checkpoint import shipped_checkpoint
from nabra.errors import NabraError
from nabra.manifest import MANIFEST_NAME, sha256
from tests.conftest import ROOT

FIXTURE = ROOT / "tests" / "fixtures" / "checkpoint-1"
"""A tiny model as 0.1 saves it, to be kept for good: whatever comes later must load it."""
OPENVINO = "openvino/openvino_model_qint8_quantized"
TEXT = "قال وزير الري السوداني عادل بشير إن المحادثات أحرزت تقدما كبيرا.\nلكن إثيوبيا رفضت المقترح.\nوصل الوفد."


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return shutil.copytree(FIXTURE, tmp_path / "model")


@pytest.mark.parametrize("runtime", ["torch", "onnx", "openvino"])
@pytest.mark.parametrize("manifest", [True, False])
def test_a_checkpoint_of_format_1_gives_its_answers(runtime: str, manifest: bool, model: Path) -> None:
    if not manifest:  # as checkpoints were before there were manifests
        (model / MANIFEST_NAME).unlink()
    expected = json.loads((FIXTURE.parent / "checkpoint-1-answers.json").read_text(encoding="utf-8"))
    article = Analyzer.from_pretrained(str(model), runtime=runtime, threads=1).analyze(TEXT)
    tolerance = 0.1 if runtime == "openvino" else 1e-4  # int8 rounds a little differently from processor to processor
    assert [s.scores for s in article.sentences] == [pytest.approx(scores, abs=tolerance) for scores in expected]


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("runtime", "name"),
    [
        ("torch", "model.safetensors"),
        ("onnx", "onnx/model.onnx"),
        ("openvino", f"{OPENVINO}.bin"),
        ("openvino", f"{OPENVINO}.xml"),
        ("openvino", "tokenizer.json"),
        ("openvino", "config.json"),
    ],
)
@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (cut, r"is cut short or altered \([\d,]+ bytes instead of [\d,]+\); copy the model again"),
        (flip, r"is altered or damaged \(its SHA-256 is not the one saved\); copy the model again"),
        (Path.unlink, "no such file|is missing"),
    ],
)
def test_spoilt_files_are_refused_with_reason_and_remedy(
    runtime: str, name: str, spoil: Callable[[Path], None], reason: str, model: Path
) -> None:
    spoil(model / name)
    with pytest.raises(NabraError, match=reason) as caught:
        Analyzer.from_pretrained(str(model), runtime=runtime, threads=1)
    assert Path(name).name in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["nabra.yaml", "README.md", "training_log.json"])
def test_what_people_edit_may_change(name: str, model: Path) -> None:
    (model / name).write_text("# mine\n", encoding="utf-8")
    Analyzer.from_pretrained(str(model), threads=1)


def test_damage_is_found_without_a_manifest_where_the_format_shows_it(model: Path) -> None:
    (model / MANIFEST_NAME).unlink()
    cut(model / "model.safetensors")
    with pytest.raises(NabraError, match="its weights cannot be loaded"):
        Analyzer.from_pretrained(str(model), runtime="torch", threads=1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"format": 2, "files": []}', "the model is of format 2, made by a newer Nabra; this one reads format 1: pip"),
        ("{", "is damaged"),
        ("[]", "is damaged"),
        ('{"format": 1}', "is damaged"),
        ('{"format": "1", "files": {}}', "is damaged"),
        ('{"format": 1, "files": {"config.json": {"size": 2}}}', "is damaged"),
        ('{"format": 1, "files": {"config.json": {"size": 1e999, "sha256": ""}}}', "is damaged"),
        (
            '{"format": 1, "files": {"config.json": {"size": "2", "sha256": ""}}}',
            r"config\.json: is cut short or altered",
        ),
        ('{"format": 1, "files": {}}', r"config\.json: does not belong to this model"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_named(content: str, message: str, model: Path) -> None:
    (model / MANIFEST_NAME).write_text(content, encoding="utf-8")
    with pytest.raises(NabraError, match=message):
        Analyzer.from_pretrained(str(model), threads=1)


def test_a_configuration_that_lacks_a_key_is_named(model: Path) -> None:
    (model / MANIFEST_NAME).unlink()
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    del config["tones"]
    (model / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(NabraError, match=r"config\.json: tones: must be a list"):
        Analyzer.from_pretrained(str(model), threads=1)


def test_the_shipped_checkpoint_is_whole() -> None:
    manifest = json.loads((shipped_checkpoint() / MANIFEST_NAME).read_text(encoding="utf-8"))
    assert {"config.json", "model.safetensors", "tokenizer.json", f"{OPENVINO}.bin", f"{OPENVINO}.xml"} <= set(
        manifest["files"]
    )
    for name, entry in manifest["files"].items():
        if not name.startswith("onnx/"):  # not shipped
            assert sha256(shipped_checkpoint() / name) == entry["sha256"]
