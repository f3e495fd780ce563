"""The analyzer: articles in, tone and speaker of every sentence out."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Sequence

from nabra.article import Article, Sentence, Speaker
from nabra.checkpoint import find_checkpoint, read_model_config
from nabra.decoding import Logits, decode_attribution, softmax
from nabra.readers import article_from_text
from nabra.runtimes import Runtime, load_runtime
from nabra.speakers import Attribution, resolve_speakers
from nabra.tokenization import SentenceTokenizer

LOOK_AHEAD = 512
"""Sentences gathered before they are sorted by length and run: enough to leave little padding."""


class Analyzer:
    """Labels articles with a model.

    Args:
        runtime: What runs the model.
        tokenizer: The model's tokenizer.
        tones: Names of the tones, in the order of the logits.
        batch_size: Sentences a forward pass.
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
        batch_size: int = 16,
        min_confidence: float = 0.0,
    ) -> None:
        self.tones = tuple(tones)
        self._runtime = runtime
        self._tokenizer = tokenizer
        self._batch_size = batch_size
        self._min_confidence = min_confidence

    @classmethod
    def from_pretrained(
        cls,
        model: str = "",
        *,
        revision: str | None = None,
        runtime: str = "auto",
        precision: str = "int8",
        batch_size: int = 16,
        threads: int = 0,
        min_confidence: float = 0.0,
    ) -> Analyzer:
        """Load a trained model.

        Args:
            model: Directory or Hub id; empty for the checkpoint that ships with the package.
            revision: Branch, tag or commit of the Hub's repository.
            runtime: `onnx`, `torch`, or `auto`: the first that the model and the installation allow.
            precision: Weights of the ONNX model, `int8` or `float`.
            batch_size: Sentences a forward pass.
            threads: Processor threads; 0 for all cores.
            min_confidence: Mark a sentence as undecided where the likeliest tone is less probable than this.

        Raises:
            NabraError: If there is no such model, or it cannot be run; the message says what to do.
        """
        directory = find_checkpoint(model, revision)
        config = read_model_config(directory)
        tokenizer = SentenceTokenizer.from_directory(directory, config)
        loaded = load_runtime(directory, runtime, precision, threads)
        return cls(loaded, tokenizer, config["tones"], batch_size, min_confidence)

    def analyze(self, article: str | Article) -> Article:
        """Label one article.

        Args:
            article: Raw text, or an article whose sentences are split already; labels it has are replaced.

        Returns:
            The article with tone, scores and speaker of every sentence; offsets count in the raw text.
        """
        return next(self.analyze_many([article]))

    def analyze_many(self, articles: Iterable[str | Article]) -> Iterator[Article]:
        """Label articles as they come, in their order; reads only a little ahead."""
        return itertools.chain.from_iterable(self.analyze_blocks(_blocks(articles)))

    def analyze_blocks(self, blocks: Iterable[Sequence[Article]]) -> Iterator[list[Article]]:
        """Label articles block by block; the sentences of a block share their batches.

        The answers depend on the block alone, to the last bit.
        """
        for block in blocks:
            yield list(self._label(block))

    def _label(self, articles: Sequence[Article]) -> Iterator[Article]:
        readings = iter(self._read([s.text for article in articles for s in article.sentences]))
        for article in articles:
            yield self._assemble(article, [next(readings) for _ in article.sentences])

    def _read(self, texts: Sequence[str]) -> list[_Reading]:
        """What the model says of each sentence, batched by length and put back in order."""
        sentences = self._tokenizer.encode(texts)
        by_length = sorted(range(len(texts)), key=lambda i: len(sentences[i].ids))
        readings: dict[int, _Reading] = {}
        for first in range(0, len(by_length), self._batch_size):
            indices = by_length[first : first + self._batch_size]
            logits = self._runtime(self._tokenizer.pad([sentences[i].ids for i in indices]))
            for row, index in enumerate(indices):
                tokens = sentences[index]
                attribution = decode_attribution(logits.source[row], logits.span[row], tokens, texts[index])
                readings[index] = _Reading(self._scores(logits, row), attribution, tokens.truncated)
        return [readings[i] for i in range(len(texts))]

    def _scores(self, logits: Logits, row: int) -> dict[str, float]:
        return dict(zip(self.tones, map(float, softmax(logits.tone[row])), strict=True))

    def _assemble(self, article: Article, readings: Sequence[_Reading]) -> Article:
        texts = [sentence.text for sentence in article.sentences]
        speakers = resolve_speakers(texts, [reading.attribution for reading in readings])
        sentences = [
            dataclasses.replace(
                sentence,
                tone=max(reading.scores, key=reading.scores.__getitem__),
                scores=reading.scores,
                speaker=_locate(speaker, article.sentences),
                truncated=reading.truncated,
                undecided=max(reading.scores.values()) < self._min_confidence,
            )
            for sentence, reading, speaker in zip(article.sentences, readings, speakers, strict=True)
        ]
        return dataclasses.replace(article, sentences=tuple(sentences))


def _blocks(articles: Iterable[str | Article]) -> Iterator[list[Article]]:
    """Articles in groups of at least `LOOK_AHEAD` sentences."""
    block: list[Article] = []
    for article in articles:
        block.append(article_from_text(article) if isinstance(article, str) else article)
        if sum(len(a.sentences) for a in block) >= LOOK_AHEAD:
            yield block
            block = []
    yield block


@dataclasses.dataclass(frozen=True, slots=True)
class _Reading:
    """What the model says of one sentence."""

    scores: dict[str, float]
    attribution: Attribution
    truncated: bool


def _locate(speaker: Speaker | None, sentences: Sequence[Sentence]) -> Speaker | None:
    """Add the mention's offsets in the article, where its sentence has some."""
    if speaker is None:
        return None
    sentence = sentences[speaker.mention.sentence]
    if sentence.start is None:
        return speaker
    start = sentence.start + sentence.text.index(speaker.mention.text)
    mention = dataclasses.replace(speaker.mention, start=start, end=start + len(speaker.mention.text))
    return dataclasses.replace(speaker, mention=mention)
