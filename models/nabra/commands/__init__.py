"""The commands of `nabra`, by name: each takes its command line and returns its exit code, none for 0."""

from __future__ import annotations

from collections.abc import Callable

from nabra.commands.labelling import convert, select
from nabra.commands.publishing import card, evaluate, export, push
from nabra.commands.reading import predict, report, show
from nabra.commands.training import crossvalidate, distill, pretrain, train

COMMANDS: dict[str, Callable[[list[str]], int | None]] = {
    "predict": predict,
    "show": show,
    "select": select,
    "convert": convert,
    "report": report,
    "train": train,
    "crossvalidate": crossvalidate,
    "pretrain": pretrain,
    "distill": distill,
    "evaluate": evaluate,
    "export": export,
    "card": card,
    "push": push,
}
