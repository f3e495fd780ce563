"""Throughput of training, against a plain `Trainer` of transformers."""

from __future__ import annotations

import argparse
import dataclasses
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import torch
import transformers
from transformers import (
    AutoModelForSequenceClassification,
    DataCollatorWithPadding,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)
from transformers.trainer_utils import SaveStrategy

from benchmarks.common import (
    cell,
    choose_encoder,
    in_own_process,
    machine,
    paired,
    peak_memory,
    ratio_row,
    row,
    spread,
    where,
)
from nabra.config import Config, DataConfig, ModelConfig, TrainingConfig, encoder_location, replace
from nabra.tokenization import SentenceTokenizer
from nabra_train import checkpoints
from nabra_train.data import build_dataset, load_articles
from nabra_train.training import Collator, NabraTrainer, build_optimizer, keep_fewer_activations, training_arguments

SENTENCES = Path(__file__).parents[2] / "seeds" / "train.jsonl"
NABRA = "nabra"
PLAIN = "transformers"
WARM_UP = 3
"""Steps before the clock starts: the first ones allocate memory and let the libraries choose their kernels."""


@dataclass(frozen=True)
class Round:
    """What one system did in one round.

    Args:
        seconds: From the end of the warm-up to the end of the last step.
        processor_seconds: That all threads together computed meanwhile.
        tokens: Tokens trained on meanwhile, padding left out.
        slots: The same with padding.
        checksum: Of the token ids of every batch.
        precision: In which the matrices were multiplied.
        parameters: That were trained.
        peak_memory: Most resident memory of the process up to the end, in bytes.
    """

    seconds: float
    processor_seconds: float
    tokens: int
    slots: int
    checksum: int
    precision: str
    parameters: int
    peak_memory: int

    @property
    def speed(self) -> float:
        """Real tokens a second."""
        return self.tokens / self.seconds

    @property
    def economy(self) -> float:
        """Real tokens a second of processor time."""
        return self.tokens / self.processor_seconds


COMPARED = {
    "speed": ("real tokens a second", 1),
    "economy": ("real tokens a processor second", 1),
    "peak_memory": ("peak resident memory of the process, MiB", 2**20),
}
"""What is compared round by round: attributes of `Round`, what they are, and what to divide them by in the table."""
Pair = dict[str, Round]
"""One round of both systems, the first to run first."""
Measure = Callable[[str, Config, int], Round]


class Stopwatch(TrainerCallback):
    """Takes the time from the end of the warm-up to the end of the last step: loading and tokenising stay out."""

    def __init__(self) -> None:
        self._times: list[tuple[float, float]] = []

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Look at the clock, if it is time."""
        if state.global_step in (WARM_UP, state.max_steps):
            if torch.cuda.is_available():
                torch.cuda.synchronize()  # kernels are still running when a step returns
            self._times.append((time.perf_counter(), time.process_time()))

    def times(self) -> dict[str, Any]:
        """Between the two looks."""
        (begin, begin_processor), (end, end_processor) = self._times
        return {"seconds": end - begin, "processor_seconds": end_processor - begin_processor}


class CountingCollator:
    """Counts what another collator gives.

    Args:
        collate: The other one.
    """

    def __init__(self, collate: Callable[[Any], Any]) -> None:
        self._collate = collate
        self._counts: list[tuple[int, int]] = []
        self._checksums: list[int] = []

    def __call__(self, examples: Sequence[Any]) -> Any:
        """The other collator's batch."""
        batch = self._collate(examples)
        mask = batch["attention_mask"]
        self._counts.append((int(mask.sum()), mask.numel()))
        self._checksums.append(zlib.crc32(batch["input_ids"].numpy().tobytes()))
        return batch

    def totals(self, steps: int) -> dict[str, int]:
        """Of the timed steps. The loader reads a batch ahead, so there are more batches than steps."""
        end = WARM_UP + steps
        tokens, slots = np.sum(self._counts[WARM_UP:end], axis=0).tolist()
        return {"tokens": tokens, "slots": slots, "checksum": zlib.crc32(repr(self._checksums[:end]).encode())}


