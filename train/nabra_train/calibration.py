"""Makes a model's tone probabilities mean what they say on some articles.

By temperature scaling (Guo et al., 2017) with a bias for each tone (Alexandari, Kundaje and Shrikumar, 2020): a model
is not only too sure of itself on articles of another kind than it learnt from, it also favours one of the tones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from nabra.article import Article
from nabra.decoding import SCORE_DIGITS
from nabra.modeling import NabraModel

PRIOR = 0.5
"""Standard deviation of the normal prior on biases and on the temperature's logarithm: few sentences change little."""
LEAST_SCORE = 10**-SCORE_DIGITS / 2
"""What stands for a score that was rounded to zero."""


class Scaling(NamedTuple):
    """What logits are divided by, and what is added then to each tone's."""

    temperature: float
    bias: Tensor


def fit_scaling(logits: Tensor, labels: Tensor, *, biases: bool = True) -> Scaling:
    """The temperature and biases at which the labels are likeliest; the biases sum to zero.

    Args:
        logits: N x tones, or log-probabilities.
        labels: N indices into the tones.
        biases: Without, they stay zero.
    """
    logits = logits.double()
    sharpness = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(logits.size(1), dtype=torch.float64, requires_grad=biases)
    optimizer = torch.optim.LBFGS(
        [sharpness, bias] if biases else [sharpness], max_iter=200, line_search_fn="strong_wolfe"
    )

    def loss() -> float:
        optimizer.zero_grad()
        prior = torch.cat([sharpness, bias]).div(PRIOR).square().sum() / 2
        value = nn.functional.cross_entropy(logits * sharpness.exp() + bias, labels, reduction="sum") + prior
        value.backward()
        return float(value.detach())

    optimizer.step(loss)
    return Scaling(float((-sharpness.detach()).exp()), (bias - bias.mean()).detach().float())


def calibrate(
    model: NabraModel, gold: Sequence[Article], predicted: Sequence[Article], *, biases: bool = True
) -> Scaling:
    """Scale the tone head so that its probabilities suit some articles.

    Args:
        model: The model; its tone head's last layer is changed, so that every runtime obeys it.
        gold: Labelled articles.
        predicted: The same articles as the model labels them.
        biases: Whether to fit a bias for each tone too.

    Returns:
        By what it was scaled.
    """
    tones = model.config.tones
    scores = [[s.scores[tone] for tone in tones] for article in predicted for s in article.sentences]
    labels = [tones.index(sentence.tone) for article in gold for sentence in article.sentences]
    logits = torch.tensor(scores, dtype=torch.float64).clamp(min=LEAST_SCORE).log()
    scaling = fit_scaling(logits, torch.tensor(labels), biases=biases)
    last = model.tone_head[-1]
    assert isinstance(last, nn.Linear)
    with torch.no_grad():
        last.weight.div_(scaling.temperature)
        last.bias.div_(scaling.temperature).add_(scaling.bias)
    return scaling
