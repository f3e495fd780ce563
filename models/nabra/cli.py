"""The `nabra` command: finds what to run, and turns whatever may happen into one line and an exit code."""

from __future__ import annotations

import difflib
import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import nabra
from nabra.commands import COMMANDS
from nabra.errors import NabraError, TerminatedError
from nabra.rendering import escape_line

USAGE = """usage: nabra COMMAND ...

Tone and speaker of every sentence of Arabic news.

commands:
{commands}

'nabra COMMAND --help' lists what a command takes; all take --quiet and --verbose."""


_NO_THREAD = "can't start new thread"
"""What Python says where the system gives no more threads."""


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
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    _let_arabic_out()
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
        _say(f"{program}: {'terminated' if terminated else 'interrupted'}{kept}")
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
    except RuntimeError as error:
        if str(error) != _NO_THREAD:
            raise
        return _fail(program, f"{_NO_THREAD}; give it more memory or processes (ulimit -v, -u)")


def _let_arabic_out() -> None:
    """Write UTF-8, whatever the locale says: terminals have long understood it, and so does whoever reads a file."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _fail(program: str, message: str) -> int:
    _say(f"{program}: error: {escape_line(message)}")
    return 2


def _say(line: str) -> None:
    try:
        print(line, file=sys.stderr, flush=True)
    except OSError:  # a full disk; the exit code says it still
        sys.stderr = None


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
    try:
        os.getcwd()
    except OSError as error:
        raise NabraError("the folder that this runs in is gone; change to another with cd") from error
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
