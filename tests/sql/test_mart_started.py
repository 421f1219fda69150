"""Where the courses that started are now."""

from datetime import date

import pytest

from tests.sql.text_tables import TextBench

JUNE = {"period_kind": "month", "period_start_on": date(2025, 6, 1)}
FIGURES = "n_started | n_open | n_ended_early | n_not_measured | n_measured"
SCORED = "response_id | client_id | episode_id | instrument_id | administered_on | total_score"


def one_course(clinic: TextBench, *, instrument: str, last_score: str, respondent: str) -> None:
    """A finished course with two scores a fortnight apart, the second as given."""
    clinic.given(
        stg_programmes="programme_id | instruments\n p1 | phq9;pgi_c",
        stg_episodes="""
            episode_id | programme_id | ended_on   | end_reason
            e1         | p1           | 2025-06-30 | completed
        """,
        stg_sessions="""
            session_id | episode_id | scheduled_on
            s1         | e1         | 2025-06-02
            s2         | e1         | 2025-06-16
        """,
        stg_attendances="session_id\n s1\n s2",
        stg_responses=f"""
            {SCORED} | respondent
            r1 | c1 | e1 | {instrument} | 2025-06-02 | 5 | {respondent}
            r2 | c1 | e1 | {instrument} | 2025-06-16 | {last_score} | {respondent}
        """,
    )


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("mart_started") == []


def test_a_period_in_which_nobody_started_has_no_row(clinic: TextBench) -> None:
    # Started on paper, and not one session attended.
    clinic.given(
        stg_episodes="episode_id | started_on\n e1 | 2025-06-01",
        stg_sessions="session_id | episode_id | scheduled_on\n s1 | e1 | 2025-06-01",
        stg_attendances="session_id | status\n s1 | no_show",
    )
    assert clinic.rows("mart_started") == []


@pytest.mark.parametrize(
    ("instrument", "last_score", "respondent", "is_measured"),
    [
        ("phq9", "5", "client", True),
        ("phq9", "", "client", False),
        ("phq9", "4", "therapist", False),
        ("pgi_c", "2", "client", False),
    ],
)
def test_one_client_is_measured_with_a_pair_of_their_own(
    clinic: TextBench, instrument: str, last_score: str, respondent: str, is_measured: bool
) -> None:
    one_course(clinic, instrument=instrument, last_score=last_score, respondent=respondent)
    counts = "1 | 0 | 0 | 0 | 1" if is_measured else "1 | 0 | 0 | 1 | 0"
    clinic.expect("mart_started", f"{FIGURES}\n {counts}", level="clinic", **JUNE)


def test_an_instrument_about_the_work_measures_no_outcome(clinic: TextBench) -> None:
    clinic.connection.execute("update ref_instruments set purpose = 'process'")
    one_course(clinic, instrument="phq9", last_score="4", respondent="client")
    clinic.expect("mart_started", f"{FIGURES}\n 1 | 0 | 0 | 1 | 0", level="clinic", **JUNE)


def test_every_course_is_in_one_place_in_the_month_of_its_first_attended_session(
    clinic: TextBench,
) -> None:
    # e1 open; e2 ends on the last delivery's day, after one session; e3 the day after it; e4
    # finished without a score; e5 started the day before, e6 the day after the month.
    clinic.given(
        stg_programmes="programme_id\n p1\n p2",
        stg_episodes="""
            episode_id | client_id | programme_id | ended_on   | end_reason
            e1         | c1        | p1           |            |
            e2         | c2        | p1           | 2025-12-31 | dropped_out
            e3         | c3        | p1           | 2026-01-01 | completed
            e4         | c4        | p2           | 2025-07-31 | completed
            e5         | c5        | p2           | 2025-07-31 | completed
            e6         | c6        | p2           | 2025-07-31 | completed
        """,
        stg_sessions="""
            session_id | episode_id | therapist_id | scheduled_on
            s1         | e1         | t1           | 2025-06-01
            s1b        | e1         | t1           | 2025-12-01
            s2         | e2         | t1           | 2025-06-30
            s3         | e3         | t1           | 2025-06-15
            s4         | e4         | t1           | 2025-06-15
            s4b        | e4         | t2           | 2025-07-15
            s5         | e5         | t1           | 2025-05-31
            s6         | e6         | t1           | 2025-07-01
        """,
        stg_attendances="""
            session_id | client_id
            s1         | c1
            s1b        | c1
            s2         | c2
            s3         | c3
            s4         | c4
            s4b        | c4
            s5         | c5
            s6         | c6
        """,
    )
    # The client of two therapists counts once; therapists and groups have no rows.
    clinic.expect(
        "mart_started",
        f"""
        level     | subject_id | {FIGURES}
        clinic    | clinic     | 4 | 2 | 1 | 1 | 0
        programme | p1         | 3 | 2 | 1 | 0 | 0
        programme | p2         | 1 | 0 | 0 | 1 | 0
        """,
        **JUNE,
    )
    clinic.expect(
        "mart_started",
        f"{FIGURES}\n 6 | 2 | 3 | 1 | 0",
        level="clinic",
        period_kind="rolling_12m",
        period_start_on=date(2024, 8, 1),
    )
