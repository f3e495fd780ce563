"""Trains a model with the transformers `Trainer`, in one process or many."""

from __future__ import annotations

import importlib.util
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import datasets
import torch
import transformers
from accelerate import PartialState
from accelerate.utils import gather_object
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from transformers import (
    PreTrainedModel,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)
from transformers.integrations.integration_utils import TensorBoardCallback

from nabra.analyzer import Analyzer
from nabra.article import Article
from nabra.config import Config, OptimizerConfig, TrainingConfig
from nabra.errors import NabraError
from nabra.logs import LOGGER, shows_progress
from nabra.modeling import NabraModel
from nabra.runtimes.torch import TorchRuntime, cuda_has_bf16
from nabra.tokenization import SentenceTokenizer
from nabra.writers import check_writable
from nabra_train import checkpoints
from nabra_train.calibration import calibrate
from nabra_train.callbacks import EpochLines, Patience, SaveEvery
from nabra_train.data import build_dataset, load_articles
from nabra_train.divergence import StopAtDivergence, require_finite
from nabra_train.metrics import compare, score
from nabra_train.resuming import STATE_NAME, check_settings, keep_settings, last_state

RUNS = "runs"
"""Folder under the output where the Trainer keeps what a resumed run needs."""
TENSORBOARD = "tensorboard"
"""Folder under the output for TensorBoard's events."""


def train(config: Config) -> Path:
    """Train on the configuration's articles and save the best epoch.

    Under torchrun or accelerate every process calls this; the first of them saves.

    Returns:
        The directory of the trained model: safetensors, tokenizer and the resolved configuration.

    Raises:
        NabraError: If data or model are not as they should be.
    """
    articles = load_articles(config.data.train, config.model.tones)
    return fit(config, articles, load_articles(config.data.dev, config.model.tones))


def fit(config: Config, articles: Sequence[Article], dev: Sequence[Article] | None) -> Path:
    """Train on some articles and save the epoch that does best on others, its probabilities calibrated on them.

    Without others it is the last epoch, as it is. With `training.resume`, what is trained already is left alone.
    """
    return fit_dataset(config, lambda tokenizer: build_dataset(articles, tokenizer, config.model.tones), dev)


def fit_dataset(
    config: Config,
    build: Callable[[SentenceTokenizer], datasets.Dataset],
    dev: Sequence[Article] | None,
    command: str = "train",
) -> Path:
    """The same on any examples with the columns of `build_dataset`.

    Args:
        config: The training.
        build: Makes the examples for a tokenizer; labels may be probabilities, as `NabraModel.forward` takes them.
        dev: Labelled articles to choose the epoch by and to calibrate on.
        command: What trains: no other goes on with its states.
    """
    hide_progress()
    output = Path(config.training.output)
    if not begin(config, command):
        return output
    transformers.set_seed(config.training.seed)
    model, encoder_tokenizer = checkpoints.load(config)
    if config.training.gradient_checkpointing:
        keep_fewer_activations(model)
    tokenizer = checkpoints.sentence_tokenizer(encoder_tokenizer, model.config.max_tokens, model.config.preprocessing)
    trainer = NabraTrainer(
        model=model,
        args=training_arguments(config.training, config.optimizer, output / RUNS, best="score" if dev else None),
        train_dataset=build(tokenizer),
        eval_dataset=dev,
        data_collator=Collator(tokenizer),
        optimizers=(build_optimizer(model, config.optimizer), None),
        callbacks=_callbacks(config.training, dev is not None),
        sentence_tokenizer=tokenizer,
    )
    trainer.remove_callback(PrinterCallback)
    run(trainer, config.training)
    if dev:
        # What is calibrated is the float32 model that will be used, not the one that training ran in bf16.
        trainer.accelerator.unwrap_model(trainer.model, keep_fp32_wrapper=False)
        temperature, bias = calibrate(model, dev, trainer.label(dev))
        biases = {f"tone_bias_{tone}": value for tone, value in zip(model.config.tones, bias.tolist(), strict=True)}
        trainer.log({"tone_temperature": temperature, **biases})
    if trainer.is_world_process_zero():
        checkpoints.save(model, encoder_tokenizer, config, trainer.state.log_history, command.partition(" ")[0])
        shutil.rmtree(output / RUNS, ignore_errors=True)
    trainer.accelerator.wait_for_everyone()
    return output


