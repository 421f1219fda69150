"""Which stratum of each kind a course is in."""

from datetime import date

import pytest

from tests.sql.paired_courses import courses
from tests.sql.text_tables import TextBench

KINDS = ("age_band", "sex", "gender_identity", "ethnicity", "language", "state")


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("int_episode_strata") == []


def test_what_is_not_recorded_is_a_stratum_of_its_own(clinic: TextBench) -> None:
    courses(clinic, {"scores": (15, 9)})
    (row,) = clinic.rows("int_episode_strata", KINDS)
    assert row == dict.fromkeys(KINDS, "not_recorded")


@pytest.mark.parametrize(
    ("birth_on", "band"),
    [(date(2007, 1, 7), "under 18"), (date(2007, 1, 6), "18 to 29")],
)
def test_the_age_is_that_of_the_first_session(clinic: TextBench, birth_on: date, band: str) -> None:
    courses(clinic, {"first_on": date(2025, 1, 6)})
    clinic.fill(
        "stg_clients",
        [
            {
                "client_id": "c0",
                "birth_date": birth_on,
                "sex": "unknown",
                "language": "en",
                "state": "NY",
            }
        ],
    )
    clinic.restart()
    (row,) = clinic.rows("int_episode_strata", KINDS)
    known = {"age_band": band, "language": "en", "state": "NY"}
    assert row == {**dict.fromkeys(KINDS, "not_recorded"), **known}


def test_a_course_that_nobody_came_to_has_no_row(clinic: TextBench) -> None:
    courses(clinic, {"scores": (15, 9)})
    clinic.fill("stg_attendances", [])
    clinic.restart()
    assert clinic.rows("int_episode_strata") == []
