from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from nabra.analyzer import Analyzer
from nabra.arabert import detect
from nabra.article import Article
from nabra.config import Config, OptimizerConfig, recipes, replace
from nabra.config_files import build_parser, parse, read_config
from nabra.errors import NabraError
from nabra.modeling import NabraConfig, NabraModel
from nabra_train.training import RUNS, build_optimizer, train


def losses(directory: Path) -> list[float]:
    log = json.loads((directory / "training_log.json").read_text(encoding="utf-8"))
    return [entry["loss"] for entry in log if "loss" in entry]


def test_training_ends_with_all_that_is_needed_to_use_the_model(tiny_config: Config, labelled: list[Article]) -> None:
    fast = replace(tiny_config, "optimizer", learning_rate=1e-3)
    directory = train(replace(fast, "training", epochs=10))
    assert {path.name for path in directory.iterdir()} == {
        "config.json",
        "manifest.json",
        "model.safetensors",
        "nabra.yaml",
        "tokenizer.json",
        "tokenizer_config.json",
        "training_log.json",
    }
    assert losses(directory)[-1] < 0.8 * losses(directory)[0]
    article = Analyzer.from_pretrained(str(directory)).analyze(labelled[0])
    assert all(sentence.tone in tiny_config.model.tones for sentence in article.sentences)
    saved, _ = parse(build_parser("nabra test", ""), [], defaults=directory / "nabra.yaml")
    assert saved.model == replace(tiny_config, "model", preprocessing="none").model


def test_same_seed_same_weights(tiny_config: Config, tmp_path: Path) -> None:
    weights = [
        load_file(train(replace(tiny_config, "training", output=str(tmp_path / name), seed=seed)) / "model.safetensors")
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    ]
    name = "tone_head.0.weight"
    assert torch.equal(weights[0][name], weights[1][name])
    assert not torch.equal(weights[0][name], weights[2][name])


DIE = """
import os, signal
from nabra_train.training import NabraTrainer
save = NabraTrainer._save_checkpoint
def save_and_die(self, *arguments, **options):
    save(self, *arguments, **options)
    if self.state.global_step >= 4:
        os.kill(os.getpid(), signal.SIGKILL)
NabraTrainer._save_checkpoint = save_and_die
"""


def train_apart(config: Config, output: Path, *options: str, before: str = "") -> subprocess.CompletedProcess[bytes]:
    """Train in a process of its own, whose bits nothing that ran before can change."""
    script = before + "import sys\nfrom nabra.cli import main\nsys.exit(main(sys.argv[1:]))\n"
    arguments = ["train", "--model.encoder", config.model.encoder, "--model.head_size", "16", "--training.epochs", "4"]
    arguments += ["--data.train", config.data.train, "--data.dev", config.data.dev, "--training.batch_size", "4"]
    arguments += ["--training.output", str(output), *options]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, check=False)


@pytest.mark.parametrize("save_steps", ["0", "2"])
def test_a_killed_run_resumes_to_the_same_weights(tiny_config: Config, tmp_path: Path, save_steps: str) -> None:
    """An epoch has three steps: the run dies at its end, or in its midst."""
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    steps = ("--training.save_steps", save_steps)
    assert train_apart(tiny_config, whole, *steps).returncode == 0
    killed = train_apart(tiny_config, cut, *steps, before=DIE)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert not (cut / "model.safetensors").exists()
    assert train_apart(tiny_config, cut, *steps, "--training.resume", "true").returncode == 0
    assert losses(cut)[2:] == pytest.approx(losses(whole)[2:], abs=1e-6)
    weights, same = load_file(whole / "model.safetensors"), load_file(cut / "model.safetensors")
    assert all(torch.equal(weights[name], same[name]) for name in weights)


def test_nothing_to_resume_starts_afresh(tiny_config: Config) -> None:
    assert (train(replace(tiny_config, "training", resume=True)) / "model.safetensors").is_file()


def test_finished_training_leaves_no_run_behind(tiny_config: Config) -> None:
    assert not (train(tiny_config) / RUNS).exists()


def test_a_fourth_tone_needs_only_the_configuration(tiny_config: Config, tmp_path: Path) -> None:
    data = Path(tiny_config.data.train)
    data.write_text(data.read_text(encoding="utf-8").replace('"cautious"', '"مشوب"'), encoding="utf-8")
    config = replace(tiny_config, "model", tones=["optimistic", "obstacle", "مشوب", "neutral"])
    config_file = train(config) / "config.json"
    assert json.loads(config_file.read_text(encoding="utf-8"))["tones"][2] == "مشوب"


@pytest.mark.parametrize("encoder", ["gone/dir/name", "."])
def test_wrong_encoder_is_one_line(tiny_config: Config, encoder: str, tmp_path: Path) -> None:
    with pytest.raises(NabraError, match=r"model\.encoder: .*(cannot be loaded|no such directory)") as caught:
        train(replace(tiny_config, "model", encoder=str(tmp_path) if encoder == "." else encoder))
    assert "\n" not in str(caught.value)


