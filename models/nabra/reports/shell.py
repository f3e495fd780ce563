"""The shell of a page: one file with its style, its script, its words and its data, which needs no network.

Each kind of page has a body (`report.html`), a style, a script and words of its own; `shared.*` is what all have.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from pathlib import Path
from string import Template
from typing import Any, Literal

from nabra.reports.packing import Corpus
from nabra.writers import atomic_writer

Language = Literal["en", "ar"]
Kind = Literal["report", "evaluation"]
DIRECTIONS: dict[Language, str] = {"en": "ltr", "ar": "rtl"}
SECTIONS: dict[Kind, tuple[str, ...]] = {
    "report": ("overview", "speakers", "articles"),
    "evaluation": ("scores", "tones", "speakers", "errors"),
}
"""The sections of each page, which are words too."""

_FOLDER = Path(__file__).parent
# What could end the script element or start markup, what older JavaScript takes for line breaks, and halves of
# surrogate pairs, which UTF-8 cannot hold.
_UNSAFE = re.compile("[<>&\u2028\u2029\ud800-\udfff]")


def write_page(
    kind: Kind, path: Path, lang: Language, title: str, corpus: Corpus, articles: list[dict[str, Any]], **more: Any
) -> None:
    """Write a page.

    Args:
        kind: Which page.
        path: The HTML file.
        lang: Language of the interface.
        title: Heading of the page; without it, what the kind is called.
        corpus: Packed the articles.
        articles: The packed articles.
        more: What else the script of the page reads.
    """
    words = read_words(kind)[lang]
    tones = [words["tone_names"].get(tone, tone) for tone in corpus.tones]
    data = {"lang": lang, "words": words, "tones": tones, "speakers": corpus.speaker_names(), "articles": articles}
    page = _page(kind, data | more, lang, title)
    with atomic_writer(path) as file:
        file.write(page)


def read_words(kind: Kind) -> dict[Language, dict[str, Any]]:
    """The words of a page in each language."""
    shared, own = (json.loads(_read(f"{name}.json")) for name in ("shared", kind))
    return {lang: shared[lang] | own[lang] for lang in DIRECTIONS}


def _page(kind: Kind, data: dict[str, Any], lang: Language, title: str) -> str:
    style, script = (_read(f"shared.{ending}") + _read(f"{kind}.{ending}") for ending in ("css", "js"))
    escaped = {name: html.escape(word) for name, word in data["words"].items() if isinstance(word, str)}
    return Template(_read("shared.html")).substitute(
        escaped,
        lang=lang,
        dir=DIRECTIONS[lang],
        title=html.escape(title.encode(errors="replace").decode()) or escaped[kind],
        page=escaped[kind],
        links="\n".join(f'    <a href="#{section}">{escaped[section]}</a>' for section in SECTIONS[kind]),
        body=Template(_read(f"{kind}.html")).substitute(escaped),
        style_hash=_hash(style),
        script_hash=_hash(script),
        style=style,
        script=script,
        data=to_safe_json(data),
    )


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def to_safe_json(data: Any) -> str:
    """JSON that may stand inside a script element, whatever text it carries."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _hash(source: str) -> str:
    """What a Content-Security-Policy calls an inline style or script by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
