"""Reads articles: plain text, JSON Lines, CSV, Parquet, folders and standard input."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from nabra.article import Article, Sentence
from nabra.errors import NabraError
from nabra.splitting import split_sentences

STANDARD_INPUT = "-"
TEXT_FIELD = "text"


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
        inputs: Paths of .txt (an article a file), .jsonl (an article a line), .csv or .parquet (a row), or folders.
        text_field: Field or column that holds an article's text.

    Raises:
        NabraError: Naming file, line and field of what cannot be read.
    """
    for item in inputs:
        if str(item) == STANDARD_INPUT:
            yield _checked(article_from_text(sys.stdin.read(), "stdin"), "standard input")
            continue
        for path in _files(Path(item)):
            yield from _READERS[path.suffix.lower()](path, text_field)


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(p for p in path.rglob("*") if p.suffix.lower() in _READERS and p.is_file())
        if not found:
            raise NabraError(f"{path}: the folder holds no article files ({', '.join(_READERS)})")
        return found
    if not path.exists():
        raise NabraError(f"{path}: no such file or folder")
    if path.suffix.lower() not in _READERS:
        raise NabraError(f"{path}: unknown kind of file; expected one of {', '.join(_READERS)}")
    return [path]


def _checked(article: Article, where: str) -> Article:
    """Refuse what cannot be an Arabic article."""
    if not article.sentences:
        raise NabraError(f"{where}: holds no text")
    if not any("\u0621" <= letter <= "\u064a" for s in article.sentences for letter in s.text):
        raise NabraError(f"{where}: holds no Arabic text; Nabra reads Arabic only")
    return article


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise NabraError(f"{path}: is not UTF-8 (byte {error.start}); convert it first, e.g. with iconv") from error
    except OSError as error:
        raise NabraError(f"{path}: cannot be read ({error.strerror})") from error


def _read_txt(path: Path, text_field: str) -> Iterator[Article]:
    yield _checked(article_from_text(_read_text(path), path.stem), str(path))


def read_json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield line number and object of each line that is not blank.

    Raises:
        NabraError: Naming file and line of what is not a JSON object.
    """
    for number, line in _lines(path):
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise NabraError(f"{path}:{number}: broken JSON, column {error.colno}: {error.msg}") from error
        if not isinstance(record, dict):
            raise NabraError(f"{path}:{number}: expected a JSON object, an article a line")
        yield number, record


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    number = 0
    try:
        with path.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, line
    except UnicodeDecodeError as error:
        raise NabraError(f"{path}:{number + 1}: is not UTF-8; convert the file first, e.g. with iconv") from error
    except OSError as error:
        raise NabraError(f"{path}: cannot be read ({error.strerror})") from error


def _read_jsonl(path: Path, text_field: str) -> Iterator[Article]:
    empty = True
    for number, record in read_json_lines(path):
        empty = False
        where = f"{path}:{number}"
        yield _checked(_article_from_record(record, f"{path.stem}-{number}", text_field, where), where)
    if empty:
        raise NabraError(f"{path}: holds no article")


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


def _read_csv(path: Path, text_field: str) -> Iterator[Article]:
    csv.field_size_limit(sys.maxsize)
    rows = csv.DictReader(io.StringIO(_read_text(path), newline=""))
    yield from _read_rows(path, rows, text_field)


def _read_parquet(path: Path, text_field: str) -> Iterator[Article]:
    try:
        from pyarrow import ArrowInvalid, parquet
    except ImportError as error:
        raise NabraError(f"{path}: Parquet needs pyarrow: pip install 'nabra[parquet]'") from error
    try:
        table = parquet.ParquetFile(path)
    except ArrowInvalid as error:
        raise NabraError(f"{path}: not a Parquet file ({error})") from error
    rows = (row for batch in table.iter_batches(batch_size=256) for row in batch.to_pylist())
    yield from _read_rows(path, rows, text_field)


def _read_rows(path: Path, rows: Iterable[dict[str, Any]], text_field: str) -> Iterator[Article]:
    empty = True
    for number, row in enumerate(rows, 1):
        empty = False
        where = f"{path}: row {number}"
        yield _checked(_article_from_record(row, f"{path.stem}-{number}", text_field, where), where)
    if empty:
        raise NabraError(f"{path}: holds no article")


_READERS = {".txt": _read_txt, ".jsonl": _read_jsonl, ".csv": _read_csv, ".parquet": _read_parquet}
