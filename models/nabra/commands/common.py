"""What several commands share: options, the model that they name, the files that they read."""

from __future__ import annotations

import dataclasses
import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nabra.config import CONFIG_NAME, Config
from nabra.errors import NabraError
from nabra.logs import LOGGER

if TYPE_CHECKING:
    from jsonargparse import ArgumentParser

    from nabra.analyzer import Analyzer
    from nabra.article import Article
    from nabra.readers import Load
    from nabra.records import ReadOptions

MODEL_ALIAS = {"--model": "--model.checkpoint"}
OVERWRITE_HELP = "replace an output that exists"


def add_read_options(parser: ArgumentParser) -> None:
    """Add the options that say how articles are read."""
    from nabra.records import TEXT_FIELD

    parser.add_argument("--text_field", type=str, default=TEXT_FIELD, help="field or column that holds the text")
    parser.add_argument("--encoding", type=str, default="", help="of the files, such as cp1256; without it: as found")
    parser.add_argument("--strip-html", action="store_true", help="take the text out of HTML; offsets count in it")


def read_options(own: Any) -> ReadOptions:
    """What the command line says of how articles are read."""
    from nabra.records import ReadOptions

    return ReadOptions(own.text_field, own.encoding, own.strip_html)


def saved_config(arguments: Sequence[str]) -> Path | None:
    """The configuration saved with the model that the command line names, if it is a directory that has one."""
    words = [word for argument in arguments for word in argument.split("=", 1)]
    given = [value for option, value in itertools.pairwise(words) if option in ("--model", "--model.checkpoint")]
    path = Path(given[-1]) / CONFIG_NAME if given else None  # the last counts, as when it is parsed
    return path if path and given[-1] and path.is_file() else None


def load_analyzer(config: Config) -> Analyzer:
    """The model that the configuration names."""
    from nabra.analyzer import Analyzer

    return Analyzer.from_pretrained(**analyzer_arguments(config))


def analyzer_arguments(config: Config) -> dict[str, Any]:
    """What `Analyzer.from_pretrained` takes."""
    return {"model": config.model.checkpoint, "revision": config.model.revision, **dataclasses.asdict(config.inference)}


def check_standard_output(inputs: Iterable[str]) -> None:
    """Refuse to print into a file that is read: what is printed would be read in turn.

    Raises:
        NabraError: Naming the file.
    """
    from nabra.readers import input_files

    printed = Path("/dev/stdout")
    if printed.is_file():  # no terminal and no pipe
        for path in filter(os.path.exists, input_files(inputs)):
            if printed.samefile(path):
                raise NabraError(f"{path}: is an input, and standard output goes into it; send that to another file")


def readable(loads: Iterable[Load], left_out: list[NabraError]) -> Iterator[Article]:
    """The articles that can be read; says which cannot.

    Args:
        loads: What reads them, one by one.
        left_out: Gets the faults.

    Raises:
        NabraError: The first fault, in the end, if no article can be read.
    """
    some = False
    for load in loads:
        try:
            article = load()
        except NabraError as fault:
            left_out.append(fault)
            if some or len(left_out) > 1:  # the first is said once it is known that there are others to read
                LOGGER.error("nabra: left out: %s", fault)
            continue
        if not some and left_out:
            LOGGER.error("nabra: left out: %s", left_out[0])
        some = True
        yield article
    if left_out and not some:
        raise left_out[0]


def require_train_extra() -> None:
    """Say what to install where a package of the `train` extra is missing."""
    try:
        import datasets  # noqa: F401
        import sklearn  # noqa: F401
        import torch  # noqa: F401
        import transformers  # noqa: F401
    except ImportError as error:
        raise NabraError(f"this command needs {error.name}: pip install 'nabra[train]'") from error
