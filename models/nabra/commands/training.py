"""Commands that train models; they need the `train` extra."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from jsonargparse import ArgumentParser

from nabra.checkpoint import find_checkpoint, read_model_config
from nabra.commands.common import OVERWRITE_HELP, require_train_extra
from nabra.config import Config
from nabra.config_files import build_parser, parse
from nabra.errors import NabraError
from nabra.writers import only_run


def train(arguments: list[str]) -> None:
    """Train a model on labelled articles."""
    require_train_extra()
    from nabra_train.experiments import format_seeds, train_seeds
    from nabra_train.training import train as run

    config, own = _parse(_parser("nabra train", train), arguments)
    several = config.training.seeds > 1
    _train(config, own, lambda: format_seeds(train_seeds(config)) if several else f"trained model: {run(config)}")


def _parser(program: str, command: Callable[..., None]) -> ArgumentParser:
    parser = build_parser(program, command.__doc__ or "")
    parser.add_argument("--overwrite", action="store_true", help=OVERWRITE_HELP)
    return parser


def _parse(parser: ArgumentParser, arguments: list[str]) -> tuple[Config, Any]:
    """The configuration of a training; one that goes on from a checkpoint takes the model's shape from it."""
    config, own = parse(parser, arguments)
    if not config.model.checkpoint:
        return config, own
    trained = read_model_config(find_checkpoint(config.model.checkpoint, config.model.revision))
    shape = {name: trained[name] for name in ("tones", "max_tokens", "head_size", "head_dropout")}
    parser.set_defaults({f"model.{name}": value for name, value in shape.items()})
    return parse(parser, arguments)


def crossvalidate(arguments: list[str]) -> None:
    """Score a recipe on the training articles, by cross-validation."""
    require_train_extra()
    from nabra_train.evaluation import format_report
    from nabra_train.experiments import cross_validate

    parser = _parser("nabra crossvalidate", crossvalidate)
    parser.add_argument("--folds", type=int, default=5, help="parts that the articles are divided into")
    config, own = _parse(parser, arguments)
    _train(config, own, lambda: format_report(cross_validate(config, own.folds)))


def pretrain(arguments: list[str]) -> None:
    """Adapt an encoder to raw text of one's own, before training."""
    require_train_extra()
    from nabra_train.pretraining import pretrain as run

    config, own = parse(_parser("nabra pretrain", pretrain), arguments)
    said = "adapted encoder: {0}; train on it with --model.encoder {0}"
    _train(config, own, lambda: said.format(run(config)))


def distill(arguments: list[str]) -> None:
    """Train a model to answer as others do on raw text: a small one from large ones."""
    require_train_extra()
    from nabra_train.distillation import distill as run

    parser = _parser("nabra distill", distill)
    parser.add_argument("--teachers", type=str, nargs="+", default=[], help="trained models, by directory or Hub id")
    config, own = _parse(parser, arguments)
    said = "trained model: {0}; go on with labelled articles by --model.checkpoint {0}"
    _train(config, own, lambda: said.format(run(config, own.teachers)))


def _train(config: Config, own: Any, run: Callable[[], str]) -> None:
    """Train into a folder that may be written, and print what `run` says in the end."""
    from nabra_train.resuming import EndedError
    from nabra_train.training import check_output, is_first_process, is_stopped

    first = is_first_process()
    if first:
        check_output(config.training, overwrite=own.overwrite)
    with only_run(Path(config.training.output)) if first else nullcontext():
        try:
            said = run()
        except (NabraError, KeyboardInterrupt) as stop:
            if isinstance(stop, EndedError) or not is_stopped(config.training):
                raise
            said = f"{stop}; " if stop.args else ""
            kept = f"what is done is kept in {config.training.output}; go on with --training.resume true"
            raise type(stop)(said + kept) from stop
    if first:
        print(said)
