"""A short slice of `scripts/kill_test.py`."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from .conftest import ROOT


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_nothing_is_corrupt_after_kills_at_random_moments() -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(ROOT / "scripts" / "kill_test.py"), "--kills", "2"]
    done = subprocess.run([*command, "--commands", "predict", "report", "train"], env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().count("all well") == 3
