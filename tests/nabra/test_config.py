from __future__ import annotations

from pathlib import Path

import pytest

from nabra.config import Config, ModelConfig, find_recipe, recipes
from nabra.config_files import build_parser, dump_config, parse
from nabra.errors import NabraError


def configure(*arguments: str, defaults: Path | None = None) -> Config:
    config, _ = parse(build_parser("nabra test", ""), arguments, {"--model": "--model.checkpoint"}, defaults)
    return config


def write(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def test_any_key_is_overridden_on_the_command_line() -> None:
    config = configure("--optimizer.learning_rate", "1e-4", "--training.epochs=3", "--model.tones=[a,b,c,d]")
    assert config.optimizer.learning_rate == 1e-4
    assert config.training.epochs == 3
    assert config.model.tones == ["a", "b", "c", "d"]


def test_short_options_stand_for_keys() -> None:
    assert configure("--model", "some/dir").model.checkpoint == "some/dir"
    assert configure("--model=some/dir").model.checkpoint == "some/dir"


@pytest.mark.parametrize("name", recipes())
def test_every_shipped_recipe_is_found_by_name_and_valid(name: str) -> None:
    assert configure("--config", name) == configure("--config", str(find_recipe(name)))


def test_command_line_beats_recipe_beats_saved_configuration(tmp_path: Path) -> None:
    saved = write(tmp_path / "saved.yaml", "training: {epochs: 11, seed: 11, batch_size: 11}")
    recipe = write(tmp_path / "recipe.yaml", "training: {epochs: 12, seed: 12}")
    config = configure("--config", str(recipe), "--training.epochs", "13", defaults=saved)
    assert (config.training.epochs, config.training.seed, config.training.batch_size) == (13, 12, 11)


def test_saved_configuration_is_the_same_again(tmp_path: Path) -> None:
    config = Config(model=ModelConfig(tones=["متفائل", "حذر"], revision="main"))
    path = write(tmp_path / "nabra.yaml", dump_config(config))
    assert configure("--config", str(path)) == config


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("model: {max_tokenz: 3}", r"bad\.yaml: unknown key 'model.max_tokenz'; did you mean 'model.max_tokens'"),
        ("optimizer: {learning_rate: fast}", r"bad\.yaml: .*optimizer.learning_rate: expected a number, got fast"),
        (
            "training: {precision: fp8}",
            r"bad\.yaml: training.precision: expected one of auto, fp32, .*, got fp8",
        ),
        ("training: {epochs: 0}", r"bad\.yaml: training.epochs: must lie between 1 and 2147483647, got 0"),
        ("training: {epochs: null}", r"bad\.yaml: training.epochs: has no value; write one, or leave the key out"),
        ("model: {encoder: null}", r"bad\.yaml: model.encoder: has no value"),
        ("model: {revision: 5}", r"bad\.yaml: model.revision: expected text .*, got 5"),
        ("model: {[a]: 5}", r"bad\.yaml: line 1: a key must be a word"),
        ("optimizer: {learning_rate: .inf}", r"bad\.yaml: optimizer.learning_rate: must be greater than 0, got inf"),
        ("optimizer: {warmup: 5}", r"bad\.yaml: optimizer.warmup: must lie between 0 and 1, got 5"),
        ("training: {seed: -1}", r"bad\.yaml: training.seed: must lie between 0 and 4294967295, got -1"),
        ("training:\n  epochs: 1\n  epochs: 2", r"bad\.yaml: epochs: is given twice, again in line 3; keep one"),
        ("", r"bad\.yaml: expected sections with keys"),
        ("{", r"bad\.yaml: while parsing"),
        ("- 1", r"bad\.yaml: expected"),
        ("modle: {}", r"bad\.yaml: unknown key 'modle'; did you mean 'model'"),
    ],
)
def test_bad_file_is_named_with_its_key(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(NabraError, match=message) as caught:
        configure("--config", str(write(tmp_path / "bad.yaml", content)))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model.encodr", "x"], "unknown key 'model.encodr'; did you mean 'model.encoder'"),
        (["--training.epochs", "many"], "training.epochs: expected a whole number, got many"),
        (["--training.epochs", "-1"], "training.epochs: must lie between 1 and"),
        (["--training.batch_size", "9" * 20], "training.batch_size: must lie between 1 and"),
        (["--model.head_size", "9" * 12], "model.head_size: must lie between 1 and 65536"),
        (["--model.max_tokens", "2"], "model.max_tokens: must lie between 3 and"),
        (["--model.tones", "['',b]"], "model.tones: '' is no name"),
        (["--model.tones", "[' a',b]"], "model.tones: ' a' is no name"),
        (["--model.tones", "a"], r"model.tones: expected a list, such as \[a, b\], got a"),
        (["--model.preprocessing", "arabert"], "model.preprocessing: expected one of auto, none, .* got arabert"),
        (["--model.tones", "[one]"], "model.tones: needs at least two different names"),
        (["--config", "compakt"], "--config compakt: no such file or recipe; shipped recipes: .*compact"),
    ],
)
def test_bad_option_is_named(arguments: list[str], message: str) -> None:
    with pytest.raises(NabraError, match=message):
        configure(*arguments)
