"""Bars of finished courses by result."""

from collections.abc import Sequence

import pytest

from pipelines.reporting.sections.result_bars import result_bar
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


@pytest.mark.parametrize(("better", "is_at_edge"), [(1, True), (60, False)])
def test_a_shared_label_stands_at_the_edge_only_where_its_parts_do(
    better: int, is_at_edge: bool
) -> None:
    bars = result_bar(0, "Made-up domain", (better, 2, 1, 97 - better), load_wording())
    assert any(bar["is_joined"] for bar in bars) is is_at_edge
