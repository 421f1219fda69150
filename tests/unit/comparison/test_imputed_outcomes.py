"""The table of imputed rates by value: known rates, for whom there is none, and what it rests on."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.special import ndtr

from pipelines.comparison.estimates import ESTIMATES
from pipelines.comparison_settings import ComparisonSettings

SETTINGS = ComparisonSettings()
KIND = {
    "programme_id": "A",
    "dose_doublings": 3,
    "ending": "completed",
    "age_band": "30-44",
    "sex": "female",
}
DIRECTIONS = pytest.mark.parametrize("direction", ["higher_worse", "higher_better"])
Course = dict[str, Any]


def courses(
    n: int, better_by: float | None, firsts: Iterable[int] = (12, 15, 18, 21), **kind: Any
) -> list[Course]:
    """So many courses, better by so many points and a half more or less; None: no last score."""
    starts = list(firsts)
    found = []
    for place in range(n):
        first = starts[place % len(starts)]
        # Of each first score as many above as below.
        aside = 0.5 if (place // len(starts)) % 2 else -0.5
        last = None if better_by is None else first - better_by + aside
        found.append({**KIND, **kind, "first": float(first), "last": last})
    return found


def rows_of(
    found: list[Course], direction: str = "higher_worse", settings: ComparisonSettings = SETTINGS
) -> dict[tuple[str, str, float], Any]:
    """Rows by subject, outcome and shift, of the PHQ-9, turned where higher is better."""

    def cell(course: Course) -> dict[str, Any]:
        first, last = course["first"], course["last"]
        better = 0.0 if last is None else first - last
        if direction == "higher_better":
            first, last = 27 - first, None if last is None else 27 - last
        return {
            **{name: course[name] for name in KIND},
            "first_points": first,
            "n_courses": 1,
            "n_paired": int(last is not None),
            "last_sum": last or 0.0,
            "last_squares": (last or 0.0) ** 2,
            "n_improved": int(better >= 6),
            "n_deteriorated": int(better <= -6),
        }

    cells = pl.DataFrame([cell(each) for each in found]).with_columns(
        instrument_id=pl.lit("phq9"),
        scale=pl.lit("total"),
        respondent=pl.lit("client"),
        month_start_on=date(2025, 3, 1),
        direction=pl.lit(direction),
        reliable_change_points=6.0,
        min_points=0.0,
        max_points=27.0,
        step_points=0.5,
    )
    months = pl.DataFrame(
        {
            "period_kind": ["rolling_12m"],
            "period_start_on": [date(2025, 1, 1)],
            "period_end_on": [date(2025, 12, 31)],
        }
    )
    conventions = pl.DataFrame(
        {
            "name": ["imputations", "imputation_shift_small_sds", "imputation_shift_large_sds"],
            "value": ["20", "0.25", "0.5"],
        }
    )
    tables = {
        "int_imputation_cells": cells,
        "int_period_months": months,
        "ref_conventions": conventions,
    }
    table = ESTIMATES["mart_imputed_outcomes"](tables.__getitem__, settings)
    return {
        (row["subject_id"], row["outcome"], row["shift_sds"]): row for row in table.rows(named=True)
    }


@DIRECTIONS
def test_the_missing_do_as_the_measured_ones_who_are_like_them(direction: str) -> None:
    # Who completes is better by nine points, who drops out by none.
    found = [
        *courses(100, 9),
        *courses(20, 0, ending="dropped_out"),
        *courses(20, None, ending="dropped_out"),
    ]
    rows = rows_of(found, direction)
    spread = np.std([each["last"] for each in found if each["last"] is not None], ddof=1)
    for shift in (0.0, 0.25, 0.5):
        row = rows["clinic", "improved", shift]
        assert (row["n_courses"], row["n_paired"], row["n_with_outcome"]) == (140, 120, 100)
        assert row["imputed_rate"] == pytest.approx(100 / 140)
        assert row["shift_points"] == pytest.approx(shift * spread)
        assert row["n_imputations"] == 20
        assert row["rests_on"] == "first_score, ending"
        assert row["no_rate_reason"] is None
        assert rows["clinic", "deteriorated", shift]["imputed_rate"] == 0
    # The only programme is the clinic.
    assert rows["A", "improved", 0.0]["imputed_rate"] == pytest.approx(100 / 140)


@DIRECTIONS
def test_shifted_scores_are_worse_by_parts_of_the_spread(direction: str) -> None:
    # All are better by nine (SD 0.5), six are needed. A score is rounded to halves, so that 5.75
    # are enough.
    firsts = (10, 26)
    found = [*courses(60, 9, firsts), *courses(30, None, firsts)]
    rows = rows_of(found, direction)
    spread = rows["clinic", "improved", 0.5]["shift_points"] / 0.5
    assert spread == pytest.approx(np.std([1, 17] * 30, ddof=1), abs=0.1)
    rates = [rows["clinic", "improved", shift]["imputed_rate"] for shift in (0.0, 0.25, 0.5)]
    noise = 0.5 * np.sqrt(60 / 58)
    chances = ndtr((9 - 5.75 - np.array([0.0, 0.25, 0.5]) * spread) / noise)
    assert rates == pytest.approx((60 + 30 * chances) / 90, abs=0.01)
    assert rows["clinic", "improved", 0.0]["rests_on"] == "first_score"


@pytest.mark.parametrize(("n_measured", "reason"), [(9, "too_few_like_them"), (10, None)])
def test_too_few_measured_ones_like_the_missing_give_no_rate(
    n_measured: int, reason: str | None
) -> None:
    found = [
        *courses(100, 9),
        *courses(n_measured, 0, ending="dropped_out"),
        *courses(40, None, ending="dropped_out"),
    ]
    for subject in ("clinic", "A"):
        row = rows_of(found)[subject, "improved", 0.0]
        assert row["no_rate_reason"] == reason
        names = ("imputed_rate", "imputed_rate_lower", "shift_points", "n_imputations", "rests_on")
        assert {row[name] is None for name in names} == {reason is not None}
        assert (row["n_courses"], row["n_with_outcome"]) == (140 + n_measured, 100)
    if reason is None:
        row = rows_of(found)["clinic", "improved", 0.0]
        assert row["imputed_rate"] == pytest.approx(100 / 150, abs=0.01)


@pytest.mark.parametrize(
    ("n_missing", "n_unlike", "reason"),
    # More than a twentieth of the missing and more than one of a hundred courses.
    [(40, 2, None), (40, 3, "too_few_like_them"), (4, 2, None), (4, 3, "too_few_like_them")],
)
def test_few_unlike_ones_among_the_missing_do_no_harm(
    n_missing: int, n_unlike: int, reason: str | None
) -> None:
    found = [
        *courses(200, 9),
        *courses(n_missing - n_unlike, None),
        *courses(n_unlike, None, ending="died"),
    ]
    assert rows_of(found)["clinic", "improved", 0.0]["no_rate_reason"] == reason


@pytest.mark.parametrize(("n_measured", "reason"), [(9, "too_few_like_them"), (10, None)])
def test_a_programme_without_a_column_has_no_rate(n_measured: int, reason: str | None) -> None:
    found = [
        *courses(200, 9),
        *courses(n_measured, 0, programme_id="B"),
        *courses(2, None, programme_id="B"),
        *courses(60, None),
    ]
    rows = rows_of(found)
    assert rows["B", "improved", 0.0]["no_rate_reason"] == reason
    assert rows["B", "improved", 0.0]["n_courses"] == n_measured + 2
    # Two of 62 missing ones: the clinic and the other programme have one.
    assert rows["clinic", "improved", 0.0]["no_rate_reason"] is None
    assert rows["A", "improved", 0.0]["imputed_rate"] == pytest.approx(1)
    if reason is None:
        assert rows["B", "improved", 0.0]["imputed_rate"] == 0


def test_programmes_that_share_a_column_have_no_rate_of_their_own() -> None:
    found = [
        *courses(200, 9),
        *courses(8, 0, programme_id="B"),
        *courses(8, 0, programme_id="C"),
        *courses(2, None, programme_id="B"),
    ]
    rows = rows_of(found)
    assert rows["B", "improved", 0.0]["no_rate_reason"] == "too_few_like_them"
    # Where nobody is missing nothing is filled in: the rate is that of all.
    assert rows["C", "improved", 0.0]["imputed_rate"] == 0
    assert rows["clinic", "improved", 0.0]["imputed_rate"] == pytest.approx(200 / 218)


def test_small_categories_share_a_column() -> None:
    found = [
        *courses(100, 9),
        *courses(8, 0, ending="moved"),
        *courses(8, 0, ending="dropped_out"),
        *courses(8, None, ending="moved"),
        *courses(8, None, ending="dropped_out"),
    ]
    row = rows_of(found)["clinic", "improved", 0.0]
    assert row["rests_on"] == "first_score, ending"
    assert row["imputed_rate"] == pytest.approx(100 / 132)
    # One more of them missing than measured: the others would speak for it.
    row = rows_of([*found, *courses(1, None, ending="moved")])["clinic", "improved", 0.0]
    assert row["no_rate_reason"] == "too_few_like_them"


def test_a_superfluous_column_speaks_for_nobody_else() -> None:
    # All measured ones of B dropped out, and nobody of A did: which of both counts is unknown.
    found = [
        *courses(100, 9),
        *courses(30, 0, programme_id="B", ending="dropped_out"),
        *courses(10, None, programme_id="B", ending="dropped_out"),
    ]
    row = rows_of(found)["B", "improved", 0.0]
    assert (row["rests_on"], row["imputed_rate"]) == ("first_score, ending", 0)
    rows = rows_of([*found, *courses(10, None, programme_id="B")])
    assert rows["B", "improved", 0.0]["no_rate_reason"] == "too_few_like_them"
    assert rows["clinic", "improved", 0.0]["no_rate_reason"] == "too_few_like_them"


def test_categories_are_taken_while_there_are_courses_enough_for_each_column() -> None:
    found = [
        *courses(40, 9),
        *courses(19, 0, ending="dropped_out"),
        *courses(10, None),
    ]
    # Three columns of twenty courses each.
    row = rows_of(found)["clinic", "improved", 0.0]
    assert row["rests_on"] == "first_score"
    row = rows_of([*found, *courses(1, 0, ending="dropped_out")])["clinic", "improved", 0.0]
    assert row["rests_on"] == "first_score, ending"
    # Before the programme's turn, none of several programmes is like itself.
    rows = rows_of([*found, *courses(1, None, programme_id="B")])
    assert rows["A", "improved", 0.0]["no_rate_reason"] == "too_few_like_them"
    assert rows["clinic", "improved", 0.0]["no_rate_reason"] is None


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ([*courses(29, 9), *courses(9, None)], "too_few_pairs"),
        # One first score for all.
        ([*courses(40, 9, [15]), *courses(9, None)], "no_spread"),
        # Last scores that follow from the first ones.
        ([{**each, "last": each["first"] / 2} for each in courses(40, 9)], "no_spread"),
    ],
)
def test_where_nothing_can_be_told_nothing_is_imputed(found: list[Course], reason: str) -> None:
    rows = rows_of([*found, *courses(9, None, programme_id="B")])
    assert {subject for subject, _, _ in rows} == {"clinic"}
    row = rows["clinic", "improved", 0.0]
    assert row["no_rate_reason"] == reason
    assert row["imputed_rate"] is None
    assert row["rests_on"] is None
