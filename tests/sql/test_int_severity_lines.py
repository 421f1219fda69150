"""How improvement goes with the first score in the clinic's reference period."""

from datetime import date
from typing import Any

import pytest

from tests.sql.paired_courses import courses
from tests.sql.text_tables import TextBench

PERIOD: dict[str, Any] = {
    "reference_starts_on": date(2025, 1, 6),
    "reference_ends_on": date(2025, 1, 31),
    "reference_minimum_scores": 3,
}
# One point more of improvement for each two points of severity.
LINE = ((10, 9), (14, 11), (12, 10))


@pytest.fixture
def clinic(clinic: TextBench) -> TextBench:
    """With a frozen reference period."""
    clinic.parameters |= PERIOD
    return clinic


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("int_severity_lines") == []


def test_without_a_period_there_is_no_line(clinic: TextBench) -> None:
    clinic.parameters |= {"reference_starts_on": None, "reference_ends_on": None}
    courses(clinic, *({"scores": pair} for pair in LINE))
    assert clinic.rows("int_severity_lines") == []


def test_the_line_through_the_pairs(clinic: TextBench) -> None:
    courses(clinic, *({"scores": pair} for pair in LINE))
    clinic.expect(
        "int_severity_lines",
        """
        instrument_id | scale | respondent | n_pairs | first_mean_points | first_sd_points \
| improvement_mean_points | improvement_slope
        phq9          | total | client     | 3       | 12                | 2 | 2 | 0.5
        """,
    )


@pytest.mark.parametrize(
    ("direction", "slope"), [("higher_worse", "0.5"), ("higher_better", "-0.5"), (None, None)]
)
def test_the_slope_turns_with_the_scale(
    clinic: TextBench, direction: str | None, slope: str | None
) -> None:
    clinic.connection.execute("update ref_instruments set direction = ?", [direction])
    clinic.connection.execute("update ref_instrument_scales set direction = ?", [direction])
    courses(clinic, *({"scores": pair} for pair in LINE))
    clinic.expect("int_severity_lines", "improvement_slope" + (f"\n {slope}" if slope else ""))


@pytest.mark.parametrize(
    ("own", "n_lines"),
    [
        ({}, 1),
        ({"scores": (14, None)}, 0),
        ({"first_on": date(2025, 1, 5)}, 0),
        ({"first_on": date(2025, 1, 31)}, 1),
        ({"first_on": date(2025, 2, 1)}, 0),
        ({"respondent": "parent"}, 0),
        ({"instrument_id": "pgi_c", "scores": (4, 2)}, 0),
    ],
)
def test_a_pair_belongs_to_the_period_by_its_first_score(
    clinic: TextBench, own: dict[str, Any], n_lines: int
) -> None:
    rows: list[dict[str, Any]] = [{"scores": pair} for pair in LINE]
    courses(clinic, *rows[:2], {**rows[2], **own})
    assert len(clinic.rows("int_severity_lines")) == n_lines


def test_equal_first_scores_make_no_line(clinic: TextBench) -> None:
    courses(clinic, *({"scores": (12, last)} for last in (3, 6, 9)))
    assert clinic.rows("int_severity_lines") == []
