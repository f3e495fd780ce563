"""Goes on with a training from a state that is whole, and only as it was begun: other settings would mix two runs."""

from __future__ import annotations

import dataclasses
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

from nabra.config import Config
from nabra.errors import NabraError
from nabra.logs import LOGGER
from nabra.manifest import sha256
from nabra.writers import atomic_writer

RUN_NAME = "run.json"
"""Says beside the states of a run how it was begun."""
STATE_NAME = "trainer_state.json"
"""What the Trainer writes last of a state."""
MAY_CHANGE = frozenset(
    "data.test training.output training.patience training.seeds training.resume training.save_steps "
    "training.log_steps training.report_to training.saved_precision training.gradient_checkpointing".split()
)
"""Keys that a run may go on with otherwise than it began."""


class EndedError(NabraError):
    """A run with which one cannot go on as it is."""


def keep_settings(folder: Path, command: str, config: Config) -> None:
    """Write down how a run is begun.

    Args:
        folder: Where its states go; there already.
        command: What runs: no other goes on with its states.
        config: Its configuration.
    """
    with atomic_writer(folder / RUN_NAME) as file:
        json.dump(_settings(command, config), file, ensure_ascii=False, indent=1)


def check_settings(folder: Path, command: str, config: Config) -> None:
    """Refuse to go on with a run that was begun otherwise; one that does not say how is taken as it is.

    Raises:
        EndedError: Naming the first key that differs.
    """
    try:
        begun = json.loads((folder / RUN_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    if not isinstance(begun, dict):
        return
    for key, value in _settings(command, config).items():
        if key not in MAY_CHANGE and begun.get(key, value) != value:
            raise EndedError(
                f"{key}: the run in {folder} was begun with {begun[key]!r}, not {value!r}; go on with that, or begin "
                "anew: --overwrite in place of --training.resume true"
            )


def _settings(command: str, config: Config) -> dict[str, Any]:
    sections = {name: dataclasses.asdict(getattr(config, name)) for name in ("model", "data", "optimizer", "training")}
    keys = {f"{name}.{key}": value for name, section in sections.items() for key, value in section.items()}
    files = {f"data.{name} (SHA-256)": Path(getattr(config.data, name)) for name in ("train", "dev")}
    digests = {key: sha256(path) for key, path in files.items() if path.is_file()}
    return {"command": command} | keys | digests


def last_state(runs: Path) -> Path | None:
    """The last state that is whole; one that was still being written when the run was killed is deleted."""
    states = [path for path in runs.glob(f"{PREFIX_CHECKPOINT_DIR}-*") if path.name.rpartition("-")[2].isdecimal()]
    for path in sorted(states, key=lambda path: int(path.name.rpartition("-")[2]), reverse=True):
        try:
            _check_state(path)
            return path
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile, SafetensorError) as error:
            LOGGER.warning(
                "%s: is not whole (%s), and dropped for the state before", path, " ".join(str(error).split())
            )
            shutil.rmtree(path, ignore_errors=True)
    return None


def _check_state(path: Path) -> None:
    """Raise something where a part of a state is missing or cut short: the Trainer would go on without some of them."""
    json.loads((path / STATE_NAME).read_text(encoding="utf-8"))["global_step"]
    with safe_open(path / "model.safetensors", "pt"):
        pass
    generators = sorted(path.glob("rng_state*.pth")) or [path / "rng_state.pth"]  # one a process
    for file in (path / "optimizer.pt", path / "scheduler.pt", *generators):
        with zipfile.ZipFile(file) as archive:
            if archive.testzip() is not None:
                raise ValueError(f"{file.name} is damaged")
