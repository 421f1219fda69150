"""Published runs of groups: no figure is left out without a reason beside it."""

from datetime import date
from typing import Any

import pytest

from tests.sql.text_tables import TextBench

FEW, TOO_FEW = 4, "too_few_pairs_for_rate"
RUN = {
    "level": "group",
    "subject_id": "g1",
    "period_kind": "run",
    "period_start_on": date(2025, 6, 1),
    "period_end_on": date(2025, 7, 31),
}


def published(clinic: TextBench, name: str, **figures: Any) -> dict[str, Any]:
    """The published row of a mart's row of one group."""
    policy = {
        "audience": "director",
        "table_name": f"pub_{name}",
        "level": "group",
        "mart_level": "group",
        "period_kind": "run",
        "policy_id": "internal",
        "minimum_pairs_for_rate": FEW + 1,
    }
    clinic.fill("ref_disclosure_policies", [policy])
    clinic.fill(f"mart_{name}", [{**RUN, **figures}])
    [row] = clinic.rows(f"pub_{name}")
    return row


@pytest.mark.parametrize(
    ("n_held", "n_expected", "reason"),
    [(5, 5, None), (FEW, 5, TOO_FEW), (5, FEW, TOO_FEW), (0, 0, TOO_FEW)],
)
def test_a_run_has_a_reason_for_each_figure_that_is_left_out(
    clinic: TextBench, n_held: int, n_expected: int, reason: str | None
) -> None:
    row = published(
        clinic,
        "group_runs",
        n_held=n_held,
        size_mean=3.5,
        n_expected=n_expected,
        attendance_rate=0.75,
    )
    assert row["reliability_reason"] == reason
    assert (row["size_mean"] is None) == (n_held < FEW + 1)
    assert (row["attendance_rate"] is None) == (n_expected < FEW + 1)


@pytest.mark.parametrize(
    ("n_finished", "n_paired", "n_ratings", "reason"),
    [
        (9, 5, 0, None),
        (0, 0, 5, None),
        (9, 5, 5, None),
        (9, FEW, 0, TOO_FEW),
        (9, 0, 0, TOO_FEW),
        (0, 0, FEW, TOO_FEW),
        (9, FEW, 5, TOO_FEW),
        (9, 5, FEW, TOO_FEW),
    ],
)
def test_a_measure_has_a_reason_for_each_figure_that_is_left_out(
    clinic: TextBench, n_finished: int, n_paired: int, n_ratings: int, reason: str | None
) -> None:
    row = published(
        clinic,
        "group_run_measures",
        instrument_id="phq9",
        scale="total",
        respondent="client",
        n_finished=n_finished,
        n_paired=n_paired,
        improved_rate=0.5,
        last_mean_points=9,
        n_ratings=n_ratings,
        mean_points=30,
    )
    assert row["reliability_reason"] == reason
    for name in ("improved_rate", "last_mean_points"):
        assert (row[name] is None) == (n_paired < FEW + 1)
    assert (row["mean_points"] is None) == (n_ratings < FEW + 1)
