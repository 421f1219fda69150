"""Whether sessions had the measures that were due, and how old the last score is at the end."""

from datetime import date

import pytest

from tests.sql.text_tables import TextBench

JUNE = {"level": "clinic", "period_kind": "month", "period_start_on": date(2025, 6, 1)}
SCORED = "response_id | episode_id | instrument_id | administered_on | total_score"


def two_sessions(clinic: TextBench, responses: str, *, ended_on: str = "2025-06-30") -> None:
    """A course of a programme with two instruments, and these responses."""
    clinic.given(
        stg_programmes="programme_id | instruments\n p1 | phq9;gad7",
        stg_episodes=f"episode_id | ended_on | end_reason\n e1 | {ended_on} |",
        stg_sessions="""
            session_id | episode_id | scheduled_on
            s1         | e1         | 2025-06-02
            s2         | e1         | 2025-06-16
        """,
        stg_attendances="session_id\n s1\n s2",
        stg_responses=f"{SCORED}\n{responses}",
    )


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("mart_adherence") == []


def test_any_of_what_was_due_makes_a_session_measured_and_all_of_it_complete(
    clinic: TextBench,
) -> None:
    two_sessions(
        clinic,
        """
        r1 | e1 | phq9 | 2025-06-02 | 10
        r2 | e1 | gad7 | 2025-06-02 | 10
        r3 | e1 | phq9 | 2025-06-16 | 10
        """,
    )
    clinic.expect(
        "int_measures_due",
        "n_due | n_done | n_sessions_due | n_sessions_measured | n_sessions_complete\n"
        " 4 | 3 | 2 | 2 | 1",
    )
    clinic.expect(
        "mart_adherence",
        "n_clients | n_sessions_due | sessions_measured_rate | sessions_complete_rate\n"
        " 1 | 2 | 1 | 0.5",
        **JUNE,
    )


@pytest.mark.parametrize(
    ("responses", "n_with_score", "median"),
    [
        ("r1 | e1 | phq9 | 2025-06-20 | 10", "1", "10"),
        ("r1 | e1 | phq9 | 2025-06-30 | 10", "1", "0"),
        ("r1 | e1 | phq9 | 2025-07-01 | 10", "0", ""),
        ("r1 | e1 | phq9 | 2025-06-20 |", "0", ""),
        ("r1 | e1 | ors | 2025-06-20 | 10", "0", ""),
    ],
    ids=["ten days before", "on the day", "after the end", "not scorable", "not listed"],
)
def test_the_last_score_is_a_valid_one_of_a_listed_instrument_until_the_end(
    clinic: TextBench, responses: str, n_with_score: str, median: str
) -> None:
    two_sessions(clinic, responses)
    clinic.expect(
        "mart_adherence",
        f"n_closed | n_with_last_score | last_score_median_days\n 1 | {n_with_score} | {median}",
        **JUNE,
    )


@pytest.mark.parametrize(
    ("rated_by", "rated_on", "median"),
    [
        ("client", "2025-06-27", 3),
        ("client", "2025-07-01", 10),
        ("therapist", "2025-06-27", 10),
    ],
    ids=["by the client", "after the end", "by the therapist"],
)
def test_a_rating_of_a_listed_goal_is_a_last_score(
    clinic: TextBench, rated_by: str, rated_on: str, median: int
) -> None:
    two_sessions(clinic, "r1 | e1 | phq9 | 2025-06-20 | 10")
    clinic.connection.execute("update stg_programmes set instruments = ['phq9', 'gbo']")
    clinic.given(
        stg_goals="goal_id | kind\n g1 | gbo",
        stg_goal_ratings="goal_id | rated_by | rated_on | value_points\n"
        f" g1 | {rated_by} | {rated_on} | 5",
    )
    clinic.expect("mart_adherence", f"last_score_median_days\n {median}", **JUNE)


@pytest.mark.parametrize(
    ("respondent", "median"), [("parent", 5), ("teacher", 5), ("partner", 5), ("therapist", 10)]
)
def test_the_last_score_is_of_whoever_was_to_answer(
    clinic: TextBench, respondent: str, median: int
) -> None:
    two_sessions(clinic, "r1 | e1 | phq9 | 2025-06-20 | 10\n r2 | e1 | phq9 | 2025-06-25 | 10")
    clinic.connection.execute(
        "update stg_responses set respondent = ? where response_id = 'r2'", [respondent]
    )
    clinic.expect("mart_adherence", f"last_score_median_days\n {median}", **JUNE)


def test_of_two_courses_the_median_is_half_way(clinic: TextBench) -> None:
    two_sessions(clinic, "r1 | e1 | phq9 | 2025-06-20 | 10\n r2 | e2 | phq9 | 2025-06-25 | 10")
    clinic.connection.execute(
        "insert into stg_episodes by name select * replace ('e2' as episode_id,"
        " 'e2' as episode_key, 'c2' as client_key) from stg_episodes"
    )
    clinic.connection.execute(
        "insert into stg_sessions (session_key, episode_key, therapist_id, scheduled_on)"
        " values ('s3', 'e2', 't1', date '2025-06-02')"
    )
    clinic.connection.execute(
        "insert into stg_attendances (session_key, client_key, status)"
        " values ('s3', 'c2', 'attended')"
    )
    clinic.expect(
        "mart_adherence",
        "n_clients | n_sessions_due | n_closed | last_score_median_days\n 2 | 3 | 2 | 7.5",
        **JUNE,
    )


def test_of_three_courses_the_median_is_the_middle_one(clinic: TextBench) -> None:
    responses = (
        f"r{n} | e{n} | phq9 | 2025-06-{day} | 10" for n, day in ((1, 20), (2, 25), (3, 29))
    )
    two_sessions(clinic, "\n".join(responses))
    for episode, client in (("e2", "c2"), ("e3", "c3")):
        clinic.connection.execute(
            "insert into stg_episodes by name select * replace (? as episode_id, ? as episode_key,"
            " ? as client_key) from stg_episodes where episode_id = 'e1'",
            [episode, episode, client],
        )
        clinic.connection.execute(
            "insert into stg_sessions (session_key, episode_key, therapist_id, scheduled_on)"
            " values (?, ?, 't1', date '2025-06-02')",
            [f"s-{episode}", episode],
        )
        clinic.connection.execute(
            "insert into stg_attendances (session_key, client_key, status)"
            " values (?, ?, 'attended')",
            [f"s-{episode}", client],
        )
    clinic.expect("mart_adherence", "n_closed | last_score_median_days\n 3 | 5", **JUNE)


def test_a_course_that_ended_before_it_began_has_no_last_score(clinic: TextBench) -> None:
    two_sessions(clinic, "r1 | e1 | phq9 | 2025-06-20 | 10\n r2 | e2 | phq9 | 2025-06-25 | 10")
    clinic.connection.execute(
        "insert into stg_episodes by name select * replace ('e2' as episode_id,"
        " 'e2' as episode_key, 'c2' as client_key) from stg_episodes"
    )
    clinic.expect("mart_adherence", "n_closed | n_with_last_score\n 1 | 1", **JUNE)


def test_a_programme_without_instruments_has_nothing_due(clinic: TextBench) -> None:
    two_sessions(clinic, "r1 | e1 | phq9 | 2025-06-02 | 10")
    clinic.connection.execute("update stg_programmes set instruments = []")
    clinic.expect(
        "mart_adherence",
        "n_clients | n_sessions_due | sessions_measured_rate | n_closed | n_with_last_score\n"
        " 0 | 0 | | 1 | 0",
        **JUNE,
    )
