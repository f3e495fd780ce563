"""Checks what a model's files ask for, before a library reads them: a model may come from anybody."""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from nabra.arabert import Preprocessing
from nabra.errors import ModelError

# Keys of `config.json` by which `transformers` runs code from the Hub, reads weights from elsewhere, or hands the
# model over to another library.
_REACHING_OUT = frozenset(
    "auto_map attn_implementation _attn_implementation experts_implementation _experts_implementation "
    "quantization_config transformers_weights use_kernels".split()
)
_ADAPTER = "adapter_config.json"
_JSON = ("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")
_INDEX = "*.safetensors.index.json"
_LOCATION = b"location"


def check_model(directory: Path, config: Mapping[str, Any]) -> None:
    """Refuse a Nabra model that lacks what we need or asks for more than a model may.

    Args:
        directory: Where it lies.
        config: The content of its `config.json`.
    """
    check_weights(directory)
    path = directory / "config.json"
    if asked := next((key for key in _keys(config) if key in _REACHING_OUT), None):
        raise ModelError(
            f"{path}: {asked}: a Nabra model holds no code and names no other files; get it from its maker"
        )
    encoder, tones, max_tokens = (config.get(key) for key in ("encoder", "tones", "max_tokens"))
    if not isinstance(encoder, dict):
        raise ModelError(f"{path}: encoder: must be an object; copy the model again")
    if not isinstance(tones, list) or len(tones) < 2 or not all(isinstance(tone, str) and tone for tone in tones):
        raise ModelError(f"{path}: tones: must be a list of at least two names; copy the model again")
    if len(set(tones)) < len(tones):
        raise ModelError(f"{path}: tones: names one of them twice; copy the model again")
    if config.get("preprocessing", "none") not in get_args(Preprocessing):
        raise ModelError(f"{path}: preprocessing: {config['preprocessing']!r} is unknown; copy the model again")
    for name in ("head_size", "head_dropout"):
        if type(config.get(name)) not in (int, float):
            raise ModelError(f"{path}: {name}: must be a number; copy the model again")
    room = encoder.get("max_position_embeddings")
    if type(max_tokens) is not int or not 2 < max_tokens <= (room if type(room) is int and room > 0 else max_tokens):
        raise ModelError(f"{path}: max_tokens: must be a number that the encoder has room for; copy the model again")


def _keys(value: Any) -> Iterator[str]:
    """The keys of an object and of all inside it."""
    inside = [value]
    while inside:
        inner = inside.pop()
        if isinstance(inner, dict):
            yield from inner
        if isinstance(inner, dict | list):
            inside += inner.values() if isinstance(inner, dict) else inner


def check_weights(directory: Path) -> None:
    """Refuse a directory whose weights would be read from elsewhere, or from anything but safetensors."""
    if (directory / _ADAPTER).exists():
        raise ModelError(f"{directory / _ADAPTER}: adapters are not read; merge it into the model first")
    for path in directory.glob(_INDEX):
        try:
            names = set(json.loads(path.read_text(encoding="utf-8"))["weight_map"].values())
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ModelError(f"{path}: not an index of weights ({error}); copy the model again") from error
        if not names:
            raise ModelError(f"{path}: names no weights; copy the model again")
        for name in names:
            if not isinstance(name, str) or Path(name).name != name or not name.endswith(".safetensors"):
                raise ModelError(f"{path}: names {name!r}; weights are safetensors in the model's own folder")


def check_json(directory: Path) -> None:
    """Refuse a directory in which a file of the model or its tokenizer holds no JSON object."""
    for path in (directory / name for name in _JSON):
        try:
            content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        except (OSError, ValueError, RecursionError) as error:
            raise ModelError(f"{path}: cannot be read ({error}); copy the model again") from error
        if not isinstance(content, dict):
            raise ModelError(f"{path}: must be a JSON object; copy the model again")


def check_onnx(path: Path) -> None:
    """Refuse an ONNX model that keeps tensors in other files: ONNX Runtime 1.22 reads them from anywhere."""
    with path.open("rb") as file:
        if not file.seek(0, 2):
            raise ModelError(f"{path}: is empty; export it again")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            place = content.find(_LOCATION)
            while place > 0:
                # In protobuf a key stands behind its length, whose last byte is small; inside a name it does not.
                if content[place - 1] < ord(" "):
                    raise ModelError(f"{path}: keeps weights in other files, which are not read; export it again")
                place = content.find(_LOCATION, place + 1)
