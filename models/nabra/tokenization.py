"""Sentences to token ids, with the character offsets that lead back into the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from tokenizers import Encoding, Tokenizer

from nabra.arabert import SEGMENTED, Preprocessing
from nabra.errors import ModelError
from nabra.manifest import verify

if TYPE_CHECKING:
    from nabra.aligned import AlignedText
    from nabra.farasa import SegmentedPreprocessor

FILE_NAME = "tokenizer.json"


@dataclass(frozen=True, slots=True)
class SentenceTokens:
    """The tokens of one sentence.

    Args:
        ids: Token ids, separators included.
        offsets: Start and end of each token in the sentence.
        special: Whether the token is a separator, not one of the text.
        truncated: Whether the sentence was too long and lost its end.
    """

    ids: list[int]
    offsets: list[tuple[int, int]]
    special: list[bool]
    truncated: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """B sentences padded on the right to T tokens, as int64.

    Args:
        input_ids: B x T token ids.
        attention_mask: B x T, 1 for a token and 0 for padding.
    """

    input_ids: npt.NDArray[np.int64]
    attention_mask: npt.NDArray[np.int64]


class SentenceTokenizer:
    """A fast tokenizer bound to the length that a model reads.

    Args:
        tokenizer: The Rust tokenizer, with its normaliser and post-processor.
        pad_id: Token id of padding.
        max_tokens: Most tokens of a sentence, separators included; the rest is cut off.
        preprocessor: Segments a sentence first, for the encoders that need it.
    """

    def __init__(
        self, tokenizer: Tokenizer, pad_id: int, max_tokens: int, preprocessor: SegmentedPreprocessor | None = None
    ) -> None:
        self._tokenizer = tokenizer
        self._preprocessor = preprocessor
        self._pad_id = pad_id
        self._max_tokens = max_tokens
        tokenizer.no_padding()
        tokenizer.enable_truncation(max_tokens)

    @classmethod
    def from_directory(cls, directory: Path, config: dict[str, Any]) -> SentenceTokenizer:
        """Load a checkpoint's tokenizer; `config` is its parsed `config.json`."""
        path = directory / FILE_NAME
        if not path.is_file():
            raise ModelError(f"{path}: no such file; the directory is not a complete Nabra model")
        verify(directory, FILE_NAME)
        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # the Rust library raises nothing narrower
            raise ModelError(f"{path}: not a tokenizer file ({error}); copy the model again") from error
        preprocessor = load_preprocessor(config.get("preprocessing", "none"))
        return cls(tokenizer, config["encoder"].get("pad_token_id") or 0, config["max_tokens"], preprocessor)

    def encode(self, sentences: Sequence[str]) -> list[SentenceTokens]:
        """Tokenise sentences, each on its own; long ones are cut."""
        if self._preprocessor is None:
            return [_tokens(encoding) for encoding in self._tokenizer.encode_batch(list(sentences))]
        prepared = list(map(self._preprocessor, sentences))
        encodings = self._tokenizer.encode_batch([aligned.text for aligned in prepared])
        return [_tokens(encoding, aligned) for encoding, aligned in zip(encodings, prepared, strict=True)]

    def pad(self, ids: Sequence[Sequence[int]], width: int = 0) -> Batch:
        """Stack sentences' token ids, padded to `width`, or else to the longest of them."""
        shape = (len(ids), min(width, self._max_tokens) or max(map(len, ids)))
        input_ids = np.full(shape, self._pad_id, dtype=np.int64)
        attention_mask = np.zeros(shape, dtype=np.int64)
        for row, tokens in enumerate(ids):
            input_ids[row, : len(tokens)] = tokens
            attention_mask[row, : len(tokens)] = 1
        return Batch(input_ids, attention_mask)


def load_preprocessor(preprocessing: Preprocessing) -> SegmentedPreprocessor | None:
    """What must be done to a text before it is tokenised; `NabraError` if that cannot be had."""
    if preprocessing not in SEGMENTED:
        return None
    from nabra.farasa import SegmentedPreprocessor, load_segmenter

    return SegmentedPreprocessor(preprocessing, load_segmenter())


def _tokens(encoding: Encoding, aligned: AlignedText | None = None) -> SentenceTokens:
    offsets = encoding.offsets if aligned is None else [aligned.original(*span) for span in encoding.offsets]
    return SentenceTokens(encoding.ids, offsets, [*map(bool, encoding.special_tokens_mask)], bool(encoding.overflowing))
