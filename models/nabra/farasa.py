"""Farasa's segmentation, which AraBERT v1 and v2 read, with offsets into the original text.

Farasa (Abdelali et al., 2016) is a Java program that splits affixes off: «والمكتبة» becomes «و+ال+مكتب+ة». It needs
the `farasa` extra, Java, and Farasa's own jar, which is free for research only and never fetched from here.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Protocol

from tokenizers import PreTokenizedString, Regex
from tokenizers.pre_tokenizers import Sequence as PreTokenizerSequence
from tokenizers.pre_tokenizers import Split, WhitespaceSplit

from nabra.aligned import AlignedText, Span
from nabra.arabert import LINK, MAIL, PREFIXES, SUFFIXES, USER, Preprocessing, normalizer, pre_tokenizer
from nabra.errors import NabraError

JAR_VARIABLE = "FARASA_JAR"
"""Environment variable that names `FarasaSegmenterJar.jar`, where it does not lie inside farasapy."""
_REMEDY = "or use an AraBERT that needs no segmentation: --config arabert"

REACH, AGREEMENT = 12, 3
"""How far the alignment looks for where two texts agree again, and on how many characters they must."""


class Segmenter(Protocol):
    """What splits affixes off words."""

    def segment(self, text: str) -> str:
        """The text with `+` between a word's segments."""
        ...


def load_segmenter() -> Segmenter:
    """Start Farasa.

    Raises:
        NabraError: If farasapy, Java or the jar is missing; the message says how to get it.
    """
    try:
        import farasa
        from farasa.segmenter import FarasaSegmenter
    except ImportError as error:
        raise NabraError(f"this model needs Farasa: pip install 'nabra[farasa]', {_REMEDY}") from error
    if shutil.which("java") is None:
        raise NabraError(f"this model needs Farasa, which needs Java: install a Java runtime, {_REMEDY}")
    inside = Path(farasa.__file__).parent / "farasa_bin" / "lib" / "FarasaSegmenterJar.jar"
    jar = Path(os.environ.get(JAR_VARIABLE, inside))
    if not jar.is_file():
        raise NabraError(
            f"{jar}: no such file; this model needs Farasa's segmenter (https://farasa.qcri.org, research use only): "
            f"fetch it and set {JAR_VARIABLE} to FarasaSegmenterJar.jar, {_REMEDY}"
        )
    segmenter: Segmenter = FarasaSegmenter(interactive=True, logging_level="ERROR", binary_path=str(jar), cache=False)
    return segmenter


class SegmentedPreprocessor:
    """Cleans a sentence as an AraBERT generation expects and segments it.

    Args:
        preprocessing: `arabertv1` or `arabertv2`.
        segmenter: Farasa.
    """

    def __init__(self, preprocessing: Preprocessing, segmenter: Segmenter) -> None:
        self._segmenter = segmenter
        self._lock = threading.Lock()  # Farasa's process answers one question after the other
        self._normalizer = normalizer(preprocessing)
        self._words = PreTokenizerSequence([pre_tokenizer(preprocessing), WhitespaceSplit()])
        self._characters = Split(Regex("(?m:.)"), "isolated")
        self._split = split_affixes_v1 if preprocessing == "arabertv1" else split_affixes_v2

    def __call__(self, text: str) -> AlignedText:
        """The segments separated by spaces, affixes marked with `+`."""
        words, spans = self._clean(text)
        with self._lock:
            segmented = self._segmenter.segment(" ".join(words)) if words else ""
        segments = list(self._split(segmented.split()))
        # A plus sign of the text's own cannot be told from Farasa's: the split drops it.
        letters = [(letter, span) for letter, span in zip("".join(words), spans, strict=True) if letter != "+"]
        return _align(segments, "".join(letter for letter, _ in letters), [span for _, span in letters])

    def _clean(self, text: str) -> tuple[list[str], list[Span]]:
        """The words, and for each of their characters its place in the text."""
        split = PreTokenizedString(text)
        split.normalize(self._normalizer.normalize)
        self._words.pre_tokenize(split)
        words = [word for word, _, _ in split.get_splits("original", "char")]
        self._characters.pre_tokenize(split)
        return words, [span for _, span, _ in split.get_splits("original", "char")]


def split_affixes_v2(words: list[str]) -> Iterator[str]:
    """Farasa's words as AraBERT v2's vocabulary has them: prefixes end, suffixes begin with `+`.

    «ك» is a prefix of what stands before it too, and a suffix after a stem.
    """
    for word in _placeholders(words):
        *heads, tail = word.split("+")
        prefixed = True
        for head in heads:
            prefix = head in PREFIXES and (head != "ك" or prefixed)
            prefixed = prefix
            yield f"{head}+" if prefix else f"+{head}" if head in SUFFIXES else head
        yield f"+{tail}" if heads and tail in SUFFIXES else tail


def split_affixes_v1(words: list[str]) -> Iterator[str]:
    """Farasa's words as AraBERT v1's vocabulary has them: the same, but every affix counts, a word of its own too."""
    for word in _placeholders(words):
        for segment in word.split("+"):
            yield f"{segment}+" if segment in PREFIXES else f"+{segment}" if segment in SUFFIXES else segment


def _placeholders(words: list[str]) -> Iterator[str]:
    """Join the placeholders that Farasa took apart, and drop other brackets.

    Before the first word stands the last one, as in the package.
    """
    for before, word in zip([*words[-1:], *words], words, strict=False):
        if word in "[]":
            continue
        placeholder = f"[{word}]"
        yield placeholder if placeholder in (LINK, MAIL, USER) and before in ("[", "]") else word


def _align(segments: list[str], letters: str, spans: list[Span]) -> AlignedText:
    """Find each segment's letters among the text's, which Farasa may have changed («للبيت» to «ل+ال+بيت»)."""
    segments = [segment for segment in segments if segment]
    bare = [segment.strip("+") or segment for segment in segments]
    places = _places("".join(bare), letters, spans)
    starts = [0, *accumulate(map(len, bare))]
    aligned: list[Span] = []
    for segment, word, start in zip(segments, bare, starts, strict=False):
        own = places[start : start + len(word)]
        before, after = own[0][0], own[-1][1]
        marks = len(segment) - len(word)
        aligned += [(before, before)] * marks * segment.startswith("+")
        aligned += own
        aligned += [(after, after)] * (marks * (not segment.startswith("+")) + 1)
    return AlignedText(" ".join(segments), aligned[:-1])


def _places(new: str, old: str, spans: list[Span]) -> list[Span]:
    """For each character of `new` the span of the one of `old` that it stands for."""
    places: list[Span] = []
    here = 0
    while len(places) < len(new):
        skipped, added = _difference(old, new, here, len(places))
        if not skipped and not added:
            places.append(spans[here])
            here += 1
            continue
        changed = spans[here : here + min(skipped, added)]
        here += skipped
        edge = spans[here - 1][1] if here else 0
        places += [*changed, *[(edge, edge)] * (added - len(changed))]
    return places


def _difference(old: str, new: str, i: int, j: int) -> tuple[int, int]:
    """How many characters of each to pass until both go on alike: the fewest, among those within reach."""
    for passed in range(REACH):
        for skipped in range(passed + 1):
            ahead = old[i + skipped : i + skipped + AGREEMENT]
            if ahead == new[j + passed - skipped : j + passed - skipped + AGREEMENT]:
                return skipped, passed - skipped
    return (1, 1) if i < len(old) else (0, len(new) - j)
