"""Labels articles on many machines with Ray Data; needs the `ray` extra.

One task reads each file, a pool of actors that hold the model labels what comes, and tasks write shards. A worker that
dies is replaced and its batch is labelled again; a shard's name follows from its first article, so that nothing is
written twice.
"""

from __future__ import annotations

import json
import logging
import os
import re
import signal
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from nabra.analyzer import Analyzer
from nabra.article import Article
from nabra.checkpoint import find_checkpoint, read_model_config
from nabra.errors import NabraError
from nabra.files import find_files
from nabra.logs import is_quiet
from nabra.readers import AS_FOUND, STANDARD_INPUT, find_articles
from nabra.records import ReadOptions
from nabra.writers import atomic_writer, check_writable

BATCH = 64
"""Articles that a worker takes at a time."""
SHARD = 4096
"""Most articles of a shard."""

_OWN_ERROR = re.compile(r"nabra\.errors\.\w+: ")

Format = Literal["jsonl", "parquet"]
Rows = dict[str, Sequence[Any]]
"""Columns of a batch: `file` and `position` of each article, its `record` as JSON or the `error` that bars it."""


def predict_cluster(
    inputs: Sequence[str],
    output: Path,
    *,
    analyzer: dict[str, Any],
    options: ReadOptions = AS_FOUND,
    workers: int = 0,
    file_format: Format = "jsonl",
) -> dict[str, int]:
    """Label the articles of files and folders into a folder of shards, on the Ray cluster.

    The cluster is that of `RAY_ADDRESS`; without it, this machine. Every machine must see the inputs, the model and
    the folder under the same names.

    Args:
        inputs: As `nabra.readers.read_articles` takes them, but for standard input.
        output: A new or empty folder, for `part-….jsonl` or `part-….parquet`, and `errors-….jsonl` for the articles
            that could not be read.
        analyzer: Arguments of `Analyzer.from_pretrained`; no `threads` means one a worker.
        options: How to read them.
        workers: Processes that hold a model; 0 for one a GPU, or one a processor core where there are none.
        file_format: Of the shards.

    Returns:
        Numbers of `articles`, `sentences` and `left_out`.

    Raises:
        NabraError: If Ray, an input or the model is missing, the folder is not empty, or a worker fails for good.
    """
    if STANDARD_INPUT in inputs:
        raise NabraError("--engine ray: standard input cannot be shared; name files")
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise NabraError(f"{output}: is no empty folder; name a new one")
    check_writable(output)
    read_model_config(find_checkpoint(analyzer.get("model", ""), analyzer.get("revision")))
    files = [str(path.absolute()) for item in inputs for path in find_files(Path(item))]
    ray = _import_ray()
    articles = ray.data.from_items(
        [{"file": n, "path": path} for n, path in enumerate(files)], override_num_blocks=len(files)
    ).map_batches(_read, batch_size=1, fn_kwargs={"options": options})
    resources = ray.cluster_resources()
    gpus = int(resources.get("GPU", 0)) if analyzer.get("runtime", "auto") in ("auto", "torch") else 0
    shards = articles.map_batches(
        _Labeller,
        batch_size=BATCH,
        concurrency=workers or gpus or int(resources["CPU"]),
        num_gpus=1 if gpus else 0,
        fn_constructor_kwargs={"analyzer": analyzer},
    ).map_batches(_write, batch_size=SHARD, fn_kwargs={"folder": str(output.absolute()), "file_format": file_format})
    try:
        counts = shards.take_all()
    except KeyboardInterrupt as stop:
        raise type(stop)(_kept(output)) from stop
    except Exception as error:  # Ray wraps what its workers raise, traces and all
        raise NabraError(f"--engine ray: {_reason(error)}; {_kept(output)}") from error
    return {name: sum(row[name] for row in counts) for name in ("articles", "sentences", "left_out")}


def _reason(error: Exception) -> str:
    """What went wrong in a worker: our own line where there is one, for Ray says more behind it."""
    lines = str(error).strip().splitlines()
    own = [line.partition(": ")[2] for line in lines if _OWN_ERROR.match(line)]
    return own[-1] if own else lines[-1]


