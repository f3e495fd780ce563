"""The benchmark script: that it compares like with like. Never how fast anything is."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import pytest

from nabra.config import Config, replace
from nabra.errors import NabraError

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
from benchmarks import commands, inference, training
from benchmarks.common import choose_encoder, write_random_encoder

SETTINGS = {"encoder": "tiny", "steps": 2, "rounds": 2, "batch_size": 4}


def test_both_systems_train_on_the_same_batches(tiny_config: Config) -> None:
    pairs = training.compare(tiny_config, steps=2, rounds=2)
    assert [list(pair) for pair in pairs] == [["nabra", "transformers"], ["transformers", "nabra"]]
    assert pairs[0]["nabra"].checksum != pairs[1]["nabra"].checksum

    figures = training.report(pairs, SETTINGS | {"group_by_length": False, "gradient_checkpointing": False})
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
    table = training.format_report(figures).splitlines()
    assert table[0] == "| nabra / transformers, paired | ratio | interval |"
    assert f"{speed['median']:.3f}" in table[2]


def test_batches_of_like_length_are_the_same_too(tiny_config: Config) -> None:
    config = replace(tiny_config, "training", group_by_length=True, gradient_checkpointing=True)
    (pair,) = training.compare(config, steps=2, rounds=1)
    assert pair["nabra"].slots == pair["transformers"].slots >= pair["nabra"].tokens


def test_different_batches_are_no_comparison(tiny_config: Config) -> None:
    def other_batches(system: str, config: Config, steps: int) -> training.Round:
        return training.Round(1.0, 2.0, 10, 20, checksum=len(system), precision="fp32", parameters=1, peak_memory=1)

    with pytest.raises(RuntimeError, match="different batches"):
        training.compare(tiny_config, steps=1, rounds=1, measure=other_batches)


def test_a_random_encoder_says_what_it_is(tmp_path: Path) -> None:
    words = write_random_encoder(tmp_path, layers=1, hidden=64, vocabulary=20000)
    assert words.startswith("a BERT of random weights, 1 layers of 64 with 1 heads and 256 in between")
    with pytest.raises(NabraError, match="--vocabulary 10: the compact tokenizer has"):
        write_random_encoder(tmp_path, layers=1, hidden=64, vocabulary=10)
    half_a_shape = argparse.Namespace(encoder="compact", layers=2, hidden=None, vocabulary=None)
    with pytest.raises(NabraError, match="all three or none"):
        choose_encoder(half_a_shape, tmp_path)


def job(articles: int, model: Path = Path("model")) -> inference.Job:
    texts = [f"قال الوزير إن الاتفاق رقم {number} قريب. نعم." for number in range(articles)]
    return inference.Job(model, Path("classifier"), texts)


def test_inference_rounds_take_turns_on_other_articles() -> None:
    seen: list[tuple[str, int]] = []

    def measure(system: str, part: inference.Job) -> inference.Round:
        seen.append((system, len(part.articles)))
        return inference.Round(2.0 if system == "nabra" else 8.0, 4.0, 40, 2**20)

    systems = ["nabra", "pipeline, one by one"]
    rounds = inference.compare(job(30), systems, 2, measure)
    assert seen == [("nabra", 15), ("pipeline, one by one", 15), ("pipeline, one by one", 15), ("nabra", 15)]
    figures = inference.report(rounds, tokens=50, ceiling=2000, settings={"encoder": "tiny", "articles": 30})
    assert figures["ratios"]["pipeline, one by one"]["speed"]["median"] == 4
    assert figures["ceiling"] == {"tokens": 50, "sentences_a_second": 40, "share": 0.5}
    assert json.loads(json.dumps(figures)) == figures
    assert "| pipeline; one by one | 4.000 | 4.000–4.000 |" in inference.format_report(figures)


def test_too_few_articles_for_the_rounds() -> None:
    with pytest.raises(NabraError, match="give --articles more"):
        inference.compare(job(6), ["nabra"], 2, lambda *_: inference.Round(1, 1, 1, 1))


def test_inference_counts_the_sentences_that_it_times(tiny_model: Path) -> None:
    done = inference.measure("nabra", job(12, tiny_model))
    assert done.sentences == 2 * (12 - inference.WARM_UP)
    assert done.seconds > 0
    assert done.peak_memory > 2**20


def test_a_command_is_timed_to_its_end() -> None:
    begin = time.perf_counter()
    seconds, memory = commands.run_command([sys.executable, "-c", "import time; time.sleep(0.05)"])
    assert 0.05 < seconds < time.perf_counter() - begin
    assert 1 < memory < 100
    with pytest.raises(RuntimeError, match="status 3"):
        commands.run_command([sys.executable, "-c", "raise SystemExit(3)"])


def test_articles_for_scaling_are_repeated_and_cut(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    assert commands._write_articles(Path("seeds/articles"), 25, 2, path) == 50
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert len({record["id"] for record in records}) == 25
