"""Throughput of inference, against what one would run without Nabra, and against what the processor can do at all.

Nabra reads raw articles and gives tone and speaker. The others get the sentences already split and give one label:

- the text-classification pipeline of transformers, sentence by sentence and in batches, as they come or sorted;
- `Trainer.predict` in batches of 32 as they come, which is what the analyzers of pysentimiento 0.7.3 do inside.
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import datasets
import torch
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    Trainer,
    TrainingArguments,
    pipeline,
)

from benchmarks.common import (
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
from nabra.analyzer import Analyzer
from nabra.article import TONES
from nabra.checkpoint import read_model_config, shipped_checkpoint
from nabra.config import COMPACT, Config, ModelConfig, TrainingConfig, encoder_location
from nabra.errors import NabraError
from nabra.readers import read_articles
from nabra.records import article_from_text
from nabra.tokenization import SentenceTokenizer
from nabra_train import checkpoints
from nabra_train.export import export_model

NABRA = "nabra"
MAX_TOKENS = 256
WARM_UP = 10
"""Articles before the clock starts."""
CEILING_TOKENS = 1024
CEILING_SECONDS = 2.0


@dataclass(frozen=True)
class Job:
    """What every system is given.

    Args:
        model: Directory of the Nabra model.
        classifier: Directory of a sentence classifier on the same encoder.
        articles: Raw text of each.
    """

    model: Path
    classifier: Path
    articles: Sequence[str]


@dataclass(frozen=True)
class Round:
    """What one system did in one round.

    Args:
        seconds: From the first article to the last, the model being loaded and warm.
        processor_seconds: That all threads together computed meanwhile.
        sentences: Read meanwhile.
        peak_memory: Most resident memory of the process, in bytes.
    """

    seconds: float
    processor_seconds: float
    sentences: int
    peak_memory: int

    @property
    def speed(self) -> float:
        """Sentences a second."""
        return self.sentences / self.seconds

    @property
    def economy(self) -> float:
        """Sentences a second of processor time."""
        return self.sentences / self.processor_seconds


Label = Callable[[Sequence[str]], object]
"""Labels articles (Nabra) or sentences (the others)."""


def nabra(job: Job) -> Label:
    analyzer = Analyzer.from_pretrained(str(job.model))
    return lambda articles: sum(len(article.sentences) for article in analyzer.analyze_many(articles))


def transformers_pipeline(job: Job, batch_size: int, by_length: bool = False) -> Label:
    classify = pipeline("text-classification", model=str(job.classifier), tokenizer=str(job.classifier))
    options = {"batch_size": batch_size, "truncation": True, "max_length": MAX_TOKENS}
    return lambda sentences: classify(sorted(sentences, key=len) if by_length else list(sentences), **options)


def trainer_predict(job: Job) -> Label:
    tokenizer = AutoTokenizer.from_pretrained(job.classifier)
    arguments = TrainingArguments(
        str(job.classifier), per_device_eval_batch_size=32, report_to="none", disable_tqdm=True
    )
    model = AutoModelForSequenceClassification.from_pretrained(job.classifier)
    trainer = Trainer(model, arguments, data_collator=DataCollatorWithPadding(tokenizer))

    def label(sentences: Sequence[str]) -> object:
        rows = datasets.Dataset.from_dict({"text": list(sentences)})
        tokens = rows.map(lambda row: tokenizer(row["text"], truncation=True, max_length=MAX_TOKENS), batched=True)
        return trainer.predict(tokens.remove_columns("text"))

    return label


SYSTEMS: dict[str, Callable[[Job], Label]] = {
    NABRA: nabra,
    "pipeline, one by one": partial(transformers_pipeline, batch_size=1),
    "pipeline, batches of 16": partial(transformers_pipeline, batch_size=16),
    "pipeline, batches of 16, sorted": partial(transformers_pipeline, batch_size=16, by_length=True),
    "pipeline, batches of 64, sorted": partial(transformers_pipeline, batch_size=64, by_length=True),
    "Trainer.predict, batches of 32": trainer_predict,
}


def measure(system: str, job: Job) -> Round:
    """Load a system, warm it, and time it on all articles but the first ones."""
    label = SYSTEMS[system](job)
    sentences = [split(article) for article in job.articles]
    inputs = [[article] for article in job.articles] if system == NABRA else sentences
    label([text for texts in inputs[:WARM_UP] for text in texts])
    timed = [text for texts in inputs[WARM_UP:] for text in texts]
    begin, begin_processor = time.perf_counter(), time.process_time()
    label(timed)
    seconds, processor_seconds = time.perf_counter() - begin, time.process_time() - begin_processor
    return Round(seconds, processor_seconds, sum(map(len, sentences[WARM_UP:])), peak_memory())


def split(article: str) -> list[str]:
    """The sentences of an article."""
    return [sentence.text for sentence in article_from_text(article).sentences]


def compare(
    job: Job, systems: Sequence[str], rounds: int, measure: Callable[[str, Job], Round]
) -> list[dict[str, Round]]:
    """Measure all systems in turns, each round in the other order and on its own part of the articles."""
    size = len(job.articles) // rounds
    if size <= WARM_UP:
        raise NabraError(f"{len(job.articles)} articles are too few for {rounds} rounds; give --articles more")
    done = []
    for number in range(rounds):
        part = dataclasses.replace(job, articles=job.articles[number * size : (number + 1) * size])
        order = list(systems)[:: -1 if number % 2 else 1]
        done.append({system: measure(system, part) for system in order})
        speeds = ", ".join(f"{system}: {result.speed:.1f}" for system, result in done[-1].items())
        print(f"round {number + 1}/{rounds}, sentences a second: {speeds}", file=sys.stderr)
    return done


def int8_ceiling(layers: int, hidden: int, intermediate: int, threads: int) -> float:
    """Tokens a second if the int8 products of the encoder's weights were all there is to compute.

    Measured with torch's quantised linear layer (oneDNN), activations in uint8 and weights in int8.

    Args:
        layers: Of the encoder.
        hidden: Width of the token vectors.
        intermediate: Width inside the feed-forward layers.
        threads: Processor threads.
    """
    torch.set_num_threads(threads)
    attention, up, down = (
        _product_seconds(*shape) for shape in ((hidden, hidden), (hidden, intermediate), (intermediate, hidden))
    )
    return CEILING_TOKENS / (layers * (4 * attention + up + down))


def _product_seconds(inputs: int, outputs: int) -> float:
    """Median seconds of one product of 1,024 token vectors with a matrix of weights."""
    torch.backends.quantized.engine = "onednn"
    weights = torch.quantize_per_channel(
        torch.randn(outputs, inputs),
        torch.full((outputs,), 0.02),
        torch.zeros(outputs, dtype=torch.long),
        0,
        torch.qint8,
    )
    packed = torch.ops.quantized.linear_prepack(weights, torch.zeros(outputs))
    values = torch.quantize_per_tensor(torch.randn(CEILING_TOKENS, inputs), 0.05, 128, torch.quint8)
    times: list[float] = []
    end = time.perf_counter() + CEILING_SECONDS
    while time.perf_counter() < end:
        begin = time.perf_counter()
        torch.ops.quantized.linear(values, packed, 0.1, 128)
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Compare inference as the command line asks."""
    articles = list(islice(_raw_texts(arguments.data), arguments.articles))
    with tempfile.TemporaryDirectory() as folder:
        encoder, description = choose_encoder(arguments, Path(folder, "encoder"))
        job = Job(_model(encoder, Path(folder, "model")), _classifier(encoder, Path(folder, "classifier")), articles)
        rounds = compare(job, arguments.systems, arguments.rounds, partial(in_own_process, measure))
        config = read_model_config(job.model)
        tokenizer = SentenceTokenizer.from_directory(job.model, config)
        lengths = [len(tokens.ids) for article in articles for tokens in tokenizer.encode(split(article))]
    shape = [config["encoder"][name] for name in ("num_hidden_layers", "hidden_size", "intermediate_size")]
    ceiling = in_own_process(int8_ceiling, *shape, torch.get_num_threads())
    return report(rounds, statistics.fmean(lengths), ceiling, {"encoder": description, "articles": len(articles)})


