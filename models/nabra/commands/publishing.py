"""Commands that score, export and publish trained models; they need the `train` extra."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from nabra.checkpoint import find_checkpoint
from nabra.commands.common import MODEL_ALIAS, OVERWRITE_HELP, load_analyzer, require_train_extra, saved_config
from nabra.config_files import build_parser, build_plain_parser, parse, parse_arguments
from nabra.errors import NabraError
from nabra.writers import check_output


def evaluate(arguments: list[str]) -> None:
    """Score a model, or predictions made before, on labelled articles."""
    require_train_extra()
    from nabra.reports import Language
    from nabra_train.evaluation import evaluate as run
    from nabra_train.evaluation import format_report, write_report
    from nabra_train.evaluation_page import write_evaluation

    parser = build_parser("nabra evaluate", evaluate.__doc__ or "")
    parser.add_argument("--predictions", type=Path | None, default=None, help="score these instead of a model's")
    parser.add_argument("--baselines", type=bool, default=True, help="score the baselines too")
    parser.add_argument("--output", type=Path | None, default=None, help="write the scores here, as JSON")
    parser.add_argument("--report", type=Path | None, default=None, help="page that shows the scores and the errors")
    parser.add_argument("--lang", type=Language, default="en", help="language of the page around the articles")
    parser.add_argument("--overwrite", action="store_true", help=OVERWRITE_HELP)
    aliases = MODEL_ALIAS | {"--data": "--data.test"}
    config, own = parse(parser, arguments, aliases, saved_config(arguments))
    for path in filter(None, [own.output, own.report]):
        read = [config.data.train, config.data.test, *filter(None, [own.predictions])]
        check_output(path, overwrite=own.overwrite, inputs=read)
    if own.output and own.report and os.path.realpath(own.output) == os.path.realpath(own.report):
        raise NabraError(f"{own.output}: is named by --output and --report; name two files")
    evaluation = run(config, None if own.predictions else load_analyzer(config), own.predictions, own.baselines)
    print(format_report(evaluation.report))
    if own.output is not None:
        write_report(evaluation.report, own.output)
    if own.report is not None:
        wrong = write_evaluation(evaluation, own.report, own.lang)
        print(f"{wrong} sentences with a wrong tone or speaker: {own.report}", file=sys.stderr)


def export(arguments: list[str]) -> None:
    """Make a trained model's int8 OpenVINO model, which runs without torch, and its ONNX model."""
    require_train_extra()
    from nabra_train.export import export_model

    parser = build_plain_parser("nabra export", export.__doc__)
    parser.add_argument("model", type=str, help="directory of a trained model")
    parser.add_argument(
        "--data", type=Path, default=[], nargs="+", help="articles to set int8's ranges by; default: the training data"
    )
    own = parse_arguments(parser, arguments)
    for path in export_model(find_checkpoint(own.model), own.data):
        size = sum(file.stat().st_size for file in path.parent.glob(f"{path.stem}.*"))
        print(f"{path}: {size / 1e6:.1f} MB")


def card(arguments: list[str]) -> None:
    """Write a model's card from the reports of 'nabra evaluate --output'."""
    require_train_extra()
    from nabra_train.model_card import CARD_NAME, write_card

    parser = build_plain_parser("nabra card", card.__doc__)
    parser.add_argument("model", type=str, help="directory of a trained model")
    parser.add_argument("--reports", type=Path, default=[], nargs="+", help="files that 'nabra evaluate' wrote")
    parser.add_argument("--names", type=str, default=[], nargs="+", help="what to call the data of each report")
    parser.add_argument("--title", type=str, default="", help="heading of the card")
    parser.add_argument("--note", type=str, default="", help="what else there is to say of the data")
    parser.add_argument("--overwrite", action="store_true", help=OVERWRITE_HELP)
    own = parse_arguments(parser, arguments)
    directory = find_checkpoint(own.model)
    check_output(directory / CARD_NAME, overwrite=own.overwrite)
    print(write_card(directory, own.reports, names=own.names, title=own.title, note=own.note))


def push(arguments: list[str]) -> None:
    """Publish a trained model on the Hugging Face Hub."""
    require_train_extra()
    from nabra_train.model_card import push as run

    parser = build_plain_parser("nabra push", push.__doc__)
    parser.add_argument("model", type=Path, help="directory of a trained model")
    parser.add_argument("repository", type=str, help="owner/name on the Hub")
    parser.add_argument("--private", type=bool, default=False, help="make a new repository for its owner alone")
    own = parse_arguments(parser, arguments)
    print(run(own.model, own.repository, private=own.private))
