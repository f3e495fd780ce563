"""Looks the packages of an environment up among the known vulnerabilities: `make audit`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

UNREACHABLE = ("connection", "failed to connect", "max retries", "name resolution", "timed out", "proxy", "http error")


def main(arguments: Sequence[str]) -> int:
    """Exit code 0 without a known vulnerability, 1 with one, 3 where the advisories cannot be reached."""
    packages = next(Path(arguments[0]).glob("lib/python*/site-packages"))
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--path",
        str(packages),
        "--skip-editable",
        "--progress-spinner",
        "off",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    print(done.stdout, end="")
    if done.returncode and not done.stdout.strip() and any(sign in done.stderr.lower() for sign in UNREACHABLE):
        print("audit: the advisories cannot be reached from here; nothing was looked up", file=sys.stderr)
        return 3
    print(done.stderr, end="", file=sys.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
