"""The whole run of a therapy group: who was ever a member, who stayed, and what is added up."""

from datetime import date
from typing import Any

import pytest

from tests.sql.text_tables import TextBench

PEOPLE = "n_clients | n_clients_stayed | n_clients_left"


def until(day: int, month: int = 7) -> dict[str, Any]:
    return {"subject_id": "g1", "period_end_on": date(2025, month, day)}


def given(clinic: TextBench, memberships: str, *, ends_on: str = "") -> None:
    """A group that met in June and in July."""
    clinic.given(
        stg_groups=f"group_id | starts_on | ends_on\n g1 | 2025-06-01 | {ends_on}",
        stg_memberships=f"group_id | client_id | joined_on | left_on\n{memberships}",
        stg_sessions=(
            "session_id | group_id | scheduled_on\n s1 | g1 | 2025-06-10\n s2 | g1 | 2025-07-10"
        ),
        stg_attendances=(
            "session_id | client_id | status\n s1 | c1 | attended\n s1 | c2 | no_show\n"
            " s2 | c1 | attended"
        ),
    )


def test_a_run_is_told_up_to_each_month(clinic: TextBench) -> None:
    given(
        clinic,
        " g1 | c1 | 2025-06-01 |\n g1 | c2 | 2025-06-01 | 2025-06-30\n g1 | c3 | 2025-07-10 |",
    )
    clinic.expect("mart_group_runs", f"{PEOPLE}\n 2 | 1 | 1", **until(30, 6))
    clinic.expect("mart_group_runs", f"{PEOPLE}\n 3 | 2 | 1", **until(31))
    sums = "n_sessions | n_held | n_expected | n_came | attendance_rate | size_mean"
    clinic.expect("mart_group_runs", f"{sums}\n 1 | 1 | 2 | 1 | 0.5 | 1", **until(30, 6))
    clinic.expect("mart_group_runs", f"{sums}\n 2 | 2 | 4 | 2 | 0.5 | 1", **until(31))
    clinic.expect(
        "mart_group_runs", "period_kind | period_start_on\n run | 2025-06-01", **until(31)
    )


def test_who_came_back_has_stayed_and_is_one_person(clinic: TextBench) -> None:
    given(clinic, " g1 | c1 | 2025-06-01 | 2025-06-12\n g1 | c1 | 2025-07-01 |")
    clinic.expect("mart_group_runs", f"{PEOPLE}\n 1 | 0 | 1", **until(30, 6))
    clinic.expect("mart_group_runs", f"{PEOPLE}\n 1 | 1 | 0", **until(31))


@pytest.mark.parametrize(
    ("left_on", "people"), [("2025-07-10", "1 | 1 | 0"), ("2025-07-09", "1 | 0 | 1")]
)
def test_nobody_leaves_a_group_by_its_last_session(
    clinic: TextBench, left_on: str, people: str
) -> None:
    given(clinic, f" g1 | c1 | 2025-06-01 | {left_on}", ends_on="2025-07-15")
    clinic.expect("mart_group_runs", f"{PEOPLE}\n {people}", **until(31))
    clinic.expect("mart_group_runs", "run_ended_on\n 2025-07-15", **until(31))
    clinic.expect("mart_group_runs", "n_clients | run_ended_on\n 1 |", **until(30, 6))


def test_while_a_group_runs_who_left_has_left(clinic: TextBench) -> None:
    given(clinic, " g1 | c1 | 2025-06-01 | 2025-07-10")
    clinic.expect("mart_group_runs", f"{PEOPLE}\n 1 | 0 | 1", **until(31))
