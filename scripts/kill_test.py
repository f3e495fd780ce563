#!/usr/bin/env python3
"""Kill commands at random moments, and see that nothing is corrupt and that the next run ends as if nothing had been.

    python scripts/kill_test.py --kills 25 --seed 1
    python scripts/kill_test.py --kills 100 --commands predict report

Each command runs on tiny data in a process forked from this one, which has everything imported, so that the moments
fall into its work and not into its start. It is killed one to three times in a row, and then left to end.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from nabra.cli import guard, main
from nabra.errors import NabraError
from nabra.manifest import MANIFEST_NAME, verify
from nabra.runtimes.openvino import import_openvino

ROOT = Path(__file__).parents[1]
MODEL = ROOT / "tests" / "fixtures" / "checkpoint-1"
SEEDS = ROOT / "seeds" / "challenge.jsonl"
TRAINED = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", MANIFEST_NAME]
EXPORTED = [
    MANIFEST_NAME,
    "model.safetensors",
    "onnx/model.onnx",
    "openvino/openvino_model_qint8_quantized.bin",
    "openvino/openvino_model_qint8_quantized.xml",
]

PRELOADED = [
    "nabra.prediction",
    "nabra.progress",
    "nabra.reports",
    "nabra_train.experiments",
    "nabra_train.export",
    "nncf",
]
"""What children need not import."""

State = dict[str, bytes]


@dataclass(frozen=True)
class Command:
    """A command to kill.

    Args:
        arguments: The command line for a folder; running it again goes on.
        outputs: The files under the folder that it makes.
        prepare: Fills a new folder.
        accepts: Whether outputs may be found after a kill, given those at the beginning and those in the end.
    """

    arguments: Callable[[Path], list[str]]
    outputs: Sequence[str]
    prepare: Callable[[Path], object]
    accepts: Callable[[Path, State, State, State], bool]


def read(folder: Path, names: Sequence[str]) -> State:
    """The contents of those files that exist."""
    return {name: (folder / name).read_bytes() for name in names if (folder / name).is_file()}


def each_old_or_new(folder: Path, found: State, old: State, new: State) -> bool:
    """Every file is as it was, or as it should become."""
    return all(found.get(name) in (old.get(name), new.get(name)) for name in old | new | found)


def whole_or_refused(folder: Path, found: State, old: State, new: State) -> bool:
    """All files are old or all are new, or loading the model is refused."""
    try:
        verify(folder / "model", *(name.removeprefix("model/") for name in found if MANIFEST_NAME not in name))
    except NabraError:
        return each_old_or_new(folder, found, old, new)
    return found in (old, new)


def commands(data: Path) -> dict[str, Command]:
    """The commands by name, on the files of a folder."""
    articles, labelled = str(data / "articles.jsonl"), str(data / "labelled.jsonl")
    tiny = ["--model", str(MODEL), "--inference.threads", "1", "--inference.runtime", "openvino"]
    recipe = ["--model.checkpoint", str(MODEL), "--data.train", labelled, "--data.dev", labelled]
    steps = ["--training.epochs", "3", "--training.batch_size", "8", "--training.save_steps", "2"]
    return {
        "predict": Command(
            lambda folder: ["predict", articles, *tiny, "--resume", "--output", str(folder / "out.jsonl")],
            ["out.jsonl", "out.errors.jsonl"],
            Path.mkdir,
            each_old_or_new,
        ),
        "report": Command(
            lambda folder: ["report", labelled, "--overwrite", "--output", str(folder / "report.html")],
            ["report.html"],
            lambda folder: (folder.mkdir(), (folder / "report.html").write_text("old", encoding="utf-8")),
            each_old_or_new,
        ),
        "train": Command(
            lambda folder: [
                *["train", *recipe, *steps, "--training.resume", "true"],
                *["--training.output", str(folder / "model")],
            ],
            [f"model/{name}" for name in TRAINED],
            Path.mkdir,
            each_old_or_new,
        ),
        "export": Command(
            lambda folder: ["export", str(folder / "model"), "--data", labelled],
            [f"model/{name}" for name in EXPORTED],
            lambda folder: shutil.copytree(MODEL, folder / "model"),
            whole_or_refused,
        ),
    }


def write_data(folder: Path) -> None:
    """Articles to label, some broken, and a few labelled ones."""
    lines = SEEDS.read_text(encoding="utf-8").splitlines()
    (folder / "labelled.jsonl").write_text("\n".join(lines[:6]) + "\n", encoding="utf-8")
    texts = [" ".join(sentence["text"] for sentence in json.loads(line)["sentences"]) for line in lines]
    records = [json.dumps({"id": str(number), "text": text}) for number, text in enumerate(texts)]
    records[10] = records[100] = "{broken"
    (folder / "articles.jsonl").write_text("\n".join(records), encoding="utf-8")


def start(arguments: Sequence[str], log: Path) -> int:
    """Run a command in a forked process; returns its id."""
    if process := os.fork():
        return process
    code = 70
    try:
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(output, 1)
        os.dup2(output, 2)
        code = main(arguments)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def finish(command: Command, folder: Path, log: Path) -> State:
    """Run to the end; the outputs."""
    _, status = os.waitpid(start(command.arguments(folder), log), 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):  # 1: articles were left out
        raise AssertionError(f"ended with {os.waitstatus_to_exitcode(status)}: {log.read_text(encoding='utf-8')}")
    return read(folder, command.outputs)


def kill(command: Command, folder: Path, log: Path, after: float) -> bool:
    """Run and kill; says whether the command had not ended by itself before."""
    process = start(command.arguments(folder), log)
    time.sleep(after)
    os.kill(process, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(process, 0)[1])


def soak(name: str, command: Command, folder: Path, kills: int, generator: random.Random) -> None:
    """Kill a command at work so many times.

    Raises:
        AssertionError: If what is found is not as it should be.
    """
    log = folder / f"{name}.log"
    whole = folder / f"{name}-whole"
    command.prepare(whole)
    begin = time.monotonic()
    new = finish(command, whole, log)
    seconds = time.monotonic() - begin
    done = 0
    while done < kills:
        place = Path(tempfile.mkdtemp(dir=folder, prefix=f"{name}-")) / "work"
        command.prepare(place)
        old = read(place, command.outputs)
        for _ in range(min(generator.randint(1, 3), kills - done)):
            if kill(command, place, log, generator.uniform(0, seconds)):
                done += 1
            else:  # it ended before: the moments come too late
                seconds *= 0.8
            found = read(place, command.outputs)
            assert command.accepts(place, found, old, new), f"{name}: wrong after {done} kills, see {place}"
        ended = finish(command, place, log)
        different = [output for output in new if ended.get(output) != new[output]]
        assert not different, f"{name}: {', '.join(different)} differs after {done} kills, see {place}"
        left = [path for path in place.rglob("*") if path.name.startswith(".saving-") or path.suffix == ".partial"]
        assert not left, f"{name}: {left} left behind after {done} kills"
        shutil.rmtree(place)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Kill commands at random moments.")
    parser.add_argument("--kills", type=int, default=25, help="of each command")
    names = ["predict", "report", "train", "export"]
    parser.add_argument("--commands", nargs="+", default=names, choices=names)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(arguments)


def run(own: argparse.Namespace) -> None:
    """Kill the commands; what is wrong is left to be looked at."""
    torch.set_num_threads(1)
    for module in PRELOADED:
        importlib.import_module(module)
    import_openvino()
    generator = random.Random(own.seed)
    folder = Path(tempfile.mkdtemp(prefix="kill-test-"))
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")  # OpenVINO's, which kills must not spoil either
    write_data(folder)
    for name in own.commands:
        begin = time.monotonic()
        soak(name, commands(folder)[name], folder, own.kills, generator)
        print(f"{name}: {own.kills} kills, all well, {time.monotonic() - begin:.0f} s", flush=True)
    shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(guard("kill_test.py", lambda: run(parse(None))))