def _kept(output: Path) -> str:
    """What is left of a run that was stopped."""
    if not output.is_dir() or not any(output.iterdir()):
        return "nothing was labelled to the end; the same command begins anew"
    return f"complete shards stay in {output}; to label all, name a new folder or empty this one"


def _import_ray() -> Any:
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise NabraError("--engine ray needs Ray: pip install 'nabra[ray]'") from error
    if not ray.is_initialized():
        on_sigterm = signal.getsignal(signal.SIGTERM)
        try:
            with _environment("RAY_USAGE_STATS_ENABLED", "0"):  # Ray reports its use to its makers otherwise
                ray.init(log_to_driver=False, include_dashboard=False, configure_logging=False)
        except Exception as error:  # Ray raises many kinds
            reason = str(error).strip().splitlines()[0]
            raise NabraError(f"--engine ray: Ray cannot be started: {reason}; see RAY_ADDRESS") from error
        if callable(on_sigterm):  # Ray puts one of its own there, which ends with an exit code of its own
            signal.signal(signal.SIGTERM, on_sigterm)
    if is_quiet():
        ray.data.DataContext.get_current().enable_progress_bars = False
        logging.getLogger("ray.data").setLevel(logging.ERROR)
    return ray


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    """A variable for what begins in the block, unless the user has set it."""
    if name in os.environ:
        yield
        return
    os.environ[name] = value
    try:
        yield
    finally:
        del os.environ[name]


def _read(files: Rows, options: ReadOptions) -> Iterator[Rows]:
    """The articles of a file, a batch at a time."""
    for number, path in zip(files["file"], files["path"], strict=True):
        rows: list[tuple[int, int, str, str]] = []
        for position, load in enumerate(find_articles([path], options), 1):
            record = error = ""
            try:
                record = json.dumps(load().to_dict(), ensure_ascii=False)
            except NabraError as fault:
                error = str(fault)
            rows.append((int(number), position, record, error))
            if len(rows) == BATCH:
                yield _columns(rows)
                rows = []
        if rows:
            yield _columns(rows)


def _columns(rows: Iterable[tuple[int, int, str, str]]) -> Rows:
    return dict(zip(("file", "position", "record", "error"), map(list, zip(*rows))))


class _Labeller:
    """An actor that holds the model."""

    def __init__(self, analyzer: dict[str, Any]) -> None:
        self._analyzer = Analyzer.from_pretrained(**analyzer | {"threads": analyzer.get("threads") or 1})

    def __call__(self, rows: Rows) -> Rows:
        articles = (Article.from_dict(json.loads(record)) for record in rows["record"] if record)
        labelled = self._analyzer.analyze_many(articles)
        records = [
            json.dumps(next(labelled).to_dict(), ensure_ascii=False) if record else "" for record in rows["record"]
        ]
        return {**rows, "record": records}


def _write(rows: Rows, folder: str, file_format: Format) -> Rows:
    """Write a shard and a list of faults; returns their numbers of articles and sentences."""
    name = f"{rows['file'][0]:06}-{rows['position'][0]:09}"
    records = [record for record in rows["record"] if record]
    articles = [json.loads(record) for record in records]
    faults = [error for error in rows["error"] if error]
    if records and file_format == "jsonl":
        with atomic_writer(Path(folder, f"part-{name}.jsonl")) as file:
            file.writelines(record + "\n" for record in records)
    elif records:
        from nabra.parquet import write_parquet

        write_parquet(articles, Path(folder, f"part-{name}.parquet"))
    if faults:
        with atomic_writer(Path(folder, f"errors-{name}.jsonl")) as file:
            file.writelines(json.dumps({"error": fault}, ensure_ascii=False) + "\n" for fault in faults)
    sentences = sum(len(article["sentences"]) for article in articles)
    return {"articles": [len(articles)], "sentences": [sentences], "left_out": [len(faults)]}
