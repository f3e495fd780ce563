"""Pages of HTML that show predictions, or how good they are, without a network."""

from __future__ import annotations

from nabra.reports.page import Written, write_report
from nabra.reports.shell import Language

__all__ = ["Language", "Written", "write_report"]
