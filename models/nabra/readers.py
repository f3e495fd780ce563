"""Reads articles: plain text, JSON Lines, CSV, Parquet, compressed or not, folders and standard input."""

from __future__ import annotations

import csv
import inspect
import io
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from nabra.article import Article
from nabra.encodings import undecodable
from nabra.errors import NabraError
from nabra.files import (
    SAMPLE,
    CountingFile,
    OnRead,
    decoded,
    find_files,
    import_pyarrow,
    kind_of,
    named_faults,
    open_text,
    stem_of,
)
from nabra.json_lines import bounded, lines_of, parse_line
from nabra.logs import LOGGER
from nabra.records import (
    LONGEST_ARTICLE,
    TEXT_FIELD,
    ReadOptions,
    article_from_record,
    article_from_text,
    checked,
    without_tags,
)

STANDARD_INPUT = "-"
MOST_IDS = 100_000
"""How many articles are remembered to notice that an id occurs again."""
AS_FOUND = ReadOptions()

_JSON = re.compile(r'\s*(\[\s*)?\{\s*"')
"""How an object begins, or a list of them; no text does."""
_UNCLOSED = "a quotation mark opens that is never closed, so that the rest of the file is one field; mend it"

Load = Callable[[], Article]
"""Reads one article, or raises the `NabraError` that says why it cannot."""


def read_articles(
    inputs: Iterable[str | Path], text_field: str = TEXT_FIELD, *, encoding: str = "", strip_html: bool = False
) -> Iterator[Article]:
    """Read articles from files, folders (searched whole, in order of name) or `-` for standard input.

    Args:
        inputs: Paths of .txt (an article a file), .jsonl (an article a line), .csv or .parquet (a row), each of them
            but .parquet also as .gz or .zst, or folders. Standard input is one article, or JSON Lines.
        text_field: Field or column that holds an article's text.
        encoding: Of the files; without it UTF-8, or what a file turns out to be.
        strip_html: Take the text out of texts with tags; offsets count in what is left.

    Raises:
        NabraError: Naming file, line and field of what cannot be read.
    """
    return (load() for load in find_articles(inputs, ReadOptions(text_field, encoding, strip_html)))


def find_articles(
    inputs: Iterable[str | Path],
    options: ReadOptions = AS_FOUND,
    on_read: OnRead | None = None,
    on_file: Callable[[Path], None] | None = None,
) -> Iterator[Load]:
    """The same article by article, so that one that cannot be read does not end the rest.

    Nothing is read ahead, and no more than a line or a batch of rows is held. Of a file that cannot be read on, the
    rest is one article that raises.

    Args:
        inputs: As `read_articles` takes them.
        options: How to read them.
        on_read: Told how many bytes of the files were read.
        on_file: Told of each file before it is read.

    Raises:
        NabraError: If an input is missing, of no known kind, or a folder without articles.
    """
    if isinstance(inputs, str | bytes | os.PathLike):
        raise TypeError(f"expected several paths, such as [{inputs!r}], not one")
    files = list(map(_files_of, inputs))
    if files.count(STANDARD_INPUT) > 1:
        raise NabraError("- is named twice; standard input can be read once")
    ignore = lambda _: None  # noqa: E731
    return map(_warn_of_repeated_ids(), _find_articles(files, options, on_read or ignore, on_file or ignore))


def input_files(inputs: Iterable[str | Path]) -> Iterator[Path]:
    """The files that some inputs stand for."""
    for item in inputs:
        yield from [Path("/dev/stdin")] if str(item) == STANDARD_INPUT else find_files(Path(item))


def _files_of(item: str | Path) -> str | Iterator[Path]:
    if not isinstance(item, str | os.PathLike):
        raise TypeError(f"expected a path as str or Path, not {type(item).__name__}")
    if item == "":  # which Path takes for the current folder
        raise NabraError("an input has an empty name; name a file or a folder")
    return STANDARD_INPUT if str(item) == STANDARD_INPUT else find_files(Path(item))


def _find_articles(
    files: Iterable[str | Iterator[Path]], options: ReadOptions, on_read: OnRead, on_file: Callable[[Path], None]
) -> Iterator[Load]:
    for item in files:
        for path in [STANDARD_INPUT] if isinstance(item, str) else item:
            on_file(Path(path))
            try:
                if isinstance(path, str):
                    yield from _read_standard_input(options)
                else:
                    yield from _READERS.get(kind_of(path), _read_txt)(path, options, on_read)
            except NabraError as fault:
                yield partial(_fail, fault)


def _warn_of_repeated_ids() -> Callable[[Load], Load]:
    """Wraps what loads articles so that it says once that an id occurs again."""
    seen: set[int] = set()
    warned = False

    def load_and_compare(load: Load) -> Article:
        nonlocal warned
        article = load()
        if not warned and hash(article.id) in seen:
            warned = True
            LOGGER.warning("the id %r occurs again; articles are best told apart by ids of their own", article.id)
        if len(seen) < MOST_IDS:
            seen.add(hash(article.id))
        return article

    return lambda load: partial(load_and_compare, load)


def _fail(fault: NabraError) -> Article:
    raise fault


