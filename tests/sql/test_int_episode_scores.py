"""First and last scores of a course."""

import pytest

from tests.sql.text_tables import TextBench

COURSE = """
    episode_id | started_on | ended_on   | end_reason
    e1         | 2025-01-10 | 2025-06-30 | completed
"""
SHOWN = "n_responses | first_on | first_points | last_on | last_points"


@pytest.mark.parametrize(("day", "is_first"), [("2025-01-24", True), ("2025-01-25", False)])
def test_a_first_score_comes_within_14_days_of_session_1(
    clinic: TextBench, day: str, is_first: bool
) -> None:
    clinic.given(
        stg_episodes=COURSE,
        stg_responses=f"""
            response_id | episode_id | administered_on | total_score
            r1          | e1         | {day}           | 15
            r2          | e1         | 2025-05-01      | 7
        """,
    )
    found = f"2 | {day} | 15 | 2025-05-01 | 7" if is_first else "2 | | | |"
    clinic.expect("int_episode_scores", f"{SHOWN}\n{found}")


def test_session_1_is_the_first_attended_one(clinic: TextBench) -> None:
    clinic.given(
        stg_episodes=COURSE,
        stg_sessions="session_id | episode_id | scheduled_on\n s1 | e1 | 2025-02-10",
        stg_attendances="session_id\n s1",
        stg_responses="""
            response_id | episode_id | administered_on | total_score
            r1          | e1         | 2025-02-24      | 15
        """,
    )
    clinic.expect("int_episode_scores", f"{SHOWN}\n1 | 2025-02-24 | 15 | |")


def test_without_a_session_1_there_is_no_limit(clinic: TextBench) -> None:
    clinic.given(
        stg_episodes="episode_id | referred_on\n e1 | 2025-01-01",
        stg_responses="""
            response_id | episode_id | administered_on | total_score
            r1          | e1         | 2025-09-01      | 15
        """,
    )
    clinic.expect("int_episode_scores", f"{SHOWN}\n1 | 2025-09-01 | 15 | |")


@pytest.mark.parametrize(("day", "is_last"), [("2025-06-30", True), ("2025-07-01", False)])
def test_a_last_score_is_not_after_the_end(clinic: TextBench, day: str, is_last: bool) -> None:
    clinic.given(
        stg_episodes=COURSE,
        stg_responses=f"""
            response_id | episode_id | administered_on | total_score
            r1          | e1         | 2025-01-10      | 15
            r2          | e1         | {day}           | 7
        """,
    )
    found = f"2 | 2025-01-10 | 15 | {day} | 7" if is_last else "2 | 2025-01-10 | 15 | |"
    clinic.expect("int_episode_scores", f"{SHOWN}\n{found}")


@pytest.mark.parametrize(("day", "is_last"), [("2025-01-10", False), ("2025-01-11", True)])
def test_a_last_score_is_of_a_later_day(clinic: TextBench, day: str, is_last: bool) -> None:
    clinic.given(
        stg_episodes=COURSE,
        stg_responses=f"""
            response_id | episode_id | administered_at  | total_score
            r1          | e1         | 2025-01-10T09:00 | 15
            r2          | e1         | {day}T17:00      | 7
        """,
    )
    found = f"2 | 2025-01-10 | 15 | {day} | 7" if is_last else "2 | 2025-01-10 | 15 | |"
    clinic.expect("int_episode_scores", f"{SHOWN}\n{found}")


def test_scores_of_one_moment_go_by_response_id_and_not_by_key(clinic: TextBench) -> None:
    clinic.given(
        stg_episodes=COURSE,
        stg_responses="""
            response_id | response_key | episode_id | administered_at  | total_score
            r1          | zz           | e1         | 2025-01-10T09:00 | 11
            r2          | aa           | e1         | 2025-01-10T09:00 | 12
            r3          | yy           | e1         | 2025-05-01T09:00 | 3
            r4          | bb           | e1         | 2025-05-01T09:00 | 4
        """,
    )
    clinic.expect("int_episode_scores", f"{SHOWN}\n4 | 2025-01-10 | 11 | 2025-05-01 | 4")


def test_unscorable_and_foreign_responses(clinic: TextBench) -> None:
    clinic.given(
        stg_episodes=COURSE,
        stg_responses="""
            response_id | episode_id | respondent | administered_on | total_score
            r1          | e1         | client     | 2025-01-10      |
            r2          | e1         | client     | 2025-01-12      | 15
            r3          | e1         | client     | 2025-06-01      | 28
            r4          | e1         | parent     | 2025-01-10      | 20
        """,
    )
    clinic.expect(
        "int_episode_scores",
        f"respondent | {SHOWN}\n client | 3 | 2025-01-12 | 15 | |\n parent | 1 | 2025-01-10 | 20 | |",
    )


def test_a_verdict_needs_no_first(clinic: TextBench) -> None:
    clinic.given(
        stg_episodes=COURSE,
        stg_responses="""
            response_id | episode_id | instrument_id | administered_on | total_score
            r1          | e1         | pgi_c         | 2025-06-30      | 2
            r2          | e1         | pgi_c         | 2025-07-01      | 7
        """,
    )
    clinic.expect("int_episode_scores", f"{SHOWN}\n2 | | | 2025-06-30 | 2")


def test_no_responses(clinic: TextBench) -> None:
    clinic.given(stg_episodes=COURSE)
    assert clinic.rows("int_episode_scores") == []
