"""Makes a model's tone probabilities mean what they say, by temperature scaling (Guo et al., 2017)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from nabra.article import Article
from nabra.modeling import NabraModel

TEMPERATURES = torch.logspace(-0.7, 0.7, 281, dtype=torch.float64)
"""What is tried: 0.2 to 5 in steps of one percent."""


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """The temperature at which the labels are likeliest.

    Args:
        logits: N x tones, or log-probabilities.
        labels: N indices into the tones.
    """
    losses = [nn.functional.cross_entropy(logits.double() / t, labels) for t in TEMPERATURES]
    return float(TEMPERATURES[torch.stack(losses).argmin()])


def calibrate(model: NabraModel, gold: Sequence[Article], predicted: Sequence[Article]) -> float:
    """Scale the tone head to the temperature that suits some articles; which tone is likeliest never changes.

    Args:
        model: The model; its tone head's last layer is divided by the temperature, so that every runtime obeys it.
        gold: Labelled articles.
        predicted: The same articles as the model labels them.

    Returns:
        The temperature.
    """
    tones = model.config.tones
    scores = [[s.scores[tone] for tone in tones] for article in predicted for s in article.sentences]
    labels = [tones.index(sentence.tone) for article in gold for sentence in article.sentences]
    logits = torch.tensor(scores, dtype=torch.float64).clamp(min=torch.finfo(torch.float32).tiny).log()
    temperature = fit_temperature(logits, torch.tensor(labels))
    last = model.tone_head[-1]
    assert isinstance(last, nn.Linear)
    with torch.no_grad():
        last.weight.div_(temperature)
        last.bias.div_(temperature)
    return temperature
