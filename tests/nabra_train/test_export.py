"""What an export takes the ranges of its activations from."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from nabra.config import replace
from nabra.config_files import dump_config, read_config
from nabra.errors import NabraError
from nabra_train.export import export_model


@pytest.mark.parametrize(
    ("command", "train", "text", "message"),
    [
        ("train", "", "raw.txt", r"nabra\.yaml does not say what it was trained on; name articles with --data"),
        ("train", "gone.jsonl", "raw.txt", r"was trained on gone\.jsonl, which is not here; name articles with --data"),
        ("distill", "gone.jsonl", "raw.txt", r"was trained on raw\.txt, which is not here; name articles with --data"),
    ],
)
def test_what_a_model_was_trained_on_is_looked_for(
    command: str, train: str, text: str, message: str, tiny_model: Path, tmp_path: Path
) -> None:
    model = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    config = replace(read_config(model / "nabra.yaml"), "data", train=train, text=text)
    (model / "nabra.yaml").write_text(dump_config(config), encoding="utf-8")
    (model / "training_log.json").write_text(json.dumps([{"command": command}]), encoding="utf-8")
    with pytest.raises(NabraError, match=message):
        export_model(model)
