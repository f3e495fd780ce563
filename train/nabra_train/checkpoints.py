"""Loads what a training starts from and saves what it ends with."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, get_args

from safetensors import SafetensorError
from transformers import AutoConfig, AutoTokenizer, PretrainedConfig, PreTrainedTokenizerFast
from transformers.models.auto import MODEL_FOR_MASKED_LM_MAPPING
from transformers.models.auto.tokenization_auto import get_tokenizer_config

from nabra import arabert, writers
from nabra.checkpoint import find_checkpoint, is_hub_id, read_model_config
from nabra.config import CONFIG_NAME, Config, ModelConfig, encoder_location
from nabra.config_files import dump_config, read_config
from nabra.errors import NabraError
from nabra.manifest import write_manifest
from nabra.modeling import NabraModel, load_trained, quietly
from nabra.runtimes.onnx import onnx_path
from nabra.runtimes.openvino import openvino_path
from nabra.tokenization import SentenceTokenizer, load_preprocessor
from nabra.untrusted import check_json, check_weights
from nabra_train.divergence import require_finite

HISTORY_NAME = "training_log.json"
COMMAND_KEY = "command"
"""Of the log's first entry, what trained the model."""
SAMPLE = "قال الوزير"
"""What any tokenizer of Arabic has pieces for."""
STAGED = ".saving-"
"""How the folder begins in which files lie until all are written."""
PREPROCESSING_KEY = "nabra_preprocessing"
"""Where `tokenizer_config.json` says how a tokenizer of ours prepares its text."""
_WRITE_FAULT = re.compile(r"os error|PytorchStreamWriter|inline_container|iostream|I/O error", re.IGNORECASE)
SPECIAL_TOKENS = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")


def load(config: Config) -> tuple[NabraModel, PreTrainedTokenizerFast]:
    """The model that a training starts from and its tokenizer.

    It is the checkpoint that the configuration names, or has fresh heads on the configured encoder.

    Raises:
        NabraError: If there is no such model; the message says what to do.
    """
    return load_checkpoint(config) if config.model.checkpoint else load_encoder(config)


def load_encoder(config: Config) -> tuple[NabraModel, PreTrainedTokenizerFast]:
    """A model with fresh heads on the configured encoder, and the encoder's tokenizer, preparing text itself."""
    tokenizer, preprocessing = load_tokenizer(config.model)
    with loading(config.model):
        model = NabraModel.from_encoder(
            encoder_location(config.model.encoder),
            revision=config.model.revision,
            use_safetensors=None if config.model.allow_pickle else True,
            tones=config.model.tones,
            max_tokens=config.model.max_tokens,
            head_size=config.model.head_size,
            head_dropout=config.model.head_dropout,
            label_smoothing=config.training.label_smoothing,
            preprocessing=preprocessing,
        )
    return model, tokenizer


def load_checkpoint(config: Config) -> tuple[NabraModel, PreTrainedTokenizerFast]:
    """A trained model to go on from; with other tones than the configured ones it gets a fresh tone head."""
    directory = find_checkpoint(config.model.checkpoint, config.model.revision)
    read_model_config(directory)
    check_json(directory)
    with loading(config.model):
        model = load_trained(directory)
        tokenizer: Any = AutoTokenizer.from_pretrained(directory, local_files_only=True, trust_remote_code=False)
    model.config._name_or_path = ""
    model.config.label_smoothing = config.training.label_smoothing
    if model.config.tones != config.model.tones:
        model.replace_tones(config.model.tones)
    return model, tokenizer


def load_tokenizer(model: ModelConfig) -> tuple[PreTrainedTokenizerFast, arabert.Preprocessing]:
    """The fast tokenizer of an encoder, made to prepare its text, and how it does."""
    encoder = check_encoder(model)
    location = encoder_location(model.encoder)
    with loading(model):
        stored = get_tokenizer_config(location, revision=model.revision)
        # AraBERT's vocabularies keep the case, but not every one of its repositories says so.
        options = {} if "do_lower_case" in stored or not _is_arabert(model) else {"do_lower_case": False}
        tokenizer = AutoTokenizer.from_pretrained(location, revision=model.revision, trust_remote_code=False, **options)
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        raise NabraError(f"model.encoder: {model.encoder!r} has no fast tokenizer; Nabra needs its offsets")
    _check_tokenizer(tokenizer, encoder, model)
    if PREPROCESSING_KEY in stored:
        if stored[PREPROCESSING_KEY] not in get_args(arabert.Preprocessing):
            fault = f"{PREPROCESSING_KEY}: {stored[PREPROCESSING_KEY]!r} is none of "
            names = ", ".join(get_args(arabert.Preprocessing))
            raise NabraError(f"model.encoder: {model.encoder!r}: tokenizer_config.json: {fault}{names}")
        return tokenizer, stored[PREPROCESSING_KEY]
    preprocessing = model.preprocessing
    if preprocessing == "auto":
        preprocessing = arabert.detect(model.encoder, tokenizer.get_vocab())
    if preprocessing == "none":
        return tokenizer, preprocessing
    prepared = PreTrainedTokenizerFast(
        tokenizer_object=arabert.prepare(tokenizer.backend_tokenizer, preprocessing),
        model_max_length=tokenizer.model_max_length,
        **{name: token for name in SPECIAL_TOKENS if (token := getattr(tokenizer, name)) is not None},
        **{PREPROCESSING_KEY: preprocessing},
    )
    return prepared, preprocessing


