"""What runs code cannot slip into the library: ruff, as `pyproject.toml` sets it, names every such call."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

HEAD = '"""Planted."""\n\nfrom __future__ import annotations\n\n'
PLANTED = {
    "import pickle\npickle.load(open('x', 'rb'))": "S301",
    "import pickle": "TID251",
    "from pickle import loads": "TID251",
    "import _pickle": "TID251",
    "import cloudpickle": "TID251",
    "import dill": "TID251",
    "import joblib\njoblib.load('x')": "TID251",
    "import marshal\nmarshal.loads(b'x')": "TID251",
    "import shelve\nshelve.open('x')": "TID251",
    "import runpy\nrunpy.run_path('x')": "TID251",
    "import numpy as np\nnp.load('x', allow_pickle=True)": "TID251",
    "from numpy import load": "TID251",
    "import pandas\npandas.read_pickle('x')": "S301",
    "import torch\ntorch.load('x')": "TID251",
    "import torch\ntorch.load('x', weights_only=True)": "TID251",
    "from torch import load": "TID251",
    "eval('1')": "S307",
    "exec('1')": "S102",
    "import yaml\nyaml.load('x')": "S506",
    "import yaml\nyaml.load('x', yaml.UnsafeLoader)": "S506",
    "import yaml\nyaml.unsafe_load('x')": "TID251",
    "from yaml import full_load": "TID251",
    "import yaml\nyaml.load_all('x', yaml.Loader)": "TID251",
    "import os\nos.system('x')": "S605",
    "import subprocess\nsubprocess.run('x', shell=True)": "S602",
    "import subprocess as sp\nsp.Popen('x', shell=True)": "S602",
    "import subprocess\nsubprocess.getoutput('x')": "S605",
}


def ruff(*arguments: str, code: str | None = None) -> dict[str, set[str]]:
    """The rules that each file breaks, by its name."""
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "json", *arguments],
        input=code,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    broken: dict[str, set[str]] = {}
    for fault in json.loads(done.stdout):
        broken.setdefault(Path(fault["filename"]).name, set()).add(fault["code"])
    return broken


def test_each_call_that_runs_code_is_reported(tmp_path: Path) -> None:
    for number, code in enumerate(PLANTED):
        (tmp_path / f"planted_{number}.py").write_text(HEAD + code + "\n", encoding="utf-8")
    broken = ruff("--config", str(ROOT / "pyproject.toml"), str(tmp_path))
    missed = [code for n, (code, rule) in enumerate(PLANTED.items()) if rule not in broken.get(f"planted_{n}.py", ())]
    assert not missed


@pytest.mark.parametrize("folder", ["models/nabra/commands", "train/nabra_train", "scripts"])
def test_no_folder_is_exempt(folder: str) -> None:
    broken = ruff("--stdin-filename", f"{folder}/planted.py", "-", code=HEAD + "\n".join(PLANTED))
    assert set(PLANTED.values()) <= broken["planted.py"]


def test_what_the_library_does_instead_is_allowed() -> None:
    code = HEAD + "import yaml\n\nNOTHING = yaml.safe_load('null')\n"
    assert not ruff("--stdin-filename", "models/nabra/planted.py", "-", code=code)
