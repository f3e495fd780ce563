"""Errors that a user can mend."""

from __future__ import annotations


class NabraError(Exception):
    """Something the user can mend: one line that names the place and the remedy.

    The command line prints it and exits with code 2; library users catch it.
    """


class ModelError(NabraError):
    """The model cannot be found, loaded or run here, whatever the article: a service that meets it cannot go on."""


class TerminatedError(KeyboardInterrupt):
    """SIGTERM: ends a command as Ctrl-C does, but for the exit code."""
