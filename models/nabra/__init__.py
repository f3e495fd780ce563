"""Nabra: tone and speaker of every sentence of Arabic news."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nabra.analyzer import Analyzer
    from nabra.article import Article, Mention, Sentence, Source, Speaker, Tone
    from nabra.errors import ModelError, NabraError
    from nabra.frames import to_pandas
    from nabra.modeling import NabraConfig as NabraConfig
    from nabra.modeling import NabraModel as NabraModel

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
# Without the model itself, which needs torch: `from nabra import *` works without.
__all__ = [
    "Analyzer",
    "Article",
    "Mention",
    "ModelError",
    "NabraError",
    "Sentence",
    "Source",
    "Speaker",
    "Tone",
    "to_pandas",
]


if not TYPE_CHECKING:  # or a type checker would take any name for one of the package

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module 'nabra' has no attribute {name!r}")
        try:
            return getattr(import_module(_HOMES[name]), name)
        except ImportError as error:
            if _HOMES[name] != "nabra.modeling":
                raise
            from nabra.errors import NabraError

            raise NabraError(f"nabra.{name} needs {error.name}: pip install 'nabra[train]'") from error


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
