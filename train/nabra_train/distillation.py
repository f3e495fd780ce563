"""Trains a model to answer as others do on raw text: a small one like large ones, or one on newspapers of one's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from nabra.aligned import as_read
from nabra.article import Source
from nabra.batching import batches
from nabra.checkpoint import find_checkpoint, read_model_config
from nabra.config import Config
from nabra.decoding import SOURCES, Logits, softmax
from nabra.errors import NabraError
from nabra.logs import shows_progress
from nabra.readers import read_articles
from nabra.runtimes import load_runtime
from nabra.tokenization import SentenceTokenizer, SentenceTokens
from nabra_train.data import load_articles
from nabra_train.training import fit_dataset

LOOK_AHEAD = 512
"""Sentences that the teachers read together, sorted by length."""

FloatArray = npt.NDArray[np.float32]


class Teacher:
    """A trained model that says how likely each label is; it runs as `nabra predict` would run it.

    Args:
        model: Directory or Hub id of a checkpoint, or `shipped`.
        tones: The tones that it must have.
    """

    def __init__(self, model: str, tones: Sequence[str]) -> None:
        directory = find_checkpoint(model)
        config = read_model_config(directory)
        if list(config["tones"]) != list(tones):
            raise NabraError(f"--teachers: {model}: its tones are {', '.join(config['tones'])}, not {', '.join(tones)}")
        self._runtime = load_runtime(directory)
        self._tokenizer = SentenceTokenizer.from_directory(directory, config)

    def label(self, sentences: Sequence[str], students: Sequence[SentenceTokens]) -> Iterator[dict[str, FloatArray]]:
        """For each sentence the columns of `build_dataset` as probabilities, on the student's tokens."""
        own = self._tokenizer.encode(sentences)
        labels: dict[int, dict[str, FloatArray]] = {}
        cut = list(batches([len(tokens.ids) for tokens in own], self._runtime.batch_tokens))
        padded = [self._tokenizer.pad([own[i].ids for i in indices], width) for width, indices in cut]
        with ThreadPoolExecutor(self._runtime.concurrency) as pool:
            for (_, indices), logits in zip(cut, pool.map(self._runtime, padded), strict=True):
                labels |= {i: _probabilities(logits, row, own[i], students[i]) for row, i in enumerate(indices)}
        return (labels[i] for i in range(len(own)))


def _probabilities(logits: Logits, row: int, tokens: SentenceTokens, student: SentenceTokens) -> dict[str, FloatArray]:
    source = softmax(logits.source[row])
    span = softmax(logits.span[row, : len(tokens.ids)].T).T
    here = source[SOURCES.index(Source.HERE)]
    return {
        "tone_labels": softmax(logits.tone[row]),
        "source_labels": source,
        "span_labels": here * move_span(span, tokens, student),
    }


def move_span(span: FloatArray, tokens: SentenceTokens, student: SentenceTokens) -> FloatArray:
    """Probabilities of a mention's start and end moved to the tokens of another tokenizer, by their characters.

    Args:
        span: T x 2, on `tokens`.
        tokens: One tokenizer's tokens of a sentence.
        student: The other's, S of them; what it has cut off is lost.

    Returns:
        S x 2.
    """
    if tokens.ids == student.ids:
        return span
    own = [i for i, special in enumerate(student.special) if not special]
    ends = np.array([student.offsets[i][1] for i in own])
    moved = np.zeros((len(student.ids), 2), dtype=np.float32)
    for (first, last), special, probabilities in zip(tokens.offsets, tokens.special, span, strict=True):
        # The student's token that holds the first character, and the one that holds the last.
        places = np.searchsorted(ends, [first, last - 1], side="right")
        for side, place in enumerate(places):
            if not special and place < len(own):
                moved[own[place], side] += probabilities[side]
    return moved


def build_soft_dataset(text: str, tokenizer: SentenceTokenizer, teachers: Sequence[Teacher]) -> datasets.Dataset:
    """Training examples, one a sentence of a raw text, with the mean of the teachers' probabilities for labels.

    Args:
        text: File or folder of raw text.
        tokenizer: The student's.
        teachers: One or more.
    """
    if not text:
        raise NabraError("data.text: is empty; name a file or folder of raw text")
    sentences = [as_read(sentence.text) for article in read_articles([text]) for sentence in article.sentences]
    examples: list[dict[str, Any]] = []
    for first in tqdm(range(0, len(sentences), LOOK_AHEAD), desc="teachers read", disable=not shows_progress()):
        part = sentences[first : first + LOOK_AHEAD]
        tokens = tokenizer.encode(part)
        for own, *labels in zip(tokens, *(teacher.label(part, tokens) for teacher in teachers), strict=True):
            means = {name: np.mean([label[name] for label in labels], axis=0) for name in labels[0]}
            examples.append({"input_ids": own.ids, **means})
    return datasets.Dataset.from_list(examples)


def distill(config: Config, teachers: Sequence[str]) -> Path:
    """Train the configured model on what teachers say of `data.text` (Hinton et al., 2015).

    With several teachers it learns the mean of their probabilities. The epoch is chosen, and the probabilities are
    calibrated, on `data.dev`.

    Args:
        config: The student and its training.
        teachers: Directories or Hub ids of trained models; their encoders and tokenizers may be others.

    Returns:
        The directory of the trained model.

    Raises:
        NabraError: If there is no teacher, or text or models are not as they should be.
    """
    if not teachers:
        raise NabraError("--teachers: name one trained model or more, by directory or Hub id")
    dev = load_articles(config.data.dev, config.model.tones)
    loaded = [Teacher(teacher, config.model.tones) for teacher in teachers]
    command = f"distill --teachers {' '.join(teachers)}"
    return fit_dataset(config, lambda tokenizer: build_soft_dataset(config.data.text, tokenizer, loaded), dev, command)
