"""The path itself: setbacks, early response and their denominators."""

from decimal import Decimal
from typing import Any

import pytest

from tests.sql.text_tables import TextBench
from tests.sql.weekly_courses import give_courses

MONTH: dict[str, Any] = {"level": "clinic", "period_kind": "month"}
SETBACKS = "n_setback_assessable | n_with_setback | n_setback_made_good"


def scores_of(*points: Any) -> dict[int, Any]:
    """Session 1, 2, … and their points."""
    return {number: value for number, value in enumerate(points, start=1) if value is not None}


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("mart_path") == []


def test_a_course_that_is_open_or_had_one_session_is_not_counted(clinic: TextBench) -> None:
    give_courses(clinic, {"c1": {1: 20, 2: 10}}, n_attended={"c1": 1})
    assert clinic.rows("mart_path") == []
    give_courses(clinic, {"c1": {1: 20, 2: 10}}, ended_on=None)
    clinic.parameters["as_of_on"] = clinic.parameters["as_of_on"].replace(month=5)
    clinic.restart()
    assert clinic.rows("mart_path") == []


# PHQ-9: a reliable change is 6 points.
@pytest.mark.parametrize(
    ("points", "expected"),
    [
        # One score is no path.
        ((20,), (0, 0, 0)),
        ((20, 10, 15), (1, 0, 0)),
        ((20, 10, 16), (1, 1, 0)),
        # Against the best score before, not the one before.
        ((20, 10, 13, 16), (1, 1, 0)),
        # Made good: less than a reliable change above the best.
        ((20, 10, 16, 15), (1, 1, 1)),
        ((20, 10, 18, 16), (1, 1, 0)),
        ((10, 16, 9), (1, 1, 1)),
    ],
)
def test_setbacks(clinic: TextBench, points: tuple[int, ...], expected: tuple[int, ...]) -> None:
    give_courses(clinic, {"c1": scores_of(*points)})
    clinic.expect("mart_path", f"{SETBACKS}\n {' | '.join(map(str, expected))}", **MONTH)


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ((10, 16, 4), "1 | 1"),
        ((10, 16), "1 | 1"),
        ((10, 15, 4), "1 | 0"),
        # Worse than the best before, and not than the first.
        ((20, 10, 20), "1 | 0"),
        ((20,), "0 | 0"),
    ],
)
def test_the_worst_point_is_told_against_the_first_score(
    clinic: TextBench, points: tuple[int, ...], expected: str
) -> None:
    give_courses(clinic, {"c1": scores_of(*points)})
    clinic.expect("mart_path", f"n_worst_assessable | n_worse_than_first\n {expected}", **MONTH)


def test_without_a_reliable_change_counts_are_null(clinic: TextBench) -> None:
    give_courses(clinic, {"c1": scores_of(20, 40, 10)}, instrument_id="wsas")
    clinic.expect(
        "mart_path",
        f"n_courses | {SETBACKS} | n_gain_assessable | n_worst_assessable | basis\n 1 | | | | | |",
        **MONTH,
    )


def test_early_response_is_null_unless_the_clinic_set_it(clinic: TextBench) -> None:
    give_courses(clinic, {"c1": scores_of(20, 10, 10)})
    clinic.expect(
        "mart_path",
        "early_response_share | n_early_assessable | n_early_response | early_response_rate\n | | |",
        **MONTH,
    )


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        # A fifth of 20 by day 28, which is session 5.
        ({1: 20, 5: 16}, "1 | 1 | 1"),
        ({1: 20, 5: 17}, "1 | 0 | 0"),
        # Later is not early, and one score is no change.
        ({1: 20, 6: 0}, "0 | 0 |"),
        ({1: 20}, "0 | 0 |"),
        # The last of the early scores decides.
        ({1: 20, 3: 10, 5: 17, 6: 0}, "1 | 0 | 0"),
        # Below the threshold a share of the score says little.
        ({1: 9, 5: 0}, "0 | 0 |"),
        ({1: 10, 5: 8}, "1 | 1 | 1"),
    ],
)
def test_early_response_as_the_clinic_set_it(
    clinic: TextBench, scores: dict[int, int], expected: str
) -> None:
    clinic.parameters |= {
        "early_response_share": Decimal("0.2"),
        "early_response_weeks": 4,
        "early_response_source": "made up",
    }
    give_courses(clinic, {"c1": scores})
    clinic.expect(
        "mart_path",
        f"n_early_assessable | n_early_response | early_response_rate\n {expected}",
        **MONTH,
    )


def test_courses_with_several_gains_and_with_reversed_ones_are_counted_once(
    clinic: TextBench,
) -> None:
    give_courses(
        clinic,
        {
            "kept": scores_of(20, 20, 20, 10, 10, 10),
            "lost": scores_of(20, 20, 20, 10, 10, 15),
            "two": scores_of(24, 24, 24, 14, 14, 14, 4, 4, 4),
            "none": scores_of(20, 20, 20, 20, 20, 20),
        },
    )
    columns = "n_with_gain | n_with_several_gains | n_with_reversal | n_gains | n_reversed_gains"
    clinic.expect(
        "mart_path",
        f"n_gain_assessable | {columns} | gain_mean_points\n 4 | 3 | 1 | 1 | 4 | 1 | 10",
        **MONTH,
    )


def test_where_no_step_can_be_judged_there_are_no_gains(clinic: TextBench) -> None:
    give_courses(clinic, {"c1": scores_of(20)})
    clinic.expect(
        "mart_path",
        "n_gain_assessable | n_with_gain | n_gains | n_reversed_gains | gain_mean_points\n"
        " 0 | 0 | 0 | 0 |",
        **MONTH,
    )


def test_two_clients_and_a_client_with_two_courses(clinic: TextBench) -> None:
    give_courses(
        clinic,
        {
            "c1": scores_of(20, 20, 20, 10, 10, 10),
            "c2": scores_of(20, 20, 20, 20, 20, 20),
            "c3": scores_of(10, 16),
        },
    )
    clinic.connection.execute(
        "update stg_episodes set client_id = 'c1', client_key = 'c1' where episode_id = 'c3'"
    )
    clinic.connection.execute(
        "update stg_attendances set client_id = 'c1', client_key = 'c1' where client_id = 'c3'"
    )
    clinic.connection.execute(
        "update stg_responses set client_id = 'c1', client_key = 'c1' where client_id = 'c3'"
    )
    clinic.connection.execute("update stg_sessions set therapist_id = 't2' where episode_id = 'c2'")
    columns = "n_clients | n_courses | n_gain_assessable | n_with_gain | n_with_setback"
    clinic.expect(
        "mart_path",
        f"""
        level     | subject_id | {columns}
        clinic    | clinic     | 2 | 3 | 2 | 1 | 1
        programme | unassigned | 2 | 3 | 2 | 1 | 1
        therapist | t1         | 1 | 2 | 1 | 1 | 1
        therapist | t2         | 1 | 1 | 1 | 0 | 0
        """,
        period_kind="month",
    )
