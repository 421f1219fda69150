"""What the director sees of the gaps and of the case-mix models; nobody else sees any of it."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from pipelines.reporting.figures.disclosure import policy_table
from tests.builders import Bench

PERIOD = {
    "period_kind": "rolling_12m",
    "period_start_on": date(2024, 7, 1),
    "period_end_on": date(2025, 6, 30),
}
MEASURE = {"instrument_id": "phq9", "scale": "total", "respondent": "client"}
SHARES = ("share", "other_share", "gap", "gap_lower", "gap_upper", "adjusted_gap")
Row = dict[str, Any]


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    one = Bench()
    one.fill("ref_disclosure_policies", policy_table().to_dicts())
    yield one
    one.close()


def gap(bench: Bench, **changes: Any) -> Row:
    """What is published of one row of the mart."""
    row = {
        **PERIOD,
        **MEASURE,
        "stratum_kind": "sex",
        "stratum": "female",
        "figure": "improved",
        "n_clients": 5,
        "n_courses": 5,
        "n_met": 2,
        "n_other_courses": 40,
        "n_other_met": 20,
        **dict.fromkeys(SHARES, 0.5),
        **changes,
    }
    bench.fill("mart_equity", [row])
    bench.forget("pub_equity")
    (found,) = bench.rows("pub_equity")
    return found


@pytest.mark.parametrize(
    ("n_courses", "n_other_courses", "is_shown"),
    [(5, 5, True), (4, 40, False), (40, 4, False)],
)
def test_a_gap_needs_five_courses_on_either_side(
    bench: Bench, n_courses: int, n_other_courses: int, is_shown: bool
) -> None:
    found = gap(bench, n_courses=n_courses, n_other_courses=n_other_courses)
    assert [found[name] is not None for name in SHARES] == [is_shown] * len(SHARES)
    assert (found["n_courses"], found["n_met"]) == (n_courses, 2)
    assert found["reliability_reason"] == (None if is_shown else "too_few_courses_for_share")
    assert (found["audience"], found["level"], found["subject_id"]) == (
        *("director", "clinic"),
        "clinic",
    )


@pytest.mark.parametrize(
    ("figure", "reason"), [("improved", "no_case_mix_model"), ("dropped_out", None)]
)
def test_only_improved_could_have_been_adjusted(
    bench: Bench, figure: str, reason: str | None
) -> None:
    assert gap(bench, figure=figure, adjusted_gap=None)["reliability_reason"] == reason


def test_a_model_is_shown_as_it_is(bench: Bench) -> None:
    row = {"outcome": "improved", "n_cases": 12, "is_fitted": False, "reason": "too_few_events"}
    bench.fill("mart_case_mix", [{**PERIOD, **MEASURE, **row}])
    (found,) = bench.rows("pub_case_mix")
    assert {name: found[name] for name in row} == row
    assert found["audience"] == "director"


def test_no_policy_shows_either_to_the_public() -> None:
    rows = policy_table().to_dicts()
    shown = {row["audience"] for row in rows if row["table_name"] in ("pub_equity", "pub_case_mix")}
    assert shown == {"director"}
