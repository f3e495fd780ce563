"""Errors that a user can mend."""

from __future__ import annotations


class NabraError(Exception):
    """Something the user can mend: one line that names the place and the remedy.

    The command line prints it and exits with code 2; library users catch it.
    """


class TerminatedError(KeyboardInterrupt):
    """SIGTERM: ends a command as Ctrl-C does, but for the exit code."""
