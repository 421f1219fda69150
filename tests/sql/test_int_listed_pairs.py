"""Who is measured at start and end: by the client, on what the programme lists, about outcomes."""

import pytest

from tests.sql.text_tables import TextBench


def one_course(clinic: TextBench, *, listed: str, scores: str) -> None:
    """A finished course in a programme that lists these instruments, with these scores."""
    clinic.given(
        stg_programmes=f"programme_id | instruments\n p1 | {listed}",
        stg_episodes="""
            episode_id | programme_id | ended_on   | end_reason
            e1         | p1           | 2025-06-30 | completed
        """,
        stg_sessions="""
            session_id | episode_id | scheduled_on
            s1         | e1         | 2025-06-02
            s2         | e1         | 2025-06-23
        """,
        stg_attendances="session_id\n s1\n s2",
    )
    head = "response_id | episode_id | instrument_id | respondent | administered_on | total_score"
    lines = [
        f"{instrument}-{respondent}-{day} | e1 | {instrument} | {respondent} | {day} | 9"
        for instrument, respondent in (pair.split("/") for pair in scores.split())
        for day in ("2025-06-02", "2025-06-23")
    ]
    clinic.given(stg_responses="\n".join([head, *lines]))


@pytest.mark.parametrize(
    ("listed", "scores", "has_any", "has_all"),
    [
        ("phq9", "phq9/client", "true", "true"),
        ("phq9;gad7", "phq9/client", "true", "false"),
        ("phq9;gad7", "phq9/client gad7/client", "true", "true"),
        # A questionnaire that the programme does not list, or that somebody else answered.
        ("phq9", "gad7/client", "false", "false"),
        ("phq9", "phq9/therapist", "false", "false"),
        # A verdict at the end can have no pair, so that nobody lacks one.
        ("phq9;pgi_c", "phq9/client", "true", "true"),
        ("pgi_c", "pgi_c/client", "false", "false"),
        ("", "phq9/client", "false", "false"),
    ],
)
def test_measured_on_what_the_programme_lists(
    clinic: TextBench, listed: str, scores: str, has_any: str, has_all: str
) -> None:
    one_course(clinic, listed=listed, scores=scores)
    clinic.expect("int_listed_pairs", f"has_any | has_all\n {has_any} | {has_all}")


@pytest.mark.parametrize(
    ("listed", "scores", "has_any", "has_all"),
    [
        ("phq9;gad7", "gad7/client", "false", "false"),
        ("phq9;gad7", "phq9/client", "true", "false"),
        ("phq9;gad7", "phq9/client gad7/client", "true", "true"),
        # All of nothing that tells an outcome is not more than any.
        ("gad7", "gad7/client", "false", "false"),
    ],
)
def test_a_rating_of_the_work_is_no_outcome(
    clinic: TextBench, listed: str, scores: str, has_any: str, has_all: str
) -> None:
    clinic.connection.execute(
        "update ref_instruments set purpose = 'process' where instrument_id = 'gad7'"
    )
    one_course(clinic, listed=listed, scores=scores)
    clinic.expect("int_listed_pairs", f"has_any | has_all\n {has_any} | {has_all}")


def test_a_course_that_did_not_finish_has_no_row(clinic: TextBench) -> None:
    clinic.given(
        stg_episodes="episode_id | ended_on   | end_reason\n e1 | 2025-06-30 | dropped_out",
        stg_sessions="session_id | episode_id | scheduled_on\n s1 | e1 | 2025-06-02",
        stg_attendances="session_id\n s1",
    )
    assert clinic.rows("int_listed_pairs") == []


@pytest.mark.parametrize(
    ("listed", "kind", "days", "has_any", "has_all"),
    [
        ("phq9;gbo", "gbo", ("2025-06-02", "2025-06-23"), "true", "true"),
        ("gbo", "gbo", ("2025-06-02", "2025-06-23"), "true", "true"),
        ("phq9;gbo", "gbo", ("2025-06-02",), "true", "false"),
        ("gbo", "gas", ("2025-06-02", "2025-06-23"), "false", "false"),
    ],
    ids=["rated twice", "nothing else listed", "rated once", "another kind"],
)
def test_goals_are_measured_by_their_ratings(
    clinic: TextBench, listed: str, kind: str, days: tuple[str, ...], has_any: str, has_all: str
) -> None:
    one_course(clinic, listed=listed, scores="phq9/client")
    clinic.connection.execute(
        "insert into ref_instruments by name select 'gbo' as instrument_id, 'outcome' as purpose,"
        " false as is_scored"
    )
    clinic.given(
        stg_goals=f"goal_id | episode_id | kind\n g1 | e1 | {kind}",
        stg_goal_ratings="goal_id | rated_on | value_points\n"
        + "\n".join(f"g1 | {day} | 5" for day in days),
    )
    clinic.expect("int_listed_pairs", f"has_any | has_all\n {has_any} | {has_all}")
