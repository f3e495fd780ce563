from __future__ import annotations

import json
from pathlib import Path

import pytest

from nabra.article import Article
from nabra.cli import main
from nabra.config import Config
from nabra.errors import NabraError
from nabra.writers import to_json_line
from nabra_train.evaluation import evaluate_model, format_report, write_report


class Oracle:
    """Knows the labels."""

    def __init__(self, articles: list[Article]) -> None:
        self._articles = articles

    def analyze_many(self, _: object) -> object:
        return iter(self._articles)


def test_report_holds_scores_intervals_and_baselines(
    tiny_config: Config, labelled: list[Article], tmp_path: Path
) -> None:
    report = evaluate_model(tiny_config, Oracle(labelled))
    assert list(report["systems"]) == ["model", "words and cues", "majority"]
    assert report["systems"]["model"]["scores"]["tone_macro_f1"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert report["systems"]["majority"]["scores"]["tone_accuracy"]["value"] == 0.5
    assert report["systems"]["model"]["coverage"] == []
    assert report["systems"]["model"]["reliability"] == []
    assert sum(point["sentences"] for point in report["systems"]["words and cues"]["reliability"]) == 12
    assert report["systems"]["majority"]["speaker_errors"]["missed"] == 9
    assert (report["articles"], report["sentences"]) == (3, 12)
    text = format_report(report)
    assert "tone macro f1" in text
    assert "1.000 [1.000, 1.000]" in text
    write_report(report, tmp_path / "report.json")
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8")) == report


def test_predictions_made_before_score_the_same(tiny_config: Config, labelled: list[Article], tmp_path: Path) -> None:
    path = tmp_path / "predictions.jsonl"
    path.write_text("".join(to_json_line(article) for article in reversed(labelled)), encoding="utf-8")
    report = evaluate_model(tiny_config, None, path, baselines=False)
    assert report["systems"]["model"]["scores"]["both_right"]["value"] == 1


def test_missing_or_other_predictions_are_named(tiny_config: Config, labelled: list[Article], tmp_path: Path) -> None:
    path = tmp_path / "predictions.jsonl"
    path.write_text(to_json_line(labelled[0]), encoding="utf-8")
    with pytest.raises(NabraError, match=r"predictions\.jsonl: has no prediction for article 't-1' \(2 missing"):
        evaluate_model(tiny_config, None, path)
    path.write_text("".join(map(to_json_line, [*labelled, labelled[1]])), encoding="utf-8")
    with pytest.raises(NabraError, match=r"predictions\.jsonl:4: article 't-1': id: an earlier article has it too"):
        evaluate_model(tiny_config, None, path)
    other = [Article(article.id, article.sentences[:1]) for article in labelled]
    path.write_text("".join(map(to_json_line, other)), encoding="utf-8")
    with pytest.raises(NabraError, match="the predicted sentences are not the labelled ones; predict on the labelled"):
        evaluate_model(tiny_config, None, path)


def test_command_scores_a_model(
    tiny_model: Path, labelled_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"
    options = ["--data.train", str(labelled_file), "--output", str(report)]
    assert main(["evaluate", "--model", str(tiny_model), "--data", str(labelled_file), *options]) == 0
    printed = capsys.readouterr().out
    assert "speaker accuracy" in printed
    assert "min confidence" in printed
    assert set(json.loads(report.read_text(encoding="utf-8"))["systems"]) == {"model", "words and cues", "majority"}
