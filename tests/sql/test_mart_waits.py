"""Waits for the first and the second session, in bands of days."""

from datetime import date, timedelta

import pytest

from tests.sql.text_tables import TextBench

JUNE = {"level": "clinic", "period_kind": "month", "period_start_on": date(2025, 6, 1)}
FIGURES = "wait_id | n_clients | n_waits | n_in_band"


def two_sessions(clinic: TextBench, *, first_wait: int, second_wait: int = 7) -> None:
    """A course that ended in June, with two sessions after these waits."""
    second = date(2025, 6, 10)
    first = second - timedelta(days=second_wait)
    clinic.given(
        stg_episodes=f"""
            episode_id | referred_on                            | ended_on   | end_reason
            e1         | {first - timedelta(days=first_wait)} | 2025-06-30 | completed
        """,
        stg_sessions=f"""
            session_id | episode_id | scheduled_on
            s1         | e1         | {first}
            s2         | e1         | {second}
        """,
        stg_attendances="session_id\n s1\n s2",
    )


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("mart_waits") == []


@pytest.mark.parametrize(
    ("days", "within_18", "within_6"),
    [(0, 1, 1), (42, 1, 1), (43, 1, 0), (126, 1, 0), (127, 0, 0)],
)
def test_both_sides_of_six_and_eighteen_weeks(
    clinic: TextBench, days: int, within_18: int, within_6: int
) -> None:
    two_sessions(clinic, first_wait=days)
    found = {row["wait_id"]: row["n_in_band"] for row in clinic.rows("mart_waits")}
    assert found["first_within_18_weeks"] == within_18
    assert found["first_within_6_weeks"] == within_6


@pytest.mark.parametrize(
    ("days", "band"),
    [
        (0, "second_under_29_days"),
        (28, "second_under_29_days"),
        (29, "second_29_to_90_days"),
        (90, "second_29_to_90_days"),
        (91, "second_over_90_days"),
    ],
)
def test_a_second_session_is_in_exactly_one_band(clinic: TextBench, days: int, band: str) -> None:
    two_sessions(clinic, first_wait=7, second_wait=days)
    found = {
        row["wait_id"]: row["n_in_band"]
        for row in clinic.rows("mart_waits")
        if row["wait_id"].startswith("second") and all(row[k] == v for k, v in JUNE.items())
    }
    assert found == {**dict.fromkeys(found, 0), band: 1}
    assert len(found) == 3


def test_a_verified_standard_stands_beside_its_rate_and_no_other_does(clinic: TextBench) -> None:
    two_sessions(clinic, first_wait=42)
    clinic.expect(
        "mart_waits",
        """
        wait_id               | in_band_rate | standard_op | standard_share
        first_within_18_weeks | 1            |             |
        first_within_6_weeks  | 1            | >=          | 0.75
        second_29_to_90_days  | 0            |             |
        second_over_90_days   | 0            |             |
        second_under_29_days  | 1            |             |
        """,
        **JUNE,
    )


def test_first_waits_are_of_finished_courses_and_second_ones_of_open_courses_too(
    clinic: TextBench,
) -> None:
    # e1 ended after one session; e2 is open with two, seen by two therapists; e3 finished; the
    # client of e2 and e3 is one person.
    clinic.given(
        stg_episodes="""
            episode_id | client_id | referred_on | ended_on   | end_reason
            e1         | c1        | 2025-05-01  | 2025-06-30 | dropped_out
            e2         | c2        | 2025-05-01  |            |
            e3         | c2        | 2025-04-01  | 2025-06-30 | completed
        """,
        stg_sessions="""
            session_id | episode_id | therapist_id | scheduled_on
            s1         | e1         | t1           | 2025-06-02
            s2         | e2         | t1           | 2025-06-02
            s3         | e2         | t2           | 2025-06-30
            s4         | e3         | t1           | 2025-05-13
            s5         | e3         | t1           | 2025-06-11
        """,
        stg_attendances="""
            session_id | client_id
            s1         | c1
            s2         | c2
            s3         | c2
            s4         | c2
            s5         | c2
        """,
        int_period_months="""
            period_number | period_kind | period_start_on | period_end_on | month_start_on
            1             | month       | 2025-06-01      | 2025-06-30    | 2025-06-01
        """,
    )
    clinic.expect(
        "mart_waits",
        f"""
        {FIGURES}
        first_within_18_weeks | 1 | 1 | 1
        first_within_6_weeks  | 1 | 1 | 1
        second_29_to_90_days  | 1 | 2 | 1
        second_over_90_days   | 1 | 2 | 0
        second_under_29_days  | 1 | 2 | 1
        """,
        **JUNE,
    )