def nabra_trainer(config: Config, steps: int, runs: Path) -> Trainer:
    """Nabra's training as `nabra_train.training.fit` sets it up, without evaluation and saving."""
    model, encoder_tokenizer = checkpoints.load(config)
    if config.training.gradient_checkpointing:
        keep_fewer_activations(model)
    tokenizer = checkpoints.sentence_tokenizer(encoder_tokenizer, model.config.max_tokens, model.config.preprocessing)
    arguments = training_arguments(config.training, config.optimizer, runs, best=None)
    arguments.max_steps = WARM_UP + steps
    arguments.save_strategy = SaveStrategy.NO
    arguments.disable_tqdm = True
    return NabraTrainer(
        model=model,
        args=arguments,
        train_dataset=examples(config, tokenizer, steps),
        data_collator=Collator(tokenizer),
        optimizers=(build_optimizer(model, config.optimizer), None),
        sentence_tokenizer=tokenizer,
    )


def plain_trainer(config: Config, steps: int, runs: Path) -> Trainer:
    """A classifier of sentences on the same encoder, fine-tuned as in the manual of transformers."""
    # transformers would take the precision of the file, which for the compact encoder is float16: too little to train.
    model = AutoModelForSequenceClassification.from_pretrained(
        encoder_location(config.model.encoder), num_labels=len(config.model.tones), dtype=torch.float32
    )
    if config.training.gradient_checkpointing:
        keep_fewer_activations(model)  # what the Trainer's own option does, whose name depends on its version
    tokenizer, preprocessing = checkpoints.load_tokenizer(config.model)
    sentences = checkpoints.sentence_tokenizer(tokenizer, config.model.max_tokens, preprocessing)
    dataset = examples(config, sentences, steps).select_columns(["input_ids", "tone_labels"])
    return Trainer(
        model=model,
        args=plain_arguments(config, steps, runs),
        train_dataset=dataset.rename_column("tone_labels", "labels"),
        data_collator=DataCollatorWithPadding(tokenizer),
    )


def plain_arguments(config: Config, steps: int, runs: Path) -> TrainingArguments:
    """The Trainer's defaults, but for what both systems must have in common."""
    training = config.training
    common = training_arguments(training, config.optimizer, runs, best=None)
    return TrainingArguments(
        output_dir=str(runs),
        max_steps=WARM_UP + steps,
        per_device_train_batch_size=training.batch_size,
        train_sampling_strategy=common.train_sampling_strategy,
        learning_rate=config.optimizer.learning_rate,
        bf16=common.bf16,
        fp16=common.fp16,
        seed=training.seed,
        eval_strategy="no",
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        use_cpu=common.use_cpu,  # without it, the Trainer refuses bf16 where there is no GPU
        dataloader_pin_memory=common.dataloader_pin_memory,  # it warns where there is no GPU
    )


