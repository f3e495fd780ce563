"""The pictures of the documentation: small, described, and the chart's numbers those of the page."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from nabra.errors import NabraError

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
import pictures  # noqa: E402

PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_every_picture_is_there_small_and_described() -> None:
    shown = {page.parent / target: alt for page in PAGES for alt, target in PICTURE.findall(page.read_text("utf-8"))}
    for path, alt in shown.items():
        assert path.stat().st_size < 150_000
        assert len(alt) > 40
    assert set(shown) == set((ROOT / "docs" / "images").iterdir())


def test_the_chart_has_the_numbers_of_the_page() -> None:
    speeds, machine = pictures.read_speeds(pictures.PERFORMANCE.read_text(encoding="utf-8"))
    assert [speed.name for speed in speeds] == ["nabra", "pipeline, one by one", "pipeline, batches of 16, sorted"]
    assert all(speed.low <= speed.median <= speed.high for speed in speeds)
    assert re.search(r"cores, .*\d{4}-\d\d-\d\d$", machine)


@pytest.mark.parametrize(
    "text", ["", "| sentences a second, median (range) |\n| --- |\n| nabra | 167.3 (159.9–174.6) |"]
)
def test_a_page_without_the_table_or_its_machine_is_refused(text: str) -> None:
    with pytest.raises(NabraError, match=r"performance\.md: has no table"):
        pictures.read_speeds(text)


def test_the_chart_is_drawn(tmp_path: Path) -> None:
    pictures.draw_speed(tmp_path)
    assert "<svg" in (tmp_path / "speed.svg").read_text(encoding="utf-8")


def test_colours_of_a_terminal_become_spans() -> None:
    line = pictures.ansi_to_html("a<b \x1b[33;2mcautious\x1b[0m \x1b[4mx\x1b[24m")
    tone = '<span style="color: #e3b341; opacity: .6">cautious</span>'
    assert line == f'a&lt;b {tone} <span style="text-decoration: underline">x</span>'
