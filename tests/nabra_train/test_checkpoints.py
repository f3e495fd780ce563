from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    AutoTokenizer,
    BertConfig,
    BertForMaskedLM,
    GPT2Config,
    GPT2Model,
    RobertaConfig,
    RobertaModel,
    T5Config,
)

from nabra.arabert import LINK
from nabra.config import Config, ModelConfig, replace
from nabra.errors import NabraError
from nabra_train import checkpoints

TEXT = "قال الوَزيــر إن ١٢كم من الطريق فُتحت: https://example.com/a?b=1"
PREPARED = f"قال الوزير إن 12 كم من الطريق فتحت : {LINK}"


def model_config(encoder: Path, **changes: object) -> Config:
    return replace(Config(), "model", encoder=str(encoder), head_size=8, **changes)


def copy(source: Path, target: Path) -> Path:
    shutil.copytree(source, target)
    return target


def test_arabert_prepares_its_text_without_being_told(arabert: Path, tmp_path: Path) -> None:
    model, tokenizer = checkpoints.load_encoder(model_config(arabert))
    assert model.config.preprocessing == "arabertv02"
    untouched = AutoTokenizer.from_pretrained(arabert)
    assert tokenizer(TEXT)["input_ids"] == untouched(PREPARED)["input_ids"]
    checkpoints.save_tokenizer(tokenizer, tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    assert again(TEXT)["input_ids"] == tokenizer(TEXT)["input_ids"]
    assert again(TEXT)["input_ids"] != untouched(TEXT)["input_ids"]


def test_preparation_follows_the_vocabulary_where_the_name_is_silent(arabert: Path, tmp_path: Path) -> None:
    renamed = copy(arabert, tmp_path / "my-model")
    assert checkpoints.load_encoder(model_config(renamed))[0].config.preprocessing == "arabertv02"
    told = checkpoints.load_encoder(model_config(renamed, preprocessing="none"))
    assert told[0].config.preprocessing == "none"
    assert told[1](TEXT)["input_ids"] == AutoTokenizer.from_pretrained(arabert)(TEXT)["input_ids"]


def test_saved_tokenizer_is_not_prepared_twice(arabert: Path, tmp_path: Path) -> None:
    _, tokenizer = checkpoints.load_encoder(model_config(arabert))
    adapted = copy(arabert, tmp_path / "adapted")
    checkpoints.save_tokenizer(tokenizer, adapted)
    model, again = checkpoints.load_encoder(model_config(adapted))
    assert model.config.preprocessing == "arabertv02"
    assert again.backend_tokenizer.to_str() == tokenizer.backend_tokenizer.to_str()


def test_arabert_keeps_the_case_though_its_repository_does_not_say_so(arabert: Path, tmp_path: Path) -> None:
    silent = copy(arabert, tmp_path / "bert-base-arabertv01")
    stored = json.loads((silent / "tokenizer_config.json").read_text(encoding="utf-8"))
    del stored["do_lower_case"]
    (silent / "tokenizer_config.json").write_text(json.dumps(stored), encoding="utf-8")
    _, tokenizer = checkpoints.load_encoder(model_config(silent))
    assert "".join(tokenizer.tokenize("أآإ")).replace("##", "") == "أآإ"


def test_pickled_weights_are_read_only_if_allowed(tiny_encoder: Path, tmp_path: Path) -> None:
    pickled = copy(tiny_encoder, tmp_path / "pickled")
    torch.save(load_file(pickled / "model.safetensors"), pickled / "pytorch_model.bin")
    (pickled / "model.safetensors").unlink()
    with pytest.raises(NabraError, match=r"has no safetensors; --model\.allow_pickle true reads pickled weights"):
        checkpoints.load_encoder(model_config(pickled))
    checkpoints.load_encoder(model_config(pickled, allow_pickle=True))


def gpt2(directory: Path) -> None:
    GPT2Model(GPT2Config(n_embd=8, n_layer=1, n_head=1, vocab_size=20)).save_pretrained(directory)


def without_weights(directory: Path) -> None:
    weights = load_file(directory / "model.safetensors")
    del weights["encoder.layer.1.output.dense.weight"]
    save_file(weights, directory / "model.safetensors", metadata={"format": "pt"})


def cut_short(directory: Path) -> None:
    path = directory / "model.safetensors"
    path.write_bytes(path.read_bytes()[:5000])


def with_code(directory: Path) -> None:
    path = directory / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.Config", "AutoModel": "own.Model"}}
    path.write_text(json.dumps(config), encoding="utf-8")


def with_config(name: str = "config.json", **values: object) -> Callable[[Path], None]:
    def spoil(directory: Path) -> None:
        path = directory / name
        path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | values), encoding="utf-8")

    return spoil


