"""Care as it happened."""

from datetime import date

import pytest

from tests.sql.text_tables import TextBench

JUNE = {"period_kind": "month", "period_start_on": date(2025, 6, 1)}


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("mart_activity") == []


def test_courses_count_on_their_own_days(clinic: TextBench) -> None:
    clinic.given(
        stg_episodes="""
            episode_id | client_id | referred_on | started_on | ended_on   | end_reason
            e1         | c1        | 2025-05-31  | 2025-06-01 | 2025-06-30 | completed
            e2         | c2        | 2025-06-01  | 2025-06-30 | 2025-07-01 | dropped_out
            e3         | c3        | 2025-06-30  |            |            |
            e4         | c4        | 2025-07-01  |            |            |
        """
    )
    clinic.expect(
        "mart_activity",
        """
        n_referred | n_started | n_ended | n_completed | n_dropped_out | n_ended_derived | n_open
        2          | 2         | 1       | 1           | 0             | 0               | 2
        """,
        level="clinic",
        **JUNE,
    )


def test_a_derived_end_is_a_drop_out(clinic: TextBench) -> None:
    clinic.given(
        stg_episodes="episode_id\n e1",
        stg_sessions="session_id | episode_id | scheduled_on\n s1 | e1 | 2025-03-10",
        stg_attendances="session_id\n s1",
    )
    clinic.expect(
        "mart_activity",
        "n_ended | n_completed | n_dropped_out | n_ended_derived | n_open\n 1 | 0 | 1 | 1 | 0",
        level="clinic",
        **JUNE,
    )


def test_sessions_count_for_their_therapist_group_and_programme(clinic: TextBench) -> None:
    clinic.given(
        stg_programmes="programme_id\n p1\n skills",
        stg_groups="group_id | programme_id | lead_therapist_id\n g1 | skills | t2",
        stg_episodes="episode_id | client_id | therapist_id\n e1 | c1 | t1",
        stg_memberships="group_id | client_id | episode_id | joined_on\n g1 | c1 | e1 | 2025-07-01",
        stg_sessions="""
            session_id | group_id | episode_id | therapist_id | scheduled_on
            s1         | g1       |            | t2           | 2025-06-01
            s2         |          | e1         | t1           | 2025-06-30
            s3         |          | e1         | t3           | 2025-06-30
            s4         |          | e1         | t1           | 2025-07-01
        """,
        stg_attendances="""
            session_id | client_id | status
            s1         | c1        | late_cancelled
            s1         | c2        | clinic_cancelled
            s1         | c3        | cancelled
            s2         | c1        | attended
            s3         | c1        | no_show
        """,
    )
    clinic.expect(
        "mart_activity",
        """
        level     | subject_id | n_sessions | n_attended | n_no_show | n_late_cancelled | n_cancelled | n_clinic_cancelled
        clinic    | clinic     | 3          | 1          | 1         | 1                | 1           | 1
        group     | g1         | 1          | 0          | 0         | 1                | 1           | 1
        programme | p1         | 2          | 1          | 1         | 0                | 0           | 0
        programme | skills     | 1          | 0          | 0         | 1                | 1           | 1
        therapist | t1         | 1          | 1          | 0         | 0                | 0           | 0
        therapist | t2         | 1          | 0          | 0         | 1                | 1           | 1
        therapist | t3         | 1          | 0          | 1         | 0                | 0           | 0
        """,
        **JUNE,
    )


@pytest.mark.parametrize(
    ("waits", "median", "p90"),
    [
        ([5], "5", "5"),
        ([0, 5], "2.5", "4.5"),
        ([0, 1, 2, 3], "1.5", "2.7"),
        ([7, 7, 7, 100], "7", "72.1"),
        (list(range(11)), "5", "9"),
    ],
)
def test_waits_are_interpolated_between_ranks(
    clinic: TextBench, waits: list[int], median: str, p90: str
) -> None:
    clinic.fill(
        "stg_episodes",
        [
            {
                "episode_id": f"e{number}",
                "referred_on": date(2025, 6, 1),
                "started_on": date.fromordinal(date(2025, 6, 1).toordinal() + wait),
                "ended_on": date(2025, 12, 1),
            }
            for number, wait in enumerate(waits)
        ],
    )
    clinic.expect(
        "mart_activity",
        f"wait_median_days | wait_p90_days\n {median} | {p90}",
        level="clinic",
        period_kind="year",
    )


def test_a_wait_ends_with_the_first_attended_session(clinic: TextBench) -> None:
    clinic.given(
        stg_episodes="episode_id | referred_on | started_on\n e1 | 2025-05-20 | 2025-05-25",
        stg_sessions="session_id | episode_id | scheduled_on\n s1 | e1 | 2025-06-01",
        stg_attendances="session_id\n s1",
    )
    clinic.expect("mart_activity", "wait_median_days\n 12", level="clinic", **JUNE)


def test_seats_on_the_last_day_of_the_period(clinic: TextBench) -> None:
    clinic.given(
        stg_groups="""
            group_id | lead_therapist_id | capacity | starts_on  | ends_on
            g1       | t1                | 8        | 2025-06-30 |
            g2       | t1                | 6        | 2025-01-01 | 2025-06-30
            g3       | t2                | 4        | 2025-01-01 | 2025-06-29
            g4       | t2                | 4        | 2025-07-01 |
        """,
        stg_episodes="episode_id | client_id\n e1 | c1\n e2 | c2\n e3 | c3",
        stg_memberships="""
            group_id | client_id | episode_id | joined_on  | left_on
            g1       | c1        | e1         | 2025-06-30 |
            g1       | c2        | e2         | 2025-07-01 |
            g2       | c2        | e2         | 2025-01-01 | 2025-06-30
            g2       | c3        | e3         | 2025-01-01 | 2025-06-29
            g3       | c3        | e3         | 2025-01-01 |
        """,
    )
    found = {
        (row["level"], row["subject_id"]): (row["n_seats"], row["n_seats_taken"])
        for row in clinic.rows("mart_activity")
        if row["period_kind"] == "month" and row["period_start_on"] == date(2025, 6, 1)
    }
    assert found["clinic", "clinic"] == (14, 2)
    assert found["therapist", "t1"] == (14, 2)
    assert found["group", "g1"] == (8, 1)
    assert ("group", "g3") not in found


@pytest.mark.parametrize(("ended_on", "n_taken"), [("2025-06-30", 1), ("2025-06-29", 0), ("", 1)])
def test_a_seat_is_free_once_the_members_course_has_ended(
    clinic: TextBench, ended_on: str, n_taken: int
) -> None:
    clinic.given(
        stg_groups="group_id | capacity | starts_on\n g1 | 8 | 2025-01-01",
        stg_episodes=f"episode_id | client_id | ended_on\n e1 | c1 | {ended_on}",
        stg_memberships="group_id | client_id | episode_id | joined_on\n g1 | c1 | e1 | 2025-01-01",
    )
    clinic.expect("mart_activity", f"n_seats_taken\n {n_taken}", level="clinic", **JUNE)
