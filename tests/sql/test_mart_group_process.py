"""Therapy groups at work: who was expected, who came, and member-months."""

from datetime import date

import pytest

from tests.sql.text_tables import TextBench

JUNE = {"period_kind": "month", "period_start_on": date(2025, 6, 1)}
GROUP = {"level": "group", **JUNE}
SESSIONS = (
    "n_sessions | n_held | n_sessions_cancelled | n_sessions_called_off | n_sessions_unrecorded"
    " | n_unattended"
)
PLACES = "n_places | n_excused | n_expected | n_came | n_absent | n_not_recorded | n_guests"


def one_group(clinic: TextBench, *, memberships: str, attendances: str, **tables: str) -> None:
    """A group that met once in June."""
    clinic.given(
        stg_groups="group_id | starts_on\n g1 | 2025-06-01",
        stg_memberships=f"group_id | client_id | joined_on | left_on\n{memberships}",
        stg_sessions="session_id | group_id | scheduled_on\n s1 | g1 | 2025-06-10",
        stg_attendances=f"session_id | client_id | status\n{attendances}",
    )
    clinic.given(**tables)


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("mart_group_process") == []


def test_one_member_who_came(clinic: TextBench) -> None:
    one_group(clinic, memberships="g1 | c1 | 2025-06-01 |", attendances="s1 | c1 | attended")
    clinic.expect("mart_group_process", f"{SESSIONS}\n 1 | 1 | 0 | 0 | 0 | 0", **GROUP)
    clinic.expect("mart_group_process", f"{PLACES}\n 1 | 0 | 1 | 1 | 0 | 0 | 0", **GROUP)
    clinic.expect(
        "mart_group_process",
        "n_clients | attendance_rate | size_mean | member_months | seat_months | seats_taken_share\n"
        "1 | 1 | 1 | 1 | 8 | 0.125",
        **GROUP,
    )


@pytest.mark.parametrize(
    ("status", "places"),
    [
        ("attended", "2 | 0 | 2 | 2 | 0 | 0 | 0"),
        ("no_show", "2 | 0 | 2 | 1 | 1 | 0 | 0"),
        ("late_cancelled", "2 | 0 | 2 | 1 | 1 | 0 | 0"),
        ("cancelled", "2 | 1 | 1 | 1 | 0 | 0 | 0"),
        ("clinic_cancelled", "2 | 1 | 1 | 1 | 0 | 0 | 0"),
    ],
)
def test_who_cancelled_in_time_was_not_expected(
    clinic: TextBench, status: str, places: str
) -> None:
    one_group(
        clinic,
        memberships="g1 | c1 | 2025-06-01 |\n g1 | c2 | 2025-06-01 |",
        attendances=f"s1 | c1 | attended\n s1 | c2 | {status}",
    )
    clinic.expect("mart_group_process", f"{PLACES}\n {places}", **GROUP)


def test_a_member_of_whom_nothing_is_noted_was_expected_and_a_guest_is_not(
    clinic: TextBench,
) -> None:
    one_group(clinic, memberships="g1 | c1 | 2025-06-01 |", attendances="s1 | c9 | attended")
    clinic.expect("mart_group_process", f"{PLACES}\n 1 | 0 | 1 | 0 | 0 | 1 | 1", **GROUP)
    clinic.expect("mart_group_process", "size_mean | attendance_rate\n 1 | 0", **GROUP)


@pytest.mark.parametrize(
    ("attendances", "sessions", "n_expected"),
    [
        # The group was cancelled, which is nobody's absence.
        ("s1 | c1 | clinic_cancelled\n s1 | c2 | cancelled", "1 | 0 | 1 | 0 | 0 | 0", 0),
        ("s1 | c1 | clinic_cancelled\n s1 | c2 | attended", "1 | 1 | 0 | 0 | 0 | 0", 1),
        ("s1 | c1 | no_show\n s1 | c2 | late_cancelled", "1 | 1 | 0 | 0 | 0 | 1", 2),
        # Everybody had cancelled in time, so that nothing was held and nobody was away.
        ("s1 | c1 | cancelled\n s1 | c2 | cancelled", "1 | 0 | 0 | 1 | 0 | 0", 0),
        ("s1 | c1 | cancelled\n s1 | c2 | no_show", "1 | 1 | 0 | 0 | 0 | 1", 1),
        # Of the other member nothing is noted, who was expected.
        ("s1 | c1 | cancelled", "1 | 1 | 0 | 0 | 0 | 1", 1),
        # A guest who stayed away late leaves the session what it was.
        (
            "s1 | c1 | cancelled\n s1 | c2 | cancelled\n s1 | c9 | no_show",
            "1 | 1 | 0 | 0 | 0 | 1",
            0,
        ),
        ("", "1 | 0 | 0 | 0 | 1 | 0", 0),
    ],
)
def test_what_became_of_a_session(
    clinic: TextBench, attendances: str, sessions: str, n_expected: int
) -> None:
    one_group(
        clinic,
        memberships="g1 | c1 | 2025-06-01 |\n g1 | c2 | 2025-06-01 |",
        attendances=attendances,
    )
    clinic.expect("mart_group_process", f"{SESSIONS}\n {sessions}", **GROUP)
    (row,) = [one for one in clinic.rows("mart_group_process") if GROUP.items() <= one.items()]
    assert row["n_expected"] == n_expected
    if not n_expected:
        assert row["attendance_rate"] is None


