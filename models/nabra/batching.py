"""Puts sentences into batches that a runtime computes quickly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

CPU_BATCH_TOKENS = 768
"""Tokens of a batch on a processor: enough to keep it busy, few enough for its caches."""
STEP = 8
"""Narrow batches are so many tokens wide, or a multiple of it."""


def padded_width(length: int) -> int:
    """The width that a sentence of `length` tokens is padded to: 8, 16, … 64, 80, … 128, 160, … 256, and so on.

    Each is 1, 3, 5 or 7 times a power of two, and so is the product of such a width and a power of two.
    """
    step = max(STEP, _power_of_two(max(length - 1, 1)) // 4)
    return -(-length // step) * step


def batches(lengths: Sequence[int], budget: int) -> Iterator[tuple[int, list[int]]]:
    """Cut sentences into batches, the widest first.

    All sentences of a batch have the same padded width. So a sentence's width, and with it the last bit of its answer,
    depends on no other sentence. Batches hold a power of two of sentences: runtimes compile something for every new
    number of tokens, and so there are few.

    Args:
        lengths: Tokens of each sentence.
        budget: Most tokens of a batch, padding included; a longer sentence has a batch of its own.

    Yields:
        The width of a batch, and the indices into `lengths` of its sentences.
    """
    by_width = sorted(range(len(lengths)), key=lambda i: (-padded_width(lengths[i]), i))
    for width, group in groupby(by_width, key=lambda i: padded_width(lengths[i])):
        indices = list(group)
        while indices:
            size = _power_of_two(min(len(indices), max(1, budget // width)))
            yield width, indices[:size]
            indices = indices[size:]


def _power_of_two(number: int) -> int:
    """The largest one that is at most `number`."""
    return 1 << (number.bit_length() - 1)
