"""The one configuration that training, evaluation and prediction share, and its files."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from importlib import resources
from numbers import Real
from pathlib import Path
from typing import Any, Literal, get_args

from nabra.arabert import Preprocessing
from nabra.article import TONES
from nabra.errors import NabraError

CONFIG_NAME = "nabra.yaml"
"""The resolved configuration, saved with every checkpoint."""
COMPACT = "compact"
"""The name of the encoder that ships with the package."""
SHIPPED = "shipped"
"""The name of the checkpoint that ships with the package."""

LARGEST_SEED = 2**32 - 1
"""That numpy takes."""
MOST = 2**31 - 1
"""Of whatever is counted: epochs, steps, sentences of a batch, threads, tokens."""
LARGEST_HEAD = 2**16
"""Width of a head's hidden layer."""
LEAST_TOKENS = 3
"""Two separators and one token of the text between them."""


@dataclass(frozen=True)
class ModelConfig:
    """The model.

    Args:
        checkpoint: Trained Nabra model: a directory, a Hub id, or `shipped`. Evaluation and prediction take the shipped
            one where it is empty; training goes on from the one named, and starts on `encoder` where it is empty.
        encoder: Encoder to train on: `compact` (ships with the package), a directory, or a Hub id.
        revision: Branch, tag or commit of a Hub repository.
        allow_pickle: Read an encoder whose weights are pickled, `pytorch_model.bin`, where it has no safetensors. Torch
            reads tensors alone from it and runs no code.
        preprocessing: How the encoder's text is prepared; `auto` goes by its name and vocabulary.
        tones: Names of the tones.
        max_tokens: Most tokens of a sentence that the model reads.
        head_size: Width of each head's hidden layer.
        head_dropout: Dropout before and inside the heads.
    """

    checkpoint: str = ""
    encoder: str = COMPACT
    revision: str | None = None
    allow_pickle: bool = False
    preprocessing: Literal["auto"] | Preprocessing = "auto"
    tones: list[str] = field(default_factory=lambda: list(TONES))
    max_tokens: int = 256
    head_size: int = 256
    head_dropout: float = 0.1

    def __post_init__(self) -> None:
        _require_kinds(self, "model")
        if not isinstance(self.tones, list) or not all(isinstance(tone, str) for tone in self.tones):
            raise ValueError(f"model.tones: must be a list of names, got {self.tones!r}")
        if len(self.tones) < 2 or len(set(self.tones)) < len(self.tones):
            raise ValueError(f"model.tones: needs at least two different names, got {self.tones}")
        for tone in self.tones:
            if not tone or tone != tone.strip() or len(tone.splitlines()) > 1:
                raise ValueError(f"model.tones: {tone!r} is no name; write one line without white space at its edges")
        _require_between(self, "model", LEAST_TOKENS, MOST, "max_tokens")
        _require_between(self, "model", 1, LARGEST_HEAD, "head_size")
        _require_between(self, "model", 0, 1, "head_dropout")


@dataclass(frozen=True)
class DataConfig:
    """Labelled articles, as JSON Lines.

    Args:
        train: Articles to train on.
        dev: Articles to choose the best epoch by.
        test: Articles to evaluate on.
        text: Raw text to pretrain or distil on: a file or folder, as `nabra predict` reads them.
    """

    train: str = "seeds/train.jsonl"
    dev: str = "seeds/dev.jsonl"
    test: str = "seeds/test.jsonl"
    text: str = ""


@dataclass(frozen=True)
class OptimizerConfig:
    """AdamW with a linear warm-up and decay.

    Args:
        learning_rate: Peak learning rate of the encoder.
        head_factor: The heads learn at `learning_rate` times this.
        layer_decay: Each layer down from the top learns at this share of the one above; 1 for none.
        weight_decay: Decoupled weight decay of the matrices.
        warmup: Share of the steps that the learning rate takes to rise.
        freeze_embeddings: Leave the encoder's embeddings as they are.
    """

    learning_rate: float = 5e-5
    head_factor: float = 15.0
    layer_decay: float = 1.0
    weight_decay: float = 0.01
    warmup: float = 0.1
    freeze_embeddings: bool = False

    def __post_init__(self) -> None:
        _require_kinds(self, "optimizer")
        _require_positive(self, "optimizer", "learning_rate", "head_factor", "layer_decay")
        _require_between(self, "optimizer", 0, 1, "weight_decay", "warmup")
        if self.warmup == 1:  # the Trainer would read it as one step
            raise ValueError("optimizer.warmup: must be less than 1, for the rate to fall again")


