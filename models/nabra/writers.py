"""Writes articles: JSON Lines, complete files only."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from nabra.article import Article
from nabra.errors import NabraError

PARTIAL_SUFFIX = ".partial"


def to_json_line(article: Article) -> str:
    """An article as one line of JSON, line break included; half a surrogate pair is spelt out as JSON does."""
    line = json.dumps(article.to_dict(), ensure_ascii=False, default=str) + "\n"
    return line.encode("utf-8", "backslashreplace").decode("utf-8")


def partial_path(path: Path) -> Path:
    """Where a file lies until it is complete."""
    return path.with_name(path.name + PARTIAL_SUFFIX)


@contextmanager
def atomic_writer(path: Path) -> Iterator[TextIO]:
    """Open `path` for writing so that it appears only once it is complete.

    Until then, and for good if the block fails, what was written lies in a file beside it that ends in `.partial`:
    nothing is lost and nothing old is damaged.
    """
    partial = partial_path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = partial.open("w", encoding="utf-8")
    except OSError as error:
        raise NabraError(f"{path}: cannot be written ({error.strerror})") from error
    with file:
        yield file
    os.replace(partial, path)
