"""Goes on only with what was begun alike, from a state that is whole, and not with what went astray."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from transformers import TrainerControl, TrainerState, TrainingArguments

from nabra.cli import main
from nabra.config import Config, replace
from nabra.errors import NabraError
from nabra.writers import only_run
from nabra_train.callbacks import Patience, SaveEvery
from nabra_train.divergence import StopAtDivergence, require_finite
from nabra_train.experiments import cross_validate
from nabra_train.resuming import EndedError, check_settings, keep_settings, last_state
from nabra_train.training import check_output


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("model", "head_size", 8),
        ("data", "train", "other.jsonl"),
        ("optimizer", "learning_rate", 1e-3),
        ("training", "seed", 1),
        ("training", "epochs", 9),
    ],
)
def test_a_run_goes_on_as_it_was_begun(section: str, key: str, value: object, tmp_path: Path) -> None:
    keep_settings(tmp_path, "train", Config())
    check_settings(tmp_path, "train", replace(Config(), "training", save_steps=5, resume=True))
    with pytest.raises(
        EndedError, match=rf"^{section}\.{key}: the run in .* was begun with .*, not {value!r}; go on with"
    ):
        check_settings(tmp_path, "train", replace(Config(), section, **{key: value}))


def test_no_other_command_goes_on_with_a_run(tmp_path: Path) -> None:
    keep_settings(tmp_path, "train", Config())
    with pytest.raises(EndedError, match=r"^command: the run in .* was begun with 'train', not 'pretrain'"):
        check_settings(tmp_path, "pretrain", Config())


@pytest.mark.parametrize("content", [None, "{", "", "[]"])
def test_a_run_that_does_not_say_how_it_was_begun_is_taken_as_it_is(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content, encoding="utf-8")
    check_settings(tmp_path, "train", Config())


def test_folds_of_other_settings_are_not_mixed(tiny_config: Config) -> None:
    output = Path(tiny_config.training.output)
    output.mkdir()
    keep_settings(output, "crossvalidate --folds 3", tiny_config)
    resumed = replace(tiny_config, "training", resume=True)
    with pytest.raises(EndedError, match=r"command: .* was begun with 'crossvalidate --folds 3'"):
        cross_validate(resumed, 2)
    with pytest.raises(EndedError, match=r"optimizer\.warmup: "):
        cross_validate(replace(resumed, "optimizer", warmup=0.5), 3)


def state(runs: Path, number: int) -> Path:
    """What the Trainer writes of a state, as far as it is looked at."""
    folder = runs / f"checkpoint-{number}"
    folder.mkdir()
    save_file({"a": torch.zeros(4)}, folder / "model.safetensors")
    for name in ("optimizer.pt", "scheduler.pt", "rng_state.pth"):
        torch.save({"a": torch.zeros(400)}, folder / name)
    (folder / "trainer_state.json").write_text(json.dumps({"global_step": number}), encoding="utf-8")
    return folder


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def flip(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        place = max(archive.infolist(), key=lambda entry: entry.file_size).header_offset
    content = bytearray(path.read_bytes())
    content[place + 500] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        *((name, cut) for name in ("model.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth")),
        *((name, Path.unlink) for name in ("model.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth")),
        ("optimizer.pt", flip),
        ("trainer_state.json", lambda path: path.write_text("[]")),
        ("trainer_state.json", lambda path: path.write_text("{}")),
    ],
)
def test_a_state_that_is_not_whole_is_dropped_for_the_one_before(
    name: str, spoil: Callable[[Path], object], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before, last = state(tmp_path, 9), state(tmp_path, 10)
    (tmp_path / "checkpoint-old").mkdir()
    assert last_state(tmp_path) == last
    spoil(last / name)
    assert last_state(tmp_path) == before
    assert "checkpoint-10: is not whole (" in caplog.text
    assert not last.exists()


@pytest.mark.parametrize(("steps", "message"), [("0", "the loss is nan in epoch 1"), ("1000", "no finite numbers")])
def test_a_training_that_diverges_is_one_line_and_leaves_no_model(
    steps: str, message: str, tiny_config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--model.encoder", tiny_config.model.encoder, "--data.train", tiny_config.data.train]
    options += ["--data.dev", tiny_config.data.dev, "--training.output", tiny_config.training.output]
    options += ["--training.log_steps", steps, "--training.batch_size", "4"]
    assert main(["train", *options, "--optimizer.learning_rate", "1e30"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{message}: the training diverged; train anew (--overwrite) with a lower" in line
    assert "--training.resume" not in line
    assert not (Path(tiny_config.training.output) / "model.safetensors").exists()


def test_weights_that_diverged_in_the_last_step_are_not_saved() -> None:
    model = torch.nn.Linear(2, 2)
    require_finite(model)
    torch.nn.init.constant_(model.bias, torch.nan)
    with pytest.raises(EndedError, match="bias holds values that are no finite numbers: the training diverged"):
        require_finite(model)
    StopAtDivergence().on_log(None, None, None, {"eval_loss": torch.nan})


@pytest.mark.parametrize("output", ["", "a\0b"])
def test_an_output_that_is_no_path_is_refused(output: str, tiny_config: Config) -> None:
    with pytest.raises(NabraError, match=r"training\.output: .* is no path; name a folder"):
        check_output(replace(tiny_config, "training", output=output).training)


def test_two_runs_do_not_share_a_folder(tiny_config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    output = tiny_config.training.output
    with only_run(Path(output)):
        assert main(["pretrain", "--data.text", "seeds/articles", "--training.output", output]) == 2
        (Path(output) / "fold-1.jsonl").touch()
        assert main(["crossvalidate", "--training.output", output, "--training.resume", "true"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    for line in lines:
        assert line.endswith(f"{output}: another run is writing into it; wait for that, or name another folder")


def test_a_run_does_not_go_on_with_other_articles_of_the_same_name(tiny_config: Config, tmp_path: Path) -> None:
    keep_settings(tmp_path, "train", tiny_config)
    with Path(tiny_config.data.train).open("a", encoding="utf-8") as file:
        file.write("\n")
    with pytest.raises(EndedError, match=r"^data\.train \(SHA-256\): the run in .* was begun with"):
        check_settings(tmp_path, "train", tiny_config)


def test_patience_is_not_renewed_by_a_stop(tmp_path: Path) -> None:
    arguments = TrainingArguments(str(tmp_path), eval_strategy="epoch", save_strategy="epoch", report_to="none")
    arguments.load_best_model_at_end, arguments.greater_is_better = True, True
    arguments.metric_for_best_model = "eval_score"
    before = Patience(2)
    state = TrainerState(best_metric=0.7, stateful_callbacks=[before])
    before.on_evaluate(arguments, state, TrainerControl(), {"eval_score": 0.6})
    state.stateful_callbacks = {"Patience": before.state()}
    state.save_to_json(str(tmp_path / "state.json"))
    after, control = Patience(2), TrainerControl()
    state = TrainerState.load_from_json(str(tmp_path / "state.json"))
    after.on_train_begin(arguments, state, control)
    after.on_evaluate(arguments, state, control, {"eval_score": 0.6})
    assert control.should_training_stop


def test_weights_that_diverged_do_not_replace_the_last_state() -> None:
    model = torch.nn.Linear(2, 2)
    with torch.no_grad():
        model.weight.fill_(torch.nan)
    state = TrainerState(global_step=4)
    SaveEvery(3).on_step_end(None, state, TrainerControl(), model=model)
    with pytest.raises(EndedError, match="the training diverged"):
        SaveEvery(2).on_step_end(None, state, TrainerControl(), model=model)
