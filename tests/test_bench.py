"""The benchmark script: that it compares like with like. Never how fast anything is."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import pytest

from nabra.config import Config, replace
from nabra.errors import NabraError

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
import bench

SETTINGS = {"encoder": "tiny", "steps": 2, "rounds": 2, "batch_size": 4}


def test_both_systems_train_on_the_same_batches(tiny_config: Config) -> None:
    pairs = bench.compare(tiny_config, steps=2, rounds=2)
    assert [list(pair) for pair in pairs] == [["nabra", "transformers"], ["transformers", "nabra"]]
    assert pairs[0]["nabra"].checksum != pairs[1]["nabra"].checksum

    figures = bench.report(pairs, SETTINGS | {"group_by_length": False, "gradient_checkpointing": False})
    nabra, plain = figures["systems"]["nabra"], figures["systems"]["transformers"]
    assert nabra["tokens"] == plain["tokens"] == sum(pair["nabra"].tokens for pair in pairs) > 0
    assert nabra["padding"] == plain["padding"]
    assert 0 < nabra["padding"] < 1
    assert min(nabra["peak_memory"]["low"], plain["peak_memory"]["low"]) > 0

    speed = figures["ratios"]["speed"]
    assert speed["rounds"] == [pair["nabra"].speed / pair["transformers"].speed for pair in pairs]
    assert list(figures["ratios"]) == ["speed", "economy", "peak_memory"]
    assert speed["median"] == pytest.approx(sum(speed["rounds"]) / 2)
    assert speed["low"] <= speed["median"] <= speed["high"]
    assert next(iter(figures)) == "ratios"
    assert json.loads(json.dumps(figures)) == figures
    table = bench.format_report(figures).splitlines()
    assert table[0] == "| nabra / transformers, paired | ratio | 95% interval |"
    assert f"{speed['median']:.3f}" in table[2]


def test_batches_of_like_length_are_the_same_too(tiny_config: Config) -> None:
    config = replace(tiny_config, "training", group_by_length=True, gradient_checkpointing=True)
    (pair,) = bench.compare(config, steps=2, rounds=1)
    assert pair["nabra"].slots == pair["transformers"].slots >= pair["nabra"].tokens


def test_different_batches_are_no_comparison(tiny_config: Config) -> None:
    def other_batches(system: str, config: Config, steps: int) -> bench.Round:
        return bench.Round(1.0, 2.0, 10, 20, checksum=len(system), precision="fp32", parameters=1, peak_memory=1)

    with pytest.raises(RuntimeError, match="different batches"):
        bench.compare(tiny_config, steps=1, rounds=1, measure=other_batches)


def test_a_random_encoder_says_what_it_is(tmp_path: Path) -> None:
    words = bench.write_random_encoder(tmp_path, layers=1, hidden=64, vocabulary=20000)
    assert words.startswith("a BERT of random weights, 1 layers of 64 with 1 heads and 256 in between")
    with pytest.raises(NabraError, match="--vocabulary 10: the compact tokenizer has"):
        bench.write_random_encoder(tmp_path, layers=1, hidden=64, vocabulary=10)
    half_a_shape = argparse.Namespace(encoder="compact", layers=2, hidden=None, vocabulary=None)
    with pytest.raises(NabraError, match="all three or none"):
        bench.choose_encoder(half_a_shape, tmp_path)
