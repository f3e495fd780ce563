#!/usr/bin/env python3
"""Take pictures of a report, to look at after a change: on a laptop and a phone, light and dark, in both languages.

    python scripts/screenshots.py predictions.jsonl --output pictures/

Needs the `dev` extra, and Chromium.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from nabra.labelled import read_predictions
from nabra.reports import Language, write_report

LAPTOP, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
LANGUAGES: tuple[Language, ...] = ("en", "ar")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("predictions", type=Path, help="JSON Lines, as 'nabra predict' writes")
    parser.add_argument("--output", type=Path, default=Path("output/pictures"), help="folder of the pictures")
    arguments = parser.parse_args()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for language in LANGUAGES:
            page = arguments.output / f"report-{language}.html"
            write_report(read_predictions(arguments.predictions), page, language)
            for name, viewport in (("laptop", LAPTOP), ("phone", PHONE)):
                for scheme in ("light", "dark"):
                    take(browser, page, arguments.output / f"{language}-{name}-{scheme}", viewport, scheme)


def take(browser: Any, report: Path, picture: Path, viewport: dict[str, int], scheme: str) -> None:
    """The whole page, and the panel of its first speaker."""
    page = browser.new_page(viewport=viewport, color_scheme=scheme)
    page.goto(report.resolve().as_uri())
    page.screenshot(path=f"{picture}.png", full_page=True)
    page.click("#speakers tbody .speaker")
    page.screenshot(path=f"{picture}-speaker.png")
    page.close()


if __name__ == "__main__":
    main()
