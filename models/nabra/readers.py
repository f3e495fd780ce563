"""Reads articles: plain text, JSON Lines, CSV, Parquet, compressed or not, folders and standard input."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import re
import stat
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from nabra.article import Article, Sentence
from nabra.encodings import UTF_8, check_encoding, choose_encoding, undecodable
from nabra.errors import NabraError
from nabra.logs import LOGGER
from nabra.splitting import split_sentences

STANDARD_INPUT = "-"
TEXT_FIELD = "text"
COMPRESSED = (".gz", ".zst")
SAMPLE = 1 << 18
"""Bytes that tell the encoding of a file."""
LONGEST_ARTICLE = 10_000_000
"""Most characters of an article: some fifty thousand sentences."""
LONGEST_LINE = 6 * LONGEST_ARTICLE
"""Most characters of a line of JSON, where a letter may take six of them."""
DEEPEST = 100
"""Most lists and objects inside one another."""
MOST_IDS = 100_000
"""How many articles are remembered to notice that an id occurs again."""

_ARABIC = re.compile("[\u0621-\u064a\u0671-\u06d3\ufb50-\ufdfb\ufe70-\ufefc]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_TAG = re.compile(
    r"<(?:!doctype|/?(?:html|head|body|title|meta|link|script|style|iframe|div|span|p|br|hr|a|b|i|u|em|strong|font|center|img"
    r"|figure|ul|ol|li|table|tr|td|th|h[1-6]|article|section|blockquote|small|sup|sub))\b[^<>]*>",
    re.IGNORECASE,
)
_ENDS_WORD, _BEGINS_WORD = re.compile(r"\w[ةﺓﺔ]\b"), re.compile(r"\b[ةﺓﺔ]\w")
_LEAST_REVERSED = 3

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


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How articles are read.

    Args:
        text_field: Field or column that holds an article's text.
        encoding: Of the files; without it UTF-8, or what a file turns out to be.
        strip_html: Take the text out of texts with tags; offsets count in what is left.

    Raises:
        NabraError: If there is no such encoding.
    """

    text_field: str = TEXT_FIELD
    encoding: str = ""
    strip_html: bool = False

    def __post_init__(self) -> None:
        if self.encoding:
            check_encoding(self.encoding)


AS_FOUND = ReadOptions()


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
    inputs: Iterable[str | Path], options: ReadOptions = AS_FOUND, on_read: OnRead | None = None
) -> Iterator[Load]:
    """The same article by article, so that one that cannot be read does not end the rest.

    Nothing is read ahead, and no more than a line or a batch of rows is held. Of a file that cannot be read on, the
    rest is one article that raises.

    Args:
        inputs: As `read_articles` takes them.
        options: How to read them.
        on_read: Told how many bytes of the files were read.

    Raises:
        NabraError: If an input is missing, of no known kind, or a folder without articles.
    """
    files = [STANDARD_INPUT if str(item) == STANDARD_INPUT else find_files(Path(item)) for item in inputs]
    return map(_warn_of_repeated_ids(), _find_articles(files, options, on_read or (lambda _: None)))


def _find_articles(files: Iterable[str | Iterator[Path]], options: ReadOptions, on_read: OnRead) -> Iterator[Load]:
    for item in files:
        for path in [STANDARD_INPUT] if isinstance(item, str) else item:
            try:
                if isinstance(path, str):
                    yield from _read_standard_input(options)
                else:
                    yield from _READERS.get(_kind(path), _read_txt)(path, options, on_read)
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
            raise NabraError(f"{path}: the folder holds no article files ({', '.join(_READERS)})")
        return chain([first], files)
    if _kind(path) not in _READERS:
        raise NabraError(f"{path}: unknown kind of file; expected one of {', '.join(_READERS)}")
    if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
        raise NabraError(f"{path}: is a device or a socket; expected a file, a pipe or a folder")
    return iter([path])


