"""Measures due at sessions, and which of them were done."""

from datetime import date, timedelta

import pytest

from tests.sql.text_tables import TextBench

SESSIONS = """
    session_id | episode_id | scheduled_on
    s1         | e1         | 2025-01-06
    s2         | e1         | 2025-01-13
    s3         | e1         | 2025-02-03
"""


@pytest.mark.parametrize(
    ("every", "january", "february"), [(1, 4, 2), (2, 2, None), (3, None, 2), (4, None, None)]
)
def test_due_at_every_nth_attended_session(
    clinic: TextBench, every: int, january: int | None, february: int | None
) -> None:
    clinic.given(
        stg_programmes=f"""
            programme_id | instruments | measure_every_sessions
            p1           | phq9;gad7   | {every}
        """,
        stg_episodes="episode_id\n e1",
        stg_sessions=SESSIONS + "            s0 | e1 | 2025-01-02\n",
        stg_attendances="""
            session_id | status
            s0         | no_show
            s1         | attended
            s2         | attended
            s3         | attended
        """,
    )
    months = {row["month_start_on"].month: row["n_due"] for row in clinic.rows("int_measures_due")}
    assert (months.get(1), months.get(2)) == (january, february)


@pytest.mark.parametrize(
    ("days", "n_done"), [(-8, 0), (-7, 1), (0, 1), (7, 1), (8, 0)], ids=lambda value: str(value)
)
def test_done_within_seven_days_of_the_session(clinic: TextBench, days: int, n_done: int) -> None:
    clinic.given(
        stg_programmes="programme_id | instruments\n p1 | phq9;gad7",
        stg_episodes="episode_id\n e1",
        stg_sessions="session_id | episode_id | scheduled_on\n s1 | e1 | 2025-01-13",
        stg_attendances="session_id\n s1",
        stg_responses=f"""
            response_id | episode_id | administered_on | total_score
            r1          | e1         | {date(2025, 1, 13) + timedelta(days=days)} | 15
        """,
    )
    clinic.expect(
        "int_measures_due",
        f"episode_key | month_start_on | n_due | n_done\n e1 | 2025-01-01 | 2 | {n_done}",
    )


@pytest.mark.parametrize(
    ("instrument_id", "respondent", "total_score", "n_done"),
    [
        ("phq9", "client", "15", 1),
        ("phq9", "client", "", 0),
        ("phq9", "parent", "15", 1),
        ("phq9", "therapist", "15", 0),
        ("gad7", "client", "15", 0),
        ("isi", "client", "", 1),
    ],
    ids=["scored", "unscorable", "by a parent", "by the therapist", "not listed", "not scored yet"],
)
def test_done_by_a_usable_response_of_anybody_but_the_therapist(
    clinic: TextBench, instrument_id: str, respondent: str, total_score: str, n_done: int
) -> None:
    clinic.given(
        stg_programmes="programme_id | instruments\n p1 | phq9;isi",
        stg_episodes="episode_id\n e1",
        stg_sessions="session_id | episode_id | scheduled_on\n s1 | e1 | 2025-01-13",
        stg_attendances="session_id\n s1",
        stg_responses=f"""
            response_id | episode_id | instrument_id   | respondent   | administered_on | total_score
            r1          | e1         | {instrument_id} | {respondent} | 2025-01-13      | {total_score}
        """,
    )
    clinic.expect("int_measures_due", f"n_due | n_done\n 2 | {n_done}")


def test_no_programme_no_measure_due(clinic: TextBench) -> None:
    clinic.given(
        stg_episodes="episode_id\n e1",
        stg_sessions=SESSIONS,
        stg_attendances="session_id\n s1\n s2\n s3",
    )
    assert clinic.rows("int_measures_due") == []


def test_one_form_serves_the_nearest_session_only(clinic: TextBench) -> None:
    clinic.given(
        stg_programmes="programme_id | instruments\n p1 | phq9",
        stg_episodes="episode_id\n e1",
        stg_sessions="""
            session_id | episode_id | scheduled_on
            s1         | e1         | 2025-01-06
            s2         | e1         | 2025-01-13
            s3         | e1         | 2025-01-20
        """,
        stg_attendances="session_id\n s1\n s2\n s3",
        stg_responses="response_id | instrument_id | administered_on | total_score\n"
        " r1 | phq9 | 2025-01-14 | 9\n r2 | phq9 | 2025-01-14 | 9",
    )
    (row,) = clinic.rows("int_measures_due")
    assert (row["n_due"], row["n_done"]) == (3, 1)