def _check_tokenizer(tokenizer: PreTrainedTokenizerFast, encoder: PretrainedConfig, model: ModelConfig) -> None:
    """Refuse a tokenizer of another encoder, or an empty one: `transformers` makes one where the files are missing."""
    pieces, known = max(tokenizer.get_vocab().values(), default=0) + 1, encoder.vocab_size
    if pieces > known:
        raise NabraError(
            f"model.encoder: {model.encoder!r}: its tokenizer has {pieces:,} pieces, its config.json a vocab_size of "
            f"{known:,}; take both from the same model"
        )
    with loading(model):
        ids = tokenizer(SAMPLE, add_special_tokens=False)["input_ids"]
    if not set(ids) - {tokenizer.unk_token_id}:
        raise NabraError(
            f"model.encoder: {model.encoder!r}: its tokenizer knows no Arabic word; is tokenizer.json missing, or of "
            "another model?"
        )


def _is_arabert(model: ModelConfig) -> bool:
    named = arabert.detect(model.encoder, ()) if model.preprocessing == "auto" else model.preprocessing
    return named.startswith("arabert")


def check_encoder(model: ModelConfig) -> PretrainedConfig:
    """The configuration of an encoder, if it is one that Nabra can train on."""
    location = encoder_location(model.encoder)
    if not location or not (Path(location).is_dir() or is_hub_id(location)):
        raise NabraError(
            f"model.encoder: {location!r}: no such directory; name one, a Hub id (owner/name), or 'compact'"
        )
    if Path(location).is_dir():
        check_weights(Path(location))
        check_json(Path(location))
    with loading(model):
        config: PretrainedConfig = AutoConfig.from_pretrained(
            location, revision=model.revision, trust_remote_code=False
        )
    # Others are code that is fetched from the Hub.
    if (attention := config._attn_implementation) not in (None, "eager", "sdpa"):
        raise NabraError(f"model.encoder: {model.encoder!r} asks for the attention {attention!r}; delete that key")
    if config.model_type == "nabra":
        raise NabraError(f"model.encoder: {model.encoder!r} is a trained Nabra model; use --model.checkpoint")
    if type(config) not in MODEL_FOR_MASKED_LM_MAPPING or config.is_encoder_decoder:
        raise NabraError(
            f"model.encoder: {model.encoder!r} is a {config.model_type!r} model, not an encoder; "
            "name one such as aubmindlab/bert-base-arabertv02"
        )
    room = getattr(config, "max_position_embeddings", model.max_tokens)
    if re.search("roberta|camembert|mpnet", config.model_type):
        room -= (config.pad_token_id or 0) + 1  # they count positions from behind that of padding
    if model.max_tokens > room > 0:
        raise NabraError(f"model.max_tokens: {model.max_tokens} is more than the {room} that the encoder reads")
    return config


@contextmanager
def loading(model: ModelConfig) -> Iterator[None]:
    """Load without chatter, and turn what is raised for a model that cannot be loaded into one line with a remedy."""
    name = f"model.checkpoint: {model.checkpoint!r}" if model.checkpoint else f"model.encoder: {model.encoder!r}"
    try:
        with quietly():
            yield
    except NabraError:
        raise
    except Exception as error:  # transformers, safetensors and the Hub raise many kinds
        reason = " ".join(str(error).split()) or type(error).__name__
        if isinstance(error, KeyError):
            reason = f"{reason} is missing from its files, or unknown to transformers"
        elif isinstance(error, SafetensorError):
            reason = f"its safetensors are damaged ({reason}); fetch them again (git lfs pull if they are pointers)"
        elif "no file named" in reason and _is_without_weights(Path(encoder_location(model.encoder))):
            reason = "it has no weights (model.safetensors)"
        elif "safetensors" in reason and not model.allow_pickle and "no file named" in reason:
            reason = "it has no safetensors; --model.allow_pickle true reads pickled weights, tensors alone"
        elif "trust_remote_code" in reason or "custom code" in reason:
            reason = "it needs code of its own, which Nabra never runs; take a model that transformers knows"
        elif "connect" in reason or "offline" in reason.lower() or "cached" in reason:
            reason = "the Hub cannot be reached, and it is not in the cache; name a local directory instead"
        elif "not a valid model identifier" in reason or "404" in reason or "Repository Not Found" in reason:
            reason = "there is no such repository on the Hub, or it is private (log in with 'hf auth login')"
        elif "revision" in reason.lower() or "git identifier" in reason:
            reason = f"it has no revision {model.revision!r}"
        raise NabraError(f"{name} cannot be loaded: {reason}") from error


