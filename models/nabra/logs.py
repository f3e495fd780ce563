"""What Nabra says while it works: it goes to the logger `nabra`, and the command line shows it on standard error."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress

from nabra.rendering import escape_line

LOGGER = logging.getLogger("nabra")


def show_messages(*, quiet: bool = False, verbose: bool = False) -> None:
    """Show messages on standard error.

    Args:
        quiet: Errors alone, and no progress bars.
        verbose: Details too: the model, what runs it, how long it took.
    """
    LOGGER.handlers = [_Handler()]
    LOGGER.setLevel(logging.ERROR if quiet else logging.DEBUG if verbose else logging.INFO)


def is_quiet() -> bool:
    """Whether nothing but errors is to be shown."""
    return LOGGER.level > logging.INFO


def shows_progress() -> bool:
    """Whether progress bars are to be shown: on a terminal, unless it is to be quiet."""
    return sys.stderr.isatty() and not is_quiet()


class _Handler(logging.Handler):
    """Writes lines that leave a progress bar whole."""

    def emit(self, record: logging.LogRecord) -> None:
        from tqdm import tqdm

        with suppress(OSError):  # what a full disk does not take is no reason to stop
            tqdm.write(escape_line(self.format(record)), file=sys.stderr)