@pytest.mark.parametrize(
    ("joined_on", "left_on", "n_expected"),
    [
        ("2025-06-10", "", 1),
        ("2025-06-11", "", 0),
        ("2025-06-01", "2025-06-10", 1),
        ("2025-06-01", "2025-06-09", 0),
    ],
)
def test_both_ends_of_a_stay_belong_to_it(
    clinic: TextBench, joined_on: str, left_on: str, n_expected: int
) -> None:
    one_group(
        clinic,
        memberships=f"g1 | c1 | {joined_on} | {left_on}\n g1 | c2 | 2025-06-01 |",
        attendances="s1 | c2 | cancelled\n s1 | c1 | no_show",
    )
    clinic.expect("mart_group_process", f"n_expected\n {n_expected}", **GROUP)


def test_member_months_add_days_over_the_days_of_each_month(clinic: TextBench) -> None:
    # 3 of 31 days of May, 15 of 30 of June; a stay that overlaps it by mistake adds one day.
    one_group(
        clinic,
        memberships="g1 | c1 | 2025-05-29 | 2025-06-15\n g1 | c1 | 2025-06-10 | 2025-06-16",
        attendances="s1 | c1 | attended",
        stg_groups="group_id | starts_on\n g1 | 2025-05-01",
    )
    clinic.expect(
        "mart_group_process",
        "n_clients | n_joined | n_left | tenure_mean_days | member_months\n"
        "1 | 1 | 2 | 12.5 | 0.5333",
        **GROUP,
    )
    clinic.expect(
        "mart_group_process",
        "n_clients | n_joined | n_left | member_months | n_expected\n 1 | 2 | 2 | 0.6301 | 1",
        level="clinic",
        period_kind="quarter",
        period_start_on=date(2025, 4, 1),
    )


def test_a_stay_without_a_last_day_ends_with_its_group(clinic: TextBench) -> None:
    # Planned to end before its last session, which then is the end.
    one_group(
        clinic,
        memberships="g1 | c1 | 2025-06-01 |",
        attendances="s1 | c1 | attended",
        stg_groups="group_id | starts_on | ends_on | capacity\n g1 | 2025-06-01 | 2025-06-03 | 3",
    )
    clinic.expect(
        "mart_group_process",
        "n_left | tenure_mean_days | member_months | seat_months | n_came\n0 | | 0.3333 | 1 | 1",
        **GROUP,
    )


@pytest.mark.parametrize(
    ("joined_on", "left_on", "stays"),
    [
        # The group's last day is the tenth.
        ("2025-06-01", "2025-06-09", "2025-06-09 | true"),
        ("2025-06-01", "2025-06-10", "2025-06-10 | true"),
        ("2025-06-01", "2025-06-11", "2025-06-10 | false"),
        ("2025-06-10", "2025-06-10", "2025-06-10 | true"),
        ("2025-06-11", "2025-06-11", ""),
    ],
)
def test_who_leaves_by_the_groups_last_day_has_left_it(
    clinic: TextBench, joined_on: str, left_on: str, stays: str
) -> None:
    one_group(
        clinic,
        memberships=f"g1 | c1 | {joined_on} | {left_on}",
        attendances="s1 | c1 | attended",
        stg_groups="group_id | starts_on | ends_on\n g1 | 2025-06-01 | 2025-06-10",
    )
    clinic.expect("int_group_stays", f"until_on | has_left\n{stays}")


@pytest.mark.parametrize(("ended_on", "n_expected"), [("2025-06-09", 1), ("2025-06-10", 2)])
def test_nobody_expects_a_client_after_the_discharge(
    clinic: TextBench, ended_on: str, n_expected: int
) -> None:
    one_group(
        clinic,
        memberships="g1 | c1 | 2025-06-01 |\n g1 | c2 | 2025-06-01 |",
        attendances="s1 | c1 | attended",
        stg_episodes=f"episode_id | client_id | ended_on\n e1 | c1 | \n e2 | c2 | {ended_on}",
        stg_memberships="""
            group_id | client_id | episode_id | joined_on  | left_on
            g1       | c1        | e1         | 2025-06-01 |
            g1       | c2        | e2         | 2025-06-01 |
        """,
    )
    clinic.expect(
        "mart_group_process",
        f"n_expected | n_came | n_left | tenure_mean_days\n{n_expected} | 1 | 1 | {8 + n_expected}",
        **GROUP,
    )


