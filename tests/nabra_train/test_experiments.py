from __future__ import annotations

import json
import statistics
from pathlib import Path

import pytest

from nabra.config import Config, replace
from nabra.errors import NabraError
from nabra_train import experiments
from nabra_train.experiments import cross_validate, format_seeds, train_seeds


def test_several_seeds_give_mean_and_spread(tiny_config: Config) -> None:
    config = replace(tiny_config, "training", seeds=2, seed=5, epochs=1)
    summary = train_seeds(config)
    output = Path(config.training.output)
    assert summary["seeds"] == [5, 6]
    assert all((output / f"seed-{seed}" / "model.safetensors").is_file() for seed in (5, 6))
    assert json.loads((output / "seeds.json").read_text(encoding="utf-8")) == summary
    score = summary["scores"]["tone_accuracy"]
    assert score["mean"] == pytest.approx(statistics.fmean(score["values"]))
    assert score["standard_deviation"] == pytest.approx(statistics.stdev(score["values"]))
    assert f"tone accuracy               {score['mean']:.3f} ± " in format_seeds(summary)


def test_trained_seeds_are_not_trained_again(tiny_config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    config = replace(tiny_config, "training", seeds=2, epochs=1)
    first = train_seeds(config)
    monkeypatch.setattr(experiments, "train", lambda _: pytest.fail("trained again"))
    assert train_seeds(replace(config, "training", resume=True)) == first


def test_faulty_test_articles_are_found_before_training(tiny_config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiments, "train", lambda _: pytest.fail("trained first"))
    with pytest.raises(NabraError, match=r"gone\.jsonl: cannot be read"):
        train_seeds(replace(replace(tiny_config, "data", test="gone.jsonl"), "training", seeds=2))


def test_every_article_is_labelled_once_by_a_model_that_has_not_seen_it(
    tiny_config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = []
    fit = experiments.fit

    def watch(config: Config, articles: list, dev: object) -> Path:
        parts.append([article.id for article in articles])
        assert dev is None
        return fit(config, articles, None)

    monkeypatch.setattr(experiments, "fit", watch)
    config = replace(replace(tiny_config, "data", dev="gone.jsonl", test="gone.jsonl"), "training", epochs=1)
    report = cross_validate(config, folds=3)
    output = Path(config.training.output)
    labelled = [json.loads(line)["id"] for line in (output / "predictions.jsonl").read_text("utf-8").splitlines()]
    assert sorted(labelled) == ["t-0", "t-1", "t-2"]
    assert all(len(part) == 2 and article not in part for part, article in zip(parts, labelled, strict=True))
    assert report["articles"] == 3
    assert set(report["systems"]) == {"model", "words and cues", "majority"}
    assert json.loads((output / "crossvalidation.json").read_text("utf-8"))["sentences"] == 12
    assert not list(output.glob("fold-*/*.safetensors"))


def test_labelled_folds_are_kept(tiny_config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    config = replace(tiny_config, "training", epochs=1)
    data = Path(tiny_config.data.train)  # a sentence may hold what breaks lines elsewhere
    data.write_text(data.read_text("utf-8").replace('."', '.\u2028"'), encoding="utf-8")
    assert "\u2028" in data.read_text("utf-8")
    first = cross_validate(config, folds=2)
    monkeypatch.setattr(experiments, "fit", lambda *_: pytest.fail("trained again"))
    again = cross_validate(replace(config, "training", resume=True), folds=2)
    assert again["systems"]["model"] == first["systems"]["model"]


@pytest.mark.parametrize("folds", [1, 4])
def test_impossible_folds_are_refused(tiny_config: Config, folds: int) -> None:
    with pytest.raises(NabraError, match=rf"--folds: must lie between 2 and the number of articles, 3; got {folds}"):
        cross_validate(tiny_config, folds)