def _walk(folder: Path) -> Iterator[Path]:
    """The article files below a folder, and as if they were files the folders that cannot be listed.

    Pipes and devices are passed over, and links to folders not followed; a link to nowhere is a file to complain of.
    """
    locked: list[Path] = []
    for place, folders, names in os.walk(folder, onerror=lambda error: locked.append(Path(error.filename))):
        folders.sort()
        for name in sorted(names):
            if _kind(found := Path(place, name)) in _READERS and (os.path.isfile(found) or not os.path.exists(found)):
                yield found
        yield from locked
        locked.clear()
    yield from locked


def _kind(path: Path) -> str:
    """The suffix that says what a file holds: `.jsonl` of `news.jsonl.gz`."""
    suffix = path.suffix.lower()
    return Path(path.stem).suffix.lower() if suffix in COMPRESSED else suffix


def _stem(path: Path) -> str:
    """The name without what says the kind; bytes that are no UTF-8 are spelt out."""
    stem = Path(path.stem).stem if path.suffix.lower() in COMPRESSED else path.stem
    return os.fsencode(stem).decode("utf-8", "backslashreplace")


def _fail(fault: NabraError) -> Article:
    raise fault


def _checked(article: Article, where: str) -> Article:
    """Refuse what cannot be an Arabic article."""
    texts = [sentence.text for sentence in article.sentences]
    if not texts:
        raise NabraError(f"{where}: holds no text")
    if not any(map(_ARABIC.search, texts)):
        hint = "; its NUL characters look like UTF-16: name --encoding utf-16-le" if "\0" in texts[0] else ""
        raise NabraError(f"{where}: holds no Arabic text; Nabra reads Arabic only{hint}")
    if _is_reversed(texts):
        raise NabraError(f"{where}: the letters stand in reverse order, as some programs take them out of PDF files")
    return article


def _is_reversed(texts: list[str]) -> bool:
    """Whether a text stands in the order in which it is seen: its words begin with «ة», which ends words."""
    ends, begins = (sum(len(pattern.findall(text)) for text in texts) for pattern in (_ENDS_WORD, _BEGINS_WORD))
    return begins >= _LEAST_REVERSED and begins > ends


@contextmanager
def _open_text(path: Path, encoding: str, on_read: OnRead) -> Iterator[io.TextIOWrapper]:
    """A text file, compressed or not, with its line breaks as they are."""
    with (
        _named_faults(str(path)),
        _Counting(path, on_read) as raw,
        io.BufferedReader(_decompressed(path, raw), SAMPLE) as file,
        _decoded(file, str(path), encoding) as text,
    ):
        yield text


@contextmanager
def _named_faults(where: str) -> Iterator[None]:
    """Says where it happens that a file cannot be read."""
    try:
        yield
    except UnicodeDecodeError as error:
        fault = f"is not {error.encoding} ({error.reason}); name the file's encoding with --encoding"
        raise NabraError(f"{where}: {fault}") from error
    except (OSError, EOFError, zlib.error) as error:
        raise NabraError(f"{where}: cannot be read ({getattr(error, 'strerror', None) or error})") from error


def _decoded(file: io.BufferedReader, where: str, encoding: str) -> io.TextIOWrapper:
    """A file as text; bytes that cannot be decoded are kept as `nabra.encodings.undecodable` finds them."""
    chosen = choose_encoding(file.peek(SAMPLE), where, encoding)
    if chosen != UTF_8 and not encoding:
        LOGGER.warning("%s: is not UTF-8; read as %s", where, chosen)
    return io.TextIOWrapper(file, encoding=chosen, errors="surrogateescape", newline="")


def _decompressed(path: Path, raw: io.FileIO) -> Any:
    if path.suffix.lower() == ".gz":
        return gzip.open(io.BufferedReader(raw, SAMPLE))
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


def _read_standard_input(options: ReadOptions) -> Iterator[Load]:
    """One article of plain text, or JSON Lines where the first character opens an object."""
    where = "standard input"
    if sys.stdin is None:
        raise NabraError(f"{where}: is closed")
    # Past its own buffer, which would wait until the larger one is full.
    raw: Any = getattr(sys.stdin.buffer, "raw", sys.stdin.buffer)
    raw_file = io.BufferedReader(raw, SAMPLE)
    with _named_faults(where):
        file = _decoded(raw_file, where, options.encoding)
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
    with _open_text(path, options.encoding, on_read) as file:
        load = _load_text(file, _stem(path), str(path), options)
    yield load