def _is_without_weights(directory: Path) -> bool:
    return directory.is_dir() and not any(directory.glob("pytorch_model*.bin"))


def sentence_tokenizer(
    tokenizer: PreTrainedTokenizerFast, max_tokens: int, preprocessing: arabert.Preprocessing
) -> SentenceTokenizer:
    """Our view of a model's tokenizer."""
    preprocessor = load_preprocessor(preprocessing)
    return SentenceTokenizer(tokenizer.backend_tokenizer, tokenizer.pad_token_id or 0, max_tokens, preprocessor)


def resolved(config: Config, model: NabraModel) -> Config:
    """The configuration with what the model decided: its preparation of the text; a checkpoint's shape and encoder."""
    shape = {name: getattr(model.config, name) for name in ("preprocessing", "max_tokens", "head_size", "head_dropout")}
    if config.model.checkpoint:
        with suppress(NabraError):  # it may have been moved since, or come without a configuration
            before = find_checkpoint(config.model.checkpoint, config.model.revision)
            shape["encoder"] = read_config(before / CONFIG_NAME).model.encoder
    return dataclasses.replace(config, model=dataclasses.replace(config.model, **shape))


def save(
    model: NabraModel,
    tokenizer: PreTrainedTokenizerFast,
    config: Config,
    history: Sequence[dict[str, Any]],
    command: str = "train",
) -> Path:
    """Save a trained model with all that is needed to use it again, and return its directory.

    Exports of older weights are deleted: `nabra export` makes new ones.

    Args:
        model: The model.
        tokenizer: Its encoder's.
        config: Of the training; it names the directory.
        history: What the training logged.
        command: What trained: `train` or `distill`.

    Raises:
        NabraError: If the training diverged, or the files cannot be written.
    """
    require_finite(model)
    directory = Path(config.training.output)
    with staging(directory) as folder:
        if config.training.saved_precision == "fp16":
            model.half()
        model.save_pretrained(folder)
        save_tokenizer(tokenizer, folder)
        (folder / CONFIG_NAME).write_text(dump_config(resolved(config, model)), encoding="utf-8")
        (folder / HISTORY_NAME).write_text(
            json.dumps([{COMMAND_KEY: command}, *history], indent=1) + "\n", encoding="utf-8"
        )
        write_manifest(directory, folder)
        for exported in (onnx_path(directory), openvino_path(directory)):
            shutil.rmtree(exported.parent, ignore_errors=True)
    return directory


def read_log(directory: Path) -> list[dict[str, Any]]:
    """What a model's training logged; empty where that was not kept.

    Raises:
        NabraError: If the file is no such log.
    """
    path = directory / HISTORY_NAME
    if not path.is_file():
        return []
    try:
        log = json.loads(path.read_text(encoding="utf-8"))
        return [dict(entry) for entry in log]
    except (OSError, ValueError, TypeError) as error:
        raise NabraError(f"{path}: is no log of a training ({error}); copy the model again") from error


def is_distilled(directory: Path, config: Config) -> bool:
    """Whether a model learnt what others say of raw text; the log of older models does not say so."""
    commands = [entry[COMMAND_KEY] for entry in read_log(directory) if COMMAND_KEY in entry]
    return commands[0] == "distill" if commands else bool(config.data.text)


def save_tokenizer(tokenizer: PreTrainedTokenizerFast, directory: Path) -> None:
    """Save a tokenizer as it was before it was bound to a length."""
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.save_pretrained(directory)


@contextmanager
def staging(directory: Path) -> Iterator[Path]:
    """A folder beside the files' last place, to which they are moved once all are written.

    Each file is complete before it takes its name. What a killed process left staged is deleted first.
    """
    with writing(directory):
        directory.mkdir(parents=True, exist_ok=True)
        for left_over in directory.glob(f"{STAGED}*"):
            shutil.rmtree(left_over, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(dir=directory, prefix=STAGED))
        try:
            yield folder
            for path in [path for path in folder.rglob("*") if path.is_file()]:
                target = directory / path.relative_to(folder)
                target.parent.mkdir(exist_ok=True)
                os.replace(path, target)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def writing(directory: Path, remedy: str = "make room, or name another folder") -> Iterator[None]:
    """Turn a full disk and the like, met while a model is written, into one line."""
    try:
        with writers.writing(directory, remedy):
            yield
    except (RuntimeError, SafetensorError) as error:  # how torch and safetensors say what the system said
        if not _WRITE_FAULT.search(str(error)):
            raise
        raise NabraError(f"{directory}: cannot be written (is the disk full?); {remedy}") from error
