"""The table of growth lines by value, whichever way a scale runs, and where it counts nobody."""

from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipelines.comparison.estimates import ESTIMATES
from pipelines.comparison_settings import ComparisonSettings
from tests.unit.comparison.growth_courses import Course, claus, sums_of

HIGHEST = 60.0
DIRECTIONS = pytest.mark.parametrize("direction", ["higher_worse", "higher_better"])


def row_of(courses: list[Course], direction: str, critical: float = 1.96) -> dict[str, Any]:
    """The only row of the table; times are in weeks, points of a scale where more is worse."""
    if direction == "higher_better":
        courses = [(t, HIGHEST - y) for t, y in courses]
    sums = sums_of([(7 * t, y) for t, y in courses])
    lines = pl.DataFrame(
        {
            "client_key": [f"client {place}" for place in range(len(courses))],
            "n_scores": sums.n.astype(int),
            "days_sum": sums.t,
            "days_squares": sums.tt,
            "points_sum": sums.y,
            "days_points": sums.ty,
            "points_squares": sums.yy,
        }
    ).with_columns(
        instrument_id=pl.lit("hamd"),
        scale=pl.lit("total"),
        respondent=pl.lit("client"),
        direction=pl.lit(direction),
        period_kind=pl.lit("rolling_12m"),
        period_start_on=date(2025, 1, 1),
        period_end_on=date(2025, 12, 31),
    )
    conventions = pl.DataFrame({"name": ["reliable_change_z"], "value": [str(critical)]})
    tables = {"int_growth_sums": lines, "ref_conventions": conventions}
    estimate = ESTIMATES["mart_growth_changes"]
    (row,) = estimate(tables.__getitem__, ComparisonSettings()).rows(named=True)
    return row


def counts(row: dict[str, Any]) -> list[int | None]:
    return [
        row[f"n_{name}"]
        for name in ("improved", "unchanged", "deteriorated", "better_than_mean", "worse_than_mean")
    ]


@DIRECTIONS
def test_a_published_sample_by_value(direction: str) -> None:
    # With the three patients who miss the last occasion: of the 40 others 33 are better and 7 not.
    found = row_of(claus(), direction)
    assert counts(found) == [35, 8, 0, 11, 9]
    assert found["no_counts_reason"] is None
    assert (found["n_clients"], found["n_courses"], found["n_scores"]) == (43, 43, 164)
    assert found["weekly_improvement_points"] == pytest.approx(3.2374, abs=1e-4)
    reach = 1.96 * 0.375064
    assert found["weekly_improvement_lower"] == pytest.approx(3.2374 - reach, abs=1e-4)
    assert found["weekly_improvement_upper"] == pytest.approx(3.2374 + reach, abs=1e-4)
    assert found["weekly_improvement_sd_points"] == pytest.approx(1.80966, abs=1e-4)
    assert found["residual_sd_points"] == pytest.approx(3.453916, abs=1e-4)
    # Who begins with more points, here the worse, improves faster; on the turned scale the same
    # people begin with fewer.
    is_worse = direction == "higher_worse"
    assert found["start_points"] == pytest.approx(
        26.55381 if is_worse else HIGHEST - 26.55381, abs=1e-4
    )
    assert found["start_slope_correlation"] == pytest.approx(
        0.189984 if is_worse else -0.189984, abs=1e-3
    )


@DIRECTIONS
def test_who_gets_worse_is_counted_as_worse(direction: str) -> None:
    found = row_of([(t, HIGHEST - y) for t, y in claus()], direction)
    assert counts(found) == [0, 8, 35, 9, 11]
    assert found["weekly_improvement_points"] == pytest.approx(-3.2374, abs=1e-4)


@DIRECTIONS
def test_where_slopes_differ_by_noise_alone_nobody_is_counted(direction: str) -> None:
    rng = np.random.default_rng(3)
    times = np.arange(0.0, 12.0, 2.0)
    alike = [(times, rng.normal(25, 5) - 1.5 * times + rng.normal(0, 3, 6)) for _ in range(60)]
    found = row_of(alike, direction)
    assert counts(found) == [None] * 5
    assert found["no_counts_reason"] == "one_slope_for_all"
    assert found["weekly_improvement_points"] == pytest.approx(1.5, abs=0.2)


@DIRECTIONS
def test_where_the_start_tells_the_slope_nobody_is_counted(direction: str) -> None:
    # Without the three who miss an occasion, the correlation of starts and slopes is -1.
    found = row_of([course for course in claus() if course[0].size == 4], direction)
    assert counts(found) == [None] * 5
    assert found["no_counts_reason"] == "singular_fit"
    assert abs(found["start_slope_correlation"]) == pytest.approx(1, abs=1e-4)


@DIRECTIONS
def test_scores_that_never_change_are_not_counted(direction: str) -> None:
    times = np.arange(4.0)
    still = [(times, np.full(4, 5.0 + place % 10)) for place in range(30)]
    found = row_of(still, direction)
    assert counts(found) == [None] * 5
    assert found["no_counts_reason"] == "no_spread"
    assert found["weekly_improvement_points"] is None


def test_too_few_courses_are_not_counted() -> None:
    found = row_of(claus()[:29], "higher_worse")
    assert (found["no_counts_reason"], found["n_courses"]) == ("too_few_courses", 29)
    assert counts(found) == [None] * 5


def test_the_critical_value_is_that_of_the_conventions() -> None:
    found = row_of(claus(), "higher_worse", critical=100)
    assert found["critical_z"] == 100
    assert counts(found) == [0, 43, 0, 0, 0]
