from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nabra.batching import batches, padded_width


@given(st.lists(st.integers(1, 512), max_size=300), st.integers(1, 4096))
def test_every_sentence_is_in_one_batch_that_fits(lengths: list[int], budget: int) -> None:
    cut = list(batches(lengths, budget))
    assert sorted(i for _, indices in cut for i in indices) == list(range(len(lengths)))
    for width, indices in cut:
        assert all(padded_width(lengths[i]) == width for i in indices)
        assert len(indices) * width <= budget or len(indices) == 1


@given(st.integers(1, 10_000))
def test_width_holds_the_sentence_and_wastes_little(length: int) -> None:
    width = padded_width(length)
    assert length <= width < length + max(8, length / 4 + 1)
    assert width <= padded_width(length + 1)


def test_few_numbers_of_tokens_occur() -> None:
    lengths = [1 + (i * 7919) % 512 for i in range(20_000)]
    assert len({width * len(indices) for width, indices in batches(lengths, 1024)}) <= 24


def test_the_widest_come_first() -> None:
    widths = [width for width, _ in batches([5, 300, 60, 60, 7], 1024)]
    assert widths == sorted(widths, reverse=True)