@pytest.mark.parametrize(
    ("window", "days", "n_done"),
    [(0, 0, 1), (0, 1, 0), (0, -1, 0), (8, 8, 1), (8, -8, 1), (8, 9, 0)],
)
def test_how_many_days_count_is_a_setting(
    clinic: TextBench, window: int, days: int, n_done: int
) -> None:
    clinic.parameters["session_window_days"] = window
    clinic.given(
        stg_programmes="programme_id | instruments\n p1 | phq9",
        stg_episodes="episode_id\n e1",
        stg_sessions="session_id | episode_id | scheduled_on\n s1 | e1 | 2025-01-13",
        stg_attendances="session_id\n s1",
        stg_responses=f"""
            response_id | episode_id | administered_on | total_score
            r1          | e1         | {date(2025, 1, 13) + timedelta(days=days)} | 15
        """,
    )
    (row,) = clinic.rows("int_measures_due")
    assert row["n_done"] == n_done


# Sessions in the last hour of January and on 2 February at 8, so that the month tells them apart.
@pytest.mark.parametrize(
    ("answered_at", "january", "february"),
    [
        ("2025-02-01T15:29", 1, 0),
        ("2025-02-01T15:30", 1, 0),
        ("2025-02-01T15:31", 0, 1),
        ("2025-02-01T22:00", 0, 1),
        ("2025-01-31T22:00", 1, 0),
    ],
    ids=["nearer to the first", "half way", "nearer to the second", "evening before", "same day"],
)
def test_a_form_serves_the_session_that_is_nearest_in_time(
    clinic: TextBench, answered_at: str, january: int, february: int
) -> None:
    clinic.given(
        stg_programmes="programme_id | instruments\n p1 | phq9",
        stg_episodes="episode_id\n e1",
        stg_sessions="""
            session_id | episode_id | scheduled_at
            s1         | e1         | 2025-01-31T23:00
            s2         | e1         | 2025-02-02T08:00
        """,
        stg_attendances="session_id\n s1\n s2",
        stg_responses=f"""
            response_id | episode_id | administered_at | total_score
            r1          | e1         | {answered_at}   | 15
        """,
    )
    done = {row["month_start_on"].month: row["n_done"] for row in clinic.rows("int_measures_due")}
    assert done == {1: january, 2: february}


def test_two_forms_of_a_day_serve_two_sessions_of_that_day(clinic: TextBench) -> None:
    clinic.given(
        stg_programmes="programme_id | instruments\n p1 | phq9",
        stg_episodes="episode_id\n e1",
        stg_sessions="""
            session_id | episode_id | scheduled_at
            s1         | e1         | 2025-01-06T09:00
            s2         | e1         | 2025-01-06T17:00
        """,
        stg_attendances="session_id\n s1\n s2",
        stg_responses="""
            response_id | administered_at     | total_score
            r1          | 2025-01-06T08:50 | 9
            r2          | 2025-01-06T16:50 | 9
        """,
    )
    (row,) = clinic.rows("int_measures_due")
    assert (row["n_due"], row["n_done"]) == (2, 2)


def test_the_second_of_two_sessions_of_a_day_is_the_later_one(clinic: TextBench) -> None:
    clinic.given(
        stg_programmes="""
            programme_id | instruments | measure_every_sessions
            p1           | phq9        | 2
        """,
        stg_episodes="episode_id\n e1",
        stg_sessions="""
            session_id | episode_id | scheduled_at
            s1         | e1         | 2025-01-06T17:00
            s2         | e1         | 2025-01-06T09:00
            s3         | e1         | 2025-01-06T17:00
            s4         | e1         | 2025-02-03T09:00
        """,
        stg_attendances="session_id\n s1\n s2\n s4",
        stg_responses="response_id | administered_at | total_score\n r1 | 2025-01-13T17:00 | 9",
    )
    clinic.parameters["session_window_days"] = 7
    months = {row["month_start_on"].month: row["n_done"] for row in clinic.rows("int_measures_due")}
    assert months == {1: 1}


def test_an_instrument_that_nobody_knows_is_not_due(clinic: TextBench) -> None:
    clinic.given(
        stg_programmes="programme_id | instruments\n p1 | phq9;gad-7",
        stg_episodes="episode_id\n e1",
        stg_sessions="session_id | episode_id | scheduled_on\n s1 | e1 | 2025-01-06",
        stg_attendances="session_id\n s1",
    )
    (row,) = clinic.rows("int_measures_due")
    assert row["n_due"] == 1


