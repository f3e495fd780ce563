from __future__ import annotations

import copy
import dataclasses
import json
from pathlib import Path

import pytest
import torch

from nabra.analyzer import Analyzer
from nabra.article import TONES, Article
from nabra.config import Config, replace
from nabra.modeling import load_trained
from nabra.writers import to_json_line
from nabra_train.calibration import calibrate, fit_scaling
from nabra_train.training import train


def scored(articles: list[Article], right: float) -> list[Article]:
    """The same articles with a probability for the right tone, the rest shared by the others."""
    rest = (1 - right) / 2
    return [
        dataclasses.replace(
            article,
            sentences=tuple(
                dataclasses.replace(s, scores={tone: right if tone == s.tone else rest for tone in TONES})
                for s in article.sentences
            ),
        )
        for article in articles
    ]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
@pytest.mark.parametrize("bias", [(0.0, 0.0, 0.0), (0.5, -0.7, 0.2)])
def test_the_scaling_that_labels_were_drawn_at_is_found(temperature: float, bias: tuple[float, ...]) -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(20_000, 3, generator=generator) * 3
    labels = torch.multinomial((logits / temperature + torch.tensor(bias)).softmax(-1), 1, generator=generator)[:, 0]
    scaling = fit_scaling(logits, labels)
    assert scaling.temperature == pytest.approx(temperature, rel=0.05)
    assert scaling.bias.tolist() == pytest.approx(bias, abs=0.06)


def test_few_sentences_bias_no_tone() -> None:
    assert fit_scaling(torch.zeros(2, 3), torch.tensor([0, 0])).bias.abs().max() < 0.3


def test_calibration_cools_a_model_that_is_too_careful(tiny_model: Path, labelled: list[Article]) -> None:
    model = load_trained(tiny_model)
    before = copy.deepcopy(model.tone_head[-1])
    temperature, bias = calibrate(model, labelled, scored(labelled, right=0.6))
    assert temperature < 1
    assert torch.allclose(model.tone_head[-1].weight, before.weight / temperature)
    assert torch.allclose(model.tone_head[-1].bias, before.bias / temperature + bias)


def test_calibration_warms_a_model_that_errs_with_confidence(tiny_model: Path, labelled: list[Article]) -> None:
    tones = {"optimistic": "cautious", "cautious": "optimistic", "obstacle": "obstacle"}
    wrong = [
        dataclasses.replace(
            a, sentences=tuple(dataclasses.replace(s, tone=tones[s.tone], scores={}) for s in a.sentences)
        )
        for a in labelled
    ]
    assert calibrate(load_trained(tiny_model), labelled, scored(wrong, right=0.98)).temperature > 1


def test_a_trained_model_is_calibrated_and_says_so(
    tiny_config: Config, labelled: list[Article], tmp_path: Path
) -> None:
    """The same sentences stand in the dev articles with two labels, so that certainty cannot pay."""
    once = dataclasses.replace(labelled[0], id="once")
    dev = [
        *labelled,
        dataclasses.replace(once, sentences=tuple(dataclasses.replace(s, tone=TONES[1]) for s in once.sentences)),
    ]
    file = tmp_path / "dev.jsonl"
    file.write_text("".join(map(to_json_line, dev)), encoding="utf-8")
    learning = replace(replace(tiny_config, "optimizer", learning_rate=1e-3), "training", epochs=8)
    directory = train(replace(learning, "data", dev=str(file)))
    log = json.loads((directory / "training_log.json").read_text(encoding="utf-8"))
    assert [entry["tone_temperature"] > 0 for entry in log if "tone_temperature" in entry] == [True]
    analyzer = Analyzer.from_pretrained(str(directory), runtime="torch")
    again = calibrate(load_trained(directory), dev, list(analyzer.analyze_many(dev)))
    assert again.temperature == pytest.approx(1, abs=0.2)  # what the prior held back is asked for again
    assert again.bias.abs().max() < 0.2
