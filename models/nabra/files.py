"""Files that hold articles: found in folders, decompressed, decoded."""

from __future__ import annotations

import gzip
import io
import os
import stat
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

from nabra.encodings import UTF_8, choose_encoding
from nabra.errors import NabraError
from nabra.logs import LOGGER

KINDS = (".txt", ".jsonl", ".csv", ".parquet")
COMPRESSED = (".gz", ".zst")
SAMPLE = 1 << 18
"""Bytes that tell the encoding of a file."""
SHADOW = "._"
"""How macOS calls what it keeps about a file; archives carry it along."""

OnRead = Callable[[int], None]
"""Is told how many more bytes of a file were read."""


def find_files(path: Path) -> Iterator[Path]:
    """The article files of a folder, in order of name, or the one file that a path names.

    Raises:
        NabraError: If there is none.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        raise NabraError(f"{path}: no such file or folder") from error
    except (OSError, ValueError) as error:
        raise NabraError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
    if stat.S_ISDIR(mode):
        files = _walk(path)
        if (first := next(files, None)) is None:
            raise NabraError(f"{path}: the folder holds no article files ({', '.join(KINDS)})")
        return chain([first], files)
    if kind_of(path) not in KINDS:
        raise NabraError(f"{path}: unknown kind of file; expected one of {', '.join(KINDS)}")
    if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
        raise NabraError(f"{path}: is a device or a socket; expected a file, a pipe or a folder")
    return iter([path])


def _walk(folder: Path) -> Iterator[Path]:
    """The article files below a folder, and as if they were files the folders that cannot be listed.

    Pipes, devices and macOS's notes on files are passed over, and links to folders not followed; a link to nowhere is a
    file to complain of.
    """
    locked: list[Path] = []
    for place, folders, names in os.walk(folder, onerror=lambda error: locked.append(Path(error.filename))):
        folders.sort()
        for name in sorted(name for name in names if not name.startswith(SHADOW)):
            if kind_of(found := Path(place, name)) in KINDS and (os.path.isfile(found) or not os.path.exists(found)):
                yield found
        yield from locked
        locked.clear()
    yield from locked


def kind_of(path: Path) -> str:
    """The suffix that says what a file holds: `.jsonl` of `news.jsonl.gz`."""
    suffix = path.suffix.lower()
    return Path(path.stem).suffix.lower() if suffix in COMPRESSED else suffix


def stem_of(path: Path) -> str:
    """The name without what says the kind; bytes that are no UTF-8 are spelt out."""
    stem = Path(path.stem).stem if path.suffix.lower() in COMPRESSED else path.stem
    return os.fsencode(stem).decode("utf-8", "backslashreplace")


@contextmanager
def open_text(path: Path, encoding: str, on_read: OnRead) -> Iterator[io.TextIOWrapper]:
    """A text file, compressed or not, with its line breaks as they are."""
    with (
        named_faults(str(path)),
        CountingFile(path, on_read) as raw,
        io.BufferedReader(_decompressed(path, raw), SAMPLE) as file,
        decoded(file, str(path), encoding) as text,
    ):
        yield text


@contextmanager
def named_faults(where: str) -> Iterator[None]:
    """Says where it happens that a file cannot be read."""
    try:
        yield
    except UnicodeDecodeError as error:
        fault = f"is not {error.encoding} ({error.reason}); name the file's encoding with --encoding"
        raise NabraError(f"{where}: {fault}") from error
    except (OSError, EOFError, zlib.error) as error:
        raise NabraError(f"{where}: cannot be read ({getattr(error, 'strerror', None) or error})") from error


def decoded(file: io.BufferedReader, where: str, encoding: str) -> io.TextIOWrapper:
    """A file as text; bytes that cannot be decoded are kept as `nabra.encodings.undecodable` finds them."""
    chosen = choose_encoding(file.peek(SAMPLE), where, encoding)
    if chosen != UTF_8 and not encoding:
        LOGGER.warning("%s: is not UTF-8; read as %s", where, chosen)
    return io.TextIOWrapper(file, encoding=chosen, errors="surrogateescape", newline="")


def _decompressed(path: Path, raw: io.FileIO) -> Any:
    if path.suffix.lower() == ".gz":
        return gzip.open(io.BufferedReader(raw, SAMPLE))
    if path.suffix.lower() == ".zst":
        return import_pyarrow(path).CompressedInputStream(raw, "zstd")
    return raw


class CountingFile(io.FileIO):
    """A file that tells how much of it was read."""

    def __init__(self, path: Path, on_read: OnRead) -> None:
        super().__init__(path)
        self._on_read = on_read

    def readinto(self, buffer: Any) -> int | None:
        """Read some bytes, and tell how many."""
        size = super().readinto(buffer)
        self._on_read(size or 0)
        return size


def import_pyarrow(path: Path) -> Any:
    """Say what to install if a file needs pyarrow and it is missing."""
    try:
        import pyarrow
    except ImportError as error:
        raise NabraError(f"{path}: {path.suffix} needs pyarrow: pip install 'nabra[parquet]'") from error
    return pyarrow