def rates(config: OptimizerConfig, encoder: Path) -> dict[str, float]:
    model = NabraModel.from_encoder(str(encoder), head_size=8)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    groups = build_optimizer(model, config).param_groups
    return {names[id(parameter)]: group["lr"] for group in groups for parameter in group["params"]}


def test_heads_learn_faster_and_lower_layers_slower(tiny_encoder: Path) -> None:
    found = rates(OptimizerConfig(learning_rate=1e-4, head_factor=10, layer_decay=0.5), tiny_encoder)
    assert found["tone_head.0.weight"] == pytest.approx(1e-3)
    assert found["encoder.encoder.layer.1.output.dense.weight"] == pytest.approx(1e-4)
    assert found["encoder.encoder.layer.0.output.dense.weight"] == pytest.approx(5e-5)
    assert found["encoder.embeddings.word_embeddings.weight"] == pytest.approx(2.5e-5)


def test_frozen_embeddings_do_not_learn(tiny_encoder: Path) -> None:
    found = rates(OptimizerConfig(freeze_embeddings=True), tiny_encoder)
    assert "encoder.embeddings.word_embeddings.weight" not in found
    assert "encoder.encoder.layer.0.output.dense.weight" in found


def test_biases_do_not_decay(tiny_encoder: Path) -> None:
    model = NabraModel.from_encoder(str(tiny_encoder), head_size=8)
    for group in build_optimizer(model, OptimizerConfig(weight_decay=0.1)).param_groups:
        assert all((parameter.ndim > 1) == (group["weight_decay"] > 0) for parameter in group["params"])


def test_config_is_part_of_the_saved_model() -> None:
    assert NabraConfig(encoder={"model_type": "bert"}, max_tokens=99).to_dict()["max_tokens"] == 99


def test_tensorboard_follows_the_run_and_its_events_stay(tiny_config: Config) -> None:
    directory = train(replace(tiny_config, "training", report_to=["tensorboard"], log_steps=1))
    (events,) = (directory / "tensorboard").iterdir()
    assert b"train/loss" in events.read_bytes()


def test_missing_tracker_is_named(tiny_config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(NabraError, match=r"training\.report_to: mlflow is not installed: pip install mlflow"):
        train(replace(tiny_config, "training", report_to=["mlflow"]))


def test_checkpointed_activations_change_nothing(tiny_config: Config, tmp_path: Path) -> None:
    config = replace(tiny_config, "training", precision="fp32")
    kept = losses(train(config))
    again = replace(config, "training", gradient_checkpointing=True, output=str(tmp_path / "again"))
    assert losses(train(again)) == pytest.approx(kept, rel=1e-4)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_both_precisions_train(tiny_config: Config, precision: str) -> None:
    directory = train(replace(tiny_config, "training", precision=precision, group_by_length=True))
    weights = load_file(directory / "model.safetensors")
    assert all(torch.isfinite(values).all() for values in weights.values())
    assert weights["tone_head.0.weight"].dtype == torch.float32


def test_training_goes_on_from_a_trained_model(tiny_config: Config, tmp_path: Path) -> None:
    fast = replace(replace(tiny_config, "optimizer", learning_rate=1e-3), "training", epochs=8)
    first = train(fast)
    further = replace(replace(fast, "model", checkpoint=str(first)), "training", output=str(tmp_path / "further"))
    second = train(further)
    assert losses(second)[0] < 0.8 * losses(first)[0]
    assert read_config(second / "nabra.yaml").model.checkpoint == str(first)


def test_the_encoder_of_a_checkpoint_is_kept_in_mind(tiny_config: Config, tmp_path: Path) -> None:
    first = train(tiny_config)
    config = replace(replace(tiny_config, "training", output=str(tmp_path / "b")), "model", encoder="compact")
    second = train(replace(config, "model", checkpoint=str(first)))
    assert read_config(second / "nabra.yaml").model.encoder == tiny_config.model.encoder


def test_every_recipe_names_an_encoder_and_its_own_output() -> None:
    configs = {name: parse(build_parser("nabra test", ""), ["--config", name])[0] for name in recipes()}
    assert set(configs) >= {"compact", "arabert", "arabert-large", "arabertv2", "camelbert"}
    assert len({config.model.encoder for config in configs.values()}) == len(configs)
    assert all(config.training.output == f"output/{name}" for name, config in configs.items())
    assert detect(configs["arabert"].model.encoder, ()) == "arabertv02"
    assert detect(configs["arabert-large"].model.encoder, ()) == "arabertv02"
    assert detect(configs["arabertv2"].model.encoder, ()) == "arabertv2"
    assert detect(configs["camelbert"].model.encoder, ()) == "camelbert"
