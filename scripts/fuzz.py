"""Fuzzes the invariants of `tests/fuzz`, guided by coverage.

It needs `pip install atheris`. Usage: python scripts/fuzz.py NAME CORPUS [-max_total_time=600]

NAME is one of the targets below; CORPUS is a folder that keeps what reached new code. An input that breaks an invariant
is written as `crash-…`; name that file in place of CORPUS to run it again.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris

sys.path[:0] = [str(Path(__file__).parents[1] / folder) for folder in (".", "models", "train")]
with atheris.instrument_imports(include=["nabra"]):
    from tests.fuzz import invariants

    from nabra.checkpoint import shipped_checkpoint
    from nabra.tokenization import SentenceTokenizer

FOLDER = Path(tempfile.mkdtemp())


def _file(name: str, check: Callable[[Path], None]) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        path = FOLDER / name
        path.write_bytes(data)
        check(path)

    return run


def _text(check: Callable[[str], None]) -> Callable[[bytes], None]:
    return lambda data: check(data.decode("utf-8", "replace"))


def _speakers(data: bytes) -> None:
    """The first three bytes of each line say what the model says of it."""
    lines = [line for line in data.split(b"\n") if line[3:].decode("utf-8", "replace").strip()]
    given = [(line[0], line[1], line[2]) for line in lines]
    invariants.speakers([line[3:].decode("utf-8", "replace").strip() for line in lines], given)


def _tokens() -> Callable[[bytes], None]:
    directory = shipped_checkpoint()
    config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
    tokenizer = SentenceTokenizer.from_directory(directory, config)
    return _text(lambda text: invariants.tokens(tokenizer, text))


TARGETS: dict[str, Callable[[], Callable[[bytes], None]]] = {
    "splitter": lambda: _text(invariants.splitting),
    "offsets": lambda: _text(invariants.offsets),
    "tokens": _tokens,
    "speakers": lambda: _speakers,
    "text": lambda: _file("in.txt", invariants.reading),
    "json": lambda: _file("in.jsonl", invariants.reading),
    "csv": lambda: _file("in.csv", invariants.reading),
    "predictions": lambda: _file("in.jsonl", invariants.predictions),
    "config": lambda: _file("nabra.yaml", invariants.configuration),
}


def main() -> None:
    """Fuzz one target."""
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"usage: fuzz.py {{{','.join(TARGETS)}}} CORPUS [-max_total_time=SECONDS]")
    target = TARGETS[sys.argv.pop(1)]()
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
