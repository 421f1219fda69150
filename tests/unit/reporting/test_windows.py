"""The stretch of time that the headline is about: the shortest that mostly has a rate."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

import pytest

from pipelines.reporting.figures.figures import Figures
from pipelines.reporting.figures.windows import headline_kind
from tests.unit.reporting.shown_figures import PHQ9

MONTHS = [date(2026, month, 28) for month in range(1, 13)]
QUARTERS = [date(2026, month, 28) for month in (3, 6, 9, 12)]


@dataclass
class Pairs:
    """Measured courses by kind of period and by its end; below five a rate is not given."""

    by_kind: dict[str, list[int]]
    audience: str = "director"
    policy: dict[str, int] = field(
        default_factory=lambda: {"minimum_pairs_for_rate": 5, "minimum_pairs_for_comparison": 30}
    )

    def period_ends(self, kind: str, count: int) -> list[date]:
        return {"month": MONTHS, "quarter": QUARTERS}[kind][-count:]

    def outcome(self, _measure: object, _subject: object, kind: str, end_on: date) -> Any:
        place = self.period_ends(kind, 12).index(end_on)
        n = self.by_kind[kind][place]
        return {"n_paired": n, "improved_rate": None, "first_mean_points": 12.0 if n else None}


@pytest.mark.parametrize(
    ("months", "quarters", "expected"),
    [
        ([5] * 6 + [4] * 6, [20] * 4, "month"),
        ([5] * 5 + [4] * 7, [20] * 4, "quarter"),
        # Four of four measured give no rate, in however many months that was so.
        ([4] * 12, [12] * 4, "quarter"),
        ([1] * 12, [5, 5, 4, 4], "quarter"),
        ([1] * 12, [5, 4, 4, 4], "rolling_12m"),
        ([0] * 12, [0] * 4, "rolling_12m"),
    ],
)
def test_the_headline_is_about_the_shortest_stretch_with_a_rate(
    months: list[int], quarters: list[int], expected: str
) -> None:
    figures = Pairs({"month": months, "quarter": quarters})
    assert headline_kind(cast(Figures, figures), [PHQ9]) == expected


@pytest.mark.parametrize(("n", "expected"), [(30, "month"), (29, "rolling_12m")])
def test_a_part_of_the_clinic_needs_as_many_as_a_comparison(n: int, expected: str) -> None:
    figures = Pairs({"month": [n] * 12, "quarter": [29] * 4})
    subject = ("programme", "P1")
    assert headline_kind(cast(Figures, figures), [PHQ9], subject) == expected
