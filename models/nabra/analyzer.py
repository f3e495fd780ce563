"""The analyzer: articles in, tone and speaker of every sentence out."""

from __future__ import annotations

import ctypes
import dataclasses
import os
import threading
import time
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from nabra.aligned import AlignedText, readable
from nabra.article import Article, Sentence, Speaker
from nabra.batching import batches
from nabra.checkpoint import find_checkpoint, read_model_config
from nabra.config import InferenceConfig
from nabra.config import Runtime as RuntimeName
from nabra.decoding import Logits, decode_attribution, round_score, softmax
from nabra.errors import ModelError
from nabra.logs import LOGGER
from nabra.records import article_from_text
from nabra.rendering import find_words
from nabra.runtimes import Runtime, load_runtime
from nabra.speakers import Attribution, resolve_speakers
from nabra.tokenization import Batch, SentenceTokenizer, SentenceTokens

LOOK_AHEAD = 512
"""Least sentences gathered before they are batched by length: enough to fill most batches of a processor."""
BATCHES_AHEAD = 8
"""The same in full batches, where those hold more."""
SENTENCE_TOKENS = 64
"""Of a newspaper's sentence, about."""


class _Model(NamedTuple):
    """What a process needs to label."""

    runtime: Runtime
    tokenizer: SentenceTokenizer


