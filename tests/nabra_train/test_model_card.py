from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from nabra.analyzer import Analyzer
from nabra.checkpoint import FILES
from nabra.cli import main
from nabra.config import replace
from nabra.config_files import dump_config, read_config
from nabra.errors import NabraError
from nabra_train import model_card
from nabra_train.model_card import push, write_card


@pytest.fixture
def model(tiny_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


@pytest.fixture
def report(model: Path, labelled_file: Path, tmp_path: Path) -> Path:
    path = tmp_path / "scores.json"
    options = ["--model", str(model), "--data", str(labelled_file), "--output", str(path), "--baselines", "false"]
    assert main(["evaluate", *options]) == 0
    return path


def test_card_says_data_command_settings_scores_and_limits(model: Path, report: Path) -> None:
    card = write_card(model, [report], note="Invented articles.").read_text(encoding="utf-8")
    values = json.loads(report.read_text(encoding="utf-8"))["systems"]["model"]["scores"]["tone_macro_f1"]
    assert f"| tone, macro-F1 | {values['value']:.3f} ({values['low']:.3f}–{values['high']:.3f}) |" in card
    assert "Trained on `seeds/train.jsonl`; best epoch chosen on `seeds/dev.jsonl`. Invented articles." in card
    assert "`nabra train --config nabra.yaml`. AdamW, learning rate 5e-05 (heads 15 times that)" in card
    assert "## Limits" in card
    assert "3 articles, 12 sentences" in card
    assert "| sentences decided | 100% |" in card
    assert str(model.parent) not in card  # places on this machine
    assert "/tmp" not in card


def test_card_says_how_probabilities_were_calibrated(model: Path) -> None:
    assert "calibrated" not in write_card(model).read_text(encoding="utf-8")
    log = [{"loss": 1.0}, {"tone_temperature": 1.234, "tone_bias_up": 0.1, "tone_bias_down": -0.1, "step": 4}]
    (model / "training_log.json").write_text(json.dumps(log), encoding="utf-8")
    said = "tone probabilities calibrated on it (temperature 1.23; bias up +0.10, down -0.10)."
    assert said in write_card(model).read_text(encoding="utf-8")


def test_card_without_reports_says_that_nothing_was_measured(model: Path) -> None:
    assert "Not measured yet" in write_card(model).read_text(encoding="utf-8")


def test_card_from_the_command_line(model: Path, report: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["card", str(model), "--reports", str(report), "--names", "mine", "--title", "My model"]) == 0
    assert capsys.readouterr().out.strip().endswith("README.md")
    card = (model / "README.md").read_text(encoding="utf-8")
    assert "# My model" in card
    assert "### mine: 3 articles" in card


@pytest.mark.parametrize("content", [None, "{"])
def test_unreadable_report_is_named(model: Path, tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "broken.json"
    if content:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(NabraError, match=r"broken\.json: cannot be read"):
        write_card(model, [path])


def test_every_report_needs_its_name(model: Path, report: Path) -> None:
    with pytest.raises(NabraError, match=r"--names: 2 names for 1 reports"):
        write_card(model, [report], names=["a", "b"])


@pytest.mark.parametrize(
    "content", ["{}", "[]", "5", '{"data": "x", "seeds": [0], "scores": {}}', '{"data": "x", "systems": {"m": {}}}']
)
def test_what_is_no_report_is_named(content: str, model: Path, tmp_path: Path) -> None:
    path = tmp_path / "scores.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(NabraError, match=r"scores\.json: is no report; name what 'nabra evaluate --output' wrote"):
        write_card(model, [path])


@pytest.mark.parametrize("content", ["[1]", '{"tone_temperature": 1}', '[{"tone_temperature": "hot"}]'])
def test_what_is_no_log_is_named(content: str, model: Path) -> None:
    (model / "training_log.json").write_text(content, encoding="utf-8")
    with pytest.raises(NabraError, match=r"training_log\.json: is no log of a training"):
        write_card(model)


@pytest.mark.parametrize("content", ["{}", "model: {encoder: compact}", "data: {train: mine.jsonl}"])
def test_a_configuration_that_leaves_things_out_has_defaults(content: str, model: Path) -> None:
    (model / "nabra.yaml").write_text(content, encoding="utf-8")
    assert "learning rate 5e-05" in write_card(model, title="A\nmodel").read_text(encoding="utf-8")
    assert "# A model\n" in (model / "README.md").read_text(encoding="utf-8")
    (model / "nabra.yaml").unlink()
    with pytest.raises(NabraError, match=r"nabra\.yaml: cannot be read \(No such file or directory\)"):
        write_card(model)


class Hub:
    """A stand-in for the Hub that keeps what is uploaded in a folder."""

    folder: Path

    def create_repo(self, repository: str, *, private: bool, exist_ok: bool) -> str:
        if repository == "not mine/x":
            raise OSError("403 Forbidden\nlong story")
        return f"https://hub.test/{repository}"

    def upload_folder(self, *, repo_id: str, folder_path: Path, allow_patterns: list[str], commit_message: str) -> None:
        for pattern in allow_patterns:
            for path in Path(folder_path).glob(pattern):
                target = self.folder / path.relative_to(folder_path)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target)


def test_pushed_model_is_complete_and_loads_again(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (model / "notes.py").write_text("print('never')", encoding="utf-8")
    Hub.folder = tmp_path / "pushed"
    monkeypatch.setattr(model_card, "HfApi", Hub)
    assert main(["push", str(model), "me/nabra"]) == 0
    assert capsys.readouterr().out.strip() == "https://hub.test/me/nabra"
    names = {str(path.relative_to(Hub.folder)) for path in Hub.folder.rglob("*") if path.is_file()}
    assert names >= {"README.md", "config.json", "model.safetensors", "nabra.yaml", "tokenizer.json"}
    assert "notes.py" not in names
    assert FILES
    plain = (
        "import nabra.modeling\n"
        "from transformers import AutoModel, AutoTokenizer\n"
        f"model = AutoModel.from_pretrained({str(Hub.folder)!r})\n"
        f"tokenizer = AutoTokenizer.from_pretrained({str(Hub.folder)!r})\n"
        "print(model(**tokenizer(['وصل الوفد'], return_tensors='pt')).tone_logits.shape)\n"
    )
    done = subprocess.run([sys.executable, "-c", plain], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == str(torch.Size([1, 3])), done.stderr
    pushed = Analyzer.from_pretrained(str(Hub.folder)).analyze("وصل الوفد إلى العاصمة.")
    assert pushed == Analyzer.from_pretrained(str(model)).analyze("وصل الوفد إلى العاصمة.")


def test_refusal_of_the_hub_is_one_line(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_card, "HfApi", Hub)
    with pytest.raises(NabraError, match=r"not mine/x: cannot be published \(403 Forbidden\); log in") as caught:
        push(model, "not mine/x")
    assert "\n" not in str(caught.value)


def test_what_is_published_names_no_place_on_this_machine(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = read_config(model / "nabra.yaml")
    assert config.model.encoder.startswith("/")
    Hub.folder = tmp_path / "pushed"
    monkeypatch.setattr(model_card, "HfApi", Hub)
    push(model, "me/nabra")
    assert read_config(Hub.folder / "nabra.yaml").model.encoder == Path(config.model.encoder).name
    assert 'Analyzer.from_pretrained("me/nabra")' in (Hub.folder / "README.md").read_text(encoding="utf-8")
    assert read_config(model / "nabra.yaml") == config
    assert not (model / "README.md").exists()


def test_a_card_says_what_trained_the_model(model: Path) -> None:
    (model / "training_log.json").write_text('[{"command": "distill"}]', encoding="utf-8")
    config = replace(read_config(model / "nabra.yaml"), "data", text="/home/me/raw.txt")
    (model / "nabra.yaml").write_text(dump_config(config), encoding="utf-8")
    card = write_card(model).read_text(encoding="utf-8")
    assert "Trained on what other models say of `raw.txt`" in card
    assert "nabra distill --config" in card
    (model / "training_log.json").write_text('[{"command": "train"}]', encoding="utf-8")
    assert "nabra train --config" in write_card(model).read_text(encoding="utf-8")
