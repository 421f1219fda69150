"""A course's scores in their order, with the session and the week that each belongs to."""

import pytest

from tests.sql.text_tables import TextBench
from tests.sql.weekly_courses import give_courses

SHOWN = "place | session_number | week | score_points | improvement_points | is_case"
FORM = "response_id | client_id | episode_id | instrument_id | respondent | administered_at"


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("int_session_scores") == []


def test_one_course_with_a_score_before_session_1(clinic: TextBench) -> None:
    give_courses(clinic, {"c1": {0: 20, 1: 16, 2: 9}}, n_sessions=2)
    clinic.expect(
        "int_session_scores",
        f"""
        {SHOWN}
        1 | 0 | 0 | 20 | 0  | true
        2 | 1 | 0 | 16 | 4  | true
        3 | 2 | 1 | 9  | 11 | false
        """,
    )


def test_a_first_score_later_than_a_fortnight_gives_no_improvement(clinic: TextBench) -> None:
    # Session 3 is a fortnight after session 1; session 4 is later.
    give_courses(clinic, {"c1": {3: 20, 4: 9}, "c2": {4: 20, 5: 9}})
    clinic.expect(
        "int_session_scores",
        """
        episode_key | place | improvement_points
        c1          | 1     | 0
        c1          | 2     | 11
        c2          | 1     |
        c2          | 2     |
        """,
    )


def test_scores_of_one_moment_go_by_response_id_and_those_after_the_end_are_left_out(
    clinic: TextBench,
) -> None:
    clinic.given(
        stg_episodes="episode_id | started_on | ended_on\n e1 | 2025-03-03 | 2025-03-10",
        stg_responses=f"""
            {FORM} | total_score
            r3     | c1 | e1 | phq9 | client | 2025-03-10T09:00 | 7
            r2     | c1 | e1 | phq9 | client | 2025-03-10T09:00 | 8
            r4     | c1 | e1 | phq9 | client | 2025-03-11T09:00 | 6
            r1     | c1 | e1 | phq9 | client | 2025-03-03T09:00 | 9
        """,
    )
    clinic.expect(
        "int_session_scores", "place | score_points\n 1 | 9\n 2 | 8\n 3 | 7", episode_key="e1"
    )


def test_others_scores_verdicts_and_unscored_forms_are_no_path(clinic: TextBench) -> None:
    clinic.given(
        stg_episodes="episode_id\n e1",
        stg_responses=f"""
            {FORM} | total_score
            r1     | c1 | e1 | phq9  | parent | 2025-03-10T09:00 | 7
            r2     | c1 | e1 | pgi_c | client | 2025-03-10T09:00 | 2
            r3     | c1 | e1 | phq9  | client | 2025-03-10T09:00 |
            r4     | c1 | e1 | phq9  | client | 2025-03-10T09:00 | 28
        """,
    )
    assert clinic.rows("int_session_scores") == []


def test_without_a_session_1_there_is_no_week(clinic: TextBench) -> None:
    clinic.given(
        stg_episodes="episode_id\n e1",
        stg_responses=f"{FORM} | total_score\n r1 | c1 | e1 | ors | client | 2025-03-10T09:00 | 25",
    )
    clinic.expect(
        "int_session_scores",
        "session_number | week | since_start_days | distance_points | is_case\n 0 | | | 15 | false",
    )


def test_two_sessions_of_a_day_count_as_two(clinic: TextBench) -> None:
    give_courses(clinic, {"c1": {1: 20, 2: 19}}, n_sessions=2)
    clinic.connection.execute(
        "insert into stg_sessions select * replace ('x' as session_id, 'x' as session_key)"
        " from stg_sessions where session_id = 'c1-2'"
    )
    clinic.connection.execute(
        "insert into stg_attendances select * replace ('x' as session_id, 'x' as session_key)"
        " from stg_attendances where session_id = 'c1-2'"
    )
    clinic.expect("int_session_scores", "place | session_number\n 1 | 1\n 2 | 3")


def give_named_forms(clinic: TextBench, forms: str) -> None:
    """Four weekly sessions and forms that name one of them."""
    clinic.given(
        stg_episodes="episode_id | started_on\n e1 | 2025-03-03",
        stg_sessions="""
            session_id | episode_id | scheduled_on
            s1         | e1         | 2025-03-03
            s2         | e1         | 2025-03-10
            s3         | e1         | 2025-03-17
            s4         | e1         | 2025-03-24
        """,
        stg_attendances="""
            session_id | status
            s1         | attended
            s2         | attended
            s3         | no_show
            s4         | attended
        """,
        stg_responses=f"response_id | episode_id | session_id | administered_on | total_score\n{forms}",
    )


def test_a_form_of_the_evening_before_is_of_the_session_that_it_names(clinic: TextBench) -> None:
    give_named_forms(
        clinic,
        """
        r1 | e1 | s1 | 2025-03-02 | 20
        r2 | e1 | s2 | 2025-03-09 | 18
        r3 | e1 |    | 2025-03-23 | 16
        """,
    )
    clinic.expect(
        "int_session_scores",
        """
        place | session_number | week | score_points
        1     | 1              | 0    | 20
        2     | 2              | 0    | 18
        3     | 2              | 2    | 16
        """,
    )


# Day of the form, its session, and whether it belongs to a later session than its day tells.
NAMED = [
    ("2025-03-17", "s4", 3),
    ("2025-03-16", "s4", 2),
    ("2025-03-16", "s3", 2),
    ("2025-03-16", "gone", 2),
    ("2025-03-24", "s4", 3),
    ("2025-03-25", "s2", 3),
]


@pytest.mark.parametrize(
    ("day", "session", "number"),
    NAMED,
    ids=["7 days before", "8 days", "missed", "unknown", "its day", "an earlier one"],
)
def test_a_named_session_counts_when_it_was_attended_and_is_near(
    clinic: TextBench, day: str, session: str, number: int
) -> None:
    give_named_forms(clinic, f"r1 | e1 | {session} | {day} | 20")
    (row,) = clinic.rows("int_session_scores")
    assert row["session_number"] == number


@pytest.mark.parametrize(
    ("other", "numbers"),
    [
        ("2025-03-09", [1, 1]),
        ("2025-03-08", [1, 2]),
        ("2025-03-10", [2, 2]),
    ],
    ids=["between them", "before the form", "at the session"],
)
def test_no_form_passes_another(clinic: TextBench, other: str, numbers: list[int]) -> None:
    give_named_forms(clinic, f"r1 | e1 | s2 | 2025-03-08 | 20\n r2 | e1 | | {other} | 19")
    if other == "2025-03-08":
        clinic.connection.execute(
            "update stg_responses set administered_at = administered_at - interval 1 hour"
            " where response_id = 'r2'"
        )
    rows = clinic.rows("int_session_scores")
    assert [row["session_number"] for row in rows] == numbers


def test_a_session_of_another_client_or_course_is_not_named(clinic: TextBench) -> None:
    give_named_forms(clinic, "r1 | e1 | s2 | 2025-03-09 | 20")
    clinic.connection.execute("update stg_sessions set episode_id = 'e2', episode_key = 'e2'")
    assert clinic.rows("int_named_sessions") == []
    clinic.restart()
    give_named_forms(clinic, "r1 | e1 | s2 | 2025-03-09 | 20")
    clinic.connection.execute("update stg_attendances set client_id = 'c2', client_key = 'c2'")
    assert clinic.rows("int_named_sessions") == []
