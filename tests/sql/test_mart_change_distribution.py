"""How changes are spread: what falls into which stretch, and what is told apart in it."""

from decimal import Decimal
from typing import Any

import pytest

from tests.sql.paired_courses import courses
from tests.sql.text_tables import TextBench


def stretches(clinic: TextBench, **where: Any) -> dict[Decimal, tuple[int, int, int]]:
    """Stretch → courses, better, worse, of the clinic in its year."""
    wanted = {"level": "clinic", "period_kind": "year", **where}
    return {
        row["from_points"]: (row["n_paired"], row["n_improved"], row["n_deteriorated"])
        for row in clinic.rows("mart_change_distribution")
        if all(row[column] == value for column, value in wanted.items())
    }


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("mart_change_distribution") == []


def test_one_client_is_in_one_stretch(clinic: TextBench) -> None:
    courses(clinic, {"scores": (15, 9)})
    assert stretches(clinic) == {Decimal(6): (1, 1, 0)}


def test_a_course_without_a_second_score_is_in_none(clinic: TextBench) -> None:
    courses(clinic, {"scores": (15, None)}, {})
    assert clinic.rows("mart_change_distribution") == []


@pytest.mark.parametrize(
    ("last", "stretch", "cell"),
    [
        (9, 6, (1, 1, 0)),
        (10, 5, (1, 0, 0)),
        (15, 0, (1, 0, 0)),
        (20, -5, (1, 0, 0)),
        (21, -6, (1, 0, 1)),
    ],
)
def test_better_and_worse_begin_at_the_threshold(
    clinic: TextBench, last: int, stretch: int, cell: tuple[int, int, int]
) -> None:
    courses(clinic, {"scores": (15, last)})
    assert stretches(clinic) == {Decimal(stretch): cell}


def test_a_wide_scale_has_wider_stretches_that_include_their_lower_end(clinic: TextBench) -> None:
    # 0 to 40 points: changes of -40 to 40 in sixty stretches at most, so of two points.
    scores = ((20, 20), (20, 19), (20, 18), (20, 21), (20, 22))
    courses(clinic, *({"instrument_id": "wsas", "scores": pair} for pair in scores))
    found = stretches(clinic, instrument_id="wsas")
    assert {stretch: cell[0] for stretch, cell in found.items()} == {0: 2, 2: 1, -2: 2}
    assert {row["step_points"] for row in clinic.rows("mart_change_distribution")} == {2}


def test_a_programme_has_its_own_and_a_therapist_none(clinic: TextBench) -> None:
    courses(clinic, {"scores": (15, 9)})
    rows = clinic.rows("mart_change_distribution")
    assert {row["level"] for row in rows} == {"clinic", "programme"}
    assert {row["period_kind"] for row in rows} == {"quarter", "year", "rolling_12m"}
