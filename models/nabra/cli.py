"""The `nabra` command: everything that can be done with a model, over one configuration."""

from __future__ import annotations

import dataclasses
import difflib
import itertools
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import nabra
from nabra.article import TONES
from nabra.checkpoint import find_checkpoint, read_model_config
from nabra.config import CONFIG_NAME, Config
from nabra.config_files import build_parser, build_plain_parser, parse, parse_arguments
from nabra.errors import NabraError, TerminatedError
from nabra.logs import LOGGER
from nabra.rendering import escape_line
from nabra.writers import check_output, partial_path, target_of

if TYPE_CHECKING:
    from jsonargparse import ArgumentParser

    from nabra.analyzer import Analyzer
    from nabra.article import Article
    from nabra.readers import ReadOptions

MODEL_ALIAS = {"--model": "--model.checkpoint"}
OVERWRITE_HELP = "replace an output that exists"
PREDICT_ALIASES = MODEL_ALIAS | {"--min-confidence": "--inference.min_confidence"}
USAGE = """usage: nabra COMMAND ...

Tone and speaker of every sentence of Arabic news.

commands:
{commands}

'nabra COMMAND --help' lists what a command takes; all take --quiet and --verbose."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    return guard("nabra", lambda: _run(arguments))


def guard(program: str, run: Callable[[], int | None]) -> int:
    """Run a program and return its exit code.

    That is its own or 0, 2 for what the user can mend, 130 for Ctrl-C, 143 for SIGTERM.

    Args:
        program: Its name, for the line that says what is wrong.
        run: Does its work.
    """
    if sys.stdout is None:  # closed by whoever started us
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    try:
        with _terminable():
            code = run() or 0
            sys.stdout.flush()
            return code
    except NabraError as error:
        return _fail(program, str(error))
    except KeyboardInterrupt as stop:
        terminated = isinstance(stop, TerminatedError)
        kept = f"; {escape_line(str(stop))}" if stop.args else ""
        print(f"{program}: {'terminated' if terminated else 'interrupted'}{kept}", file=sys.stderr)
        return 143 if terminated else 130
    except BrokenPipeError:
        sys.stdout = None  # whoever read our output has gone; the interpreter must not flush it again
        return 0
    except OSError as error:  # standard output on a full disk, a folder that vanished
        if error.filename is None:
            sys.stdout = None
        return _fail(program, f"{error.filename or 'standard output'}: {error.strerror or error}")
    except MemoryError:
        return _fail(program, "out of memory; give it more, or smaller batches")


def _fail(program: str, message: str) -> int:
    print(f"{program}: error: {escape_line(message)}", file=sys.stderr)
    return 2


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end the program as Ctrl-C does, with everything put in order."""
    if threading.current_thread() is not threading.main_thread():  # only that one may handle signals
        yield
        return

    def terminate(*_: object) -> None:
        raise TerminatedError

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def _run(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help"):
        lines = (f"  {name:<14}{(command.__doc__ or '').splitlines()[0]}" for name, command in COMMANDS.items())
        print(USAGE.format(commands="\n".join(lines)))
        return 0
    name, rest = arguments[0], arguments[1:]
    if name == "--version":
        print(f"nabra {nabra.__version__}")
        return 0
    if name not in COMMANDS:
        close = difflib.get_close_matches(name, COMMANDS, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"commands: {', '.join(COMMANDS)}"
        raise NabraError(f"unknown command {name!r}; {hint}")
    try:
        return COMMANDS[name](rest) or 0
    except SystemExit as stop:  # --help
        return int(stop.code or 0)


def predict(arguments: list[str]) -> int:
    """Label articles: .txt, .jsonl, .csv, .parquet files, .gz and .zst of them, folders, - for standard input."""
    from nabra.readers import STANDARD_INPUT, find_articles

    parser = build_parser("nabra predict", predict.__doc__ or "")
    parser.add_argument("articles", nargs="+", help=f"files or folders; {STANDARD_INPUT} for standard input")
    parser.add_argument("--output", type=Path | None, default=None, help="JSON Lines file; without it: the screen")
    parser.add_argument("--resume", action="store_true", help="go on with a run into --output that was stopped")
    parser.add_argument("--overwrite", action="store_true", help=OVERWRITE_HELP)
    _add_read_options(parser)
    parser.add_argument(
        "--engine", type=Literal["local", "ray"], default="local", help="this process, or a Ray cluster"
    )
    parser.add_argument("--workers", type=int, default=0, help="processes with a model on Ray; 0 for one a GPU or core")
    parser.add_argument("--format", type=Literal["jsonl", "parquet"], default="jsonl", help="of the shards of Ray")
    config, own = parse(parser, arguments, PREDICT_ALIASES, _saved_config(arguments))
    options = _read_options(own)
    if own.engine == "ray":
        return _predict_cluster(config, own, options)
    if own.output is not None:
        return _predict_file(config, own, options)
    _print(_load(config).analyze_many(load() for load in find_articles(own.articles, options)))
    return 0


def _add_read_options(parser: ArgumentParser) -> None:
    from nabra.readers import TEXT_FIELD

    parser.add_argument("--text_field", type=str, default=TEXT_FIELD, help="field or column that holds the text")
    parser.add_argument("--encoding", type=str, default="", help="of the files, such as cp1256; without it: as found")
    parser.add_argument("--strip-html", action="store_true", help="take the text out of HTML; offsets count in it")


def _read_options(own: Any) -> ReadOptions:
    from nabra.readers import ReadOptions

    return ReadOptions(own.text_field, own.encoding, own.strip_html)


def _saved_config(arguments: Sequence[str]) -> Path | None:
    """The configuration saved with the model that the command line names, if it is a directory that has one."""
    model = _value_of(arguments, "--model", "--model.checkpoint")
    path = Path(model or "") / CONFIG_NAME
    return path if model and path.is_file() else None


def _load(config: Config) -> Analyzer:
    from nabra.analyzer import Analyzer

    return Analyzer.from_pretrained(**_analyzer_arguments(config))


def _analyzer_arguments(config: Config) -> dict[str, Any]:
    """What `Analyzer.from_pretrained` takes."""
    return {"model": config.model.checkpoint, "revision": config.model.revision, **dataclasses.asdict(config.inference)}


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
    from nabra.prediction import errors_path, is_complete, is_stopped, predict_file
    from nabra.progress import ArticleProgress

    inputs, output = own.articles, target_of(own.output)
    if own.resume and own.overwrite:
        raise NabraError("--resume and --overwrite: choose one")
    if own.resume and is_complete(output):
        LOGGER.info("%s: is complete already; --overwrite makes it anew", output)
        return int(errors_path(output).exists())
    check_output(output, overwrite=own.overwrite or own.resume, inputs=_files(inputs))
    analyzer = _load(config)
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
        if not is_stopped(output):
            raise
        said = f"{stop}; " if stop.args else ""
        kept = f"what is done is kept in {partial_path(output)}; go on with --resume"
        raise type(stop)(said + kept) from stop
    LOGGER.info("%d articles, %d sentences: %s", done.articles, done.sentences, output)
    if done.left_out:
        LOGGER.error("nabra: %d articles were left out; why: %s", done.left_out, errors_path(output))
    return int(done.left_out > 0)


def _files(inputs: Iterable[str]) -> Iterator[Path]:
    """The files that some inputs stand for."""
    from nabra.readers import STANDARD_INPUT, find_files

    return (path for item in inputs if item != STANDARD_INPUT for path in find_files(Path(item)))


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
        analyzer=_analyzer_arguments(config),
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
    parser.add_argument("predictions", type=Path, help="JSON Lines, as 'nabra predict' writes")
    palette = palette_for(sys.stdout)
    for article in read_predictions(parse_arguments(parser, arguments).predictions):
        sys.stdout.write(format_article(article, palette=palette))


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


def select(arguments: list[str]) -> None:
    """Choose the articles whose labels would teach the model most, and label them for correction."""
    _require_train_extra()
    from nabra.formats import Reading, read_labelled, write_labelled
    from nabra_train.data import load_articles
    from nabra_train.selection import format_selection
    from nabra_train.selection import select as run

    parser = build_parser("nabra select", select.__doc__ or "")
    parser.add_argument("articles", nargs="*", help="files or folders to label first, as 'nabra predict' takes them")
    parser.add_argument("--predictions", type=Path | None, default=None, help="choose from what 'nabra predict' wrote")
    parser.add_argument("--labelled", type=Path, nargs="+", default=[], help="files of articles that need no labels")
    parser.add_argument("--count", type=int, default=20, help="how many to choose")
    parser.add_argument("--min_sentences", type=int, default=4, help="pass over shorter articles")
    _add_read_options(parser)
    parser.add_argument("--output", type=Path | None, default=None, help="JSON Lines file; without it: a table alone")
    parser.add_argument("--overwrite", action="store_true", help=OVERWRITE_HELP)
    config, own = parse(parser, arguments, MODEL_ALIAS, _saved_config(arguments))
    if bool(own.articles) == bool(own.predictions):
        raise NabraError("name articles to choose from, or what 'nabra predict' wrote with --predictions")
    if own.count < 1:
        raise NabraError(f"--count: must be at least 1, got {own.count}")
    if own.output is not None:
        read = [*own.labelled, *filter(None, [own.predictions]), *_files(own.articles)]
        check_output(own.output, overwrite=own.overwrite, inputs=read)
    labelled = [article for path in own.labelled for article in load_articles(path, config.model.tones)]
    if own.predictions:
        pool = read_labelled(own.predictions, reading=Reading(config.model.tones))
    else:
        pool = _label_readable(_load(config), own.articles, _read_options(own))
    chosen = run(pool, own.count, labelled, own.min_sentences)
    if own.output is not None:
        write_labelled(chosen, own.output)
    print(format_selection(chosen))


def _label_readable(analyzer: Analyzer, inputs: list[str], options: ReadOptions) -> Iterator[Article]:
    """Label the articles that can be read; says which cannot."""
    from nabra.progress import ArticleProgress
    from nabra.readers import find_articles

    def readable() -> Iterator[Article]:
        for load in find_articles(inputs, options, progress.read):
            try:
                yield load()
            except NabraError as fault:
                LOGGER.error("nabra: left out: %s", fault)

    with ArticleProgress(inputs) as progress:
        for article in analyzer.analyze_many(readable()):
            progress.labelled(1)
            yield article


def report(arguments: list[str]) -> None:
    """Show predictions or labelled articles as a page for a browser."""
    from nabra.labelled import read_predictions
    from nabra.reports import Language, write_report

    parser = build_plain_parser("nabra report", report.__doc__)
    parser.add_argument(
        "predictions", type=Path, nargs="+", help="JSON Lines, as 'nabra predict' writes, or folders of them"
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


def train(arguments: list[str]) -> None:
    """Train a model on labelled articles."""
    _require_train_extra()
    from nabra_train.experiments import format_seeds, train_seeds
    from nabra_train.training import train as run

    config, own = _parse_training("nabra train", train.__doc__ or "", arguments)
    several = config.training.seeds > 1
    _train(config, own, lambda: format_seeds(train_seeds(config)) if several else f"trained model: {run(config)}")


def crossvalidate(arguments: list[str]) -> None:
    """Score a recipe on the training articles, by cross-validation."""
    _require_train_extra()
    from nabra_train.evaluation import format_report
    from nabra_train.experiments import cross_validate

    parser = build_parser("nabra crossvalidate", crossvalidate.__doc__ or "")
    parser.add_argument("--folds", type=int, default=5, help="parts that the articles are divided into")
    parser.add_argument("--overwrite", action="store_true", help=OVERWRITE_HELP)
    config, own = parse(parser, arguments)
    _train(config, own, lambda: format_report(cross_validate(config, own.folds)))


def pretrain(arguments: list[str]) -> None:
    """Adapt an encoder to raw text of one's own, before training."""
    _require_train_extra()
    from nabra_train.pretraining import pretrain as run

    parser = build_parser("nabra pretrain", pretrain.__doc__ or "")
    parser.add_argument("--overwrite", action="store_true", help=OVERWRITE_HELP)
    config, own = parse(parser, arguments)
    said = "adapted encoder: {0}; train on it with --model.encoder {0}"
    _train(config, own, lambda: said.format(run(config)))


def distill(arguments: list[str]) -> None:
    """Train a model to answer as others do on raw text: a small one from large ones."""
    _require_train_extra()
    from nabra_train.distillation import distill as run

    parser = build_parser("nabra distill", distill.__doc__ or "")
    parser.add_argument("--teachers", type=str, nargs="+", default=[], help="trained models, by directory or Hub id")
    parser.add_argument("--overwrite", action="store_true", help=OVERWRITE_HELP)
    config, own = parse(parser, arguments)
    said = "trained model: {0}; go on with labelled articles by --model.checkpoint {0}"
    _train(config, own, lambda: said.format(run(config, own.teachers)))


def _train(config: Config, own: Any, run: Callable[[], str]) -> None:
    """Train into a folder that may be written, and print what `run` says in the end."""
    from nabra_train.training import check_output, is_first_process, is_stopped

    if is_first_process():
        check_output(config.training, overwrite=own.overwrite)
    try:
        said = run()
    except (NabraError, KeyboardInterrupt) as stop:
        if not is_stopped(config.training):
            raise
        said = f"{stop}; " if stop.args else ""
        kept = f"what is done is kept in {config.training.output}; go on with --training.resume true"
        raise type(stop)(said + kept) from stop
    if is_first_process():
        print(said)


def _parse_training(program: str, description: str, arguments: list[str]) -> tuple[Config, Any]:
    """The configuration of a training; one that goes on from a checkpoint takes the model's shape from it."""
    parser = build_parser(program, description)
    parser.add_argument("--overwrite", action="store_true", help=OVERWRITE_HELP)
    if checkpoint := _value_of(arguments, "--model.checkpoint"):
        directory = find_checkpoint(checkpoint, _value_of(arguments, "--model.revision"))
        trained = read_model_config(directory)
        shape = {name: trained[name] for name in ("tones", "max_tokens", "head_size", "head_dropout")}
        parser.set_defaults({f"model.{name}": value for name, value in shape.items()})
    return parse(parser, arguments)


def _value_of(arguments: Sequence[str], *options: str) -> str | None:
    """What a command line gives to an option, before it is parsed."""
    words = [word for argument in arguments for word in argument.split("=", 1)]
    return next((value for option, value in itertools.pairwise(words) if option in options), None)


def evaluate(arguments: list[str]) -> None:
    """Score a model, or predictions made before, on labelled articles."""
    _require_train_extra()
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
    config, own = parse(parser, arguments, aliases, _saved_config(arguments))
    for path in filter(None, [own.output, own.report]):
        read = [config.data.train, config.data.test, *filter(None, [own.predictions])]
        check_output(path, overwrite=own.overwrite, inputs=read)
    evaluation = run(config, None if own.predictions else _load(config), own.predictions, own.baselines)
    print(format_report(evaluation.report))
    if own.output is not None:
        write_report(evaluation.report, own.output)
    if own.report is not None:
        wrong = write_evaluation(evaluation, own.report, own.lang)
        print(f"{wrong} sentences with a wrong tone or speaker: {own.report}", file=sys.stderr)


def export(arguments: list[str]) -> None:
    """Make a trained model's int8 OpenVINO model, which runs without torch, and its ONNX model."""
    _require_train_extra()
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
    _require_train_extra()
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
    _require_train_extra()
    from nabra_train.model_card import push as run

    parser = build_plain_parser("nabra push", push.__doc__)
    parser.add_argument("model", type=Path, help="directory of a trained model")
    parser.add_argument("repository", type=str, help="owner/name on the Hub")
    parser.add_argument("--private", type=bool, default=False, help="make a new repository for its owner alone")
    own = parse_arguments(parser, arguments)
    print(run(own.model, own.repository, private=own.private))


def _require_train_extra() -> None:
    try:
        import datasets  # noqa: F401
        import sklearn  # noqa: F401
        import torch  # noqa: F401
        import transformers  # noqa: F401
    except ImportError as error:
        raise NabraError(f"this command needs {error.name}: pip install 'nabra[train]'") from error


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
