"""The manifest of a checkpoint: size and SHA-256 of every file that a model is loaded from.

Card, training log and `nabra.yaml` are not in it: they may be edited.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nabra.errors import ModelError
from nabra.writers import atomic_writer

MANIFEST_NAME = "manifest.json"
FORMAT = 1
"""Of a checkpoint's layout; a newer one is refused."""
PATTERNS = ("config.json", "tokenizer.json", "tokenizer_config.json", "model*.safetensors", "onnx/*", "openvino/*")
CHUNK = 1 << 20


def write_manifest(directory: Path, staged: Path, *, keep: bool = False) -> None:
    """Record the files that are about to be moved into a checkpoint.

    It is written before they are moved: whatever stops that, a mixture of old and new files does not match it, and is
    refused.

    Args:
        directory: The checkpoint.
        staged: The folder that the files are moved from.
        keep: Whether the checkpoint keeps its other files; else they no longer belong to it.
    """
    entries: dict[str, dict[str, Any]] = {}
    for folder in (directory, staged) if keep else (staged,):
        entries |= {path.relative_to(folder).as_posix(): _entry(path) for path in _model_files(folder)}
    manifest = {"format": FORMAT, "files": dict(sorted(entries.items()))}
    with atomic_writer(directory / MANIFEST_NAME) as file:
        file.write(json.dumps(manifest, indent=1) + "\n")


def _model_files(folder: Path) -> Iterator[Path]:
    return (path for pattern in PATTERNS for path in folder.glob(pattern) if path.is_file())


def _entry(path: Path) -> dict[str, Any]:
    return {"size": path.stat().st_size, "sha256": sha256(path)}


def sha256(path: Path) -> str:
    """The hexadecimal digest of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def verify(directory: Path, *names: str) -> None:
    """Refuse files of a checkpoint that are not those it was saved with.

    Args:
        directory: The checkpoint; one without a manifest is from before there were any, and passes.
        names: The files that are about to be loaded, as the manifest has them.

    Raises:
        ModelError: If one is missing, cut short, altered or not of this model, or the format is newer.
    """
    entries = _read_entries(directory / MANIFEST_NAME)
    if entries is None:
        return
    remedy = f"copy the model again, or delete {MANIFEST_NAME} if the change is meant"
    for name in names:
        path = directory / name
        if not path.is_file():
            raise ModelError(f"{path}: no such file; the model is not complete: copy it again")
        if name not in entries:
            raise ModelError(f"{path}: does not belong to this model ({MANIFEST_NAME} lacks it); export it again")
        size, expected = path.stat().st_size, entries[name]["size"]
        if size != expected:
            raise ModelError(f"{path}: is cut short or altered ({size:,} bytes instead of {expected:,}); {remedy}")
        if sha256(path) != entries[name]["sha256"]:
            raise ModelError(f"{path}: is altered or damaged (its SHA-256 is not the one saved); {remedy}")


def _read_entries(path: Path) -> dict[str, dict[str, Any]] | None:
    """The files of a manifest; nothing where there is none."""
    if not path.is_file():
        return None
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if manifest["format"] > FORMAT:
            raise ModelError(
                f"{path}: the model is of format {manifest['format']}, made by a newer Nabra; this one reads format "
                f"{FORMAT}: pip install --upgrade nabra"
            )
        return {
            name: {"size": int(entry["size"]), "sha256": str(entry["sha256"])}
            for name, entry in manifest["files"].items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise ModelError(f"{path}: is damaged ({error}); copy the model again") from error
