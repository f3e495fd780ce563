"""Runs the command on a terminal."""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence


def nabra_in_terminal(arguments: Sequence[str], width: int | None, **environment: str) -> str:
    """What `nabra` writes to a terminal of some columns; without, what it writes into a pipe.

    Args:
        arguments: Of the command.
        width: Columns.
        environment: Variables to set.
    """
    command = [sys.executable, "-m", "nabra", *arguments]
    clean = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS")}
    env = clean | {"PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm", "PYTHONUTF8": "1"} | environment
    if width is None:
        return subprocess.run(command, env=env, capture_output=True, check=True).stdout.decode()
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 24, width, 0, 0))
    process = subprocess.Popen(command, env=env, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    written = _read_all(ours)
    os.close(ours)
    assert process.wait() == 0, written
    return written.decode()


def _read_all(descriptor: int) -> bytes:
    written = b""
    try:
        while piece := os.read(descriptor, 65536):
            written += piece
    except OSError:  # how Linux says that the other side is closed
        pass
    return written
