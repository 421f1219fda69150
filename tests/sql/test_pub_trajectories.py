"""Whose curves an audience may see, and from how many courses on a point has a mean."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from pipelines.reporting.figures.disclosure import policy_table
from tests.builders import Bench

MEANS = (
    "mean_points", "sd_points", "q1_points", "median_points", "q3_points",
    "measured_first_mean_points", "first_mean_points", "there_first_mean_points",
)  # fmt: skip
GONE = ("gone_first_mean_points", "gone_last_mean_points")


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    one = Bench()
    one.fill("ref_disclosure_policies", policy_table().to_dicts())
    yield one
    one.close()


def published(bench: Bench, **changes: Any) -> dict[str, dict[str, Any]]:
    """What is published of one point of a curve, by audience."""
    row = {
        "level": "therapist",
        "subject_id": "T-EXAMPLE-1",
        "instrument_id": "phq9",
        "period_kind": "rolling_12m",
        "period_start_on": date(2024, 7, 1),
        "period_end_on": date(2025, 6, 30),
        "axis": "session",
        "position": 3,
        "n_measured": 9,
        "n_gone_paired": 9,
        **dict.fromkeys((*MEANS, *GONE), 12.5),
        **changes,
    }
    bench.fill("mart_trajectories", [row])
    bench.forget("pub_trajectories")
    return {found["audience"]: found for found in bench.rows("pub_trajectories")}


@pytest.mark.parametrize(
    ("level", "kind", "audiences"),
    [
        ("clinic", "rolling_12m", {"director"}),
        ("programme", "rolling_12m", {"director"}),
        ("therapist", "rolling_12m", {"director", "therapist"}),
        # Less the own members it would give a colleague's client, session by session.
        ("group", "rolling_12m", {"director"}),
        # A whole run only grows: each month it would give whoever had ended since.
        ("group", "all", set()),
    ],
)
def test_a_curve_is_for_the_director_and_for_whose_clients_it_is_about(
    bench: Bench, level: str, kind: str, audiences: set[str]
) -> None:
    assert set(published(bench, level=level, period_kind=kind)) == audiences


@pytest.mark.parametrize(("n", "says"), [(4, False), (5, True)])
@pytest.mark.parametrize("audience", ["director", "therapist"])
def test_from_five_courses_on_a_point_has_a_mean_and_always_its_count(
    bench: Bench, audience: str, n: int, says: bool
) -> None:
    row = published(bench, n_measured=n)[audience]
    assert row["n_measured"] == n
    assert {row[name] for name in MEANS} == {12.5 if says else None}
    assert {row[name] for name in GONE} == {12.5}
    assert row["reliability_reason"] == (None if says else "too_few_pairs_for_rate")


@pytest.mark.parametrize(("n", "says"), [(4, False), (5, True)])
def test_from_five_who_had_left_on_their_means_are_said(bench: Bench, n: int, says: bool) -> None:
    row = published(bench, n_gone_paired=n)["director"]
    assert row["n_gone_paired"] == n
    assert {row[name] for name in GONE} == {12.5 if says else None}
    assert row["mean_points"] == 12.5