@dataclass(frozen=True)
class TrainingConfig:
    """One training run.

    Args:
        output: Directory of the trained model; interrupted runs resume from its `runs/`.
        epochs: Passes over the training articles.
        batch_size: Sentences a batch and device.
        accumulation: Batches whose gradients make one step.
        gradient_checkpointing: Compute activations twice instead of keeping them: less memory, a quarter more time.
        group_by_length: Batches of like length: less padding; see docs/training.md before you do.
        label_smoothing: Share of the probability spread evenly over the tones in the loss, of what
            teachers say too.
        patience: Epochs without a better score before training stops; 0 to never stop early.
        precision: `auto` takes bf16 where the processor has it.
        saved_precision: Of the weights on disk; `fp16` halves the file.
        seed: Seed of everything random.
        seeds: Number of runs, with `seed` and those after it; more than one also reports their mean and spread.
        resume: Go on from the last state saved in `output`.
        save_steps: Steps between saved states; 0 to save at the end of each epoch only.
        log_steps: Steps between logged losses; 0 to log at the end of each epoch only.
        report_to: Trackers that follow the run: `tensorboard`, `mlflow`.
    """

    output: str = "output/model"
    epochs: int = 5
    batch_size: int = 16
    accumulation: int = 1
    gradient_checkpointing: bool = False
    group_by_length: bool = False
    label_smoothing: float = 0.05
    patience: int = 0
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    saved_precision: Literal["fp32", "fp16"] = "fp32"
    seed: int = 0
    seeds: int = 1
    resume: bool = False
    save_steps: int = 0
    log_steps: int = 0
    report_to: list[Literal["tensorboard", "mlflow"]] = field(default_factory=list)

    def __post_init__(self) -> None:
        _require_kinds(self, "training")
        _require_between(self, "training", 1, MOST, "epochs", "batch_size", "accumulation", "seeds")
        _require_between(self, "training", 0, 1, "label_smoothing")
        _require_between(self, "training", 0, LARGEST_SEED, "patience", "save_steps", "log_steps", "seed")


Runtime = Literal["auto", "openvino", "onnx", "torch"]


@dataclass(frozen=True)
class InferenceConfig:
    """How a trained model is run.

    Args:
        runtime: `openvino` (int8, on the processor), `onnx` (ONNX Runtime, float32), `torch`, or `auto`: torch where
            there is a CUDA device or the model was not exported, else OpenVINO.
        batch_tokens: Most tokens of a forward pass, padding included; 0 for what suits the runtime.
        threads: Processor threads; 0 for all cores.
        min_confidence: Mark a sentence as undecided where the likeliest tone is less probable than this.
    """

    runtime: Runtime = "auto"
    batch_tokens: int = 0
    threads: int = 0
    min_confidence: float = 0.0

    def __post_init__(self) -> None:
        if self.runtime not in get_args(Runtime):
            raise ValueError(f"inference.runtime: {self.runtime!r} is none of {', '.join(get_args(Runtime))}")
        _require_kinds(self, "inference")
        _require_between(self, "inference", 0, MOST, "batch_tokens", "threads")
        _require_between(self, "inference", 0, 1, "min_confidence")


@dataclass(frozen=True)
class Config:
    """Everything `nabra train`, `nabra evaluate` and `nabra predict` can be told, section by section."""

    model: ModelConfig = field(default_factory=ModelConfig)
    data: DataConfig = field(default_factory=DataConfig)
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    inference: InferenceConfig = field(default_factory=InferenceConfig)


_KINDS = {"bool": (bool, "true or false"), "int": (int, "a whole number"), "float": (Real, "a number")}


def _require_kinds(section: Any, prefix: str) -> None:
    """Refuse values of another type: files and options are checked when they are parsed, but not what code gives."""
    for key in dataclasses.fields(section):
        kind, words = _KINDS.get(str(key.type), (object, ""))
        value = getattr(section, key.name)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind in (int, Real)):
            raise ValueError(f"{prefix}.{key.name}: must be {words}, got {value!r}")


def _require_positive(section: object, prefix: str, *names: str) -> None:
    for name in names:
        if not 0 < (value := getattr(section, name)) < math.inf:  # false for what is not a number
            raise ValueError(f"{prefix}.{name}: must be greater than 0, got {value}")


def _require_between(section: object, prefix: str, low: int, high: int, *names: str) -> None:
    for name in names:
        if not low <= (value := getattr(section, name)) <= high:
            raise ValueError(f"{prefix}.{name}: must lie between {low} and {high}, got {value}")


def recipes() -> dict[str, Path]:
    """The shipped configuration files by name; those of the checkout when run from one."""
    package = Path(str(resources.files("nabra")))
    for folder in (package / "configs", package.parents[1] / "configs"):
        if folder.is_dir():
            return {path.stem: path for path in sorted(folder.glob("*.yaml"))}
    return {}


def find_recipe(name: str) -> Path:
    """The file of a shipped recipe (`compact`) or of a path; `NabraError` if there is neither."""
    path = Path(name)
    if path.is_file():
        return path
    shipped = recipes()
    if name in shipped:
        return shipped[name]
    raise NabraError(f"--config {name}: no such file or recipe; shipped recipes: {', '.join(shipped) or 'none'}")


def encoder_location(encoder: str) -> str:
    """Where `transformers` finds an encoder: the package's own for `compact`, else unchanged."""
    if encoder == COMPACT:
        return str(resources.files("nabra") / "encoders" / COMPACT)
    return encoder


def replace(config: Config, section: str, **values: object) -> Config:
    """A copy of `config` with some values of one section changed."""
    return dataclasses.replace(config, **{section: dataclasses.replace(getattr(config, section), **values)})
