"""Labelled articles in the formats of annotation tools, both ways.

Every format is a reader and a writer of articles, so that any two convert by way of Nabra's own JSON Lines. Whatever is
read passes the checks of labelled files.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, TextIO

from nabra.article import TONES, Article
from nabra.errors import NabraError
from nabra.formats import conll, doccano, label_studio
from nabra.json_lines import read_json_lines
from nabra.labelled import check_articles
from nabra.writers import atomic_writer, to_json_line

FormatName = Literal["nabra", "label-studio", "doccano", "conll"]
INTERFACE = ".xml"
"""The suffix of the labelling interface that lies beside Label Studio's tasks."""
Record = tuple[str, dict[str, Any]]
"""Where an article stands, for messages, and the article in the data contract's form."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader is asked for.

    Args:
        tones: The tones that may occur.
        annotator: Whose labels to take where several people labelled a task: id or e-mail; empty for the latest.
        on_left_out: Told of each article that nobody has labelled, and why.
    """

    tones: Sequence[str] = TONES
    annotator: str = ""
    on_left_out: Callable[[str], None] = lambda _: None


class Format(NamedTuple):
    """How a format is read and written."""

    read: Callable[[Path, Reading], Iterator[Record]]
    write: Callable[[Iterable[Article], TextIO], None]


def read_labelled(path: str | Path, name: FormatName = "nabra", reading: Reading | None = None) -> Iterator[Article]:
    """Read labelled articles.

    Args:
        path: The file.
        name: Its format.
        reading: What is asked for.

    Raises:
        NabraError: Naming place and remedy of the first fault.
        ValueError: If there is no such format.
    """
    reading = reading or Reading()
    return check_articles(_format(name).read(Path(path), reading), reading.tones)


def outputs(target: Path, name: FormatName) -> list[Path]:
    """The files that `convert` writes."""
    return [target, target.with_suffix(INTERFACE)] if name == "label-studio" else [target]


def write_labelled(articles: Iterable[Article], path: str | Path, name: FormatName = "nabra") -> None:
    """Write labelled articles; the file appears once it is complete.

    Raises:
        NabraError: If an article has no tones, text of several lines or no UTF-8, or the file cannot be written.
        ValueError: If there is no such format.
    """
    write = _format(name).write
    try:
        with atomic_writer(Path(path)) as file:
            write(map(_checked, articles), file)
    except UnicodeEncodeError as error:
        half = error.object[error.start]
        raise NabraError(f"{path}: cannot be written: an article holds half a surrogate pair ({half!r})") from error


def _checked(article: Article) -> Article:
    """Refuse what no reader would take again."""
    if not all(sentence.tone for sentence in article.sentences):
        raise NabraError(f"article {article.id!r}: has sentences without a tone; label it with Analyzer.analyze")
    speakers = (sentence.speaker.name for sentence in article.sentences if sentence.speaker)
    lines = [article.id, *speakers, *(part for s in article.sentences for part in (s.text, s.tone))]
    if several := next((line for line in lines if "\n" in line), None):
        raise NabraError(f"article {article.id!r}: {several[:40]!r} has a line break; write it as one line")
    return article


def convert(
    source: str | Path, target: str | Path, read: FormatName, write: FormatName, reading: Reading | None = None
) -> int:
    """Convert a file of labelled articles.

    Args:
        source: The file to read.
        target: The file to write; for Label Studio the labelling interface is written beside it, as `.xml`.
        read: The format of `source`.
        write: The format of `target`.
        reading: What is asked for.

    Returns:
        The number of articles.

    Raises:
        NabraError: Naming place and remedy of the first fault; then nothing is written.
        ValueError: If there is no such format.
    """
    reading, source, target = reading or Reading(), Path(source), Path(target)
    _format(write)
    if write == "label-studio" and target.suffix == INTERFACE:
        raise NabraError(f"{target}: is where the labelling interface goes; write the tasks into a .json file")
    articles = read_labelled(source, read, reading)
    first = next(articles, None)
    if first is None:
        raise NabraError(f"{source}: holds no labelled article")
    numbers = itertools.count()
    write_labelled((article for article, _ in zip(itertools.chain([first], articles), numbers)), target, write)
    if write == "label-studio":
        with atomic_writer(target.with_suffix(INTERFACE)) as file:
            file.write(label_studio.interface(reading.tones))
    return next(numbers)


def _format(name: FormatName) -> Format:
    if name not in _FORMATS:
        raise ValueError(f"{name!r} is no format; there are {', '.join(_FORMATS)}")
    return _FORMATS[name]


def _read_own(path: Path, reading: Reading) -> Iterator[Record]:
    return ((f"{path}:{number}", record) for number, record in read_json_lines(path))


def _write_own(articles: Iterable[Article], file: TextIO) -> None:
    file.writelines(map(to_json_line, articles))


_FORMATS: dict[FormatName, Format] = {
    "nabra": Format(_read_own, _write_own),
    "label-studio": Format(
        lambda path, reading: label_studio.read(path, reading.tones, reading.annotator, reading.on_left_out),
        label_studio.write,
    ),
    "doccano": Format(lambda path, reading: doccano.read(path, reading.tones), doccano.write),
    "conll": Format(lambda path, reading: conll.read(path), conll.write),
}