def with_fewer_pieces(directory: Path) -> None:
    weights = load_file(directory / "model.safetensors")
    name = "embeddings.word_embeddings.weight"
    save_file(weights | {name: weights[name][:500].clone()}, directory / "model.safetensors", metadata={"format": "pt"})
    with_config(vocab_size=500)(directory)


def without_numbers(directory: Path) -> None:
    weights = load_file(directory / "model.safetensors")
    weights["encoder.layer.1.output.dense.weight"][0, 0] = torch.nan
    save_file(weights, directory / "model.safetensors", metadata={"format": "pt"})


def without_tokenizer(directory: Path) -> None:
    for path in directory.glob("*token*"):
        path.unlink()


def in_no_shards(directory: Path) -> None:
    (directory / "model.safetensors.index.json").write_text('{"weight_map": {}}', encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            with_fewer_pieces,
            r"tokenizer has 14,640 pieces, its config.json a vocab_size of 500; take both from the same",
        ),
        (without_numbers, r"hold values that are no finite numbers, in encoder\.layer\.1\.output\.dense\.weight"),
        (without_tokenizer, r"its tokenizer knows no Arabic word; is tokenizer\.json missing"),
        (in_no_shards, r"index\.json: names no weights"),
        (
            with_config(hidden_size=64),
            r"of its weights have other shapes than config.json says, such as .*, not \[64\]",
        ),
        (with_config(hidden_act="own"), r"'own' is missing from its files, or unknown to transformers"),
        (
            with_config("tokenizer_config.json", nabra_preprocessing="own"),
            r"nabra_preprocessing: 'own' is none of none, ",
        ),
        (lambda directory: (directory / "tokenizer.json").write_text("{"), r"tokenizer\.json: cannot be read"),
        (lambda directory: (directory / "tokenizer_config.json").write_text("[]"), r"must be a JSON object"),
        (lambda directory: (directory / "model.safetensors").write_text("version https://git-lfs"), "git lfs pull"),
        (lambda directory: (directory / "model.safetensors").unlink(), r"has no weights \(model\.safetensors\)"),
        (gpt2, "is a 'gpt2' model, not an encoder"),
        (T5Config().save_pretrained, "is a 't5' model, not an encoder"),
        (without_weights, "1 of its weights are missing, such as encoder.layer.1.output.dense.weight"),
        (cut_short, "cannot be loaded"),
        (with_code, "needs code of its own, which Nabra never runs"),
        (lambda directory: (directory / "config.json").unlink(), "cannot be loaded"),
        (lambda directory: (directory / "tokenizer.json").unlink(), "cannot be loaded"),
    ],
)
def test_what_is_wrong_with_an_encoder_is_said_in_one_line(
    spoil: Callable[[Path], object], message: str, tiny_encoder: Path, tmp_path: Path
) -> None:
    spoilt = copy(tiny_encoder, tmp_path / "encoder")
    spoil(spoilt)
    with pytest.raises(NabraError, match=message) as caught:
        checkpoints.load_encoder(model_config(spoilt))
    assert "\n" not in str(caught.value)


def test_a_trained_model_without_numbers_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    spoilt = copy(tiny_model, tmp_path / "model")
    weights = load_file(spoilt / "model.safetensors")
    weights["tone_head.3.bias"][0] = torch.inf
    save_file(weights, spoilt / "model.safetensors", metadata={"format": "pt"})
    (spoilt / "manifest.json").unlink()
    with pytest.raises(NabraError, match=r"no finite numbers, in tone_head\.3\.bias; copy the model again"):
        checkpoints.load(Config(model=ModelConfig(checkpoint=str(spoilt))))


def test_trained_model_is_no_encoder(tiny_model: Path) -> None:
    with pytest.raises(NabraError, match=r"is a trained Nabra model; use --model\.checkpoint"):
        checkpoints.load_encoder(model_config(tiny_model))