def _read_standard_input(options: ReadOptions) -> Iterator[Load]:
    """One article of plain text, or JSON Lines where the first character opens an object."""
    where = "standard input"
    if sys.stdin is None:
        raise NabraError(f"{where}: is closed")
    # Past its own buffer, which would wait until the larger one is full.
    raw: Any = getattr(sys.stdin.buffer, "raw", sys.stdin.buffer)
    raw_file = io.BufferedReader(raw, SAMPLE)
    with named_faults(where):
        file = decoded(raw_file, where, options.encoding)
        try:
            begin = raw_file.peek(SAMPLE).decode(file.encoding, "ignore")
            if begin.lstrip().startswith("{"):
                yield from _load_lines(file, "stdin", where, options)
            else:
                yield _load_text(file, "stdin", where, options)
        finally:
            file.detach()
            raw_file.detach()  # standard input is not ours to close


def _read_txt(path: Path, options: ReadOptions, on_read: OnRead) -> Iterator[Load]:
    with open_text(path, options.encoding, on_read) as file:
        load = _load_text(file, stem_of(path), str(path), options)
    yield load


def _load_text(file: io.TextIOWrapper, stem: str, where: str, options: ReadOptions) -> Load:
    text, encoding = file.read(LONGEST_ARTICLE + 1), file.encoding

    def load() -> Article:
        if fault := undecodable(text, encoding):
            raise NabraError(f"{where}: {fault}")
        if _JSON.match(text):
            raise NabraError(f"{where}: holds JSON, not text; write an article a line, as .jsonl has it")
        return checked(article_from_text(without_tags(text, where, options), stem), where)

    return load


def _read_jsonl(path: Path, options: ReadOptions, on_read: OnRead) -> Iterator[Load]:
    with open_text(path, options.encoding, on_read) as file:
        yield from _load_lines(file, stem_of(path), str(path), options)


def _load_lines(file: io.TextIOWrapper, stem: str, path: str, options: ReadOptions) -> Iterator[Load]:
    empty = True
    for number, line in lines_of(file, path):
        empty = False
        yield partial(_load_line, line, f"{stem}-{number}", f"{path}:{number}", file.encoding, options)
    if empty:
        raise NabraError(f"{path}: holds no article")


def _load_line(line: str, default_id: str, where: str, encoding: str, options: ReadOptions) -> Article:
    return checked(article_from_record(parse_line(line, where, encoding), default_id, where, options), where)


def _read_csv(path: Path, options: ReadOptions, on_read: OnRead) -> Iterator[Load]:
    csv.field_size_limit(LONGEST_ARTICLE)
    with open_text(path, options.encoding, on_read) as file:
        try:
            lines = bounded(file)
            header = next((line for line in lines if not line.isspace()), "")
            rows = csv.DictReader(chain([header], lines), delimiter=_delimiter(header, options.text_field))
            if rows.fieldnames and inspect.getgeneratorstate(lines) == inspect.GEN_CLOSED:
                raise NabraError(f"{path}: the first line: {_UNCLOSED}")
            if twice := [name for name, count in Counter(rows.fieldnames).items() if count > 1]:
                raise NabraError(f"{path}: two columns are called {twice[0]!r}; rename one")
            yield from _read_rows(path, _closed(path, rows, lines), options, file.encoding)
        except csv.Error as error:
            raise NabraError(f"{path}: not CSV ({error})") from error


def _closed(path: Path, rows: Iterable[dict[str, Any]], lines: Generator[str]) -> Iterator[dict[str, Any]]:
    """The rows of a file; one that goes on past its last line is refused, for it has swallowed all that follows."""
    for number, row in enumerate(rows, 1):
        if inspect.getgeneratorstate(lines) == inspect.GEN_CLOSED:
            raise NabraError(f"{path}: row {number}: {_UNCLOSED}")
        yield row


def _delimiter(header: str, text_field: str) -> str:
    """What separates the columns: semicolons or tabs where the field of the text is found so, else commas."""
    fields = {delimiter: next(csv.reader([header.lstrip("\ufeff")], delimiter=delimiter), []) for delimiter in ",;\t"}
    return next((delimiter for delimiter in fields if text_field in fields[delimiter]), ",")


def _read_parquet(path: Path, options: ReadOptions, on_read: OnRead) -> Iterator[Load]:
    pyarrow = import_pyarrow(path)
    from pyarrow import parquet

    try:
        table = parquet.ParquetFile(CountingFile(path, on_read))
        rows = (row for batch in table.iter_batches(batch_size=256) for row in batch.to_pylist())
        yield from _read_rows(path, rows, options)
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError, OverflowError) as error:
        raise NabraError(f"{path}: not a Parquet file, or one with values that cannot be read ({error})") from error


def _read_rows(path: Path, rows: Iterable[dict[str, Any]], options: ReadOptions, encoding: str = "") -> Iterator[Load]:
    empty = True
    for number, row in enumerate(rows, 1):
        empty = False
        yield partial(_load_row, row, f"{stem_of(path)}-{number}", f"{path}: row {number}", encoding, options)
    if empty:
        raise NabraError(f"{path}: holds no article")


def _load_row(row: dict[str, Any], default_id: str, where: str, encoding: str, options: ReadOptions) -> Article:
    if None in row:  # where `csv` puts what is left over
        raise NabraError(f"{where}: has more fields than the first line names")
    for name, value in row.items():
        if fault := undecodable(name, encoding) or (isinstance(value, str) and undecodable(value, encoding)):
            raise NabraError(f"{where}: {name}: {fault}")
    return checked(article_from_record(row, default_id, where, options), where)


_READERS = {".txt": _read_txt, ".jsonl": _read_jsonl, ".csv": _read_csv, ".parquet": _read_parquet}
