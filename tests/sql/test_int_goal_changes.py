"""From the first to the last rating of a goal."""

import pytest

from tests.sql.text_tables import TextBench

COURSE = "episode_id | ended_on | end_reason\n e1 | 2025-06-30 | completed"
SESSION = "session_id | episode_id | scheduled_on\n s1 | e1 | 2025-03-01"


def one_course(clinic: TextBench, **tables: str) -> None:
    """A course from March to June, its first session on the first of March."""
    clinic.given(
        stg_episodes=COURSE, stg_sessions=SESSION, stg_attendances="session_id\n s1", **tables
    )


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("int_goal_changes") == []


def test_a_goal_that_nobody_rated_is_there(clinic: TextBench) -> None:
    one_course(clinic, stg_goals="goal_id | set_on\n g1 | 2025-03-01")
    clinic.expect(
        "int_goal_changes",
        """
        goal_key | weight | is_set_late | is_dropped | n_ratings | first_points | is_paired | is_met
        g1       | 1      | false       | false      | 0         |              | false     |
        """,
    )


def test_one_rating_is_no_pair(clinic: TextBench) -> None:
    one_course(
        clinic,
        stg_goals="goal_id | set_on\n g1 | 2025-03-01",
        stg_goal_ratings="goal_id | rated_on | value_points\n g1 | 2025-03-01 | 2",
    )
    clinic.expect(
        "int_goal_changes",
        """
        first_points | last_points | is_paired | improvement_points | reliable_change
        2            |             | false     |                    |
        """,
    )


@pytest.mark.parametrize(
    ("last", "change"),
    [
        ("6", "unchanged"),
        ("7", "improved"),
        ("10", "improved"),
        ("4", "unchanged"),
        ("2", "unchanged"),
        ("1", "deteriorated"),
    ],
)
def test_three_points_are_a_reliable_change(clinic: TextBench, last: str, change: str) -> None:
    one_course(
        clinic,
        stg_goals="goal_id | set_on\n g1 | 2025-03-01",
        stg_goal_ratings=f"""
            goal_id | rated_on   | value_points
            g1      | 2025-03-01 | 4
            g1      | 2025-06-01 | {last}
        """,
    )
    clinic.expect("int_goal_changes", f"reliable_change | is_met\n {change} | ")


@pytest.mark.parametrize(("last", "is_met"), [("-1", "false"), ("0", "true"), ("2", "true")])
def test_a_gas_goal_is_met_from_nought_on_and_has_no_reliable_change(
    clinic: TextBench, last: str, is_met: str
) -> None:
    one_course(
        clinic,
        stg_goals="goal_id | kind | set_on | weight\n g1 | gas | 2025-03-01 | 2",
        stg_goal_ratings=f"""
            goal_id | rated_on   | value_points
            g1      | 2025-03-01 | -2
            g1      | 2025-06-01 | {last}
        """,
    )
    clinic.expect(
        "int_goal_changes", f"weight | has_rule | reliable_change | is_met\n 2 | false | | {is_met}"
    )


@pytest.mark.parametrize(
    ("set_on", "first_on", "first"),
    [
        ("2025-03-01", "2025-03-15", "2"),
        ("2025-03-01", "2025-03-16", ""),
        # A goal set in the course has its own beginning.
        ("2025-04-10", "2025-04-24", "2"),
        ("2025-04-10", "2025-04-25", ""),
    ],
)
def test_the_first_rating_comes_within_a_fortnight_of_session_1_or_of_the_goal(
    clinic: TextBench, set_on: str, first_on: str, first: str
) -> None:
    one_course(
        clinic,
        stg_goals=f"goal_id | set_on\n g1 | {set_on}",
        stg_goal_ratings=f"""
            goal_id | rated_on   | value_points
            g1      | {first_on} | 2
            g1      | 2025-06-30 | 8
        """,
    )
    clinic.expect("int_goal_changes", f"first_points | n_ratings\n {first} | 2")


