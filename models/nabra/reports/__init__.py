"""Reports: one page of HTML that shows a file of predictions, without a network."""

from __future__ import annotations

from nabra.reports.page import Language, Written, write_report

__all__ = ["Language", "Written", "write_report"]
