"""Commands that label articles, and those that show what was labelled."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nabra.commands.common import (
    MODEL_ALIAS,
    OVERWRITE_HELP,
    add_read_options,
    analyzer_arguments,
    check_standard_output,
    load_analyzer,
    read_options,
    readable,
    saved_config,
)
from nabra.config import Config
from nabra.config_files import build_parser, build_plain_parser, parse, parse_arguments
from nabra.errors import NabraError
from nabra.logs import LOGGER
from nabra.writers import check_output, partial_path, target_of

if TYPE_CHECKING:
    from nabra.article import Article
    from nabra.records import ReadOptions

PREDICT_ALIASES = MODEL_ALIAS | {"--min-confidence": "--inference.min_confidence"}


def predict(arguments: list[str]) -> int:
    """Label articles: .txt, .jsonl, .csv, .parquet files, .gz and .zst of them, folders, - for standard input."""
    from nabra.readers import STANDARD_INPUT, find_articles

    parser = build_parser("nabra predict", predict.__doc__ or "")
    parser.add_argument("articles", nargs="+", help=f"files or folders; {STANDARD_INPUT} for standard input")
    parser.add_argument("--output", type=Path | None, default=None, help="JSON Lines file; without it: the screen")
    parser.add_argument("--resume", action="store_true", help="go on with a run into --output that was stopped")
    parser.add_argument("--overwrite", action="store_true", help=OVERWRITE_HELP)
    add_read_options(parser)
    parser.add_argument(
        "--engine", type=Literal["local", "ray"], default="local", help="this process, or a Ray cluster"
    )
    parser.add_argument("--workers", type=int, default=0, help="processes with a model on Ray; 0 for one a GPU or core")
    parser.add_argument("--format", type=Literal["jsonl", "parquet"], default="jsonl", help="of the shards of Ray")
    config, own = parse(parser, arguments, PREDICT_ALIASES, saved_config(arguments))
    if own.workers < 0:
        raise NabraError(f"--workers: must not be negative, got {own.workers}")
    options = read_options(own)
    if own.engine == "ray":
        return _predict_cluster(config, own, options)
    if own.workers or own.format != "jsonl":
        raise NabraError("--workers and --format: are for --engine ray; name that too, or leave them out")
    if own.output is not None:
        return _predict_file(config, own, options)
    check_standard_output(own.articles)
    left_out: list[NabraError] = []
    _print(load_analyzer(config).analyze_many(readable(find_articles(own.articles, options), left_out)))
    return int(bool(left_out))


def _print(articles: Iterable[Article]) -> None:
    """A table for a person, JSON Lines for a pipe."""
    from nabra.table import format_article, palette_for
    from nabra.writers import to_json_line

    palette = palette_for(sys.stdout)
    for article in articles:
        line = format_article(article, palette=palette) if sys.stdout.isatty() else to_json_line(article)
        sys.stdout.write(line)
        sys.stdout.flush()


def _predict_file(config: Config, own: Any, options: ReadOptions) -> int:
    """Label into a file; the exit code is 1 if articles were left out."""
    from nabra.prediction import ResumeError, check_outputs, errors_path, is_complete, is_stopped, predict_file
    from nabra.progress import ArticleProgress

    inputs, output = own.articles, target_of(own.output)
    if own.resume and own.overwrite:
        raise NabraError("--resume and --overwrite: choose one")
    if own.resume and is_complete(output):
        LOGGER.info("%s: is complete already; --overwrite makes it anew", output)
        return int(errors_path(output).exists())
    check_outputs(output, inputs, overwrite=own.overwrite or own.resume)
    analyzer = load_analyzer(config)
    try:
        with ArticleProgress(inputs) as progress:
            done = predict_file(
                analyzer,
                inputs,
                output,
                options=options,
                resume=own.resume,
                on_read=progress.read,
                on_labelled=progress.labelled,
            )
    except (NabraError, KeyboardInterrupt) as stop:
        if isinstance(stop, ResumeError) or not is_stopped(output):
            raise
        said = f"{stop}; " if stop.args else ""
        kept = f"what is done is kept in {partial_path(output)}; go on with --resume"
        raise type(stop)(said + kept) from stop
    LOGGER.info("%d articles, %d sentences: %s", done.articles, done.sentences, output)
    if done.left_out:
        LOGGER.error("nabra: %d articles were left out; why: %s", done.left_out, errors_path(output))
    return int(done.left_out > 0)


def _predict_cluster(config: Config, own: Any, options: ReadOptions) -> int:
    """Label into a folder of shards on Ray; the exit code is 1 if articles were left out."""
    from nabra.cluster import predict_cluster

    if own.output is None:
        raise NabraError("--engine ray: needs --output, a folder")
    if own.resume or own.overwrite:
        raise NabraError("--engine ray: cannot go on with a folder or overwrite it; name a new one")
    done = predict_cluster(
        own.articles,
        own.output,
        analyzer=analyzer_arguments(config),
        options=options,
        workers=own.workers,
        file_format=own.format,
    )
    LOGGER.info("%d articles, %d sentences: %s", done["articles"], done["sentences"], own.output)
    if done["left_out"]:
        LOGGER.error("nabra: %d articles were left out; why: %s/errors-*.jsonl", done["left_out"], own.output)
    return int(done["left_out"] > 0)


def show(arguments: list[str]) -> None:
    """Print predictions or labelled articles as a table."""
    from nabra.labelled import read_predictions
    from nabra.table import format_article, palette_for

    parser = build_plain_parser("nabra show", show.__doc__)
    parser.add_argument("predictions", type=Path, help="what 'nabra predict' wrote")
    palette = palette_for(sys.stdout)
    for article in read_predictions(parse_arguments(parser, arguments).predictions):
        sys.stdout.write(format_article(article, palette=palette))


def report(arguments: list[str]) -> None:
    """Show predictions or labelled articles as a page for a browser."""
    from nabra.labelled import read_predictions
    from nabra.reports import Language, write_report

    parser = build_plain_parser("nabra report", report.__doc__)
    parser.add_argument(
        "predictions", type=Path, nargs="+", help="what 'nabra predict' wrote: files, and folders of Ray's shards"
    )
    parser.add_argument("--output", type=Path, default=Path("report.html"), help="the page")
    parser.add_argument("--lang", type=Language, default="en", help="language of the page around the articles")
    parser.add_argument("--title", type=str, default="", help="heading of the page; without it: a single file's name")
    parser.add_argument("--overwrite", action="store_true", help=OVERWRITE_HELP)
    own = parse_arguments(parser, arguments)
    check_output(own.output, overwrite=own.overwrite, inputs=own.predictions)
    articles = itertools.chain.from_iterable(map(read_predictions, own.predictions))
    title = own.title or (own.predictions[0].name if len(own.predictions) == 1 else "")
    done = write_report(articles, own.output, own.lang, title)
    LOGGER.info("%d articles, %d sentences: %s", done.articles, done.sentences, own.output)
