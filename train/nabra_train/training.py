"""Trains a model with the transformers `Trainer`."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import datasets
import torch
import transformers
from torch import nn
from transformers import EarlyStoppingCallback, Trainer, TrainingArguments
from transformers.trainer_utils import get_last_checkpoint

from nabra.analyzer import Analyzer
from nabra.article import Article
from nabra.config import Config, OptimizerConfig, TrainingConfig
from nabra.modeling import NabraModel
from nabra.runtimes.torch import TorchRuntime
from nabra.tokenization import SentenceTokenizer
from nabra_train import checkpoints
from nabra_train.data import build_dataset, load_articles
from nabra_train.metrics import compare, score

RUNS = "runs"
"""Folder under the output where the Trainer keeps what a resumed run needs."""


def train(config: Config) -> Path:
    """Train on the configuration's articles and save the best epoch.

    Returns:
        The directory of the trained model: safetensors, tokenizer and the resolved configuration.

    Raises:
        NabraError: If data or encoder are not as they should be.
    """
    quiet_unless_terminal()
    articles = load_articles(config.data.train, config.model.tones)
    dev = load_articles(config.data.dev, config.model.tones)
    transformers.set_seed(config.training.seed)
    model, encoder_tokenizer = checkpoints.load_encoder(config)
    tokenizer = checkpoints.sentence_tokenizer(encoder_tokenizer, config.model.max_tokens)
    runs = Path(config.training.output) / RUNS
    trainer = NabraTrainer(
        model=model,
        args=training_arguments(config.training, config.optimizer, runs),
        train_dataset=build_dataset(articles, tokenizer, config.model.tones),
        eval_dataset=dev,
        data_collator=Collator(tokenizer),
        optimizers=(build_optimizer(model, config.optimizer), None),
        callbacks=_callbacks(config.training),
        sentence_tokenizer=tokenizer,
    )
    last = get_last_checkpoint(str(runs)) if config.training.resume and runs.is_dir() else None
    trainer.train(resume_from_checkpoint=last)
    directory = checkpoints.save(model, encoder_tokenizer, config, trainer.state.log_history)
    shutil.rmtree(runs, ignore_errors=True)
    return directory


class NabraTrainer(Trainer):
    """A `Trainer` that evaluates whole articles, speakers resolved, as the user will see them."""

    def __init__(self, *, sentence_tokenizer: SentenceTokenizer, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._sentence_tokenizer = sentence_tokenizer

    def evaluate(
        self,
        eval_dataset: Any = None,
        ignore_keys: list[str] | None = None,
        metric_key_prefix: str = "eval",
    ) -> dict[str, float]:
        """Scores on labelled articles; `score` is the mean of tone macro-F1 and speaker accuracy."""
        gold: Sequence[Article] = self.eval_dataset if eval_dataset is None else eval_dataset  # type: ignore[assignment]
        model = self.accelerator.unwrap_model(self.model).eval()
        tones = model.config.tones
        analyzer = Analyzer(TorchRuntime(model), self._sentence_tokenizer, tones)
        values = score(compare(gold, list(analyzer.analyze_many(gold)), tones), tones)
        values["score"] = (values["tone_macro_f1"] + values["speaker_accuracy"]) / 2
        metrics = {f"{metric_key_prefix}_{name}": value for name, value in values.items()}
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics


class Collator:
    """Pads examples into a batch of tensors."""

    def __init__(self, tokenizer: SentenceTokenizer) -> None:
        self._tokenizer = tokenizer

    def __call__(self, examples: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """Stack examples of `build_dataset`."""
        batch = self._tokenizer.pad([example["input_ids"] for example in examples])
        labels = ("tone_labels", "source_labels", "span_labels")
        return {
            "input_ids": torch.from_numpy(batch.input_ids),
            "attention_mask": torch.from_numpy(batch.attention_mask),
            **{name: torch.tensor([example[name] for example in examples]) for name in labels},
        }


def training_arguments(training: TrainingConfig, optimizer: OptimizerConfig, runs: Path) -> TrainingArguments:
    """Our configuration in the Trainer's words."""
    cpu = not torch.cuda.is_available()
    precision = _precision(training.precision)
    return TrainingArguments(
        output_dir=str(runs),
        num_train_epochs=training.epochs,
        per_device_train_batch_size=training.batch_size,
        gradient_accumulation_steps=training.accumulation,
        learning_rate=optimizer.learning_rate,
        warmup_steps=optimizer.warmup,
        lr_scheduler_type="linear",
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=1,
        load_best_model_at_end=True,
        metric_for_best_model="eval_score",
        greater_is_better=True,
        logging_strategy="epoch",
        report_to="none",
        remove_unused_columns=False,
        dataloader_pin_memory=not cpu,
        disable_tqdm=not sys.stderr.isatty(),
        seed=training.seed,
        use_cpu=cpu,
        bf16=precision == "bf16",
        fp16=precision == "fp16",
    )


def _precision(wanted: str) -> str:
    """`auto` is bf16 where the hardware computes in it, else fp32."""
    if wanted != "auto":
        return wanted
    if torch.cuda.is_available():
        return "bf16" if torch.cuda.is_bf16_supported() else "fp32"
    return "bf16" if torch.ops.mkldnn._is_mkldnn_bf16_supported() and _has_bf16_dot_product() else "fp32"


def _has_bf16_dot_product() -> bool:
    """Whether the processor multiplies bf16 itself: emulated, it is slower than float32."""
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def _callbacks(training: TrainingConfig) -> list[transformers.TrainerCallback]:
    return [EarlyStoppingCallback(training.patience)] if training.patience else []


def build_optimizer(model: NabraModel, config: OptimizerConfig) -> torch.optim.AdamW:
    """AdamW with one group of parameters a learning rate and weight decay.

    The heads learn at `head_factor` times the encoder's rate; below the top layer each layer's rate is
    `layer_decay` times that of the one above (Howard and Ruder, 2018).
    """
    if config.freeze_embeddings:
        model.encoder.get_input_embeddings().requires_grad_(False)
    layers = model.config.encoder.num_hidden_layers
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            decay = config.weight_decay if parameter.ndim > 1 else 0.0
            groups.setdefault((_learning_rate(name, layers, config), decay), []).append(parameter)
    return torch.optim.AdamW(
        [{"params": group, "lr": rate, "weight_decay": decay} for (rate, decay), group in groups.items()]
    )


def _learning_rate(name: str, layers: int, config: OptimizerConfig) -> float:
    if not name.startswith("encoder."):
        return config.learning_rate * config.head_factor
    layer = re.search(r"\.layers?\.(\d+)\.", name)
    depth = int(layer.group(1)) + 1 if layer else 0
    return config.learning_rate * config.layer_decay ** (layers - depth)


def quiet_unless_terminal() -> None:
    """No progress bars in a pipe."""
    if not sys.stderr.isatty():
        transformers.utils.logging.disable_progress_bar()
        datasets.disable_progress_bars()
