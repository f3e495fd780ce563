"""Labelled articles as Parquet, both ways."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from nabra.article import Article, Mention, Sentence, Speaker
from nabra.cli import main
from nabra.errors import NabraError
from nabra.labelled import read_predictions
from nabra.parquet import write_parquet

SAID = "قال سامي إن الطريق مفتوح."
SPEAKER = Speaker("سامي الحداد", Mention(0, "سامي", 4, 8), 0.75)
SCORES = {"optimistic": 0.5, "cautious": 0.25, "obstacle": 0.25}
ARTICLES = [
    Article(
        "1",
        (
            Sentence(SAID, "optimistic", SPEAKER, 0, len(SAID), SCORES, undecided=True),
            Sentence("ثم مضى.", "cautious", None, 26, 33, SCORES, truncated=True),
        ),
        {"title": "عنوان", "tags": ["a", 1]},
    ),
    Article("2", (Sentence(SAID, "obstacle", None, 0, len(SAID), SCORES),)),
]


def test_a_round_trip_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "part-1.parquet"
    write_parquet([article.to_dict() for article in ARTICLES], path)
    assert list(read_predictions(path)) == ARTICLES
    assert list(read_predictions(tmp_path)) == ARTICLES
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_report_is_made_of_a_folder_of_shards(tmp_path: Path) -> None:
    folder = tmp_path / "shards"
    for number, article in enumerate(ARTICLES):
        write_parquet([article.to_dict()], folder / f"part-{number}.parquet")
    assert main(["report", str(folder), "--output", str(tmp_path / "out.html")]) == 0
    assert "سامي الحداد" in (tmp_path / "out.html").read_text(encoding="utf-8")


def test_what_is_no_article_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(NabraError, match=r"a\.parquet: not a Parquet file"):
        list(read_predictions(tmp_path / "a.parquet"))
    parquet.write_table(pa.table({"id": ["1"], "text": [SAID]}), tmp_path / "b.parquet")
    with pytest.raises(NabraError, match=r"b\.parquet: row 1: is no article as 'nabra predict --format parquet'"):
        list(read_predictions(tmp_path / "b.parquet"))
