#!/usr/bin/env python3
"""The mean of the weights of models that went on from one another, calibrated anew.

    python scripts/average_models.py NEW OLD --shares 2 1 --config NEW/nabra.yaml --data.dev dev.jsonl \
        --training.output DIR

Between a model and what it became by learning from other text lies one that is nearly as good as the better of them
everywhere (Wortsman et al., Robust fine-tuning of zero-shot models, 2022). Tokenizer, configuration and log are those
of the first, which went on from the others as they are. The temperature of the tones is fitted on `data.dev`;
biases are not.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from nabra.analyzer import Analyzer
from nabra.checkpoint import find_checkpoint, read_model_config
from nabra.cli import guard
from nabra.config import Config, replace
from nabra.config_files import build_parser, parse
from nabra.errors import NabraError
from nabra.modeling import NabraModel, load_trained
from nabra.runtimes.torch import TorchRuntime
from nabra_train import checkpoints
from nabra_train.calibration import calibrate
from nabra_train.data import load_articles
from nabra_train.training import check_output, hide_progress


def average(models: Sequence[NabraModel], shares: Sequence[float]) -> NabraModel:
    """Give the first model the weighted mean of the weights of all; counters stay as they are."""
    states = [model.state_dict() for model in models]
    shapes = [{name: tensor.shape for name, tensor in state.items()} for state in states]
    if any(other != shapes[0] for other in shapes) or any(
        model.config.tones != models[0].config.tones for model in models
    ):
        raise NabraError("the models differ in shape or tones; average those that went on from one another")
    mean = {
        name: sum(share * state[name] for share, state in zip(shares, states, strict=True)) / sum(shares)
        for name, tensor in states[0].items()
        if tensor.is_floating_point()
    }
    models[0].load_state_dict(states[0] | mean)
    return models[0]


def load_uncalibrated(directory: Path) -> tuple[NabraModel, list[dict[str, Any]]]:
    """A model as it was before its tones were calibrated, and its log without that."""
    model = load_trained(directory)
    log = checkpoints.read_log(directory)
    if not log:
        raise NabraError(f"{directory / checkpoints.HISTORY_NAME}: is missing; it says how the model was calibrated")
    scaling = next((entry for entry in log if "tone_temperature" in entry), {})
    bias = torch.tensor([scaling.get(f"tone_bias_{tone}", 0.0) for tone in model.config.tones])
    last: Any = model.tone_head[-1]
    with torch.no_grad():
        last.bias.sub_(bias).mul_(scaling.get("tone_temperature", 1.0))
        last.weight.mul_(scaling.get("tone_temperature", 1.0))
    return model, [entry for entry in log if entry is not scaling and checkpoints.COMMAND_KEY not in entry]


def run(config: Config, directories: Sequence[Path], shares: Sequence[float], *, overwrite: bool = False) -> Path:
    """Average, calibrate and save; returns the new model's directory."""
    hide_progress()
    check_output(config.training, overwrite=overwrite)
    dev = load_articles(config.data.dev, config.model.tones)
    for directory in directories:
        read_model_config(find_checkpoint(str(directory)))
    first, log = load_uncalibrated(directories[0])
    model = average([first, *map(load_trained, directories[1:])], shares)
    once = replace(config, "model", checkpoint=str(directories[0]))
    _, tokenizer = checkpoints.load_checkpoint(once)
    reader = checkpoints.sentence_tokenizer(tokenizer, model.config.max_tokens, model.config.preprocessing)
    analyzer = Analyzer(TorchRuntime(model), reader, model.config.tones)
    temperature, _ = calibrate(model, dev, list(analyzer.analyze_many(dev)), biases=False)
    print(f"temperature: {temperature:.3f}")
    command = "distill" if checkpoints.is_distilled(directories[0], config) else "train"
    return checkpoints.save(model, tokenizer, config, [*log, {"tone_temperature": temperature}], command)


def main(arguments: Sequence[str]) -> None:
    parser = build_parser("average_models.py", __doc__ or "")
    parser.add_argument("models", type=Path, nargs="+", help="directories of trained models")
    parser.add_argument("--shares", type=float, nargs="+", default=[], help="of each; without it all count alike")
    parser.add_argument("--overwrite", action="store_true", help="replace what is in the folder")
    config, own = parse(parser, arguments)
    shares = own.shares or [1.0] * len(own.models)
    if len(shares) != len(own.models):
        raise NabraError(f"--shares: {len(shares)} for {len(own.models)} models; give each model one")
    if min(shares) < 0 or not sum(shares):
        raise NabraError(f"--shares: must be numbers of at least 0, and not all 0, got {shares}")
    print(run(config, own.models, shares, overwrite=own.overwrite))


if __name__ == "__main__":
    sys.exit(guard("average_models.py", lambda: main(sys.argv[1:])))
