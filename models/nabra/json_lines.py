"""JSON Lines: an object a line, within bounds."""

from __future__ import annotations

import io
import json
import math
import re
from collections import Counter
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

from nabra.encodings import undecodable
from nabra.errors import NabraError
from nabra.files import SAMPLE, open_text
from nabra.logs import LOGGER
from nabra.records import LONGEST_ARTICLE
from nabra.rendering import shorten

LONGEST_LINE = 6 * LONGEST_ARTICLE
"""Most characters of a line of JSON, where a letter may take six of them."""
DEEPEST = 100
"""Most lists and objects inside one another."""
_TOO_DEEP = f"more than {DEEPEST} lists and objects inside one another"

_SURROGATE = re.compile("[\ud800-\udfff]")


def read_json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield line number and object of each line that is not blank.

    Raises:
        NabraError: Naming file and line of what is not a JSON object.
    """
    with open_text(path, "", lambda _: None) as file:
        for number, line in lines_of(file, str(path)):
            yield number, parse_line(line, f"{path}:{number}", file.encoding)


def lines_of(file: io.TextIOWrapper, where: str) -> Iterator[tuple[int, str]]:
    """The lines of a file that are not blank, with their numbers; of one that is too long the beginning."""
    number = 0
    try:
        for number, line in enumerate(bounded(file), 1):
            if not line.isspace():
                yield number, line
    except UnicodeDecodeError as error:
        raise NabraError(
            f"{where}:{number + 1}: is not {error.encoding} ({error.reason}); name its --encoding"
        ) from error


def bounded(file: io.TextIOWrapper) -> Generator[str, None, None]:
    """The lines of a file, each cut after one character more than it may have."""
    while line := file.readline(LONGEST_LINE + 1):
        yield line
        if len(line) > LONGEST_LINE:
            while not line.endswith(("\n", "\r")) and (line := file.readline(SAMPLE)):
                pass


def parse_line(line: str, where: str, encoding: str) -> dict[str, Any]:
    """The object of a line.

    Args:
        line: As it stands in the file.
        where: File and line, for what is said of a broken one.
        encoding: Of the file.

    Raises:
        NabraError: If there is none, or one too long, too deep or with bytes that cannot be decoded.
    """
    if fault := undecodable(line, encoding):
        raise NabraError(f"{where}: {fault}")
    if len(line) > LONGEST_LINE:
        raise NabraError(f"{where}: the line is longer than {LONGEST_LINE:,} characters")
    try:
        text = line.lstrip("\ufeff")
        record = json.loads(text, parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise NabraError(f"{where}: broken JSON, column {error.colno}: {error.msg}") from error
    except ValueError as error:  # NaN; a number of thousands of digits; a key given twice
        raise NabraError(f"{where}: broken JSON: {error}") from error
    except RecursionError as error:
        raise NabraError(f"{where}: {_TOO_DEEP}") from error
    if not isinstance(record, dict):
        raise NabraError(f"{where}: expected a JSON object, an article a line")
    if line.count("[") + line.count("{") > DEEPEST and _depth(record) > DEEPEST:
        raise NabraError(f"{where}: {_TOO_DEEP}")
    return _without_halves(record, where) if "\\ud" in line or "\\uD" in line else record


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number in JSON")


def _finite(number: str) -> float:
    """A number; one like 1e999 would become infinity, which JSON cannot write."""
    if math.isinf(value := float(number)):
        raise ValueError(f"the number {number[:40]} is too large")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; of a key that stands twice the writer may have meant either."""
    record = dict(pairs)
    if len(record) < len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ValueError(f"the key {shorten(twice)!r} stands twice in an object; keep one")
    return record


def _depth(record: dict[str, Any]) -> int:
    depth, level = 0, list[Any]([record])
    while level:
        depth += 1
        inside = (value.values() if isinstance(value, dict) else value for value in level)
        level = [value for values in inside for value in values if isinstance(value, dict | list)]
    return depth


def _without_halves(record: dict[str, Any], where: str) -> dict[str, Any]:
    """A record with a sign for each half of a surrogate pair, which is no character and which no file can hold."""
    text = json.dumps(record, ensure_ascii=False)
    whole, halves = _SURROGATE.subn("\ufffd", text)
    if not halves:
        return record
    LOGGER.warning("%s: half a surrogate pair (as \\ud83d alone); read as the sign U+FFFD", where)
    whole_record: dict[str, Any] = json.loads(whole)
    return whole_record
