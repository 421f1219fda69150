"""Clients' own goals in the courses that finished in a period."""

from datetime import date

from tests.sql.test_mart_domain_outcomes import courses
from tests.sql.text_tables import TextBench

CLINIC = {"level": "clinic", "period_kind": "month", "period_start_on": date(2025, 6, 1)}
GOALS = (
    "goal_key | episode_key | kind | weight | is_set_late | is_dropped | is_paired | first_points"
    " | last_points | improvement_points | reliable_change | is_met"
)


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("mart_goals") == []


def test_a_goal_that_nobody_rated_has_counts_and_no_rate(clinic: TextBench) -> None:
    courses(clinic, "c1")
    clinic.given(int_goal_changes=f"{GOALS}\n g1 | e1 | gbo | 1 | true | true | false | | | | |")
    clinic.expect(
        "mart_goals",
        """
        n_courses | n_goals | n_goals_set_late | n_goals_dropped | n_goals_paired | n_goals_improved | improved_goal_rate \
| improvement_mean_points | improved_rate | improved_rate_lower | improved_rate_worst
        1         | 1       | 1          | 1         | 0        | 0          | | | | | 0
        """,
        **CLINIC,
    )


def test_goals_are_counted_and_their_courses_by_the_childrens_rule(clinic: TextBench) -> None:
    courses(clinic, "c1", "c2", "c3")
    clinic.given(
        int_goal_changes=f"""
            {GOALS}
            g1 | e1 | gbo | 1 | false | false | true  | 2 | 5 | 3  | improved     |
            g2 | e1 | gbo | 1 | false | false | true  | 4 | 5 | 1  | unchanged    |
            g3 | e2 | gbo | 1 | false | false | true  | 2 | 9 | 7  | improved     |
            g4 | e2 | gbo | 1 | false | true  | true  | 5 | 2 | -3 | deteriorated |
            g5 | e3 | gbo | 1 |       | false | false | 5 |   |    |              |
        """
    )
    clinic.expect(
        "mart_goals",
        """
        goal_kind | n_clients | n_courses | n_goals | n_goals_dropped | n_goals_paired | n_goals_improved \
| n_goals_unchanged | n_goals_deteriorated | n_goals_better | n_goals_worse | n_goals_met | improved_goal_rate \
| improvement_mean_points
        gbo | 3 | 3 | 5 | 1 | 4 | 2 | 1 | 1 | 3 | 1 | | 0.5 | 2
        """,
        **CLINIC,
    )
    clinic.expect(
        "mart_goals",
        """
        n_courses_paired | n_courses_improved | n_courses_deteriorated | improved_rate \
| improved_rate_worst | improved_rate_best | n_courses_with_t | change_t_mean_points
        2 | 1 | 1 | 0.5 | 0.3333 | 0.6667 | |
        """,
        **CLINIC,
    )


def test_attainment_is_a_mean_of_courses_and_no_reliable_change(clinic: TextBench) -> None:
    # One goal from -1 to +1: T from 40 to 60; three from -2 to -2: no change.
    courses(clinic, "c1", "c2")
    clinic.given(
        int_goal_changes=f"""
            {GOALS}
            g1 | e1 | gas | 1 | false | false | true | -1 | 1 | 2 | | true
            g2 | e2 | gas | 1 | false | false | true | -1 | -1 | 0 | | false
        """
    )
    clinic.expect(
        "mart_goals",
        """
        goal_kind | n_goals_paired | n_goals_improved | n_courses_improved | n_goals_met | met_goal_rate \
| n_courses_with_t | first_t_mean_points | last_t_mean_points | change_t_mean_points
        gas | 2 | | | 1 | 0.5 | 2 | 40 | 50 | 10
        """,
        **CLINIC,
    )
    clinic.expect(
        "mart_goals", "n_goals_better | n_goals_same | n_goals_worse\n 1 | 1 | 0", **CLINIC
    )


def test_goals_of_a_course_that_did_not_finish_do_not_count(clinic: TextBench) -> None:
    courses(clinic, "c1", n_sessions=1)
    clinic.given(int_goal_changes=f"{GOALS}\n g1 | e1 | gbo | 1 | true | true | false | | | | |")
    assert clinic.rows("mart_goals") == []


def test_a_client_with_goals_in_two_courses_counts_once(clinic: TextBench) -> None:
    courses(clinic, "c1", "c1")
    clinic.given(
        int_goal_changes=f"""
            {GOALS}
            g1 | e1 | gbo | 1 | false | false | false | | | | |
            g2 | e2 | gbo | 1 | false | false | false | | | | |
        """
    )
    clinic.expect("mart_goals", "n_clients | n_courses\n 1 | 2", **CLINIC)
