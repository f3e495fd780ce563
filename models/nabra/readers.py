"""Reads articles: plain text, JSON Lines, CSV, Parquet, compressed or not, folders and standard input."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from nabra.article import Article, Sentence
from nabra.errors import NabraError
from nabra.splitting import split_sentences

STANDARD_INPUT = "-"
TEXT_FIELD = "text"
COMPRESSED = (".gz", ".zst")

Load = Callable[[], Article]
"""Reads one article, or raises the `NabraError` that says why it cannot."""
OnRead = Callable[[int], None]
"""Is told how many more bytes of a file were read."""


def article_from_text(text: str, id: str = "", metadata: dict[str, Any] | None = None) -> Article:
    """Split raw text into an article without labels; the sentences' offsets point into `text`."""
    sentences = [Sentence(text[start:end], start=start, end=end) for start, end in split_sentences(text)]
    return Article(id, tuple(sentences), metadata or {})


def article_from_sentences(texts: Iterable[str], id: str = "", metadata: dict[str, Any] | None = None) -> Article:
    """An article whose sentences are already split; offsets count as if a line break stood between them."""
    sentences, start = [], 0
    for text in texts:
        sentences.append(Sentence(text, start=start, end=start + len(text)))
        start += len(text) + 1
    return Article(id, tuple(sentences), metadata or {})


def read_articles(inputs: Iterable[str | Path], text_field: str = TEXT_FIELD) -> Iterator[Article]:
    """Read articles from files, folders (searched whole, in order of name) or `-` for standard input.

    Args:
        inputs: Paths of .txt (an article a file), .jsonl (an article a line), .csv or .parquet (a row), each of them
            but .parquet also as .gz or .zst, or folders. Standard input is one article, or JSON Lines.
        text_field: Field or column that holds an article's text.

    Raises:
        NabraError: Naming file, line and field of what cannot be read.
    """
    return (load() for load in find_articles(inputs, text_field))


def find_articles(
    inputs: Iterable[str | Path], text_field: str = TEXT_FIELD, on_read: OnRead | None = None
) -> Iterator[Load]:
    """The same article by article, so that one that cannot be read does not end the rest.

    Nothing is read ahead, and no more than a line or a batch of rows is held. Of a file that cannot be read on, the
    rest is one article that raises.

    Args:
        inputs: As `read_articles` takes them.
        text_field: Field or column that holds an article's text.
        on_read: Told how many bytes of the files were read.

    Raises:
        NabraError: If an input is missing, of no known kind, or a folder without articles.
    """
    files = [STANDARD_INPUT if str(item) == STANDARD_INPUT else find_files(Path(item)) for item in inputs]
    return _find_articles(files, text_field, on_read or (lambda _: None))


def _find_articles(files: Iterable[str | Iterator[Path]], text_field: str, on_read: OnRead) -> Iterator[Load]:
    for item in files:
        if isinstance(item, str):
            yield from _read_standard_input(text_field)
            continue
        for path in item:
            try:
                yield from _READERS[_kind(path)](path, text_field, on_read)
            except NabraError as fault:
                yield partial(_fail, fault)


def find_files(path: Path) -> Iterator[Path]:
    """The article files of a folder, in order of name, or the one file that a path names.

    Raises:
        NabraError: If there is none.
    """
    if path.is_dir():
        files = _walk(path)
        if (first := next(files, None)) is None:
            raise NabraError(f"{path}: the folder holds no article files ({', '.join(_READERS)})")
        return chain([first], files)
    if not path.exists():
        raise NabraError(f"{path}: no such file or folder")
    if _kind(path) not in _READERS:
        raise NabraError(f"{path}: unknown kind of file; expected one of {', '.join(_READERS)}")
    return iter([path])


