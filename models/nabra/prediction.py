"""Labels any number of articles into a file: streamed, and gone on with after a stop."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from nabra.analyzer import Analyzer
from nabra.article import Article
from nabra.errors import NabraError
from nabra.readers import AS_FOUND, STANDARD_INPUT, Load, find_articles, input_files
from nabra.records import ReadOptions
from nabra.writers import atomic_writer, check_output, lock, partial_path, target_of, to_json_line, writing

STATE_SUFFIX = ".state"
ERRORS_SUFFIX = ".errors.jsonl"


class ResumeError(NabraError):
    """A run that was stopped cannot be gone on with."""


@dataclass(frozen=True, slots=True)
class State:
    """How far a run has come, and what to go on from.

    Args:
        inputs: What is read, as it was named.
        position: Articles of the input that are done with, labelled or left out.
        articles: Those that were labelled.
        sentences: Their sentences.
        output_size: Bytes of the output that are complete.
        errors_size: Bytes of the list of faults that go with it.
        settings: How the input is read and labelled.
        files: Tells whether the files that were begun are still as they were.
    """

    inputs: tuple[str, ...]
    position: int = 0
    articles: int = 0
    sentences: int = 0
    output_size: int = 0
    errors_size: int = 0
    settings: dict[str, Any] = field(default_factory=dict)
    files: str = ""

    @property
    def left_out(self) -> int:
        """Articles that could not be read."""
        return self.position - self.articles


def errors_path(output: Path) -> Path:
    """Where the articles that could not be read are listed: `news.errors.jsonl` beside `news.jsonl`."""
    return output.with_name(output.name.removesuffix(".jsonl") + ERRORS_SUFFIX)


def check_outputs(output: Path, inputs: Sequence[str], *, overwrite: bool) -> None:
    """Refuse an output, or a list of faults beside it, that must not be written: `nabra.writers.check_output`."""
    for path in (output, errors_path(output)):
        check_output(path, overwrite=overwrite, inputs=input_files(inputs))


def predict_file(
    analyzer: Analyzer,
    inputs: Sequence[str],
    output: str | Path,
    *,
    options: ReadOptions = AS_FOUND,
    resume: bool = False,
    on_read: Callable[[int], None] | None = None,
    on_labelled: Callable[[int], None] | None = None,
) -> State:
    """Label the articles of files and folders into a JSON Lines file.

    An article that cannot be read is left out and listed in `errors_path(output)`. The files appear under their names
    once they are complete. Until then `output` lies beside them as `.partial`, with a `.state`; a run that was stopped,
    however roughly, goes on from there and ends with the very bytes that it would have ended with.

    Args:
        analyzer: The model.
        inputs: As `nabra.readers.read_articles` takes them.
        output: The file to write.
        options: How to read them.
        resume: Go on with a run that was stopped; begin where there is none.
        on_read: Told how many bytes were read.
        on_labelled: Told how many articles were labelled.

    Raises:
        NabraError: If an input is missing or the output cannot be written.
        ResumeError: If the run to go on with read other inputs, or in another way.
    """
    output = target_of(Path(output))
    state = State(tuple(map(str, inputs)), settings={**asdict(options), **analyzer.settings})
    if resume:
        state = _read_state(output, state)
    files_read = _FilesRead()
    loads = find_articles(inputs, options, on_read, files_read.add)
    check_outputs(output, inputs, overwrite=True)
    _pass_over(loads, state, files_read)
    with writing(output), _Files(output, state) as files:
        marks: deque[State] = deque()
        blocks = _blocks(loads, analyzer.look_ahead, state, files, files_read, marks)
        for labelled in analyzer.analyze_blocks(blocks):
            state = files.write(labelled, marks.popleft())
            if on_labelled is not None:
                on_labelled(len(labelled))
    with writing(output):
        files.finish()
    return state


def is_complete(output: Path) -> bool:
    """Whether a run has ended there, and none was begun since."""
    return output.is_file() and not _state_path(output).exists() and not partial_path(output).exists()


def is_stopped(output: Path) -> bool:
    """Whether a run can be gone on with."""
    return _state_path(output).is_file() and partial_path(output).is_file()


class _FilesRead:
    """Tells whether files are as they were: a digest of name and size of those that were begun.

    Not of their times, which a copy changes.
    """

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add(self, path: Path) -> None:
        """A file is being begun."""
        try:
            size = path.stat().st_size
        except OSError:  # standard input, or what may not be read: the reader says that
            size = -1
        self._digest.update(repr((str(path), size)).encode())

    def __str__(self) -> str:
        return self._digest.hexdigest()


def _pass_over(loads: Iterator[Load], state: State, files_read: _FilesRead) -> None:
    """Leave behind what a run that was stopped has done."""
    passed = sum(1 for _ in islice(loads, state.position))
    if passed < state.position or (state.files and state.files != str(files_read)):
        raise ResumeError("--resume: files that were read have changed since, come or gone; --overwrite begins anew")


def _blocks(
    loads: Iterator[Load],
    look_ahead: int,
    state: State,
    files: _Files,
    files_read: _FilesRead,
    marks: deque[State],
) -> Iterator[list[Article]]:
    """Articles in blocks that the model takes together, and in `marks` how far each has come.

    Where a block ends depends on the input alone, so that a run that goes on makes the blocks it would have made.
    """
    block: list[Article] = []
    waiting = 0
    for position, load in enumerate(loads, state.position + 1):
        state = replace(state, position=position, files=str(files_read))
        try:
            block.append(load())
            waiting += len(block[-1].sentences)
        except NabraError as fault:
            state = replace(state, errors_size=files.report(position, fault))
        if waiting >= look_ahead:
            state = _done(state, block)
            marks.append(state)
            yield block
            block, waiting = [], 0
    marks.append(_done(state, block))
    yield block


def _done(state: State, block: Sequence[Article]) -> State:
    sentences = sum(len(article.sentences) for article in block)
    return replace(state, articles=state.articles + len(block), sentences=state.sentences + sentences)


class _Files:
    """The output, the list of faults and the state, each complete up to the same article."""

    def __init__(self, output: Path, state: State) -> None:
        self._output, self._errors = output, errors_path(output)
        self._begin = state
        self._stack = ExitStack()
        self._errors_file: BinaryIO | None = None

    def __enter__(self) -> _Files:
        self._output.parent.mkdir(parents=True, exist_ok=True)
        with self._stack:  # what is open already is closed if the rest fails
            self._output_file = self._open(self._output)
            if not self._begin.position:
                _state_path(self._output).unlink(missing_ok=True)  # of an earlier run
            _cut(self._output_file, self._begin.output_size)
            if self._begin.errors_size:
                self._errors_file = self._open(self._errors)
                _cut(self._errors_file, self._begin.errors_size)
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # what a full disk did not take, it does not take now either
            self._stack.close()

    def _open(self, path: Path) -> BinaryIO:
        """A file to append to that no other run writes."""
        file = self._stack.enter_context(partial_path(path).open("ab"))
        _lock(file, path)
        return file

    def report(self, position: int, fault: NabraError) -> int:
        """List an article that is left out; returns the size of the list."""
        if self._errors_file is None:
            self._errors_file = self._open(self._errors)
            _cut(self._errors_file, 0)
        line = json.dumps({"position": position, "error": str(fault)}, ensure_ascii=False) + "\n"
        self._errors_file.write(line.encode("utf-8", "backslashreplace"))  # names of files need not be UTF-8
        self._errors_file.flush()
        return self._errors_file.tell()

    def write(self, articles: Sequence[Article], mark: State) -> State:
        """Write a block and remember how far the run has come."""
        if not _is_at(self._output_file, partial_path(self._output)):
            raise NabraError(f"{partial_path(self._output)}: was taken away while it was written; begin anew")
        self._output_file.write("".join(map(to_json_line, articles)).encode("utf-8"))
        self._output_file.flush()
        # A state never says more than the disk holds after a power cut.
        for file in filter(None, (self._output_file, self._errors_file)):
            os.fsync(file.fileno())
        state = replace(mark, output_size=self._output_file.tell())
        path = _state_path(self._output)
        with atomic_writer(path) as staged:
            staged.write(json.dumps(asdict(state)))
        return state

    def finish(self) -> None:
        """Give the complete files their names, the output last."""
        if self._errors_file is not None:
            os.replace(partial_path(self._errors), self._errors)
        else:
            for path in (self._errors, partial_path(self._errors)):
                path.unlink(missing_ok=True)  # of an earlier run
        os.replace(partial_path(self._output), self._output)
        _state_path(self._output).unlink(missing_ok=True)


def _lock(file: BinaryIO, path: Path) -> None:
    """Keep a second run from writing the same file."""
    if not lock(file.fileno()) or not _is_at(file, partial_path(path)):  # or finished in this very moment
        raise NabraError(f"{path}: another run is writing it; wait for that, or name another file")


def _is_at(file: BinaryIO, path: Path) -> bool:
    """Whether an open file still has its name."""
    return path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat())


def _cut(file: BinaryIO, size: int) -> None:
    """Leave the first bytes of a file alone, and stand behind them."""
    file.truncate(size)
    file.seek(size)


def _state_path(output: Path) -> Path:
    return output.with_name(output.name + STATE_SUFFIX)


def _read_state(output: Path, begin: State) -> State:
    """The state of a run that was stopped; `begin` where none was."""
    path = _state_path(output)
    if not path.is_file():
        return begin
    if STANDARD_INPUT in begin.inputs:
        raise ResumeError("--resume: standard input cannot be read again; name files")
    try:
        state = _state(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ResumeError(f"{path}: is damaged, or of another version ({error}); delete it to begin anew") from error
    if state.inputs != begin.inputs:
        raise ResumeError(f"--resume: {output} was made from {shlex.join(state.inputs)}; name the same inputs again")
    for name, value in begin.settings.items():
        if (before := state.settings.get(name, value)) != value:
            raise ResumeError(
                f"--resume: {output} was begun with {name} {before!r}, not {value!r}; name the same again, or begin "
                "anew with --overwrite in place of --resume"
            )
    _take_back(output, state.output_size)
    _take_back(errors_path(output), state.errors_size)
    for file, size in ((output, state.output_size), (errors_path(output), state.errors_size)):
        partial = partial_path(file)
        if (file == output or size) and (not partial.is_file() or partial.stat().st_size < size):
            raise ResumeError(f"--resume: {partial} is gone or cut short; delete {path} to begin anew")
    return state


def _state(record: dict[str, Any]) -> State:
    """The state that a file holds; `TypeError` or `ValueError` if it is none."""
    state = State(**{**record, "inputs": tuple(record["inputs"])})
    numbers = (state.position, state.articles, state.sentences, state.output_size, state.errors_size)
    if any(type(number) is not int or number < 0 for number in numbers):
        raise ValueError("expected numbers")
    if not all(isinstance(item, str) for item in state.inputs) or not isinstance(state.settings, dict):
        raise ValueError("expected names of inputs, and settings")
    return state


def _take_back(path: Path, size: int) -> None:
    """Make a file partial again: a run may be killed while it gives the complete files their names."""
    if not partial_path(path).exists() and path.is_file() and path.stat().st_size == size:
        os.replace(path, partial_path(path))
