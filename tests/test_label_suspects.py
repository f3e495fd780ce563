"""Predictions and labels that do not fit each other are named."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from nabra.article import Article
from nabra.errors import NabraError
from nabra.writers import to_json_line

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
import label_suspects


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, "article 't-0': has no scores of optimistic, cautious, obstacle"),
        ({"id": "other"}, "article 'other': is not in .* with the same sentences"),
        (
            {"sentences": [{"text": "نعم", "tone": "cautious", "speaker": None}]},
            "article 't-0': is not in .* with the same",
        ),
    ],
)
def test_predictions_must_be_of_the_labelled_articles(
    change: dict[str, Any],
    message: str,
    labelled: list[Article],
    labelled_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("cleanlab")
    predictions = tmp_path / "predictions.jsonl"
    record = json.loads(to_json_line(labelled[0])) | change
    predictions.write_text(json.dumps(record), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["label_suspects.py", str(predictions), str(labelled_file)])
    with pytest.raises(NabraError, match=message):
        label_suspects.main()
