"""Nabra: tone and speaker of every sentence of Arabic news."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nabra.analyzer import Analyzer
    from nabra.article import Article, Mention, Sentence, Source, Speaker, Tone
    from nabra.errors import ModelError, NabraError
    from nabra.frames import to_pandas
    from nabra.modeling import NabraConfig, NabraModel

__version__ = "0.1.0"

# Loaded when first asked for, so that `import nabra` is quick and needs no torch.
_HOMES = {
    "Analyzer": "nabra.analyzer",
    "Article": "nabra.article",
    "Mention": "nabra.article",
    "ModelError": "nabra.errors",
    "NabraConfig": "nabra.modeling",
    "NabraError": "nabra.errors",
    "NabraModel": "nabra.modeling",
    "Sentence": "nabra.article",
    "Source": "nabra.article",
    "Speaker": "nabra.article",
    "Tone": "nabra.article",
    "to_pandas": "nabra.frames",
}
__all__ = [
    "Analyzer",
    "Article",
    "Mention",
    "ModelError",
    "NabraConfig",
    "NabraError",
    "NabraModel",
    "Sentence",
    "Source",
    "Speaker",
    "Tone",
    "to_pandas",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'nabra' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
