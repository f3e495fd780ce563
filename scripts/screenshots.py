#!/usr/bin/env python3
"""Take pictures of pages, to look at after a change: on a laptop and a phone, light and dark.

    python scripts/screenshots.py report.html scores.html --output pictures/

Needs the `dev` extra, and Chromium.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

LAPTOP, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
OPENER = "#speakers tbody .speaker, #errors h3 button"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=Path, nargs="+", help="what 'nabra report' or 'nabra evaluate --report' wrote")
    parser.add_argument("--output", type=Path, default=Path("output/pictures"), help="folder of the pictures")
    arguments = parser.parse_args()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for path in arguments.pages:
            for name, viewport in (("laptop", LAPTOP), ("phone", PHONE)):
                for scheme in ("light", "dark"):
                    take(browser, path, arguments.output / f"{path.stem}-{name}-{scheme}", viewport, scheme)


def take(browser: Any, path: Path, picture: Path, viewport: dict[str, int], scheme: str) -> None:
    """The whole page, and its panel with the first speaker or article."""
    page = browser.new_page(viewport=viewport, color_scheme=scheme)
    page.goto(path.resolve().as_uri())
    page.screenshot(path=f"{picture}.png", full_page=True)
    page.locator(OPENER).first.click()
    page.screenshot(path=f"{picture}-panel.png")
    page.close()


if __name__ == "__main__":
    main()
