from __future__ import annotations

import json
from pathlib import Path

import pytest

from nabra.errors import NabraError
from nabra.tokenization import SentenceTokenizer

CONFIG = {"encoder": {"pad_token_id": 1}, "max_tokens": 32}


def test_offsets_point_into_the_original_text(tokenizer: SentenceTokenizer) -> None:
    text = "أكّــد الوزيرُ  أنّ «الاتفاق» قريب"
    (encoding,) = tokenizer.encode([text])
    pieces = [text[start:end].strip() for start, end in encoding.offsets[1:-1]]
    assert "".join(pieces) == "أكّــدالوزيرأن«الاتفاق»قريب"  # a mark at a word's end belongs to no piece


def test_diacritics_and_tatweel_do_not_change_the_tokens(tokenizer: SentenceTokenizer) -> None:
    marked, bare = tokenizer.encode(["أكّــدَ الوزيرُ", "أكد الوزير"])
    assert marked.ids == bare.ids


def test_padding_on_the_right_is_masked(tokenizer: SentenceTokenizer) -> None:
    batch = tokenizer.pad([[0, 5, 2], [0, 2]])
    assert batch.input_ids.tolist() == [[0, 5, 2], [0, 2, 1]]
    assert batch.attention_mask.tolist() == [[1, 1, 1], [1, 1, 0]]


def test_long_sentences_are_cut_and_say_so(tokenizer: SentenceTokenizer) -> None:
    long, short = tokenizer.encode(["قال الوزير إن " * 40, "نعم"])
    assert len(long.ids) == 32
    assert long.truncated
    assert not short.truncated


def test_incomplete_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(NabraError, match=r"tokenizer\.json: no such file"):
        SentenceTokenizer.from_directory(tmp_path, CONFIG)
    (tmp_path / "tokenizer.json").write_text(json.dumps({"version": "?"}), encoding="utf-8")
    with pytest.raises(NabraError, match=r"tokenizer\.json: not a tokenizer file"):
        SentenceTokenizer.from_directory(tmp_path, CONFIG)
