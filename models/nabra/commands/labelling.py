"""Commands for those who label: what to label next, and the formats of annotation tools."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from nabra.article import TONES
from nabra.commands.common import (
    MODEL_ALIAS,
    OVERWRITE_HELP,
    add_read_options,
    load_analyzer,
    read_options,
    readable,
    require_train_extra,
    saved_config,
)
from nabra.config_files import build_parser, build_plain_parser, parse, parse_arguments
from nabra.errors import NabraError
from nabra.logs import LOGGER
from nabra.writers import check_output

if TYPE_CHECKING:
    from nabra.analyzer import Analyzer
    from nabra.article import Article
    from nabra.records import ReadOptions


def select(arguments: list[str]) -> None:
    """Choose the articles whose labels would teach the model most, and label them for correction."""
    require_train_extra()
    from nabra.formats import Reading, read_labelled, write_labelled
    from nabra.readers import input_files
    from nabra_train.data import load_articles
    from nabra_train.selection import format_selection
    from nabra_train.selection import select as run

    parser = build_parser("nabra select", select.__doc__ or "")
    parser.add_argument("articles", nargs="*", help="files or folders to label first, as 'nabra predict' takes them")
    parser.add_argument("--predictions", type=Path | None, default=None, help="choose from what 'nabra predict' wrote")
    parser.add_argument("--labelled", type=Path, nargs="+", default=[], help="files of articles that need no labels")
    parser.add_argument("--count", type=int, default=20, help="how many to choose")
    parser.add_argument("--min_sentences", type=int, default=4, help="pass over shorter articles")
    add_read_options(parser)
    parser.add_argument("--output", type=Path | None, default=None, help="JSON Lines file; without it: a table alone")
    parser.add_argument("--overwrite", action="store_true", help=OVERWRITE_HELP)
    config, own = parse(parser, arguments, MODEL_ALIAS, saved_config(arguments))
    if bool(own.articles) == bool(own.predictions):
        raise NabraError("name articles to choose from, or what 'nabra predict' wrote with --predictions")
    if own.count < 1:
        raise NabraError(f"--count: must be at least 1, got {own.count}")
    if own.output is not None:
        read = [*own.labelled, *filter(None, [own.predictions]), *input_files(own.articles)]
        check_output(own.output, overwrite=own.overwrite, inputs=read)
    labelled = [article for path in own.labelled for article in load_articles(path, config.model.tones)]
    if own.predictions:
        pool = read_labelled(own.predictions, reading=Reading(config.model.tones))
    else:
        pool = _label_readable(load_analyzer(config), own.articles, read_options(own))
    chosen = run(pool, own.count, labelled, own.min_sentences)
    if own.output is not None:
        write_labelled(chosen, own.output)
    print(format_selection(chosen))


def _label_readable(analyzer: Analyzer, inputs: list[str], options: ReadOptions) -> Iterator[Article]:
    """Label the articles that can be read; says which cannot."""
    from nabra.progress import ArticleProgress
    from nabra.readers import find_articles

    with ArticleProgress(inputs) as progress:
        for article in analyzer.analyze_many(readable(find_articles(inputs, options, progress.read), [])):
            progress.labelled(1)
            yield article


def convert(arguments: list[str]) -> None:
    """Convert labelled articles to the formats of annotation tools and back: Label Studio, doccano, CoNLL."""
    from nabra.formats import FormatName, Reading, outputs
    from nabra.formats import convert as run

    parser = build_plain_parser("nabra convert", convert.__doc__)
    parser.add_argument(
        "input", type=Path, help="labelled articles, or what 'nabra predict' or an annotation tool wrote"
    )
    parser.add_argument("output", type=Path, help="file to write; label-studio: the labelling interface too, as .xml")
    parser.add_argument("--from", type=FormatName, default="nabra", help="format of the input")
    parser.add_argument("--to", type=FormatName, default="nabra", help="format of the output")
    parser.add_argument("--annotator", type=str, default="", help="label-studio: whose labels, by id or e-mail")
    parser.add_argument("--tones", type=list[str], default=list(TONES), help="the tones that may occur")
    parser.add_argument("--overwrite", action="store_true", help=OVERWRITE_HELP)
    own = parse_arguments(parser, arguments)
    if own.annotator and own["from"] != "label-studio":
        raise NabraError("--annotator: only an export of label-studio says who labelled; name it with --from")
    for path in outputs(own.output, own.to):
        check_output(path, overwrite=own.overwrite, inputs=[own.input])
    left_out: list[str] = []
    reading = Reading(own.tones, own.annotator, left_out.append)
    articles = run(own.input, own.output, own["from"], own.to, reading)
    LOGGER.info("%d articles: %s", articles, own.output)
    for line in left_out:
        LOGGER.error("nabra: left out: %s", line)
