"""Two processes on one machine must train as one does."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from transformers import BertConfig, BertModel

from nabra.config import Config, replace
from nabra.writers import to_json_line
from nabra_train.training import train

ROOT = Path(__file__).parents[2]


@pytest.fixture
def steady(tiny_config: Config, labelled: list, tiny_encoder: Path, tmp_path: Path) -> Config:
    """Eight steps over sixteen sentences, without dropout, so that only the arithmetic is compared."""
    encoder = tmp_path / "encoder"
    shape = BertConfig.from_pretrained(tiny_encoder, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    BertModel.from_pretrained(tiny_encoder, config=shape, add_pooling_layer=False).save_pretrained(encoder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (encoder / name).write_bytes((tiny_encoder / name).read_bytes())
    articles = [dataclasses.replace(labelled[0], id=f"a-{number}") for number in range(4)]
    data = tmp_path / "sixteen.jsonl"
    data.write_text("".join(map(to_json_line, articles)), encoding="utf-8")
    config = replace(tiny_config, "model", encoder=str(encoder), head_dropout=0.0)
    config = replace(config, "data", train=str(data))
    return replace(config, "training", log_steps=1, precision="fp32", batch_size=8, epochs=4)


def losses(directory: Path) -> list[float]:
    log = json.loads((directory / "training_log.json").read_text(encoding="utf-8"))
    return [entry["loss"] for entry in log if "loss" in entry]


def torchrun(config: Config, output: Path) -> None:
    options = {
        "model.encoder": config.model.encoder,
        "model.head_size": config.model.head_size,
        "model.head_dropout": 0,
        "data.train": config.data.train,
        "data.dev": config.data.dev,
        "training.output": output,
        "training.epochs": config.training.epochs,
        "training.log_steps": 1,
        "training.precision": "fp32",
        "training.batch_size": 4,
    }
    words = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*launch, str(ROOT / "scripts" / "train.py"), *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("trained model") == 1
    assert done.stderr.count("epoch 1/4") == 1


def test_two_processes_train_as_one(steady: Config, tmp_path: Path) -> None:
    one = train(steady)
    two = tmp_path / "two"
    torchrun(steady, two)
    assert len(losses(one)) == 8
    assert losses(two) == pytest.approx(losses(one), rel=1e-4)


def test_loss_does_not_depend_on_how_a_batch_is_cut(steady: Config, tmp_path: Path) -> None:
    whole = losses(train(steady))
    parts = replace(steady, "training", batch_size=4, accumulation=2, output=str(tmp_path / "parts"))
    # Only the statistics of the batch, which each part has of its own, tell them apart.
    assert losses(train(parts)) == pytest.approx(whole, rel=0.15)