def _load_text(file: io.TextIOWrapper, stem: str, where: str, options: ReadOptions) -> Load:
    text, encoding = file.read(LONGEST_ARTICLE + 1), file.encoding

    def load() -> Article:
        if fault := undecodable(text, encoding):
            raise NabraError(f"{where}: {fault}")
        return _checked(article_from_text(_readable(text, where, options), stem), where)

    return load


def _readable(text: str, where: str, options: ReadOptions) -> str:
    """A text without tags; it must not be too long."""
    if len(text) > LONGEST_ARTICLE:
        raise NabraError(f"{where}: the text is longer than {LONGEST_ARTICLE:,} characters; divide it into articles")
    if (tag := _TAG.search(text)) is None:
        return text
    if not options.strip_html:
        raise NabraError(f"{where}: holds HTML ({tag[0][:40]}); take the text out of it with --strip-html")
    try:
        from html_text import extract_text
    except ImportError as error:
        raise NabraError("--strip-html needs html-text: pip install 'nabra[html]'") from error
    return str(extract_text(text))


def read_json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield line number and object of each line that is not blank.

    Raises:
        NabraError: Naming file and line of what is not a JSON object.
    """
    with _open_text(path, "", lambda _: None) as file:
        for number, line in _lines(file, str(path)):
            yield number, _parse(line, f"{path}:{number}", file.encoding)


def _lines(file: io.TextIOWrapper, where: str) -> Iterator[tuple[int, str]]:
    """The lines of a file that are not blank, with their numbers; of one that is too long the beginning."""
    number = 0
    try:
        for number, line in enumerate(_bounded(file), 1):
            if not line.isspace():
                yield number, line
    except UnicodeDecodeError as error:
        raise NabraError(
            f"{where}:{number + 1}: is not {error.encoding} ({error.reason}); name its --encoding"
        ) from error


def _bounded(file: io.TextIOWrapper) -> Iterator[str]:
    """The lines of a file, each cut after one character more than it may have."""
    while line := file.readline(LONGEST_LINE + 1):
        yield line
        if len(line) > LONGEST_LINE:
            while not line.endswith(("\n", "\r")) and (line := file.readline(SAMPLE)):
                pass


def _parse(line: str, where: str, encoding: str) -> dict[str, Any]:
    if fault := undecodable(line, encoding):
        raise NabraError(f"{where}: {fault}")
    if len(line) > LONGEST_LINE:
        raise NabraError(f"{where}: the line is longer than {LONGEST_LINE:,} characters")
    try:
        record = json.loads(line.lstrip("\ufeff"), parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise NabraError(f"{where}: broken JSON, column {error.colno}: {error.msg}") from error
    except (ValueError, RecursionError) as error:  # NaN; a number of thousands of digits; nested without end
        raise NabraError(f"{where}: broken JSON: {error}") from error
    if not isinstance(record, dict):
        raise NabraError(f"{where}: expected a JSON object, an article a line")
    if line.count("[") + line.count("{") > DEEPEST and _depth(record) > DEEPEST:
        raise NabraError(f"{where}: more than {DEEPEST} lists and objects inside one another")
    return _without_halves(record, where) if "\\ud" in line or "\\uD" in line else record


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number in JSON")


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


def _read_jsonl(path: Path, options: ReadOptions, on_read: OnRead) -> Iterator[Load]:
    with _open_text(path, options.encoding, on_read) as file:
        yield from _load_lines(file, _stem(path), str(path), options)


def _load_lines(file: io.TextIOWrapper, stem: str, path: str, options: ReadOptions) -> Iterator[Load]:
    empty = True
    for number, line in _lines(file, path):
        empty = False
        yield partial(_load_line, line, f"{stem}-{number}", f"{path}:{number}", file.encoding, options)
    if empty:
        raise NabraError(f"{path}: holds no article")


def _load_line(line: str, default_id: str, where: str, encoding: str, options: ReadOptions) -> Article:
    return _checked(_article_from_record(_parse(line, where, encoding), default_id, where, options), where)


def _article_from_record(record: dict[str, Any], default_id: str, where: str, options: ReadOptions) -> Article:
    """An article from a record with a text or with sentences already split."""
    own_id = record.get("id")
    if isinstance(own_id, bool | list | dict):
        raise NabraError(f"{where}: id: must be a string or a number, not {json.dumps(own_id)[:40]}")
    article_id = default_id if own_id is None or own_id == "" else str(own_id)
    metadata = {key: value for key, value in record.items() if key not in ("id", "sentences", options.text_field)}
    if (sentences := record.get("sentences")) is not None:
        return article_from_sentences(_sentence_texts(sentences, where, options), article_id, metadata)
    if options.text_field not in record:
        fields = ", ".join(map(str, record)) or "none"
        named = f"no text in the field {options.text_field!r} (fields: {fields})"
        raise NabraError(f"{where}: {named}; name it with --text_field")
    text = record[options.text_field]
    if not isinstance(text, str):
        found = "null" if text is None else type(text).__name__
        raise NabraError(f"{where}: {options.text_field}: must be a string, not {found}")
    return article_from_text(_readable(text, where, options), article_id, metadata)


def _sentence_texts(sentences: Any, where: str, options: ReadOptions) -> Iterator[str]:
    if not isinstance(sentences, list):
        raise NabraError(f"{where}: sentences: must be a list")
    room = LONGEST_ARTICLE
    for index, sentence in enumerate(sentences):
        place = f"{where}: sentences[{index}]"
        text = sentence.get("text") if isinstance(sentence, dict) else sentence
        text = _readable(text, place, options) if isinstance(text, str) else ""
        if not text.strip():
            raise NabraError(f"{place}: must be a non-empty string or an object with a text")
        if (room := room - len(text)) < 0:
            raise NabraError(f"{where}: its sentences have more than {LONGEST_ARTICLE:,} characters")
        yield text


def _read_csv(path: Path, options: ReadOptions, on_read: OnRead) -> Iterator[Load]:
    csv.field_size_limit(LONGEST_ARTICLE)
    with _open_text(path, options.encoding, on_read) as file:
        try:
            yield from _read_rows(path, csv.DictReader(_bounded(file)), options, file.encoding)
        except csv.Error as error:
            raise NabraError(f"{path}: not CSV ({error})") from error


def _read_parquet(path: Path, options: ReadOptions, on_read: OnRead) -> Iterator[Load]:
    pyarrow = _import_pyarrow(path)
    from pyarrow import parquet

    try:
        table = parquet.ParquetFile(_Counting(path, on_read))
        rows = (row for batch in table.iter_batches(batch_size=256) for row in batch.to_pylist())
        yield from _read_rows(path, rows, options)
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        raise NabraError(f"{path}: not a Parquet file ({error})") from error


def _read_rows(path: Path, rows: Iterable[dict[str, Any]], options: ReadOptions, encoding: str = "") -> Iterator[Load]:
    empty = True
    for number, row in enumerate(rows, 1):
        empty = False
        yield partial(_load_row, row, f"{_stem(path)}-{number}", f"{path}: row {number}", encoding, options)
    if empty:
        raise NabraError(f"{path}: holds no article")


def _load_row(row: dict[str, Any], default_id: str, where: str, encoding: str, options: ReadOptions) -> Article:
    if None in row:  # where `csv` puts what is left over
        raise NabraError(f"{where}: has more fields than the first line names")
    for name, value in row.items():
        if fault := undecodable(name, encoding) or (isinstance(value, str) and undecodable(value, encoding)):
            raise NabraError(f"{where}: {name}: {fault}")
    return _checked(_article_from_record(row, default_id, where, options), where)


_READERS = {".txt": _read_txt, ".jsonl": _read_jsonl, ".csv": _read_csv, ".parquet": _read_parquet}