def test_length_beyond_the_encoder_is_refused(tiny_encoder: Path) -> None:
    with pytest.raises(NabraError, match=r"model\.max_tokens: 600 is more than the 512 that the encoder reads"):
        checkpoints.load_encoder(model_config(tiny_encoder, max_tokens=600))


def test_an_encoder_that_counts_positions_from_behind_padding_reads_fewer(tiny_encoder: Path, tmp_path: Path) -> None:
    folder = copy(tiny_encoder, tmp_path / "roberta")
    config = RobertaConfig(**{**BertConfig.from_pretrained(tiny_encoder).to_dict(), "max_position_embeddings": 40})
    RobertaModel(config, add_pooling_layer=False).save_pretrained(folder)
    with pytest.raises(NabraError, match=r"model\.max_tokens: 39 is more than the 38 that the encoder reads"):
        checkpoints.load_encoder(model_config(folder, max_tokens=39))
    checkpoints.load_encoder(model_config(folder, max_tokens=38))


def test_masked_language_model_serves_as_encoder(arabert: Path) -> None:
    model, _ = checkpoints.load_encoder(model_config(arabert))
    name = "embeddings.word_embeddings.weight"
    assert torch.equal(
        model.encoder.state_dict()[name], BertForMaskedLM.from_pretrained(arabert).bert.state_dict()[name]
    )


def test_training_goes_on_from_a_checkpoint(tiny_model: Path) -> None:
    model, _ = checkpoints.load(Config(model=ModelConfig(checkpoint=str(tiny_model))))
    weights = load_file(tiny_model / "model.safetensors")
    assert all(torch.equal(values, weights[name]) for name, values in model.state_dict().items())


def test_other_tones_remake_only_the_tone_head(tiny_model: Path) -> None:
    model, _ = checkpoints.load(Config(model=ModelConfig(checkpoint=str(tiny_model), tones=["a", "b"])))
    weights = load_file(tiny_model / "model.safetensors")
    state = model.state_dict()
    assert model.config.tones == ["a", "b"]
    assert state["tone_head.3.weight"].shape[0] == 2
    changed = {name for name, values in state.items() if not torch.equal(values, weights[name])}
    assert changed
    assert all(name.startswith("tone_head.") for name in changed)


def run(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    inherited |= {"PYTHONPATH": os.pathsep.join(sys.path)} | environment
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=inherited, check=False)


LOAD = """
from nabra.config import Config, replace
from nabra_train import checkpoints
model, _ = checkpoints.load_encoder(replace(Config(), "model", encoder={encoder!r}, revision={revision!r}))
print(model.config.encoder.hidden_size)
"""


def test_cached_revision_is_used_offline(tiny_encoder: Path, tmp_path: Path) -> None:
    repository = tmp_path / "hub" / "models--someone--arabic"
    commit = "0123456789abcdef0123456789abcdef01234567"
    copy(tiny_encoder, repository / "snapshots" / commit)
    (repository / "refs").mkdir()
    (repository / "refs" / "v1").write_text(commit, encoding="utf-8")
    cache = {"HF_HUB_CACHE": str(tmp_path / "hub"), "HF_HUB_OFFLINE": "1"}
    found = run(LOAD.format(encoder="someone/arabic", revision="v1"), **cache)
    assert found.stdout.strip() == "32", found.stderr
    missing = run(LOAD.format(encoder="someone/arabic", revision="v2"), **cache)
    assert "NabraError: model.encoder: 'someone/arabic' cannot be loaded: " in missing.stderr
    gone = run(LOAD.format(encoder="someone/else", revision=None), **cache)
    assert "the Hub cannot be reached, and it is not in the cache; name a local directory" in gone.stderr


def test_local_encoder_asks_nothing_of_the_network(tiny_encoder: Path) -> None:
    deaf = (
        "import socket\n"
        "def refuse(*_, **__): raise AssertionError('the network was asked')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
    )
    done = run(deaf + LOAD.format(encoder=str(tiny_encoder), revision=None))
    assert done.stdout.strip() == "32", done.stderr


def test_slow_tokenizer_is_refused(tiny_encoder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints.AutoTokenizer, "from_pretrained", lambda *_, **__: object())
    with pytest.raises(NabraError, match="has no fast tokenizer"):
        checkpoints.load_encoder(model_config(tiny_encoder))
