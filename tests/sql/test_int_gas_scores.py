"""Goal attainment scaling: T over the goals of a course."""

from decimal import Decimal

import pytest

from tests.sql.text_tables import TextBench

GOALS = """
    goal_key | episode_key | kind | weight | is_paired | first_points | last_points"""


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("int_gas_scores") == []


@pytest.mark.parametrize(
    ("n_goals", "attained", "published", "exact"),
    [
        (1, 1, "60", "60"),
        # 50 + 30 / sqrt(4.8) = 63.69306: the catalogue's check is a rounding away.
        (3, 1, "63.694", "63.6931"),
        (3, -2, "22.614", "22.6139"),
    ],
)
def test_the_published_checks(
    clinic: TextBench, n_goals: int, attained: int, published: str, exact: str
) -> None:
    rows = "".join(f"\n g{n} | e1 | gas | 1 | true | -1 | {attained}" for n in range(n_goals))
    clinic.given(int_goal_changes=GOALS + rows)
    (row,) = clinic.rows("int_gas_scores")
    assert row["last_t_points"] == Decimal(exact)
    assert abs(row["last_t_points"] - Decimal(published)) <= Decimal("0.001")


def test_weights_count_and_goals_rated_once_do_not(clinic: TextBench) -> None:
    clinic.given(
        int_goal_changes=GOALS
        + """
        g1 | e1 | gas | 2   | true  | -2 | 1
        g2 | e1 | gas | 1   | true  | -1 | 0
        g3 | e1 | gas | 9   | false | -2 |
        g4 | e1 | gbo | 9   | true  | 2  | 9
        """
    )
    # First: (-4 - 1) / sqrt(0.7 * 5 + 0.3 * 9) = -5 / 2.48998; last: 2 / 2.48998.
    clinic.expect(
        "int_gas_scores",
        """
        n_goals | n_rated | n_unrated | first_t_points | last_t_points | change_t_points
        3       | 2       | 1         | 29.9195        | 58.0322       | 28.1127
        """,
    )


@pytest.mark.parametrize("goal", ["g1 | e1 | gas | 1 | false | -2 |", "g1|e1|gas|0|true|-2|1"])
def test_without_a_pair_or_any_weight_there_is_no_t(clinic: TextBench, goal: str) -> None:
    clinic.given(int_goal_changes=f"{GOALS}\n {goal}")
    clinic.expect("int_gas_scores", "n_goals | first_t_points | change_t_points\n 1 | |")


def test_a_course_with_other_goals_alone_has_no_row(clinic: TextBench) -> None:
    clinic.given(int_goal_changes=f"{GOALS}\n g1 | e1 | gbo | 1 | true | 2 | 9")
    assert clinic.rows("int_gas_scores") == []