def _raw_texts(data: Path) -> Any:
    """Articles as a newspaper would give them: labelled ones are joined again."""
    return (" ".join(sentence.text for sentence in article.sentences) for article in read_articles([data]))


def _model(encoder: str, directory: Path) -> Path:
    """The shipped model, or one with random heads on another encoder, exported."""
    if encoder == COMPACT:
        return shipped_checkpoint()
    directory.mkdir()
    model_config = ModelConfig(encoder=encoder, max_tokens=MAX_TOKENS)
    config = Config(model=model_config, training=TrainingConfig(output=str(directory)))
    checkpoints.save(*checkpoints.load_encoder(config), config, [])
    export_model(directory, [Path(__file__).parents[2] / "seeds" / "articles"])
    return directory


def _classifier(encoder: str, directory: Path) -> Path:
    """A sentence classifier with a random head on the encoder, in float32."""
    place = encoder_location(encoder)
    model = AutoModelForSequenceClassification.from_pretrained(place, num_labels=len(TONES), dtype=torch.float32)
    model.save_pretrained(directory)
    AutoTokenizer.from_pretrained(place).save_pretrained(directory)
    return directory


def report(
    rounds: Sequence[dict[str, Round]], tokens: float, ceiling: float, settings: dict[str, Any]
) -> dict[str, Any]:
    """All figures of a comparison, the ratios first.

    Args:
        rounds: What every system did.
        tokens: Mean tokens of a sentence.
        ceiling: Tokens a second that the processor could multiply.
        settings: What was asked for.
    """
    names = [name for name in SYSTEMS if name in rounds[0]]
    figures = ("speed", "economy", "peak_memory")
    return {
        "ratios": {
            name: {
                figure: paired([getattr(done[NABRA], figure) / getattr(done[name], figure) for done in rounds])
                for figure in figures
            }
            for name in names
            if name != NABRA
        },
        "systems": {
            name: {figure: spread([getattr(done[name], figure) for done in rounds]) for figure in figures}
            for name in names
        },
        "ceiling": {
            "tokens": tokens,
            "sentences_a_second": ceiling / tokens,
            "share": statistics.median(done[NABRA].speed for done in rounds) * tokens / ceiling,
        },
        "settings": settings | {"rounds": len(rounds), "sentences": sum(done[NABRA].sentences for done in rounds)},
        "machine": machine(),
    }