def check_output(training: TrainingConfig, *, overwrite: bool = False) -> None:
    """Refuse an output that cannot or must not be written, before anything is read.

    Args:
        training: The run.
        overwrite: Whether it may replace what is in the folder.

    Raises:
        NabraError: Saying why, and the remedy.
    """
    output = Path(training.output)
    if not training.output or "\0" in training.output:
        raise NabraError(f"training.output: {training.output!r} is no path; name a folder")
    if overwrite and training.resume:
        raise NabraError("--overwrite and --training.resume: choose one")
    if output.exists() and not output.is_dir():
        raise NabraError(f"training.output: {output}: is a file; name a folder")
    if output.exists() and any(output.iterdir()) and not (overwrite or training.resume):
        raise NabraError(
            f"training.output: {output}: is not empty; --training.resume true goes on with what was stopped there, "
            "--overwrite replaces it"
        )
    check_writable(output)


def begin(config: Config, command: str) -> bool:
    """Make the folder for states, without those of another run; says whether there is anything left to train."""
    training, output = config.training, Path(config.training.output)
    if training.resume and is_trained(output):
        LOGGER.info("%s: is trained already", output)
        return False
    state = processes()
    if training.resume:
        check_settings(output / RUNS, command, config)
        state.wait_for_everyone()
    if state.is_main_process:
        with checkpoints.writing(output):
            if not training.resume:
                shutil.rmtree(output / RUNS, ignore_errors=True)
            (output / RUNS).mkdir(parents=True, exist_ok=True)
            keep_settings(output / RUNS, command, config)
    state.wait_for_everyone()
    return True


def is_trained(output: Path) -> bool:
    """Whether a training ended there, and none was begun since."""
    return (output / "model.safetensors").is_file() and not (output / RUNS).exists()


def is_stopped(training: TrainingConfig) -> bool:
    """Whether there is anything to go on from: a state, a trained seed, a labelled fold."""
    patterns = (f"{RUNS}/*/{STATE_NAME}", f"*/{RUNS}/*/{STATE_NAME}", "seed-*/model.safetensors", "fold-*.jsonl")
    return any(next(Path(training.output).glob(pattern), None) for pattern in patterns)


def run(trainer: Trainer, training: TrainingConfig) -> None:
    """Train, from the last saved state if the configuration says so and there is one."""
    last = last_state(Path(training.output) / RUNS) if training.resume else None
    with checkpoints.writing(Path(training.output), "make room"):
        trainer.train(resume_from_checkpoint=str(last) if last else None)


def keep_fewer_activations(model: PreTrainedModel) -> None:
    """Compute activations a second time in the backward pass (Chen et al., 2016)."""
    enable = getattr(model, "activation_checkpointing_enable", None) or model.gradient_checkpointing_enable
    enable({"use_reentrant": False})


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
        require_finite(self.accelerator.unwrap_model(self.model))  # the loss may be logged more seldom
        gold: Sequence[Article] = self.eval_dataset if eval_dataset is None else eval_dataset  # type: ignore[assignment]
        tones = self.accelerator.unwrap_model(self.model).config.tones
        values = score(compare(gold, self.label(gold), tones), tones)
        values["score"] = (values["tone_macro_f1"] + values["speaker_accuracy"]) / 2
        metrics = {f"{metric_key_prefix}_{name}": value for name, value in values.items()}
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def label(self, articles: Sequence[Article]) -> list[Article]:
        """The articles with the model's labels, each process doing its share."""
        model = self.accelerator.unwrap_model(self.model).eval()
        analyzer = Analyzer(TorchRuntime(model), self._sentence_tokenizer, model.config.tones)
        rank, processes = self.args.process_index, self.args.world_size
        labelled = list(zip(range(rank, len(articles), processes), analyzer.analyze_many(articles[rank::processes])))
        return [article for _, article in sorted(gather_object(labelled), key=lambda numbered: numbered[0])]


