from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path
from types import ModuleType

import pytest
import torch

from nabra.errors import NabraError
from nabra.modeling import load_trained

SCRIPT = Path(__file__).parents[1] / "scripts" / "average_models.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("average_models", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def calibrated(tiny_model: Path, tmp_path: Path) -> Path:
    """A model whose log says that its tones were calibrated."""
    model = Path(shutil.copytree(tiny_model, tmp_path / "calibrated"))
    log = [{"loss": 1.0}, {"tone_temperature": 2.0, "tone_bias_optimistic": 0.5}]
    (model / "training_log.json").write_text(json.dumps(log), encoding="utf-8")
    return model


def test_weights_are_shared_out(tiny_model: Path, script: ModuleType) -> None:
    one, other = load_trained(tiny_model), load_trained(tiny_model)
    before = one.tone_head[0].weight.clone()
    with torch.no_grad():
        other.tone_head[0].weight.add_(3.0)
    mean = script.average([one, other], [2.0, 1.0])
    torch.testing.assert_close(mean.tone_head[0].weight, before + 1.0)


def test_calibration_is_undone_first(calibrated: Path, script: ModuleType) -> None:
    last = load_trained(calibrated).tone_head[-1]
    raw, log = script.load_uncalibrated(calibrated)
    torch.testing.assert_close(raw.tone_head[-1].weight, last.weight * 2)
    torch.testing.assert_close(raw.tone_head[-1].bias, (last.bias - torch.tensor([0.5, 0.0, 0.0])) * 2)
    assert log == [{"loss": 1.0}]


def test_the_mean_is_a_model_with_its_own_temperature(
    calibrated: Path, labelled_file: Path, tmp_path: Path, script: ModuleType
) -> None:
    options = ["--data.dev", str(labelled_file), "--training.output", str(tmp_path / "mean")]
    script.main([str(calibrated), str(calibrated), *options])
    log = json.loads((tmp_path / "mean" / "training_log.json").read_text(encoding="utf-8"))
    assert [list(entry) for entry in log] == [["command"], ["loss"], ["tone_temperature"]]
    load_trained(tmp_path / "mean")


def test_a_model_that_went_nowhere_is_its_own_mean(
    calibrated: Path, labelled_file: Path, tmp_path: Path, script: ModuleType
) -> None:
    """What a training went on from counts as it is, calibrated."""
    further = Path(shutil.copytree(calibrated, tmp_path / "further"))
    (further / "training_log.json").write_text('[{"command": "train"}]', encoding="utf-8")
    options = ["--data.dev", str(labelled_file), "--training.output", str(tmp_path / "mean")]
    script.main([str(further), str(calibrated), *options])
    mean, _ = script.load_uncalibrated(tmp_path / "mean")
    torch.testing.assert_close(mean.tone_head[-1].weight, load_trained(calibrated).tone_head[-1].weight)


def test_a_share_too_few_is_refused(calibrated: Path, script: ModuleType) -> None:
    with pytest.raises(script.NabraError, match="--shares: 1 for 2 models"):
        script.main([str(calibrated), str(calibrated), "--shares", "1"])


@pytest.mark.parametrize("shares", [["-1", "2"], ["0", "0"], ["nan", "1"], ["inf", "1"]])
def test_shares_that_are_none_are_refused(shares: list[str], tiny_model: Path, script: ModuleType) -> None:
    with pytest.raises(
        NabraError,
        match=r"--shares: must be numbers of at least 0, and not all 0|^shares: expected a number, got (nan|inf)",
    ):
        script.main([str(tiny_model), str(tiny_model), "--shares", *shares])


def test_models_of_other_shapes_and_a_log_that_is_none_are_refused(calibrated: Path, script: ModuleType) -> None:
    one, other = load_trained(calibrated), load_trained(calibrated)
    other.replace_tones(["a", "b"])
    with pytest.raises(NabraError, match="the models differ in shape or tones"):
        script.average([one, other], [1, 1])
    (calibrated / "training_log.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(NabraError, match=r"training_log\.json: is no log of a training"):
        script.load_uncalibrated(calibrated)
