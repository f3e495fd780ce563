"""Tries the lowest and the newest versions that pyproject.toml allows, each in an environment of its own.

python scripts/compatibility.py --lowest python3.10 --newest python3.13
python scripts/compatibility.py --lowest python3.11 --extras train onnx --pin torch==2.13.0

The lowest versions are those of pyproject.toml, the newest what pip finds; only wheels are installed. Without the extra
`train` the tests are those that need no torch. Exit code 1 if any fails. Needs Python 3.11.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import tomllib
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from nabra.cli import guard
from nabra.errors import NabraError

ROOT = Path(__file__).parents[1]
TEST_TOOLS = ["pytest", "hypothesis"]
BASE_TESTS = [
    f"tests/nabra/test_{name}.py" for name in ("manners", "config", "batching", "names", "splitting", "table")
]
TRAIN_TESTS = [
    *(f"tests/nabra/test_{name}.py" for name in ("analyzer", "modeling", "runtimes")),
    *(f"tests/nabra_train/test_{name}.py" for name in ("checkpoints", "data", "training")),
]


def requirements(extras: Sequence[str]) -> list[Requirement]:
    """What the package and its extras ask for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    known = project["optional-dependencies"]
    if unknown := next((extra for extra in extras if extra not in known), None):
        raise NabraError(f"--extras: {unknown!r} is none of {', '.join(known)}")
    lists = [project["dependencies"], *(known[extra] for extra in extras)]
    return [Requirement(line) for lines in lists for line in lines]


def lowest(wanted: Sequence[Requirement]) -> list[str]:
    """The same with each version at its lower bound."""
    bounds = [
        (item.name, bound.version) for item in wanted for bound in item.specifier if bound.operator in (">=", "==")
    ]
    return [f"{name}=={version}" for name, version in bounds]


def tried(python: str, extras: Sequence[str], pins: Sequence[str], tests: Sequence[str]) -> bool:
    """Whether the tests pass with some versions."""
    with tempfile.TemporaryDirectory() as folder:
        if subprocess.run([python, "-m", "venv", folder], check=False).returncode:
            raise NabraError(f"{python}: makes no environment; name a Python with the module venv")
        own = f"{folder}/bin/python"
        constraints = Path(folder, "constraints.txt")
        constraints.write_text("\n".join(pins), encoding="utf-8")
        package = f"{ROOT}[{','.join(extras)}]" if extras else str(ROOT)
        pip = [own, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]
        done = subprocess.run([*pip, "--constraint", str(constraints), package, *TEST_TOOLS], check=False)
        if done.returncode:
            return False
        shown = subprocess.run([own, "-m", "pip", "freeze"], check=True, capture_output=True, text=True).stdout
        names = {canonicalize_name(item.name) for item in requirements(extras)}
        versions = [line for line in shown.splitlines() if canonicalize_name(re.split("[= ]", line)[0]) in names]
        print(f"{python}: {' '.join(versions)}", flush=True)
        # conftest.py needs torch.
        options = ["-o", "addopts=", *([] if "train" in extras else ["--noconftest"])]
        return subprocess.run([own, "-m", "pytest", "-q", *options, *tests], cwd=ROOT, check=False).returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--lowest", nargs="*", default=[], metavar="PYTHON", help="interpreters for the lowest versions"
    )
    parser.add_argument(
        "--newest", nargs="*", default=[], metavar="PYTHON", help="interpreters for the newest versions"
    )
    parser.add_argument("--extras", nargs="*", default=[], help="of pyproject.toml")
    parser.add_argument("--pin", nargs="*", default=[], help="versions to take instead, as torch==2.13.0")
    parser.add_argument("--tests", nargs="*", help="files to run")
    own = parser.parse_args()
    if not own.lowest and not own.newest:
        raise NabraError("name interpreters with --lowest or --newest, such as python3.11")
    if missing := next((python for python in (*own.lowest, *own.newest) if not shutil.which(python)), None):
        raise NabraError(f"{missing}: no such interpreter; name one that is installed, such as {sys.executable}")
    try:
        taken = {Requirement(pin).name for pin in own.pin}
    except InvalidRequirement as error:
        raise NabraError(f"--pin: expected versions, such as torch==2.13.0, got {' '.join(own.pin)}") from error
    tests = own.tests or (TRAIN_TESTS if "train" in own.extras else BASE_TESTS)
    bounds = [pin for pin in lowest(requirements(own.extras)) if Requirement(pin).name not in taken]
    runs = [("lowest", python, [*bounds, *own.pin]) for python in own.lowest]
    runs += [("newest", python, own.pin) for python in own.newest]
    passed = {f"{kind} on {python}": tried(python, own.extras, pins, tests) for kind, python, pins in runs}
    for name, well in passed.items():
        print(f"{name}: {'passed' if well else 'FAILED'}")
    return int(not all(passed.values()))


if __name__ == "__main__":
    sys.exit(guard("compatibility.py", main))
