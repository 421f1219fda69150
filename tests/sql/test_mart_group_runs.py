"""The whole run of a therapy group: who was ever a member, who stayed, and what is added up."""

from datetime import date
from typing import Any

import pytest

from tests.sql.text_tables import TextBench

PEOPLE = "n_clients | n_clients_stayed | n_clients_completed | n_clients_left"


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


def given_discharge(
    clinic: TextBench, left_on: str, ended_on: str, end_reason: str, *, ends_on: str = ""
) -> None:
    """One member of the group, and how the course was ended."""
    given(clinic, "", ends_on=ends_on)
    clinic.given(
        stg_episodes="episode_id | client_id | ended_on | end_reason\n"
        f" e1 | c1 | {ended_on} | {end_reason}",
        stg_memberships="group_id | client_id | episode_id | joined_on | left_on\n"
        f" g1 | c1 | e1 | 2025-06-01 | {left_on}",
    )


def test_a_run_is_told_up_to_each_month(clinic: TextBench) -> None:
    given(
        clinic,
        " g1 | c1 | 2025-06-01 |\n g1 | c2 | 2025-06-01 | 2025-06-30\n g1 | c3 | 2025-07-10 |",
    )
    clinic.expect("mart_group_runs", f"{PEOPLE}\n 2 | 1 | 0 | 1", **until(30, 6))
    clinic.expect("mart_group_runs", f"{PEOPLE}\n 3 | 2 | 0 | 1", **until(31))
    sums = "n_sessions | n_held | n_expected | n_came | attendance_rate | size_mean"
    clinic.expect("mart_group_runs", f"{sums}\n 1 | 1 | 2 | 1 | 0.5 | 1", **until(30, 6))
    clinic.expect("mart_group_runs", f"{sums}\n 2 | 2 | 4 | 2 | 0.5 | 1", **until(31))
    clinic.expect(
        "mart_group_runs", "period_kind | period_start_on\n run | 2025-06-01", **until(31)
    )


def test_who_came_back_has_stayed_and_is_one_person(clinic: TextBench) -> None:
    given(clinic, " g1 | c1 | 2025-06-01 | 2025-06-12\n g1 | c1 | 2025-07-01 |")
    clinic.expect("mart_group_runs", f"{PEOPLE}\n 1 | 0 | 0 | 1", **until(30, 6))
    clinic.expect("mart_group_runs", f"{PEOPLE}\n 1 | 1 | 0 | 0", **until(31))


@pytest.mark.parametrize(
    ("left_on", "people"), [("2025-07-10", "1 | 1 | 0 | 0"), ("2025-07-09", "1 | 0 | 0 | 1")]
)
def test_nobody_leaves_a_group_by_its_last_session(
    clinic: TextBench, left_on: str, people: str
) -> None:
    given(clinic, f" g1 | c1 | 2025-06-01 | {left_on}", ends_on="2025-07-15")
    clinic.expect("mart_group_runs", f"{PEOPLE}\n {people}", **until(31))
    clinic.expect("mart_group_runs", "run_ended_on\n 2025-07-15", **until(31))
    clinic.expect("mart_group_runs", "n_clients | run_ended_on\n 1 |", **until(30, 6))


CALLED_OFF = "s3 | c1 | clinic_cancelled\n s3 | c2 | clinic_cancelled"


@pytest.mark.parametrize("last_date", ["", f"\n {CALLED_OFF}", "\n s3 | c1 | cancelled"])
def test_a_last_date_that_was_not_held_ends_nothing(clinic: TextBench, last_date: str) -> None:
    """The last session is the last that was held, whatever was booked, or called off, after it."""
    given(
        clinic,
        " g1 | c1 | 2025-06-01 | 2025-07-10\n g1 | c2 | 2025-06-01 | 2025-07-10",
        ends_on="2025-07-20",
    )
    clinic.given(
        stg_sessions=(
            "session_id | group_id | scheduled_on\n s1 | g1 | 2025-06-10\n s2 | g1 | 2025-07-10\n"
            " s3 | g1 | 2025-07-17"
        ),
        stg_attendances=(
            "session_id | client_id | status\n s1 | c1 | attended\n s2 | c1 | attended\n"
            f" s2 | c2 | attended{last_date}"
        ),
    )
    clinic.expect("mart_group_runs", f"n_held | {PEOPLE}\n 2 | 2 | 2 | 0 | 0", **until(31))


@pytest.mark.parametrize(
    ("end_reason", "fate"),
    [
        ("completed", "1 | 0"),
        ("agreed_end", "1 | 0"),
        ("dropped_out", "0 | 1"),
        ("transferred", "0 | 1"),
    ],
)
def test_who_completed_a_course_has_not_dropped_out(
    clinic: TextBench, end_reason: str, fate: str
) -> None:
    """The course is over some days after the place in the group was given up."""
    given_discharge(clinic, "2025-06-28", "2025-07-01", end_reason)
    clinic.expect("mart_group_runs", f"{PEOPLE}\n 1 | 0 | 0 | 1", **until(30, 6))
    clinic.expect("mart_group_runs", f"{PEOPLE}\n 1 | 0 | {fate}", **until(31))


def test_of_several_courses_the_last_tells(clinic: TextBench) -> None:
    given(clinic, " g1 | c1 | 2025-06-01 |\n g1 | c1 | 2025-07-01 |")
    clinic.given(
        stg_episodes=(
            "episode_id | client_id | ended_on | end_reason\n"
            " e1 | c1 | 2025-06-20 | completed\n e2 | c1 | 2025-07-20 | dropped_out"
        ),
        stg_memberships=(
            "group_id | client_id | episode_id | joined_on\n"
            " g1 | c1 | e1 | 2025-06-01\n g1 | c1 | e2 | 2025-07-01"
        ),
    )
    clinic.expect("mart_group_runs", f"{PEOPLE}\n 1 | 0 | 1 | 0", **until(30, 6))
    clinic.expect("mart_group_runs", f"{PEOPLE}\n 1 | 0 | 0 | 1", **until(31))


@pytest.mark.parametrize("end_reason", ["completed", "dropped_out"])
def test_two_months_tell_the_same_of_who_left_after_the_last_session(
    clinic: TextBench, end_reason: str
) -> None:
    """Its last day comes three weeks after a group has met for the last time."""
    given_discharge(clinic, "2025-06-26", "2025-06-26", end_reason, ends_on="2025-07-20")
    clinic.given(
        stg_sessions="session_id | group_id | scheduled_on\n s1 | g1 | 2025-06-26",
        stg_attendances="session_id | client_id | status\n s1 | c1 | attended",
    )
    for month in (until(30, 6), until(31)):
        clinic.expect("mart_group_runs", f"{PEOPLE}\n 1 | 1 | 0 | 0", **month)


def test_of_a_group_that_never_met_who_was_there_to_its_last_day_stayed(clinic: TextBench) -> None:
    given(
        clinic,
        " g1 | c1 | 2025-06-01 | 2025-07-14\n g1 | c2 | 2025-06-01 | 2025-07-15",
        ends_on="2025-07-15",
    )
    clinic.given(stg_attendances="session_id | client_id\n")
    clinic.expect("mart_group_runs", f"{PEOPLE}\n 2 | 1 | 0 | 1", **until(31))


def test_while_a_group_runs_who_left_has_left(clinic: TextBench) -> None:
    given(clinic, " g1 | c1 | 2025-06-01 | 2025-07-10")
    clinic.expect("mart_group_runs", f"{PEOPLE}\n 1 | 0 | 0 | 1", **until(31))
