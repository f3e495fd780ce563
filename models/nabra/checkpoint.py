"""Finds a trained model: the shipped one, a directory, or a repository of the Hub."""

from __future__ import annotations

import json
import os
from importlib import resources
from pathlib import Path
from typing import Any

from nabra.config import SHIPPED
from nabra.errors import ModelError
from nabra.logs import is_quiet
from nabra.manifest import verify
from nabra.untrusted import check_model

MODEL_CONFIG_NAME = "config.json"
FILES = ["*.json", "*.yaml", "*.safetensors", "onnx/*.onnx", "openvino/*", "README.md"]
"""What is fetched from the Hub: never pickled weights, never code."""


def shipped_checkpoint() -> Path:
    """Directory of the checkpoint that ships with the package."""
    return Path(str(resources.files("nabra"))) / "checkpoint"


def find_checkpoint(model: str = SHIPPED, revision: str | None = None) -> Path:
    """The local directory of a trained model, fetched first if it is a Hub id.

    Args:
        model: Directory or Hub id; `shipped`, or nothing, for the shipped checkpoint.
        revision: Branch, tag or commit of the Hub's repository.

    Raises:
        ModelError: If there is no Nabra model there.
    """
    directory = shipped_checkpoint() if model in ("", SHIPPED) else Path(model)
    if not os.path.isdir(directory):  # Path.is_dir raises where a name is too long
        if not is_hub_id(model):
            raise ModelError(f"{directory}: no such directory; name a trained Nabra model")
        directory = _fetch(model, revision)
    if not (directory / MODEL_CONFIG_NAME).is_file():
        raise ModelError(f"{directory}: holds no Nabra model ({MODEL_CONFIG_NAME} is missing)")
    return directory


def is_hub_id(model: str) -> bool:
    """Whether a name that is no directory can be a Hub id: `owner/name`, no local folder being meant."""
    owner, slash, name = model.partition("/")
    return bool(slash and owner and name) and "/" not in name and owner[0] not in ".~" and not os.path.exists(owner)


def _fetch(model: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
    from huggingface_hub.utils.tqdm import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    hidden = is_quiet() and not are_progress_bars_disabled()
    if hidden:
        disable_progress_bars()
    try:
        return Path(snapshot_download(model, revision=revision, allow_patterns=FILES))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ModelError(f"{model}: no such directory, and not to be had from the Hub ({reason})") from error
    finally:
        if hidden:
            enable_progress_bars()


def read_model_config(directory: Path) -> dict[str, Any]:
    """The parsed `config.json` of a Nabra model; `ModelError` if it is another kind of model or was altered."""
    path = directory / MODEL_CONFIG_NAME
    verify(directory, MODEL_CONFIG_NAME)
    try:
        config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{path}: cannot be read ({error}); copy the model again") from error
    if not isinstance(config, dict) or config.get("model_type") != "nabra":
        kind = config.get("model_type") if isinstance(config, dict) else None
        raise ModelError(f"{path}: is a {kind!r} model, not a Nabra model; train one on it first")
    check_model(directory, config)
    return config
