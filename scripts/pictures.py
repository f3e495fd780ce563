#!/usr/bin/env python3
"""Make the pictures of the documentation, from what the shipped model says of the test articles in seeds/.

    python scripts/pictures.py                # all of them, into docs/images/
    python scripts/pictures.py speed          # some of them: report, evaluation, terminal, speed

The chart of speed shows the table in docs/performance.md. Needs the extras `train` and `dev`, and Chromium. Look at
every picture before you commit it. (The diagram docs/images/architecture.svg is written by hand.)
"""

from __future__ import annotations

import argparse
import functools
import html
import io
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib import rc_context
from matplotlib.figure import Figure
from PIL import Image
from playwright.sync_api import sync_playwright

from nabra.analyzer import Analyzer
from nabra.article import Article
from nabra.cli import guard
from nabra.config import Config, DataConfig
from nabra.errors import NabraError
from nabra.labelled import read_predictions
from nabra.readers import read_articles
from nabra.rendering import Palette
from nabra.reports import Language, write_report
from nabra.table import COLOURS, format_article
from nabra_train.evaluation import evaluate
from nabra_train.evaluation_page import write_evaluation

ROOT = Path(__file__).parents[1]
ARTICLES = ROOT / "seeds" / "test.jsonl"
PERFORMANCE = ROOT / "docs" / "performance.md"
MIN_CONFIDENCE = 0.5
TITLES: dict[Language, str] = {"en": "48 articles of the corpus", "ar": "48 مقالا من المدونة"}
LAPTOP, PHONE = {"width": 1280, "height": 790}, {"width": 390, "height": 780}
COLOURS_IN_PICTURE = 256
TERMINAL_ARTICLE, TERMINAL_WIDTH = "03-school-meals.txt", 104
ANSI = {"1": "font-weight: bold", "2": "opacity: .6", "4": "text-decoration: underline"} | {
    code: f"color: {colour}"
    for code, colour in zip(COLOURS, ("#56d364", "#e3b341", "#ff7b72", "#79c0ff", "#d2a8ff", "#76e3ea"))
}


@functools.cache
def labelled() -> list[Article]:
    """What the model says of the test articles."""
    analyzer = Analyzer.from_pretrained(min_confidence=MIN_CONFIDENCE)
    return list(analyzer.analyze_many(read_predictions(ARTICLES)))


# ---- Pages ----


@contextmanager
def browser() -> Iterator[Any]:
    with sync_playwright() as driver:
        yield driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])


@contextmanager
def opened(
    browser: Any, path: Path, viewport: dict[str, int], scheme: str = "light", scale: float = 1.5
) -> Iterator[Any]:
    page = browser.new_page(viewport=viewport, color_scheme=scheme, device_scale_factor=scale)
    page.goto(path.as_uri())
    yield page
    page.close()


def save(shots: Sequence[bytes], path: Path) -> None:
    """Write screenshots side by side, in few colours, so that the file is small."""
    images = [Image.open(io.BytesIO(shot)).convert("RGB") for shot in shots]
    gap = images[0].width // 16
    size = (sum(image.width + gap for image in images) - gap, max(image.height for image in images))
    picture = Image.new("RGB", size, "#8b939c")
    left = 0
    for image in images:
        picture.paste(image, (left, 0))
        left += image.width + gap
    picture.quantize(COLOURS_IN_PICTURE, dither=Image.Dither.NONE).save(path, optimize=True)


def draw_report(folder: Path) -> None:
    """The overview, an article in the dark, and three views of a phone."""
    with tempfile.TemporaryDirectory() as place, browser() as chromium:
        english, arabic = Path(place, "en.html"), Path(place, "ar.html")
        write_report(labelled(), english, "en", TITLES["en"])
        write_report(labelled(), arabic, "ar", TITLES["ar"])
        with opened(chromium, english, LAPTOP) as page:
            save([page.screenshot()], folder / "report.png")
        with opened(chromium, english, LAPTOP, "dark") as page:
            page.evaluate("document.querySelector('#articles').scrollIntoView()")
            page.locator("#articles .sentence").nth(3).hover()
            save([page.screenshot()], folder / "report-article.png")
        with opened(chromium, arabic, PHONE) as page:
            shots = [page.screenshot()]
            page.evaluate("document.querySelector('#articles .list').scrollIntoView()")
            shots.append(page.screenshot())
        with opened(chromium, arabic, PHONE, "dark") as page:
            page.locator("#speakers tbody .speaker").first.click()
            page.mouse.move(1, 1)  # away from the sentences, which would say more
            shots.append(page.screenshot())
        save(shots, folder / "report-phone.png")


def draw_evaluation(folder: Path) -> None:
    """What an evaluation says of the tones."""
    config = Config(data=DataConfig(test=str(ARTICLES)))
    evaluation = evaluate(config, Analyzer.from_pretrained(), None, baselines=False)
    with tempfile.TemporaryDirectory() as place, browser() as chromium:
        path = Path(place, "evaluation.html")
        write_evaluation(evaluation, path)
        with opened(chromium, path, LAPTOP) as page:
            box = page.locator("#tones").bounding_box()
            clip = {"x": 0, "y": box["y"] - 16, "width": LAPTOP["width"], "height": box["height"] + 32}
            save([page.screenshot(clip=clip, full_page=True)], folder / "evaluation.png")


