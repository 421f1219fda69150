"""Bars of finished courses by result."""

from collections.abc import Sequence

import pytest

from pipelines.reporting.result_bars import result_bar
from pipelines.reporting.wording import load_wording


@pytest.mark.parametrize(
    ("counts", "texts"),
    [
        ((50, 30, 10, 10), ["50", "30", "10", "10"]),
        # Three narrow parts side by side, too close for labels of their own.
        ((7, 5, 1, 256), ["7 · 5 · 1", "", "", "256"]),
        ((0, 6, 1, 93), ["0", "6", "1", "93"]),
        ((0, 4, 1, 95), ["0", "4 · 1", "", "95"]),
        ((4, 0, 0, 96), ["4", "0", "0", "96"]),
        ((0, 0, 0, 0), ["0", "0", "0", "0"]),
    ],
)
def test_labels_of_narrow_parts_do_not_overlap(counts: Sequence[int], texts: list[str]) -> None:
    bars = result_bar(0, "Made-up domain", counts, load_wording())
    assert [bar["text"] for bar in bars] == texts
    assert [bar["n"] for bar in bars] == list(counts)


def test_parts_follow_one_another_and_fill_the_bar() -> None:
    bars = result_bar(2, "Made-up domain", (3, 1, 2, 4), load_wording())
    assert [(bar["start"], bar["end"]) for bar in bars] == [
        (0.0, 0.3), (0.3, 0.4), (0.4, pytest.approx(0.6)), (pytest.approx(0.6), 1.0),
    ]  # fmt: skip
    assert {bar["order"] for bar in bars} == {2}