@pytest.mark.parametrize(
    ("named", "january", "february"),
    [("", 1, 0), ("s2", 0, 1), ("s1", 1, 0), ("s3", 1, 0)],
    ids=["nearest in time", "the later one", "the earlier one", "missed"],
)
def test_a_form_serves_the_session_that_it_names(
    clinic: TextBench, named: str, january: int, february: int
) -> None:
    clinic.given(
        stg_programmes="programme_id | instruments\n p1 | phq9",
        stg_episodes="episode_id\n e1",
        stg_sessions="""
            session_id | episode_id | scheduled_on
            s1         | e1         | 2025-01-27
            s2         | e1         | 2025-02-03
            s3         | e1         | 2025-02-04
        """,
        stg_attendances="session_id | status\n s1 | attended\n s2 | attended\n s3 | no_show",
        # Three days after the first session and four before the second.
        stg_responses=f"""
            response_id | instrument_id | session_id | administered_on | total_score
            r1          | phq9          | {named}    | 2025-01-30      | 9
        """,
    )
    clinic.expect(
        "int_measures_due",
        f"month_start_on | n_due | n_done\n 2025-01-01 | 1 | {january}\n 2025-02-01 | 1 | {february}",
    )


@pytest.mark.parametrize(
    ("kind", "rated_by", "n_done"),
    [("gbo", "client", 2), ("gbo", "therapist", 1), ("gas", "client", 1)],
)
def test_a_listed_goal_is_done_when_the_client_rated_one(
    clinic: TextBench, kind: str, rated_by: str, n_done: int
) -> None:
    clinic.connection.execute(
        "insert into ref_instruments by name select 'gbo' as instrument_id, 'outcome' as purpose,"
        " false as is_scored"
    )
    clinic.given(
        stg_programmes="programme_id | instruments\n p1 | phq9;gbo",
        stg_episodes="episode_id\n e1",
        stg_sessions="session_id | episode_id | scheduled_on\n s1 | e1 | 2025-01-13",
        stg_attendances="session_id\n s1",
        stg_responses="response_id | administered_on | total_score\n r1 | 2025-01-13 | 9",
        stg_goals=f"goal_id | kind\n g1 | {kind}\n g2 | {kind}",
        stg_goal_ratings=f"""
            goal_id | rated_by   | rated_on   | value_points
            g1      | {rated_by} | 2025-01-13 | 5
            g2      | {rated_by} | 2025-01-13 | 3
        """,
    )
    clinic.expect(
        "int_measures_due",
        f"n_due | n_done | n_sessions_complete\n 2 | {n_done} | {1 if n_done == 2 else 0}",
    )


@pytest.mark.parametrize(
    ("named", "day", "n_done"),
    [
        ("s1", "2025-01-02", 0),
        ("s1", "2025-01-08", 0),
        ("s1", "2025-01-14", 0),
        ("s2", "2025-01-08", 1),
        ("", "2025-01-08", 1),
        ("", "2025-01-02", 0),
    ],
)
def test_a_form_of_a_session_at_which_nothing_was_due_serves_no_other(
    clinic: TextBench, named: str, day: str, n_done: int
) -> None:
    clinic.given(
        stg_programmes="""
            programme_id | instruments | measure_every_sessions
            p1           | phq9        | 2
        """,
        stg_episodes="episode_id\n e1",
        stg_sessions="""
            session_id | episode_id | scheduled_on
            s1         | e1         | 2025-01-08
            s2         | e1         | 2025-01-15
        """,
        stg_attendances="session_id\n s1\n s2",
        stg_responses=f"""
            response_id | session_id | administered_on | total_score
            r1          | {named}    | {day}           | 9
        """,
    )
    clinic.expect("int_measures_due", f"n_due | n_done\n 1 | {n_done}")


def test_of_two_sessions_of_a_day_the_name_tells_which(clinic: TextBench) -> None:
    clinic.given(
        stg_programmes="programme_id | instruments\n p1 | phq9",
        stg_episodes="episode_id\n e1",
        stg_sessions="""
            session_id | episode_id | scheduled_at
            s1         | e1         | 2025-01-06T09:00
            s2         | e1         | 2025-01-06T14:00
        """,
        stg_attendances="session_id\n s1\n s2",
        # Both are nearer in time to the second one.
        stg_responses="""
            response_id | session_id | administered_at  | total_score
            r1          | s1         | 2025-01-06T12:00 | 9
            r2          | s2         | 2025-01-06T13:55 | 9
        """,
    )
    clinic.expect("int_measures_due", "n_due | n_done\n 2 | 2")
