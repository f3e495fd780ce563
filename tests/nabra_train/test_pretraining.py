from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from nabra.config import Config, replace
from nabra.errors import NabraError
from nabra.tokenization import SentenceTokenizer
from nabra_train.pretraining import build_blocks, pretrain
from nabra_train.training import train

SENTENCES = ["وصل الوفد إلى العاصمة صباح الأحد.", "وبدأت المحادثات في مقر الوزارة.", "ولم يصدر بيان بعد اللقاء."]


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    for number in range(6):
        (folder / f"{number}.txt").write_text("\n".join(SENTENCES * 4), encoding="utf-8")
    return folder


@pytest.fixture
def config(arabert: Path, raw: Path, tmp_path: Path) -> Config:
    config = replace(Config(), "model", encoder=str(arabert), max_tokens=24)
    config = replace(config, "data", text=str(raw))
    config = replace(config, "optimizer", learning_rate=5e-3)
    return replace(config, "training", output=str(tmp_path / "adapted"), epochs=3, batch_size=4)


def test_blocks_hold_all_tokens_in_their_order(raw: Path, tokenizer: SentenceTokenizer) -> None:
    blocks = list(build_blocks(str(raw), tokenizer, 32))
    assert all(len(block) <= 32 and block[0] == 0 and block[-1] == 2 for block in blocks)
    words = [token for tokens in tokenizer.encode(SENTENCES * 4) for token in tokens.ids[1:-1]]
    assert [token for block in blocks for token in block[1:-1]] == words * 6


def test_adapted_encoder_guesses_better_and_can_be_trained_on(
    config: Config, arabert: Path, tiny_config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "nabra"):
        directory = pretrain(config)
    log = json.loads((directory / "pretraining_log.json").read_text(encoding="utf-8"))
    losses = [entry["eval_loss"] for entry in log if "eval_loss" in entry]
    assert losses[-1] < losses[0]
    assert "perplexity of masked tokens kept aside" in caplog.text
    name = "bert.encoder.layer.0.output.dense.weight"
    before, after = (load_file(folder / "model.safetensors")[name] for folder in (arabert, directory))
    assert not torch.equal(before, after)
    trained = train(replace(tiny_config, "model", encoder=str(directory)))
    assert json.loads((trained / "config.json").read_text(encoding="utf-8"))["preprocessing"] == "arabertv02"


def test_an_encoder_without_that_head_gets_one(config: Config, tiny_encoder: Path) -> None:
    directory = pretrain(replace(config, "model", encoder=str(tiny_encoder)))
    assert "cls.predictions.transform.dense.weight" in load_file(directory / "model.safetensors")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"data\.text: is empty; name a file or folder of raw text"),
        ("gone", "gone: no such file or folder"),
        ("short.txt", r"data\.text: .*short\.txt: too little text"),
    ],
)
def test_missing_text_is_named(
    config: Config, text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("short.txt").write_text(SENTENCES[0], encoding="utf-8")
    with pytest.raises(NabraError, match=message):
        pretrain(replace(config, "data", text=text))