class Analyzer:
    """Labels articles with a model.

    Threads may share one. A forked process loads the model again when it first needs it, and so does a process that
    gets a pickled analyzer. It needs no `close`: dropped, it frees what it holds.

    Args:
        runtime: What runs the model.
        tokenizer: The model's tokenizer.
        tones: Names of the tones, in the order of the logits.
        batch_tokens: Most tokens of a forward pass, padding included; 0 for what suits the runtime.
        min_confidence: Mark a sentence as undecided where the likeliest tone is less probable than this.

    Example:
        >>> analyzer = Analyzer.from_pretrained()
        >>> article = analyzer.analyze("قال الوزير إن المفاوضات أحرزت تقدما.")
        >>> article.sentences[0].tone
        'optimistic'
    """

    def __init__(
        self,
        runtime: Runtime,
        tokenizer: SentenceTokenizer,
        tones: Sequence[str],
        batch_tokens: int = 0,
        min_confidence: float = 0.0,
    ) -> None:
        self.tones = tuple(tones)
        self._model: _Model | None = _Model(runtime, tokenizer)
        self._batch_tokens = batch_tokens or runtime.batch_tokens
        self._min_confidence = min_confidence
        self._again: partial[Analyzer] | None = None
        self._closed = False
        self._lock = threading.Lock()
        _ANALYZERS.add(self)

    def __enter__(self) -> Analyzer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the model, its threads and its memory now; what is asked later raises `ModelError`."""
        self._model, self._closed = None, True

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled is where the model lies, not the model."""
        if self._again is None or self._closed:
            raise ModelError("only an open analyzer made by Analyzer.from_pretrained can be sent to another process")
        return self._again, ()

    def _loaded(self) -> _Model:
        """The model, loaded again in a process that was forked."""
        with self._lock:
            if self._closed:
                raise ModelError("the analyzer is closed; load another with Analyzer.from_pretrained")
            if self._model is None and self._again is not None:
                self._model = self._again()._model
            if self._model is None:
                raise ModelError("the analyzer was made before the process forked; make it in the forked process")
            return self._model

    def _leave_to_parent(self) -> None:
        """Forget the model in a forked process, whose threads stayed behind: to call it or to free it would hang."""
        if self._model is not None:
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._model))
        self._model, self._lock = None, threading.Lock()

    @property
    def settings(self) -> dict[str, Any]:
        """What its answers depend on, as far as it is known: the model's folder, what runs it, `min_confidence`."""
        known = {"model": self._again.args[0], "runtime": self._again.keywords["runtime"]} if self._again else {}
        return {**known, "min_confidence": self._min_confidence}

    @property
    def look_ahead(self) -> int:
        """Sentences that a block should have at least, so that most batches are full."""
        return max(LOOK_AHEAD, BATCHES_AHEAD * self._batch_tokens // SENTENCE_TOKENS)

    @classmethod
    def from_pretrained(
        cls,
        model: str | Path = "",
        *,
        revision: str | None = None,
        runtime: RuntimeName = "auto",
        batch_tokens: int = 0,
        threads: int = 0,
        min_confidence: float = 0.0,
    ) -> Analyzer:
        """Load a trained model.

        Args:
            model: Directory or Hub id; empty for the checkpoint that ships with the package.
            revision: Branch, tag or commit of the Hub's repository.
            runtime: `openvino` (int8), `onnx`, `torch`, or `auto`: torch on a CUDA device, else OpenVINO.
            batch_tokens: Most tokens of a forward pass, padding included; 0 for what suits the runtime.
            threads: Processor threads; 0 for all cores.
            min_confidence: Mark a sentence as undecided where the likeliest tone is less probable than this.

        Raises:
            ModelError: If there is no such model, or it cannot be run; the message says what to do.
            ValueError: If an argument is out of its range.
        """
        begin = time.perf_counter()
        InferenceConfig(runtime, batch_tokens, threads, min_confidence)
        directory = find_checkpoint(str(model), revision)
        config = read_model_config(directory)
        tokenizer = SentenceTokenizer.from_directory(directory, config)
        loaded = load_runtime(directory, runtime, threads)
        LOGGER.debug("model: %s, loaded in %.2f s", directory, time.perf_counter() - begin)
        analyzer = cls(loaded, tokenizer, config["tones"], batch_tokens, min_confidence)
        analyzer._again = partial(
            cls.from_pretrained,
            str(directory.absolute()),
            runtime=runtime,
            batch_tokens=batch_tokens,
            threads=threads,
            min_confidence=min_confidence,
        )
        return analyzer

    def analyze(self, article: str | Article) -> Article:
        """Label one article.

        Args:
            article: Raw text, or an article whose sentences are split already; labels it has are replaced.

        Returns:
            The article with tone, scores and speaker of every sentence; offsets count in the raw text.

        Raises:
            TypeError: If it is neither text nor an article.
        """
        return next(self.analyze_many([_as_article(article)]))

    def analyze_many(self, articles: Iterable[str | Article]) -> Iterator[Article]:
        """Label articles as they come, in their order; reads only a little ahead.

        What `articles` raises is raised once the articles before it are labelled.

        Raises:
            TypeError: If they are no series of articles, or one of them is neither text nor an article.
        """
        one_or_table = isinstance(articles, str | bytes | Mapping) or getattr(articles, "ndim", 1) != 1
        if one_or_table or not isinstance(articles, Iterable):
            kind = type(articles).__name__
            raise TypeError(f"analyze_many takes several articles, a list or a column, not {kind}; analyze takes one")
        return self._label(articles)

    def _label(self, articles: Iterable[str | Article]) -> Iterator[Article]:
        faults: list[Exception] = []
        for block in self.analyze_blocks(self._blocks(articles, faults)):
            yield from block
        if faults:
            raise faults[0]

    def _blocks(self, articles: Iterable[str | Article], faults: list[Exception]) -> Iterator[list[Article]]:
        """Articles in groups of at least `look_ahead` sentences, until one cannot be had; `faults` gets why."""
        block: list[Article] = []
        waiting = 0
        try:
            for number, article in enumerate(articles):
                block.append(_as_article(article, f"articles[{number}]: "))
                waiting += max(1, len(block[-1].sentences))
                if waiting >= self.look_ahead:
                    yield block
                    block, waiting = [], 0
        except Exception as fault:  # whatever it is, it is raised again
            faults.append(fault)
        yield block

    def analyze_blocks(self, blocks: Iterable[Sequence[Article]]) -> Iterator[list[Article]]:
        """Label articles block by block; the sentences of a block share their batches.

        While the model computes a block, the next is read and tokenised, and the one before is put together.
        """
        model = self._loaded()
        pool = ThreadPoolExecutor(model.runtime.concurrency)
        begin, done = time.perf_counter(), 0
        try:
            computing: _Block | None = None
            for articles in blocks:
                block = self._submit(articles, model, pool)
                done += len(block.texts)
                if computing is not None:
                    yield self._finish(computing, model)
                computing = block
            if computing is not None:
                yield self._finish(computing, model)
        finally:
            pool.shutdown(cancel_futures=True)
            seconds = time.perf_counter() - begin
            LOGGER.debug("labelled: %d sentences in %.2f s, %.0f a second", done, seconds, done / seconds)

    def _submit(self, articles: Sequence[Article], model: _Model, pool: ThreadPoolExecutor) -> _Block:
        """Tokenise a block and let the pool compute its batches."""
        texts = [_Text.of(sentence.text) for article in articles for sentence in article.sentences]
        tokens = model.tokenizer.encode([text.read for text in texts])
        jobs = [
            (indices, _start(pool, model.runtime, model.tokenizer.pad([tokens[i].ids for i in indices], width)))
            for width, indices in batches([len(sentence.ids) for sentence in tokens], self._batch_tokens)
        ]
        return _Block(articles, texts, tokens, jobs)

    def _finish(self, block: _Block, model: _Model) -> list[Article]:
        """Wait for the logits of a block and make its answers of them."""
        if self._model is not model:
            raise ModelError("the analyzer was closed, or the process forked, while articles were on the way")
        readings: dict[int, _Reading] = {}
        for indices, job in block.jobs:
            logits = job.result()
            for row, i in enumerate(indices):
                tokens = block.tokens[i]
                attribution = decode_attribution(logits.source[row], logits.span[row], tokens, block.texts[i].read)
                readings[i] = _Reading(block.texts[i], self._scores(logits, row), attribution, tokens.truncated)
        in_order = (readings[i] for i in range(len(block.texts)))
        return [self._assemble(article, [next(in_order) for _ in article.sentences]) for article in block.articles]

    def _scores(self, logits: Logits, row: int) -> dict[str, float]:
        if (known := logits.tone.shape[-1]) != len(self.tones):
            raise ModelError(f"config.json names {len(self.tones)} tones, the weights {known}; copy the model again")
        return dict(zip(self.tones, map(round_score, softmax(logits.tone[row])), strict=True))

    def _assemble(self, article: Article, readings: Sequence[_Reading]) -> Article:
        texts = [reading.text for reading in readings]
        speakers = resolve_speakers([text.read for text in texts], [reading.attribution for reading in readings])
        sentences = [
            dataclasses.replace(
                sentence,
                tone=max(reading.scores, key=reading.scores.__getitem__),
                scores=reading.scores,
                speaker=_locate(speaker, article.sentences, texts),
                truncated=reading.truncated,
                undecided=max(reading.scores.values()) < self._min_confidence,
            )
            for sentence, reading, speaker in zip(article.sentences, readings, speakers, strict=True)
        ]
        return dataclasses.replace(article, sentences=tuple(sentences))


def _as_article(article: str | Article, where: str = "") -> Article:
    if isinstance(article, str):
        return article_from_text(article)
    if not isinstance(article, Article):
        raise TypeError(f"{where}expected an article as str or nabra.Article, not {type(article).__name__}")
    return article


def _start(pool: ThreadPoolExecutor, runtime: Runtime, batch: Batch) -> Future[Logits]:
    """Have a batch computed: by a thread of the pool, or here and now where Python lets it start none any more.

    That is so once the main thread has ended, though other threads of the program may go on.
    """
    try:
        return pool.submit(runtime, batch)
    except RuntimeError:
        done: Future[Logits] = Future()
        done.set_result(runtime(batch))
        return done


@dataclasses.dataclass(frozen=True, slots=True)
class _Text:
    """The text of a sentence as it is read.

    Args:
        read: What tokenizer and speaker thread see.
        aligned: The same with its places in the sentence, where the two differ.
    """

    read: str
    aligned: AlignedText | None

    @classmethod
    def of(cls, sentence: str) -> _Text:
        aligned = readable(sentence)
        return cls(aligned.text if aligned else sentence, aligned)

    def find(self, part: str) -> tuple[int, int]:
        """Where in the sentence a part of what was read stands."""
        start = find_words(self.read, part)
        end = start + len(part)
        return self.aligned.original(start, end) if self.aligned else (start, end)


@dataclasses.dataclass(frozen=True, slots=True)
class _Block:
    """Articles whose batches are being computed.

    Args:
        articles: With their sentences split.
        texts: Of all their sentences.
        tokens: Of each text.
        jobs: Batches: indices into `texts`, and the logits to come.
    """

    articles: Sequence[Article]
    texts: Sequence[_Text]
    tokens: Sequence[SentenceTokens]
    jobs: Sequence[tuple[list[int], Future[Logits]]]


@dataclasses.dataclass(frozen=True, slots=True)
class _Reading:
    """What the model says of one sentence."""

    text: _Text
    scores: dict[str, float]
    attribution: Attribution
    truncated: bool


def _locate(speaker: Speaker | None, sentences: Sequence[Sentence], texts: Sequence[_Text]) -> Speaker | None:
    """A speaker with the mention as it is written, and its offsets in the article where its sentence has some."""
    if speaker is None:
        return None
    index = speaker.mention.sentence
    sentence = sentences[index]
    start, end = texts[index].find(speaker.mention.text)
    mention = dataclasses.replace(speaker.mention, text=sentence.text[start:end])
    if sentence.start is not None:
        mention = dataclasses.replace(mention, start=sentence.start + start, end=sentence.start + end)
    return dataclasses.replace(speaker, mention=mention)


_ANALYZERS: weakref.WeakSet[Analyzer] = weakref.WeakSet()


def _after_fork() -> None:
    for analyzer in list(_ANALYZERS):
        analyzer._leave_to_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
