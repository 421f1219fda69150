"""Curves, and who is still there at each point."""

from datetime import date
from typing import Any

from tests.sql.text_tables import TextBench
from tests.sql.weekly_courses import give_courses

SESSIONS: dict[str, Any] = {"level": "clinic", "period_kind": "all", "axis": "session"}
WEEKS: dict[str, Any] = {**SESSIONS, "axis": "week"}
THERE = "position | n_courses | n_there | n_measured"


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("mart_trajectories") == []


def test_open_courses_and_courses_without_a_first_score_have_no_curve(clinic: TextBench) -> None:
    give_courses(clinic, {"c1": {4: 20, 5: 10}})
    assert clinic.rows("mart_trajectories") == []


def test_a_curve_falls_when_those_who_were_worse_off_leave(clinic: TextBench) -> None:
    # Nobody changes: c2 leaves after session 1, and the mean falls from 15 to 10.
    give_courses(
        clinic, {"c1": {1: 10, 2: 10, 3: 10}, "c2": {1: 20}}, n_attended={"c1": 3, "c2": 1}
    )
    clinic.expect(
        "mart_trajectories",
        f"""
        {THERE} | mean_points | measured_first_mean_points | first_mean_points | there_first_mean_points | gone_first_mean_points | gone_last_mean_points
        1 | 2 | 2 | 2 | 15 | 15 | 15 | 15 |    |
        2 | 2 | 1 | 1 | 10 | 10 | 15 | 10 |    |
        3 | 2 | 1 | 1 | 10 | 10 | 15 | 10 |    |
        """,
        **SESSIONS,
    )


def test_those_who_left_are_told_by_their_pairs_alone(clinic: TextBench) -> None:
    # c2 has one score and c4 two of one day: neither says that nothing changed.
    give_courses(
        clinic,
        {"c1": {1: 10, 2: 10, 3: 10}, "c2": {1: 20}, "c3": {1: 16, 2: 12}, "c4": {1: 24}},
        n_attended={"c1": 3, "c2": 1, "c3": 2, "c4": 1},
    )
    clinic.connection.execute(
        "insert into stg_responses by name select * replace (response_id || 'b' as response_id,"
        " response_key || 'b' as response_key, total_score - 1 as total_score,"
        " administered_at + interval 1 hour as administered_at)"
        " from stg_responses where episode_key = 'c4'"
    )
    clinic.expect(
        "mart_trajectories",
        """
        position | n_courses | n_there | n_gone_paired | gone_first_mean_points | gone_last_mean_points
        1        | 4         | 4       | 0             |                        |
        2        | 4         | 2       | 0             |                        |
        3        | 4         | 1       | 1             | 16                     | 12
        """,
        **SESSIONS,
    )


def test_spread_and_quartiles(clinic: TextBench) -> None:
    # Of 4, 8, 9, 15: the places are 0.75, 1.5 and 2.25.
    give_courses(clinic, {f"c{points}": {1: points} for points in (4, 8, 9, 15)}, n_sessions=2)
    clinic.expect(
        "mart_trajectories",
        """
        n_clients | n_there | n_measured | mean_points | sd_points | q1_points | median_points | q3_points
        4         | 4       | 4          | 9           | 4.5461    | 7         | 8.5           | 10.5
        """,
        **SESSIONS,
    )


def test_one_score_for_each_course_and_position(clinic: TextBench) -> None:
    give_courses(clinic, {"c1": {1: 20, 2: 15}}, n_sessions=1)
    # Session 2 was not attended: its form still belongs to session 1, and to week 1.
    clinic.expect("mart_trajectories", f"{THERE} | mean_points\n 1 | 1 | 1 | 1 | 15", **SESSIONS)
    clinic.expect(
        "mart_trajectories",
        f"{THERE} | mean_points\n 0 | 1 | 1 | 1 | 20\n 1 | 1 | 1 | 1 | 15",
        **WEEKS,
    )


def test_the_end_of_the_course_decides_who_is_there_in_a_week(clinic: TextBench) -> None:
    scores = {1: 20, 2: 19, 3: 18}
    give_courses(clinic, {"c1": scores, "c2": scores})
    # 2025-01-19 is day 13, the last of week 1; its form of session 3 comes after the end.
    clinic.connection.execute(
        "update stg_episodes set ended_on = date '2025-01-19' where episode_id = 'c2'"
    )
    clinic.expect(
        "mart_trajectories",
        f"{THERE}\n 0 | 2 | 2 | 2\n 1 | 2 | 2 | 2\n 2 | 2 | 1 | 1",
        **WEEKS,
    )


def test_positions_end_where_the_settings_say(clinic: TextBench) -> None:
    clinic.parameters["trajectory_positions"] = 2
    give_courses(clinic, {"c1": dict.fromkeys(range(1, 6), 20)})
    clinic.expect("mart_trajectories", f"{THERE}\n 1 | 1 | 1 | 1\n 2 | 1 | 1 | 1", **SESSIONS)
    clinic.expect(
        "mart_trajectories",
        f"{THERE}\n 0 | 1 | 1 | 1\n 1 | 1 | 1 | 1\n 2 | 1 | 1 | 1",
        **WEEKS,
    )


def test_periods_are_by_the_end_and_therapists_and_groups_have_the_newest_alone(
    clinic: TextBench,
) -> None:
    give_courses(clinic, {"c1": {1: 20}, "c2": {1: 10}}, n_sessions=2)
    clinic.connection.execute(
        "update stg_episodes set ended_on = date '2025-12-31' where episode_id = 'c2'"
    )
    rows = clinic.rows("mart_trajectories", ["level", "period_kind", "period_end_on", "n_courses"])
    by_level = {
        level: {
            (row["period_kind"], row["period_end_on"]): row["n_courses"]
            for row in rows
            if row["level"] == level
        }
        for level in ("clinic", "programme", "therapist")
    }
    newest = date(2025, 12, 31)
    assert by_level["therapist"] == {("rolling_12m", newest): 2}
    # Its one programme has the courses of the clinic.
    assert by_level["programme"] == by_level["clinic"]
    assert by_level["clinic"]["rolling_12m", date(2025, 6, 30)] == 1
    assert by_level["clinic"]["rolling_12m", date(2025, 11, 30)] == 1
    assert by_level["clinic"]["rolling_12m", newest] == 2
    assert ("rolling_12m", date(2025, 5, 31)) not in by_level["clinic"]
    assert by_level["clinic"]["all", newest] == 2
