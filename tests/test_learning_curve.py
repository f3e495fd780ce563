"""The learning curve: points trained once, scores summed up, faults said."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from nabra.config import Config
from nabra.errors import NabraError

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
import learning_curve  # noqa: E402


@pytest.fixture
def arguments(tiny_config: Config, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(learning_curve, "LEAST_STEPS", 2)
    data, output = tiny_config.data.train, tiny_config.training.output
    keys = ["--model.encoder", tiny_config.model.encoder, "--training.output", output, "--training.epochs", "1"]
    return [*keys, "--data.train", data, "--data.test", data, "--sizes", "1", "2"]


def test_curve_is_trained_once_and_drawn(
    arguments: list[str], tiny_config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "docs" / "curve.svg"
    learning_curve.main([*arguments, "--names", "the test", "--picture", str(picture)])
    first = capsys.readouterr().out
    output = Path(tiny_config.training.output)
    weights = output / "2-1" / "model.safetensors"
    trained = weights.stat().st_mtime_ns
    curves = json.loads((output / "learning_curve.json").read_text())["curves"]
    assert [row["articles"] for row in curves["the test"]["tone_macro_f1"]] == [1, 2]
    assert first.count("a doubling") == 2
    assert picture.read_text(encoding="utf-8").rstrip().endswith("</svg>")

    learning_curve.main([*arguments, "--names", "the test"])
    assert capsys.readouterr().out == first
    assert weights.stat().st_mtime_ns == trained


def test_points_of_other_settings_are_not_mixed(arguments: list[str]) -> None:
    learning_curve.main(arguments)
    with pytest.raises(NabraError, match=r"1-0/scores\.json: was made with other settings; delete it"):
        learning_curve.main([*arguments, "--optimizer.learning_rate", "1e-3"])


def test_rows_are_means_over_the_repeats() -> None:
    def point(articles: int, value: float) -> dict[str, object]:
        return {"articles": articles, "scores": {"t": {"s": {"value": value, "low": value - 0.1, "high": value + 0.1}}}}

    rows = learning_curve.summarise([point(10, 0.4), point(20, 0.7), point(10, 0.6), point(20, 0.7)], "t", "s")
    assert [row["value"] for row in rows] == pytest.approx([0.5, 0.7])
    assert rows[0]["low"] == pytest.approx(0.4)
    assert learning_curve.gain_of_doubling(rows) == pytest.approx(0.2)


def test_more_articles_than_there_are(arguments: list[str]) -> None:
    with pytest.raises(NabraError, match=r"--sizes: 4 is more than the 3 articles of .*labelled\.jsonl"):
        learning_curve.main([*arguments[:-2], "4"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--sizes", "2"], "a curve needs two sizes or more"),
        (["--sizes", "0", "2"], "each of at least 1"),
        (["--repeats", "0"], "one repeat or more"),
        (["--picture", "curve.gif"], r"--picture: curve\.gif: must end in \.svg or \.png"),
    ],
)
def test_what_makes_no_curve_is_refused_first(options: list[str], message: str, arguments: list[str]) -> None:
    with pytest.raises(NabraError, match=message):
        learning_curve.main([*arguments, *options])