def _walk(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if _kind(found := Path(place, name)) in _READERS and found.is_file():
                yield found


def _kind(path: Path) -> str:
    """The suffix that says what a file holds: `.jsonl` of `news.jsonl.gz`."""
    suffix = path.suffix.lower()
    return Path(path.stem).suffix.lower() if suffix in COMPRESSED else suffix


def _stem(path: Path) -> str:
    return Path(path.stem).stem if path.suffix.lower() in COMPRESSED else path.stem


def _fail(fault: NabraError) -> Article:
    raise fault


def _checked(article: Article, where: str) -> Article:
    """Refuse what cannot be an Arabic article."""
    if not article.sentences:
        raise NabraError(f"{where}: holds no text")
    if not any("\u0621" <= letter <= "\u064a" for s in article.sentences for letter in s.text):
        raise NabraError(f"{where}: holds no Arabic text; Nabra reads Arabic only")
    return article


@contextmanager
def _open_text(path: Path, on_read: OnRead) -> Iterator[TextIO]:
    """A text file, compressed or not, with its line breaks as they are."""
    try:
        with (
            io.BufferedReader(_Counting(path, on_read), buffer_size=1 << 18) as raw,
            _decompressed(path, raw) as file,
            io.TextIOWrapper(file, encoding="utf-8-sig", newline="") as text,
        ):
            yield text
    except UnicodeDecodeError as error:
        raise NabraError(f"{path}: is not UTF-8 ({error.reason}); convert it first, e.g. with iconv") from error
    except (OSError, EOFError) as error:
        raise NabraError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from error


def _decompressed(path: Path, raw: BinaryIO) -> Any:
    if path.suffix.lower() == ".gz":
        return gzip.open(raw)
    if path.suffix.lower() == ".zst":
        return _import_pyarrow(path).CompressedInputStream(raw, "zstd")
    return raw


class _Counting(io.FileIO):
    """A file that tells how much of it was read."""

    def __init__(self, path: Path, on_read: OnRead) -> None:
        super().__init__(path)
        self._on_read = on_read

    def readinto(self, buffer: Any) -> int | None:
        size = super().readinto(buffer)
        self._on_read(size or 0)
        return size


def _import_pyarrow(path: Path) -> Any:
    try:
        import pyarrow
    except ImportError as error:
        raise NabraError(f"{path}: {path.suffix} needs pyarrow: pip install 'nabra[parquet]'") from error
    return pyarrow


def _read_standard_input(text_field: str) -> Iterator[Load]:
    """One article of plain text, or JSON Lines where the first character opens an object."""
    first = sys.stdin.readline()
    while first.isspace():
        first = sys.stdin.readline()
    if not first.startswith("{"):
        text = first + sys.stdin.read()
        yield lambda: _checked(article_from_text(text, "stdin"), "standard input")
        return
    for number, line in enumerate(chain([first], sys.stdin), 1):
        if line.strip():
            yield partial(_load_line, line, "stdin", number, text_field, "standard input")


def _read_txt(path: Path, text_field: str, on_read: OnRead) -> Iterator[Load]:
    with _open_text(path, on_read) as file:
        text = file.read()
    yield lambda: _checked(article_from_text(text, _stem(path)), str(path))


def read_json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield line number and object of each line that is not blank.

    Raises:
        NabraError: Naming file and line of what is not a JSON object.
    """
    return ((number, _parse(line, f"{path}:{number}")) for number, line in _lines(path))


def _lines(path: Path, on_read: OnRead = lambda _: None) -> Iterator[tuple[int, str]]:
    """The lines of a file that are not blank, with their numbers."""
    number = 0
    try:
        with _open_text(path, on_read) as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line
    except NabraError as error:
        if not isinstance(error.__cause__, UnicodeDecodeError):
            raise
        raise NabraError(str(error).replace(str(path), f"{path}:{number + 1}", 1)) from error


def _parse(line: str, where: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise NabraError(f"{where}: broken JSON, column {error.colno}: {error.msg}") from error
    if not isinstance(record, dict):
        raise NabraError(f"{where}: expected a JSON object, an article a line")
    return record


def _read_jsonl(path: Path, text_field: str, on_read: OnRead) -> Iterator[Load]:
    empty = True
    for number, line in _lines(path, on_read):
        empty = False
        yield partial(_load_line, line, _stem(path), number, text_field, str(path))
    if empty:
        raise NabraError(f"{path}: holds no article")


def _load_line(line: str, stem: str, number: int, text_field: str, path: str) -> Article:
    where = f"{path}:{number}"
    return _checked(_article_from_record(_parse(line, where), f"{stem}-{number}", text_field, where), where)


def _article_from_record(record: dict[str, Any], default_id: str, text_field: str, where: str) -> Article:
    """An article from a record with a text or with sentences already split."""
    article_id = str(record.get("id") or default_id)
    metadata = {key: value for key, value in record.items() if key not in ("id", "sentences", text_field)}
    if (sentences := record.get("sentences")) is not None:
        return article_from_sentences(_sentence_texts(sentences, where), article_id, metadata)
    text = record.get(text_field)
    if not isinstance(text, str):
        fields = ", ".join(map(str, record)) or "none"
        raise NabraError(f"{where}: no text in the field {text_field!r} (fields: {fields}); name it with --text_field")
    return article_from_text(text, article_id, metadata)


def _sentence_texts(sentences: Any, where: str) -> Iterator[str]:
    if not isinstance(sentences, list):
        raise NabraError(f"{where}: sentences: must be a list")
    for index, sentence in enumerate(sentences):
        text = sentence.get("text") if isinstance(sentence, dict) else sentence
        if not isinstance(text, str) or not text.strip():
            raise NabraError(f"{where}: sentences[{index}]: must be a non-empty string or an object with a text")
        yield text


def _read_csv(path: Path, text_field: str, on_read: OnRead) -> Iterator[Load]:
    csv.field_size_limit(sys.maxsize)
    with _open_text(path, on_read) as file:
        try:
            yield from _read_rows(path, csv.DictReader(file), text_field)
        except csv.Error as error:
            raise NabraError(f"{path}: not CSV ({error})") from error


def _read_parquet(path: Path, text_field: str, on_read: OnRead) -> Iterator[Load]:
    pyarrow = _import_pyarrow(path)
    from pyarrow import parquet

    try:
        table = parquet.ParquetFile(_Counting(path, on_read))
    except (pyarrow.ArrowInvalid, OSError) as error:
        raise NabraError(f"{path}: not a Parquet file ({error})") from error
    rows = (row for batch in table.iter_batches(batch_size=256) for row in batch.to_pylist())
    yield from _read_rows(path, rows, text_field)


def _read_rows(path: Path, rows: Iterable[dict[str, Any]], text_field: str) -> Iterator[Load]:
    empty = True
    for number, row in enumerate(rows, 1):
        empty = False
        yield partial(_load_row, row, _stem(path), number, text_field, path)
    if empty:
        raise NabraError(f"{path}: holds no article")


def _load_row(row: dict[str, Any], stem: str, number: int, text_field: str, path: Path) -> Article:
    where = f"{path}: row {number}"
    return _checked(_article_from_record(row, f"{stem}-{number}", text_field, where), where)


_READERS = {".txt": _read_txt, ".jsonl": _read_jsonl, ".csv": _read_csv, ".parquet": _read_parquet}