def format_report(figures: dict[str, Any]) -> str:
    """A report as Markdown tables, the ratios first."""
    ceiling, settings = figures["ceiling"], figures["settings"]
    return "\n".join(
        [
            "| Nabra's sentences a second against, paired | ratio | interval |",
            "| --- | --: | --: |",
            *(ratio_row(name.replace(",", ";"), ratios["speed"]) for name, ratios in figures["ratios"].items()),
            "",
            "| | sentences a second, median (range) | a processor second | peak memory, MiB |",
            "| --- | --: | --: | --: |",
            *(row(name, _cells(system)) for name, system in figures["systems"].items()),
            "",
            f"The int8 products of the encoder alone: {ceiling['sentences_a_second']:.0f} such sentences a second, of "
            f"which Nabra reaches {ceiling['share']:.0%} end to end.",
            f"Encoder: {settings['encoder']}. {settings['articles']} articles in {settings['rounds']} rounds, "
            f"{settings['sentences']} sentences timed, {ceiling['tokens']:.0f} tokens each.",
            where(figures["machine"], "openvino", "torch", "transformers"),
        ]
    )


def _cells(system: dict[str, Any]) -> list[str]:
    speed, economy, memory = (system[name] for name in ("speed", "economy", "peak_memory"))
    return [
        f"{speed['median']:.1f} ({speed['low']:.1f}–{speed['high']:.1f})",
        f"{economy['median']:.1f}",
        f"{memory['median'] / 2**20:.0f}",
    ]
