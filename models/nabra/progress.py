"""The progress of a long prediction: a bar with rate and time left on a terminal, nothing in a pipe or in quiet."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tqdm import tqdm

from nabra.files import find_files
from nabra.logs import shows_progress
from nabra.readers import STANDARD_INPUT

FORMAT = "{percentage:3.0f}%|{bar}|{postfix} [{elapsed}<{remaining}]"


class ArticleProgress:
    """Shows how much of some files is read, and how many articles are labelled.

    Args:
        inputs: As `nabra.readers.read_articles` takes them.
    """

    def __init__(self, inputs: Iterable[str]) -> None:
        self._articles = 0
        self._bar = tqdm(total=0, disable=not shows_progress(), bar_format=FORMAT, leave=False)
        if not self._bar.disable:
            self._bar.total = sum(
                _size(path) for item in inputs if item != STANDARD_INPUT for path in find_files(Path(item))
            )

    def __enter__(self) -> ArticleProgress:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def read(self, size: int) -> None:
        """More bytes were read."""
        self._bar.update(size)

    def labelled(self, articles: int) -> None:
        """More articles were labelled."""
        self._articles += articles
        rate = self._articles / max(self._bar.format_dict["elapsed"], 1e-3) if not self._bar.disable else 0.0
        self._bar.set_postfix_str(f"{self._articles:,} articles, {rate:.1f}/s")


def _size(path: Path) -> int:
    """Bytes of a file; none where it is gone, which whoever reads it says."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
