"""Writes articles: JSON Lines, complete files only."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from nabra.article import Article
from nabra.errors import NabraError

PARTIAL_SUFFIX = ".partial"
NEVER_WRITTEN = (".gz", ".zst", ".csv", ".parquet")
"""Suffixes that promise what no single output is; the shards of Ray have names of their own."""


def to_json_line(article: Article) -> str:
    """An article as one line of JSON, line break included; half a surrogate pair is spelt out as JSON does."""
    line = json.dumps(article.to_dict(), ensure_ascii=False, allow_nan=False) + "\n"
    return line.encode("utf-8", "backslashreplace").decode("utf-8")


def check_output(path: Path, *, overwrite: bool = False, inputs: Iterable[str | Path] = ()) -> None:
    """Refuse an output that cannot or must not be written, before any work is done for it.

    Args:
        path: The file to write.
        overwrite: Whether it may replace a file.
        inputs: Files that are read and must stay.

    Raises:
        NabraError: Saying why, and the remedy.
    """
    partial = partial_path(target_of(path))
    if path == Path("-"):
        raise NabraError("-: does not stand for standard output; name a file, or leave the option out")
    if path.suffix.lower() in NEVER_WRITTEN:
        raise NabraError(f"{path}: no {path.suffix} file is written; give it another suffix")
    if path.is_dir():
        raise NabraError(f"{path}: is a folder; name a file to write")
    if path.exists() and not path.is_file():
        raise NabraError(f"{path}: is no regular file, and cannot be replaced; name another")
    for source in filter(os.path.exists, inputs):
        if path.exists() and path.samefile(source):
            raise NabraError(f"{path}: is an input too; name another file to write")
    if path.exists() and not overwrite:
        raise NabraError(f"{path}: exists; --overwrite replaces it")
    check_writable(path)
    with writing(path), suppress(FileNotFoundError):
        if not stat.S_ISREG(partial.lstat().st_mode):
            raise NabraError(f"{partial}: is no regular file, and stands where {path} is written; remove it")


def lock(descriptor: int) -> bool:
    """Lock an open file or folder until it is closed; false if another run has. True where there are no locks."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # Lustre without the option `flock`; NFS, for folders
        return True
    return True


@contextmanager
def only_run(folder: Path) -> Iterator[None]:
    """Keep other runs from writing into a folder; it is made, and taken away again if nothing is written.

    Raises:
        NabraError: If another run writes into it.
    """
    there = folder.exists()
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder if os.name == "posix" else os.devnull, os.O_RDONLY)  # else no folder can be opened
    try:
        if not lock(descriptor):
            raise NabraError(f"{folder}: another run is writing into it; wait for that, or name another folder")
        yield
    finally:
        os.close(descriptor)
        if not there:
            with suppress(OSError):  # it holds what was written
                folder.rmdir()


def check_writable(path: Path) -> None:
    """Refuse a path at which nothing can be made, as far as can be told without trying."""
    place = path if path.exists() else next(parent for parent in path.absolute().parents if parent.exists())
    if place != path and not place.is_dir():
        raise NabraError(f"{path}: cannot be written ({place} is no folder)")
    if not os.access(place, os.W_OK):
        raise NabraError(f"{path}: cannot be written ({place} is read-only)")


def partial_path(path: Path) -> Path:
    """Where a file lies until it is complete."""
    return path.with_name(path.name + PARTIAL_SUFFIX)


def target_of(path: Path) -> Path:
    """The file that is written where a symbolic link is named; else the path itself.

    Raises:
        NabraError: If there is none.
    """
    if not path.name:
        raise NabraError(f"{path}: is a folder, perhaps from a variable that is not set; name a file to write")
    target = Path(os.path.realpath(path)) if path.is_symlink() else path
    if target.is_symlink():
        raise NabraError(f"{path}: is a symbolic link that leads back to itself; name another file")
    return target


@contextmanager
def writing(path: Path, remedy: str = "") -> Iterator[None]:
    """Turn what the system says against writing a file or folder into one line.

    Args:
        path: What is written.
        remedy: What to do, where more can be said than that it failed.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise NabraError(f"{path}: cannot be written ({reason})" + (f"; {remedy}" if remedy else "")) from error


@contextmanager
def atomic_writer(path: Path) -> Iterator[TextIO]:
    """Open `path` for writing so that it appears only once it is complete.

    Until then, and for good if the block fails, what was written lies in a file beside it that ends in `.partial`:
    nothing is lost and nothing old is damaged. A symbolic link stays one, and what it points to is written.
    """
    target = target_of(path)
    partial = partial_path(target)
    with writing(path):
        target.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("w", encoding="utf-8") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, target)