@pytest.mark.parametrize(
    ("last_on", "last"), [("2025-06-30", "8"), ("2025-07-01", ""), ("2025-03-01", "")]
)
def test_the_last_rating_is_on_a_later_day_and_not_after_the_end(
    clinic: TextBench, last_on: str, last: str
) -> None:
    one_course(
        clinic,
        stg_goals="goal_id | set_on\n g1 | 2025-03-01",
        stg_goal_ratings=f"""
            goal_id | rated_at         | value_points
            g1      | 2025-03-01T09:00 | 2
            g1      | {last_on}T17:00  | 8
        """,
    )
    counted_on = last_on if last else ""
    clinic.expect(
        "int_goal_changes", f"last_on | last_points | n_ratings\n {counted_on} | {last} | 2"
    )


def test_only_the_clients_own_ratings_count(clinic: TextBench) -> None:
    one_course(
        clinic,
        stg_goals="goal_id | set_on\n g1 | 2025-03-01",
        stg_goal_ratings="""
            goal_id | rated_on   | rated_by  | value_points
            g1      | 2025-03-01 | therapist | 1
            g1      | 2025-03-02 | client    | 3
            g1      | 2025-06-01 | client    | 4
            g1      | 2025-06-02 | therapist | 10
        """,
    )
    clinic.expect("int_goal_changes", "n_ratings | first_points | last_points\n 2 | 3 | 4")


@pytest.mark.parametrize(
    ("set_on", "closed_on", "is_late", "is_dropped"),
    [
        ("2025-03-15", "", "false", "false"),
        ("2025-03-16", "2025-06-30", "true", "false"),
        ("2025-03-01", "2025-06-29", "false", "true"),
    ],
)
def test_a_goal_is_set_late_after_a_fortnight_and_dropped_before_the_end(
    clinic: TextBench, set_on: str, closed_on: str, is_late: str, is_dropped: str
) -> None:
    one_course(clinic, stg_goals=f"goal_id | set_on | closed_on\n g1 | {set_on} | {closed_on}")
    clinic.expect("int_goal_changes", f"is_set_late | is_dropped\n {is_late} | {is_dropped}")


@pytest.mark.parametrize(("last", "is_dropped"), [("-1", "true"), ("0", "false"), ("1", "false")])
def test_a_goal_that_was_met_and_closed_early_is_not_dropped(
    clinic: TextBench, last: str, is_dropped: str
) -> None:
    one_course(
        clinic,
        stg_goals="goal_id | kind | set_on | closed_on\n g1 | gas | 2025-03-01 | 2025-06-01",
        stg_goal_ratings=f"""
            goal_id | rated_on   | value_points
            g1      | 2025-03-01 | -2
            g1      | 2025-05-01 | {last}
        """,
    )
    clinic.expect("int_goal_changes", f"is_dropped\n {is_dropped}")


def test_without_a_first_session_nothing_is_late_and_no_first_rating_too_late(
    clinic: TextBench,
) -> None:
    clinic.given(
        stg_episodes="episode_id\n e1",
        stg_goals="goal_id | set_on | closed_on\n g1 | 2025-03-01 | 2025-08-01",
        stg_goal_ratings="""
            goal_id | rated_on   | value_points
            g1      | 2025-05-01 | 3
            g1      | 2025-09-01 | 6
        """,
    )
    clinic.expect(
        "int_goal_changes",
        "is_set_late | is_dropped | first_points | reliable_change\n | true | 3 | improved",
    )


def test_a_kind_without_a_rule_has_its_direction_alone(clinic: TextBench) -> None:
    clinic.connection.execute("update ref_goal_rules set reliable_change_points = null")
    one_course(
        clinic,
        stg_goals="goal_id | set_on\n g1 | 2025-03-01",
        stg_goal_ratings="""
            goal_id | rated_on   | value_points
            g1      | 2025-03-01 | 1
            g1      | 2025-06-01 | 9
        """,
    )
    clinic.expect(
        "int_goal_changes", "has_rule | improvement_points | reliable_change\n false | 8 |"
    )
