"""Loads what a training starts from and saves what it ends with."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer, PreTrainedTokenizerFast

from nabra.config import CONFIG_NAME, Config, encoder_location
from nabra.config_files import dump_config
from nabra.errors import NabraError
from nabra.modeling import NabraModel
from nabra.tokenization import SentenceTokenizer

HISTORY_NAME = "training_log.json"


def load_encoder(config: Config) -> tuple[NabraModel, PreTrainedTokenizerFast]:
    """A model with fresh heads on the configured encoder, and the encoder's fast tokenizer."""
    location = encoder_location(config.model.encoder)
    try:
        tokenizer = AutoTokenizer.from_pretrained(location, revision=config.model.revision)
        model = NabraModel.from_encoder(
            location,
            revision=config.model.revision,
            tones=config.model.tones,
            max_tokens=config.model.max_tokens,
            head_size=config.model.head_size,
            head_dropout=config.model.head_dropout,
            label_smoothing=config.training.label_smoothing,
        )
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).strip().splitlines()[0]
        raise NabraError(f"model.encoder: {config.model.encoder!r} cannot be loaded: {reason}") from error
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        raise NabraError(f"model.encoder: {config.model.encoder!r} has no fast tokenizer; Nabra needs its offsets")
    return model, tokenizer


def sentence_tokenizer(tokenizer: PreTrainedTokenizerFast, max_tokens: int) -> SentenceTokenizer:
    """Our view of an encoder's tokenizer."""
    return SentenceTokenizer(tokenizer.backend_tokenizer, tokenizer.pad_token_id or 0, max_tokens)


def save(model: NabraModel, tokenizer: PreTrainedTokenizerFast, config: Config, history: list[dict[str, Any]]) -> Path:
    """Save a trained model with all that is needed to use it again, and return its directory.

    Each file is complete before it takes its name, so that an interrupted save leaves the last one whole.
    """
    directory = Path(config.training.output)
    with _staging(directory) as staging:
        if config.training.saved_precision == "fp16":
            model.half()
        model.save_pretrained(staging)
        tokenizer.backend_tokenizer.no_truncation()
        tokenizer.save_pretrained(staging)
        (staging / CONFIG_NAME).write_text(dump_config(config), encoding="utf-8")
        (staging / HISTORY_NAME).write_text(json.dumps(history, indent=1) + "\n", encoding="utf-8")
    return directory


@contextmanager
def _staging(directory: Path) -> Iterator[Path]:
    """A folder beside the files' last place, from which they are moved once all are written."""
    directory.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(dir=directory, prefix=".saving-"))
    try:
        yield staging
        for path in staging.iterdir():
            os.replace(path, directory / path.name)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