def examples(config: Config, tokenizer: SentenceTokenizer, steps: int) -> datasets.Dataset:
    """Training examples, over and over until they last for all steps.

    Within one epoch: the systems draw different numbers for dropout, and so would shuffle the next one differently.
    """
    tones = config.model.tones
    once = build_dataset(load_articles(config.data.train, tones), tokenizer, tones)
    needed = (WARM_UP + steps + 1) * config.training.batch_size
    return datasets.concatenate_datasets([once] * -(-needed // len(once)))


TRAINERS: dict[str, Callable[[Config, int, Path], Trainer]] = {NABRA: nabra_trainer, PLAIN: plain_trainer}


def measure_training(system: str, config: Config, steps: int) -> Round:
    """Train a fresh model for some steps after the warm-up, in this process.

    Args:
        system: `nabra` or `transformers`.
        config: What to train, on what and how.
        steps: Steps to time.
    """
    transformers.set_seed(config.training.seed)
    with tempfile.TemporaryDirectory() as runs:
        trainer = TRAINERS[system](config, steps, Path(runs))
        trainer.remove_callback(PrinterCallback)
        stopwatch = Stopwatch()
        trainer.add_callback(stopwatch)
        counting = trainer.data_collator = CountingCollator(trainer.data_collator)
        trainer.train()
    model: Any = trainer.model
    return Round(
        **stopwatch.times(),
        **counting.totals(steps),
        precision="bf16" if trainer.args.bf16 else "fp16" if trainer.args.fp16 else "fp32",
        parameters=sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad),
        peak_memory=peak_memory(),
    )


def compare(config: Config, steps: int, rounds: int, measure: Measure = measure_training) -> list[Pair]:
    """Measure both systems in turns, each round on other batches and in the other order.

    Args:
        config: What to train, on what and how.
        steps: Steps to time in a round.
        rounds: How many rounds.
        measure: Runs one system once.

    Raises:
        RuntimeError: If the systems did not read the same token ids in the same precision.
    """
    pairs = []
    for number in range(rounds):
        seeded = replace(config, "training", seed=config.training.seed + number)
        order = list(TRAINERS)[:: -1 if number % 2 else 1]
        pair = {system: measure(system, seeded, steps) for system in order}
        if len({(done.tokens, done.slots, done.checksum, done.precision) for done in pair.values()}) > 1:
            raise RuntimeError(f"round {number + 1}: the systems read different batches, so nothing can be compared")
        speeds = ", ".join(f"{system} {done.speed:.0f} tokens/s" for system, done in pair.items())
        ratios = ", ".join(f"{name} {ratio(pair, name):.3f}" for name in COMPARED)
        print(f"round {number + 1}/{rounds}: {speeds}; ratios: {ratios}", file=sys.stderr)
        pairs.append(pair)
    return pairs


def ratio(pair: Pair, name: str) -> float:
    """How many times as much of something Nabra had in a round."""
    return float(getattr(pair[NABRA], name) / getattr(pair[PLAIN], name))


def report(pairs: Sequence[Pair], settings: dict[str, Any]) -> dict[str, Any]:
    """All figures of a comparison, the ratios first.

    Args:
        pairs: The rounds.
        settings: What was asked for.
    """
    systems = {system: summary([pair[system] for pair in pairs]) for system in TRAINERS}
    return {
        "ratios": {name: paired([ratio(pair, name) for pair in pairs]) for name in COMPARED},
        "systems": systems,
        "settings": settings | {"precision": pairs[0][NABRA].precision},
        "machine": machine(),
        "rounds": [{system: dataclasses.asdict(done) for system, done in pair.items()} for pair in pairs],
    }


def summary(rounds: Sequence[Round]) -> dict[str, Any]:
    """One system over all rounds."""
    tokens, slots = (sum(getattr(done, name) for done in rounds) for name in ("tokens", "slots"))
    return {
        **{name: spread([getattr(done, name) for done in rounds]) for name in COMPARED},
        "tokens": tokens,
        "padding": 1 - tokens / slots,
        "parameters": rounds[0].parameters,
    }


def format_report(figures: dict[str, Any]) -> str:
    """A report as Markdown tables, the ratios first."""
    ratios, settings = figures["ratios"], figures["settings"]
    systems = figures["systems"].values()
    return "\n".join(
        [
            f"| {NABRA} / {PLAIN}, paired | ratio | interval |",
            "| --- | --: | --: |",
            *(ratio_row(label, ratios[name]) for name, (label, _) in COMPARED.items()),
            "",
            f"| | {' | '.join(figures['systems'])} |",
            "| --- | --: | --: |",
            *(
                row(f"{label}, median (range)", [cell(system[name], unit) for system in systems])
                for name, (label, unit) in COMPARED.items()
            ),
            row("padding", [f"{system['padding']:.1%}" for system in systems]),
            row("trained parameters", [f"{system['parameters'] / 1e6:.1f} M" for system in systems]),
            row("real tokens timed", [str(system["tokens"]) for system in systems]),
            "",
            f"Encoder: {settings['encoder']}.",
            f"{settings['rounds']} rounds of {settings['steps']} steps after {WARM_UP} of warm-up; batches of "
            f"{settings['batch_size']} sentences, {'of like length' if settings['group_by_length'] else 'random'}; "
            f"{settings['precision']}; gradient checkpointing {'on' if settings['gradient_checkpointing'] else 'off'}.",
            where(figures["machine"], "torch", "transformers"),
        ]
    )


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Compare training as the command line asks."""
    with tempfile.TemporaryDirectory() as folder:
        encoder, description = choose_encoder(arguments, Path(folder))
        config = Config(
            model=ModelConfig(encoder=encoder),
            data=DataConfig(train=str(SENTENCES)),
            training=TrainingConfig(
                batch_size=arguments.batch_size,
                group_by_length=arguments.group_by_length,
                gradient_checkpointing=arguments.gradient_checkpointing,
                precision=arguments.precision,
            ),
        )
        checkpoints.check_encoder(config.model)
        pairs = compare(config, arguments.steps, arguments.rounds, partial(in_own_process, measure_training))
    names = ("batch_size", "steps", "rounds", "group_by_length", "gradient_checkpointing")
    settings = {name: getattr(arguments, name) for name in names}
    return report(pairs, {"encoder": description, "warm_up": WARM_UP} | settings)