class Collator:
    """Pads examples into a batch of tensors, labels that have a row a token too."""

    def __init__(self, tokenizer: SentenceTokenizer) -> None:
        self._tokenizer = tokenizer

    def __call__(self, examples: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """Stack examples of `build_dataset`, or with probabilities in place of the labels."""
        batch = self._tokenizer.pad([example["input_ids"] for example in examples])
        spans = [torch.tensor(example["span_labels"]) for example in examples]
        return {
            "input_ids": torch.from_numpy(batch.input_ids),
            "attention_mask": torch.from_numpy(batch.attention_mask),
            "tone_labels": torch.tensor([example["tone_labels"] for example in examples]),
            "source_labels": torch.tensor([example["source_labels"] for example in examples]),
            "span_labels": pad_sequence(spans, batch_first=True),
        }


def training_arguments(
    training: TrainingConfig, optimizer: OptimizerConfig, runs: Path, *, best: Literal["score", "loss"] | None
) -> TrainingArguments:
    """Our configuration in the Trainer's words.

    Args:
        training: The run.
        optimizer: Its learning rate and warm-up.
        runs: Where states to resume from go.
        best: What the best epoch is chosen by; `None` to take the last.
    """
    cpu = not torch.cuda.is_available()
    precision = _precision(training.precision)
    return TrainingArguments(
        output_dir=str(runs),
        num_train_epochs=training.epochs,
        per_device_train_batch_size=training.batch_size,
        gradient_accumulation_steps=training.accumulation,
        train_sampling_strategy="group_by_length" if training.group_by_length else "random",
        learning_rate=optimizer.learning_rate,
        warmup_steps=optimizer.warmup,
        lr_scheduler_type="linear",
        eval_strategy="epoch" if best else "no",
        save_strategy="epoch",
        save_total_limit=1,
        load_best_model_at_end=best is not None,
        metric_for_best_model=f"eval_{best}" if best else None,
        greater_is_better=best == "score" if best else None,
        logging_strategy="steps" if training.log_steps else "epoch",
        logging_steps=training.log_steps or 1,
        logging_nan_inf_filter=False,  # it would hide that a training diverged
        report_to=[name for name in training.report_to if name != "tensorboard"] or "none",
        remove_unused_columns=False,
        dataloader_pin_memory=not cpu,
        ddp_find_unused_parameters=False,
        disable_tqdm=not shows_progress(),
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
        return "bf16" if cuda_has_bf16() else "fp32"
    return "bf16" if torch.ops.mkldnn._is_mkldnn_bf16_supported() and _has_bf16_dot_product() else "fp32"


def _has_bf16_dot_product() -> bool:
    """Whether the processor multiplies bf16 itself: emulated, it is slower than float32."""
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def callbacks(training: TrainingConfig) -> list[TrainerCallback]:
    """What watches any training: saves between epochs, and the trackers."""
    for name in training.report_to:
        if importlib.util.find_spec(name) is None:
            raise NabraError(f"training.report_to: {name} is not installed: pip install {name}")
    watching: list[TrainerCallback] = [StopAtDivergence()]
    if training.save_steps:
        watching.append(SaveEvery(training.save_steps))
    if "tensorboard" in training.report_to:
        from torch.utils.tensorboard import SummaryWriter

        watching.append(TensorBoardCallback(SummaryWriter(str(Path(training.output) / TENSORBOARD))))
    return watching


def _callbacks(training: TrainingConfig, evaluate: bool) -> list[TrainerCallback]:
    early = [Patience(training.patience)] if training.patience and evaluate else []
    return [*callbacks(training), EpochLines(), *early]


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
        [{"params": group, "lr": rate, "weight_decay": decay} for (rate, decay), group in groups.items()], fused=True
    )


def _learning_rate(name: str, layers: int, config: OptimizerConfig) -> float:
    if not name.startswith("encoder."):
        return config.learning_rate * config.head_factor
    layer = re.search(r"[._]layers?\.(\d+)\.", name)
    above = layers if "embed" not in name else 0  # what has no number stands above the layers or is shared by them
    depth = int(layer.group(1)) + 1 if layer else above
    return config.learning_rate * config.layer_decay ** (layers - depth)


def is_first_process() -> bool:
    """Whether this process is the one that writes files: the only one, or the first of many."""
    is_main: bool = processes().is_main_process
    return is_main


def processes() -> Any:
    """The processes that train together; without `cpu` those of a machine without GPUs do not find each other."""
    return PartialState(cpu=not torch.cuda.is_available())


def hide_progress() -> None:
    """No progress bars in a pipe, or if it is to be quiet."""
    if not shows_progress():
        transformers.utils.logging.disable_progress_bar()
        datasets.disable_progress_bars()
