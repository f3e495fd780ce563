"""Goes on with an encoder's masked-language-model training on raw text, to adapt it to newspapers of one's own."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets
import torch
import transformers
from datasets.exceptions import DatasetGenerationError
from transformers import AutoModelForMaskedLM, DataCollatorForLanguageModeling, PrinterCallback, Trainer

from nabra.aligned import as_read
from nabra.config import CONFIG_NAME, Config, encoder_location, replace
from nabra.config_files import dump_config
from nabra.errors import NabraError
from nabra.logs import LOGGER
from nabra.modeling import check_loaded
from nabra.readers import read_articles
from nabra.tokenization import SentenceTokenizer, SentenceTokens
from nabra_train import checkpoints
from nabra_train.divergence import require_finite
from nabra_train.training import (
    RUNS,
    begin,
    callbacks,
    hide_progress,
    keep_fewer_activations,
    run,
    training_arguments,
)

MASKED = 0.15
"""Share of the tokens that the model must guess (Devlin et al., 2019)."""
HELD_OUT = 0.02
"""Share of the text, from its end, that only measures the loss."""
MOST_LOSS = 700.0
"""Whose exponential a float holds."""
LOG_NAME = "pretraining_log.json"


def pretrain(config: Config) -> Path:
    """Train the configured encoder to guess masked tokens of `data.text`.

    Returns:
        The directory of the adapted encoder, for `--model.encoder`: safetensors, tokenizer, configuration, losses.

    Raises:
        NabraError: If text or encoder are not as they should be.
    """
    hide_progress()
    output = Path(config.training.output)
    if not begin(config, "pretrain"):
        return output
    transformers.set_seed(config.training.seed)
    tokenizer, preprocessing = checkpoints.load_tokenizer(config.model)
    model = _load_model(config)
    reader = checkpoints.sentence_tokenizer(tokenizer, config.model.max_tokens, preprocessing)
    blocks = _blocks_on_disk(config.data.text, reader, config.model.max_tokens, output / RUNS)
    held_out = max(1, round(len(blocks) * HELD_OUT))
    arguments = training_arguments(config.training, config.optimizer, output / RUNS, best="loss")
    arguments.weight_decay = config.optimizer.weight_decay
    arguments.per_device_eval_batch_size = config.training.batch_size
    arguments.prediction_loss_only = True
    trainer = MaskedTrainer(
        model=model,
        args=arguments,
        train_dataset=blocks.select(range(len(blocks) - held_out)),
        eval_dataset=blocks.select(range(len(blocks) - held_out, len(blocks))),
        data_collator=DataCollatorForLanguageModeling(tokenizer, mlm_probability=MASKED),
        callbacks=callbacks(config.training),
    )
    trainer.remove_callback(PrinterCallback)
    before = trainer.evaluate()["eval_loss"]
    run(trainer, config.training)
    require_finite(model)
    after = trainer.evaluate()["eval_loss"]
    if trainer.is_world_process_zero():
        perplexities = perplexity(before), perplexity(after)
        LOGGER.info("perplexity of masked tokens kept aside: %.1f before, %.1f after", *perplexities)
        _save(trainer, tokenizer, replace(config, "model", preprocessing=preprocessing))
    trainer.accelerator.wait_for_everyone()
    return output


class MaskedTrainer(Trainer):
    """A `Trainer` that masks the same tokens at each evaluation, so that losses compare."""

    def evaluate(self, *arguments: Any, **options: Any) -> dict[str, float]:
        """The loss on the text kept aside."""
        with torch.random.fork_rng():
            torch.manual_seed(self.args.seed)
            return super().evaluate(*arguments, **options)


def perplexity(loss: float) -> float:
    """Of how many tokens a model wavers between; infinite where a float cannot hold it."""
    return math.exp(loss) if loss < MOST_LOSS else math.inf


def _load_model(config: Config) -> Any:
    """The encoder with its masked-language-model head, a fresh one where it has none."""
    with checkpoints.loading(config.model):
        model, loaded = AutoModelForMaskedLM.from_pretrained(
            encoder_location(config.model.encoder),
            revision=config.model.revision,
            dtype=torch.float32,
            trust_remote_code=False,
            use_safetensors=None if config.model.allow_pickle else True,
            output_loading_info=True,
            ignore_mismatched_sizes=True,
        )
        encoder = f"{model.base_model_prefix}."
        check_loaded(model, loaded, (name for name in loaded["missing_keys"] if name.startswith(encoder)))
    if config.training.gradient_checkpointing:
        keep_fewer_activations(model)
    return model


def _blocks_on_disk(text: str, tokenizer: SentenceTokenizer, max_tokens: int, folder: Path) -> datasets.Dataset:
    """The text's blocks as a memory-mapped dataset, so that it may be larger than the memory."""
    if not text:
        raise NabraError("data.text: is empty; name a file or folder of raw text")
    try:
        blocks = datasets.Dataset.from_generator(
            lambda: ({"input_ids": block} for block in build_blocks(text, tokenizer, max_tokens)),
            cache_dir=str(folder / "text"),
        )
    except DatasetGenerationError as error:
        raise error.__cause__ or error from None
    if len(blocks) < 2:
        raise NabraError(f"data.text: {text}: too little text; it fills no two blocks of {max_tokens} tokens")
    return blocks


def build_blocks(text: str, tokenizer: SentenceTokenizer, max_tokens: int) -> Iterator[list[int]]:
    """Neighbouring sentences of an article joined into blocks of at most `max_tokens` tokens, separators included.

    Args:
        text: File or folder of raw text.
        tokenizer: Of the encoder.
        max_tokens: Longest block.
    """
    for article in read_articles([text]):
        block: list[int] = []
        for tokens in tokenizer.encode([as_read(sentence.text) for sentence in article.sentences]):
            before, own, after = _parts(tokens)
            if block and len(block) + len(own) + len(after) > max_tokens:
                yield block + after
                block = []
            block = (block or before) + own
        if block:
            yield block + after


def _parts(tokens: SentenceTokens) -> tuple[list[int], list[int], list[int]]:
    """A sentence's token ids: the separators before it, its own, the separators after it."""
    first = next((i for i, special in enumerate(tokens.special) if not special), len(tokens.ids))
    last = next((i for i in range(len(tokens.ids), first, -1) if not tokens.special[i - 1]), first)
    return tokens.ids[:first], tokens.ids[first:last], tokens.ids[last:]


def _save(trainer: Trainer, tokenizer: Any, config: Config) -> None:
    output = Path(config.training.output)
    with checkpoints.staging(output) as folder:
        model: Any = trainer.accelerator.unwrap_model(trainer.model)
        if config.training.saved_precision == "fp16":
            model.half()
        model.config._name_or_path = ""
        model.save_pretrained(folder)
        checkpoints.save_tokenizer(tokenizer, folder)
        (folder / CONFIG_NAME).write_text(dump_config(config), encoding="utf-8")
        (folder / LOG_NAME).write_text(json.dumps(trainer.state.log_history, indent=1) + "\n", encoding="utf-8")
    shutil.rmtree(output / RUNS, ignore_errors=True)