# ---- The terminal ----


def draw_terminal(folder: Path) -> None:
    """The table of `nabra show`, as a terminal that draws Arabic right to left shows it."""
    (article,) = Analyzer.from_pretrained().analyze_many(
        read_articles([ROOT / "seeds" / "articles" / TERMINAL_ARTICLE])
    )
    lines = format_article(article, TERMINAL_WIDTH, Palette(COLOURS)).strip().splitlines()
    style = (
        "body { margin: 0; width: max-content; padding: 16px 20px; background: #0d1117; color: #e6edf3;"
        " font: 15px/1.4 'DejaVu Sans Mono', monospace; font-feature-settings: 'rlig' 0, 'liga' 0 }"  # a cell a letter
        " div { white-space: pre }"
    )
    body = "".join(f"<div>{ansi_to_html(line)}</div>" for line in lines)
    with tempfile.TemporaryDirectory() as place, browser() as chromium:
        path = Path(place, "terminal.html")
        path.write_text(f"<!doctype html><meta charset=utf-8><style>{style}</style>{body}", encoding="utf-8")
        with opened(chromium, path, LAPTOP) as page:
            save([page.locator("body").screenshot()], folder / "terminal.png")


def ansi_to_html(line: str) -> str:
    """A line with its colours as spans."""
    codes: list[str] = []
    pieces = []
    for piece in re.split("(\x1b\\[[0-9;]*m)", line):
        if not piece.startswith("\x1b"):
            style = "; ".join(ANSI[code] for code in codes)
            pieces.append(f'<span style="{style}">{html.escape(piece)}</span>' if style else html.escape(piece))
            continue
        for code in piece[2:-1].split(";"):
            if code in ("", "0"):
                codes = []
            elif code == "24":
                codes.remove("4")
            else:
                codes.append(code)
    return "".join(pieces)


# ---- Speed ----


class Speed(NamedTuple):
    """Sentences a second of a system."""

    name: str
    median: float
    low: float
    high: float


def read_speeds(text: str) -> tuple[list[Speed], str]:
    """The table that `scripts/bench.py infer` wrote into a page, and the line with the machine and the date."""
    _, found, rest = text.partition("| sentences a second, median (range)")
    rows = re.findall(r"^\| ([^|]+) \| ([\d.]+) \(([\d.]+)–([\d.]+)\) \|", rest.partition("\n\n")[0], re.MULTILINE)
    machine = re.search(r"^.+ cores, .+ threads;.*\d{4}-\d\d-\d\d\.$", rest, re.MULTILINE)
    if not found or not rows or machine is None:
        raise NabraError(f"{PERFORMANCE}: has no table of sentences a second with its machine, as bench.py writes it")
    return [Speed(name, *map(float, numbers)) for name, *numbers in rows], machine[0].rstrip(".")


def draw_speed(folder: Path) -> None:
    """A bar a system, with the range of its rounds."""
    speeds, machine = read_speeds(PERFORMANCE.read_text(encoding="utf-8"))
    figure = Figure(figsize=(8, 2.8), layout="constrained")
    axes = figure.subplots()
    medians = [speed.median for speed in speeds]
    errors = [[s.median - s.low for s in speeds], [s.high - s.median for s in speeds]]
    colours = ["#2a9d8f"] + ["#8b939c"] * (len(speeds) - 1)
    axes.barh([speed.name for speed in speeds], medians, xerr=errors, color=colours, ecolor="#1d2329", capsize=3)
    for place, speed in enumerate(speeds):
        axes.annotate(f"{speed.median:.0f}", (speed.high, place), (6, 0), textcoords="offset points", va="center")
    axes.invert_yaxis()
    axes.margins(x=0.1)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params("y", length=0)
    axes.set_title("Sentences a second: median, and range of the rounds", loc="left", fontsize=11)
    axes.set_xlabel(machine, fontsize=8, color="#59626c")
    with rc_context({"svg.hashsalt": "nabra"}):  # the same file each time
        figure.savefig(folder / "speed.svg", metadata={"Date": None})


PICTURES: dict[str, Callable[[Path], None]] = {
    "report": draw_report,
    "evaluation": draw_evaluation,
    "terminal": draw_terminal,
    "speed": draw_speed,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", nargs="*", help=f"some of {', '.join(PICTURES)}; default: all")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "images", help="folder of the pictures")
    arguments = parser.parse_args()
    for name in arguments.pictures or PICTURES:
        if name not in PICTURES:
            raise NabraError(f"{name!r} is none of the pictures: {', '.join(PICTURES)}")
        arguments.output.mkdir(parents=True, exist_ok=True)
        PICTURES[name](arguments.output)


if __name__ == "__main__":
    sys.exit(guard("pictures.py", main))
