"""Standardised change of a domain over whatever instruments measured it."""

from datetime import date
from typing import Any

import pytest

from tests.sql.paired_courses import courses
from tests.sql.published_pairs import is_near
from tests.sql.text_tables import TextBench
from tests.table_rows import Row

NORMS = [
    {
        "instrument_id": "phq9",
        "population": "clinical",
        "sd_points": 6,
        "respondents": ["client", "parent"],
    },
    {"instrument_id": "gad7", "population": "clinical", "sd_points": 5},
    {"instrument_id": "ors", "population": "clinical", "sd_points": 8},
]


@pytest.fixture
def clinic(clinic: TextBench) -> TextBench:
    """With a spread for three instruments and none for the fourth."""
    clinic.fill("ref_norms", NORMS)
    return clinic


def figures(clinic: TextBench, **where: Any) -> Row:
    """The clinic's figures of the year."""
    wanted = {
        "level": "clinic",
        "domain": "symptoms",
        "respondent": "client",
        "population": "all_paired",
        "period_kind": "year",
        **where,
    }
    (found,) = [
        row
        for row in clinic.rows("mart_pooled_change")
        if all(row[column] == value for column, value in wanted.items())
    ]
    return found


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("mart_pooled_change") == []


def test_each_course_in_the_spreads_of_its_instrument(clinic: TextBench) -> None:
    courses(
        clinic,
        {"scores": (15, 9)},
        {"scores": (12, 2), "instrument_id": "gad7"},
        {"scores": (15, None)},
    )
    row = figures(clinic)
    assert (row["n_clients"], row["n_courses"], row["n_pairs"]) == (2, 2, 2)
    assert (row["n_instruments"], row["instrument_mix"]) == (2, "gad7:1;phq9:1")
    # One spread better and two.
    assert row["change_mean_sds"] == 1.5
    assert (row["change_mean_sds_lower"], row["limits_reason"]) == (
        None,
        "too_few_pairs_for_limits",
    )


def test_a_course_with_two_instruments_counts_once_with_their_mean(clinic: TextBench) -> None:
    courses(clinic, {"scores": (15, 9)}, {"scores": (15, 15)})
    clinic.connection.execute(
        "insert into stg_responses by name"
        " select * replace ("
        " response_id || 'g' as response_id, response_key || 'g' as response_key,"
        " 'gad7' as instrument_id,"
        " case when total_score = 9 then 0 else 15 end as total_score)"
        " from stg_responses where episode_id = 'e0'"
    )
    row = figures(clinic)
    assert (row["n_courses"], row["n_pairs"], row["instrument_mix"]) == (2, 3, "gad7:1;phq9:2")
    # Means of 1 and 3 spreads, and of none.
    assert row["change_mean_sds"] == 1


def test_domains_respondents_and_the_severe_are_kept_apart(clinic: TextBench) -> None:
    courses(
        clinic,
        {"scores": (15, 9)},
        {"scores": (9, 9)},
        {"scores": (20, 28), "instrument_id": "ors"},
        {"scores": (15, 3), "respondent": "parent"},
    )
    assert figures(clinic)["change_mean_sds"] == 0.5
    assert figures(clinic, population="at_caseness")["change_mean_sds"] == 1
    assert figures(clinic, domain="quality_of_life")["change_mean_sds"] == 1
    assert figures(clinic, respondent="parent")["change_mean_sds"] == 2


def test_spreads_of_patients_and_of_a_reference_sample_are_not_pooled(clinic: TextBench) -> None:
    clinic.fill("ref_norms", [{**row, "population": kind} for row, kind in
                              zip(NORMS, ("clinical", "reference", "clinical"), strict=True)])  # fmt: skip
    courses(clinic, {"scores": (15, 9)}, {"scores": (12, 2), "instrument_id": "gad7"})
    assert figures(clinic, reference_kind="clinical")["instrument_mix"] == "phq9:1"
    assert figures(clinic, reference_kind="reference")["change_mean_sds"] == 2


def test_without_a_fixed_spread_there_is_no_row(clinic: TextBench) -> None:
    courses(clinic, {"scores": (20, 10), "instrument_id": "wsas"})
    assert clinic.rows("mart_pooled_change") == []


@pytest.mark.parametrize(("n", "reason"), [(4, "too_few_pairs_for_limits"), (5, None), (20, None)])
def test_limits_from_five_courses_on(clinic: TextBench, n: int, reason: str | None) -> None:
    courses(clinic, *({"scores": (15, 9 - 6 * (k % 2))} for k in range(n)))
    row = figures(clinic)
    assert row["limits_reason"] == reason
    assert (row["change_mean_sds_lower"] is None) is (reason is not None)
    if n == 20:
        # Ten of one spread and ten of two: SD 0.513; t is 2.093.
        assert is_near(row["change_mean_sds_lower"], 1.5 - 2.093 * 0.51299 / 20**0.5, by=1e-3)
        assert is_near(row["change_mean_sds_upper"], 1.5 + 2.093 * 0.51299 / 20**0.5, by=1e-3)


def test_equal_changes_have_no_limits_and_say_why(clinic: TextBench) -> None:
    courses(clinic, *({"scores": (15, 9)} for _ in range(6)))
    assert figures(clinic)["limits_reason"] == "no_spread"


def test_a_client_who_comes_back_and_two_therapists(clinic: TextBench) -> None:
    courses(
        clinic,
        {"client_id": "c1", "therapist_id": "t1", "scores": (15, 9)},
        {"client_id": "c1", "therapist_id": "t2", "scores": (15, 9), "ended_on": date(2025, 5, 1)},
    )
    assert (figures(clinic)["n_clients"], figures(clinic)["n_courses"]) == (1, 2)
    assert figures(clinic, level="therapist", subject_id="t2")["n_courses"] == 1