def test_a_course_that_closed_itself_ends_the_stay(clinic: TextBench) -> None:
    # Last attended on 1 January; the course is derived to have ended long before June.
    one_group(
        clinic,
        memberships="g1 | c1 | 2024-01-01 |\n g1 | c2 | 2025-06-01 |",
        attendances="s0 | c1 | attended\n s1 | c2 | attended",
        stg_groups="group_id | starts_on\n g1 | 2024-01-01",
        stg_sessions="""
            session_id | group_id | scheduled_on
            s0         | g1       | 2025-01-01
            s1         | g1       | 2025-06-10
        """,
        stg_episodes="episode_id | client_id\n e1 | c1\n e2 | c2",
        stg_memberships="""
            group_id | client_id | episode_id | joined_on
            g1       | c1        | e1         | 2024-01-01
            g1       | c2        | e2         | 2025-06-01
        """,
    )
    clinic.expect("mart_group_process", "n_expected | n_came\n 1 | 1", **GROUP)


def test_a_membership_outside_the_groups_run_takes_no_seat(clinic: TextBench) -> None:
    # On the list since May and never taken off it: a member while the group runs, 1 to 10 June.
    one_group(
        clinic,
        memberships="g1 | c1 | 2025-05-01 | 2025-08-31\n g1 | c2 | 2025-07-01 |",
        attendances="s1 | c1 | attended",
        stg_groups="group_id | starts_on | ends_on | capacity\n g1 | 2025-06-01 | 2025-06-10 | 1",
    )
    clinic.expect(
        "mart_group_process",
        """
        period_start_on | n_joined | n_left | member_months | seat_months | seats_taken_share
        2025-06-01      | 1        | 0      | 0.3333        | 0.3333      | 1
        """,
        level="group",
        period_kind="month",
    )


def test_a_group_that_has_not_met_for_years_did_not_run(clinic: TextBench) -> None:
    one_group(
        clinic,
        memberships="g1 | c1 | 2025-06-01 |",
        attendances="s1 | c1 | attended",
        stg_groups="group_id | starts_on\n g1 | 2025-06-01\n g2 | 2019-01-01",
    )
    clinic.expect("mart_group_process", "n_groups | n_open_groups\n 1 | 1", level="clinic", **JUNE)
    clinic.expect(
        "mart_group_process",
        "subject_id | n_groups | n_open_groups\n g1 | 1 | 1\n g2 | 0 | 0",
        **GROUP,
    )


def test_groups_of_two_therapists_and_programmes_make_the_clinic(clinic: TextBench) -> None:
    clinic.given(
        stg_programmes="programme_id\n p1\n p2",
        stg_groups="""
            group_id | programme_id | lead_therapist_id | co_therapist_id | enrolment | starts_on
            g1       | p1           | t1                | t2              | open      | 2025-06-01
            g2       | p2           | t2                |                 | closed    | 2025-06-01
        """,
        stg_memberships="""
            group_id | client_id | joined_on
            g1       | c1        | 2025-06-01
            g2       | c1        | 2025-06-01
        """,
        stg_sessions="""
            session_id | group_id | therapist_id | scheduled_on
            s1         | g1       | t1           | 2025-06-10
            s2         | g1       | t2           | 2025-06-17
            s3         | g2       | t2           | 2025-07-01
        """,
        stg_attendances="""
            session_id | client_id | status
            s1         | c1        | attended
            s2         | c1        | no_show
        """,
    )
    clinic.expect(
        "mart_group_process",
        """
        level     | subject_id | n_clients | n_groups | n_open_groups | n_closed_groups | n_co_led_groups | n_sessions | attendance_rate
        clinic    | clinic     | 1         | 1        | 1             | 0               | 1               | 2          | 0.5
        group     | g1         | 1         | 1        | 1             | 0               | 1               | 2          | 0.5
        group     | g2         | 1         | 0        | 0             | 0               | 0               | 0          |
        programme | p1         | 1         | 1        | 1             | 0               | 1               | 2          | 0.5
        programme | p2         | 1         | 0        | 0             | 0               | 0               | 0          |
        """,
        **JUNE,
    )


def test_individual_sessions_are_no_group(clinic: TextBench) -> None:
    clinic.given(
        stg_episodes="episode_id\n e1",
        stg_sessions="session_id | episode_id | scheduled_on\n s1 | e1 | 2025-06-10",
        stg_attendances="session_id\n s1",
    )
    assert clinic.rows("mart_group_process") == []
