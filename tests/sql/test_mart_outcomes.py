"""Outcomes of the courses that ended in a period."""

import math
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from tests.property.oracle_marts import effect
from tests.sql.paired_courses import courses
from tests.sql.published_pairs import fill_pairs
from tests.sql.text_tables import TextBench
from tests.table_rows import Row

PROGRAMME = "programme_id | instruments\n p1 | phq9"


def month(clinic: TextBench, day: date, **where: Any) -> Row:
    """The clinic's figures of one month."""
    wanted = {
        "level": "clinic",
        "instrument_id": "phq9",
        "period_kind": "month",
        "period_start_on": day,
        **where,
    }
    (found,) = [
        row
        for row in clinic.rows("mart_outcomes")
        if all(row[column] == value for column, value in wanted.items())
    ]
    return found


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("mart_outcomes") == []


def test_one_client(clinic: TextBench) -> None:
    clinic.given(stg_programmes=PROGRAMME)
    courses(clinic, {"scores": (15, 9)})
    row = month(clinic, date(2025, 6, 1))
    counts = {name: value for name, value in row.items() if name.startswith("n_")}
    assert counts == {
        "n_clients": 1,
        "n_ended": 1,
        "n_finished": 1,
        "n_paired": 1,
        "n_case": 1,
        "n_improved": 1,
        "n_unchanged": 0,
        "n_deteriorated": 0,
        "n_recovered": 1,
        "n_reliably_recovered": 1,
        "n_case_or_unknown": 1,
        "n_crossed_unreliably": 0,
        "n_harmed": 0,
        "n_can_improve": 1,
        "n_cannot_improve": 0,
        "n_response_base": 1,
        "n_responded": 0,
        "n_remission_base": 1,
        "n_remitted": 0,
    }
    assert (row["first_mean_points"], row["improvement_mean_points"]) == (15, 6)
    assert row["first_sd_points"] is None
    assert row["effect_size"] is None


def test_missing_last_scores_bound_the_rate(clinic: TextBench) -> None:
    clinic.given(stg_programmes=PROGRAMME)
    courses(clinic, {"scores": (15, 9)}, {"scores": (15, 15)}, {"scores": (15, None)}, {})
    row = month(clinic, date(2025, 6, 1))
    assert (row["n_finished"], row["n_paired"], row["n_improved"]) == (4, 2, 1)
    assert (row["improved_rate"], row["paired_rate"]) == (0.5, 0.5)
    assert (row["improved_rate_worst"], row["improved_rate_best"]) == (0.25, 0.75)


def test_a_rate_over_nobody_is_null_and_a_rate_of_nobody_is_0(clinic: TextBench) -> None:
    clinic.given(stg_programmes=PROGRAMME)
    courses(clinic, {"scores": (9, 9)})
    row = month(clinic, date(2025, 6, 1))
    assert (row["n_case"], row["n_recovered"], row["recovered_rate"]) == (0, 0, None)
    assert (row["recovered_rate_lower"], row["recovered_rate_upper"]) == (None, None)
    assert (row["improved_rate"], row["improved_rate_lower"]) == (0, 0)
    assert round(row["improved_rate_upper"], 3) == 0.793


def test_a_listed_instrument_that_nobody_answered(clinic: TextBench) -> None:
    clinic.given(stg_programmes="programme_id | instruments\n p1 | phq9;ors;isi;pgi_c;unknown")
    courses(clinic, {"scores": (15, 9)})
    clinic.expect(
        "mart_outcomes",
        """
        instrument_id | scale  | n_ended | n_finished | n_paired | n_case | n_improved | n_recovered
        isi           | total  | 1       | 1          | 0        |        |            |
        ors           | social | 1       | 1          | 0        |        |            |
        ors           | total  | 1       | 1          | 0        | 0      | 0          | 0
        pgi_c         | total  | 1       | 1          |          |        |            |
        phq9          | total  | 1       | 1          | 1        | 1      | 1          | 1
        """,
        level="clinic",
        period_kind="month",
    )


def test_an_answered_instrument_that_is_not_listed(clinic: TextBench) -> None:
    courses(clinic, {"scores": (15, 9)}, {})
    assert month(clinic, date(2025, 6, 1))["n_ended"] == 1


@pytest.mark.parametrize(
    ("ended_on", "in_june"),
    [
        (date(2025, 5, 31), False),
        (date(2025, 6, 1), True),
        (date(2025, 6, 30), True),
        (date(2025, 7, 1), False),
    ],
)
def test_a_period_holds_both_its_ends(clinic: TextBench, ended_on: date, in_june: bool) -> None:
    courses(clinic, {"scores": (15, 9), "ended_on": ended_on})
    starts = {
        row["period_start_on"]
        for row in clinic.rows("mart_outcomes")
        if row["period_kind"] == "month"
    }
    assert (date(2025, 6, 1) in starts) is in_june


def test_only_complete_periods(clinic: TextBench) -> None:
    clinic.parameters["as_of_on"] = date(2025, 6, 29)
    courses(clinic, {"scores": (15, 9), "ended_on": date(2025, 6, 20)})
    assert clinic.rows("mart_outcomes") == []


def test_a_client_who_comes_back_is_one_person(clinic: TextBench) -> None:
    ends = [date(2024, 7, 5), date(2025, 1, 31), date(2025, 6, 5), date(2025, 6, 20)]
    courses(clinic, *({"client_id": "c1", "ended_on": end} for end in ends), {"client_id": "c2"})
    clinic.given(stg_programmes=PROGRAMME)
    clinic.restart()
    found = {
        (row["period_kind"], row["period_start_on"]): (row["n_clients"], row["n_ended"])
        for row in clinic.rows("mart_outcomes")
        if row["level"] == "clinic"
    }
    assert found["month", date(2025, 6, 1)] == (2, 3)
    assert found["quarter", date(2025, 4, 1)] == (2, 3)
    assert found["year", date(2025, 1, 1)] == (2, 4)
    assert found["year", date(2024, 1, 1)] == (1, 1)
    assert found["rolling_12m", date(2024, 7, 1)] == (2, 5)
    assert found["rolling_12m", date(2024, 8, 1)] == (2, 4)


def test_a_client_with_two_therapists_counts_for_each_and_once_for_the_clinic(
    clinic: TextBench,
) -> None:
    courses(
        clinic,
        {"client_id": "c1", "therapist_id": "t1", "scores": (15, 9)},
        {"client_id": "c1", "therapist_id": "t2", "scores": (15, 9)},
    )
    clinic.expect(
        "mart_outcomes",
        """
        level     | subject_id | n_clients | n_ended
        clinic    | clinic     | 1         | 2
        programme | unassigned | 1         | 2
        therapist | t1         | 1         | 1
        therapist | t2         | 1         | 1
        """,
        period_kind="month",
    )


@pytest.mark.parametrize("n", [4, 5, 19, 20])
def test_effect_size_and_its_limits_from_five_pairs_on(clinic: TextBench, n: int) -> None:
    scores = [(10 + number % 7, 5 + number % 4 + number % 3) for number in range(n)]
    courses(clinic, *({"scores": pair} for pair in scores))
    row = month(clinic, date(2025, 6, 1))
    first, last = ([Fraction(pair[place]) for pair in scores] for place in (0, 1))
    gains = [one - other for one, other in zip(first, last, strict=True)]
    expected = effect(first, last, gains)
    for name, value in expected.items():
        if value is None:
            assert row[name] is None
        else:
            assert math.isclose(row[name], value, rel_tol=1e-12)
    assert (row["effect_size_lower"] is None) is (n < 5)


def test_hedges_correction_for_19_degrees_of_freedom_is_0_96(clinic: TextBench) -> None:
    scores = [(10 + number % 2, 4 + number % 2) for number in range(20)]
    courses(clinic, *({"scores": pair} for pair in scores))
    row = month(clinic, date(2025, 6, 1))
    uncorrected = row["improvement_mean_points"] / row["first_sd_points"]
    assert round(row["effect_size"] / uncorrected, 4) == 0.96


def test_equal_scores_have_no_effect_size(clinic: TextBench) -> None:
    courses(clinic, *({"scores": (15, 9)} for _ in range(20)))
    row = month(clinic, date(2025, 6, 1))
    assert (row["first_sd_points"], row["effect_size"], row["effect_size_lower"]) == (0, None, None)


def test_who_cannot_improve_is_counted_and_left_out_of_the_second_rate(clinic: TextBench) -> None:
    courses(clinic, {"scores": (5, 5)}, {"scores": (6, 0)}, {"scores": (20, 20)})
    row = month(clinic, date(2025, 6, 1))
    assert (row["n_cannot_improve"], row["n_can_improve"], row["n_improved"]) == (1, 2, 1)
    assert round(row["improved_rate"], 4) == 0.3333
    assert row["improved_rate_if_possible"] == 0.5
    assert row["improved_rate_if_possible_lower"] < 0.5 < row["improved_rate_if_possible_upper"]


def test_where_the_ends_of_a_scale_are_not_known_nobody_knows_who_cannot_improve(
    clinic: TextBench,
) -> None:
    fill_pairs(clinic, [("arm", 5, 5), ("arm", 20, 5)], rule={"reliable_change_points": 6})
    clinic.connection.execute("update ref_instruments set total_min_points = null")
    clinic.connection.execute("update ref_instrument_scales set min_points = null")
    row = month(clinic, date(2025, 6, 1), instrument_id="ms")
    assert (row["n_paired"], row["n_improved"]) == (2, 1)
    assert (row["n_can_improve"], row["n_cannot_improve"]) == (None, None)
    assert row["improved_rate_if_possible"] is None


def test_response_and_remission_have_their_own_bases(clinic: TextBench) -> None:
    pairs = [(20, 10), (20, 11), (9, 4), (4, 0), (20, None), (10, 4)]
    courses(clinic, *({"scores": pair} for pair in pairs))
    row = month(clinic, date(2025, 6, 1))
    # A case at first; at or above the threshold of remission at first.
    assert (row["n_response_base"], row["n_responded"]) == (3, 2)
    assert (row["n_remission_base"], row["n_remitted"]) == (4, 2)
    assert row["remitted_rate"] == 0.5


def test_a_verdict_has_responses_and_no_pairs(clinic: TextBench) -> None:
    ratings = [{"scores": (None, rating), "instrument_id": "pgi_c"} for rating in (1, 2, 3)]
    courses(clinic, *ratings)
    row = month(clinic, date(2025, 6, 1), instrument_id="pgi_c")
    assert (row["n_paired"], row["n_response_base"], row["n_responded"]) == (None, 3, 2)


def test_bounds_of_recovery_take_in_those_who_may_have_been_a_case(clinic: TextBench) -> None:
    clinic.given(stg_programmes=PROGRAMME)
    # Recovered; not; a case without a last score; no case; nothing known.
    pairs = [(15, 9), (15, 15), (15, None), (9, None), (None, None)]
    courses(clinic, *({"scores": pair} for pair in pairs))
    row = month(clinic, date(2025, 6, 1))
    assert (row["n_case"], row["n_recovered"], row["n_case_or_unknown"]) == (2, 1, 4)
    assert (row["recovered_rate_worst"], row["recovered_rate"], row["recovered_rate_best"]) == (
        0.25,
        0.5,
        0.75,
    )
    assert (row["deteriorated_rate_best"], row["deteriorated_rate_worst"]) == (0, 0.6)


def test_harmed_and_crossed_without_a_reliable_change_are_counted_apart(clinic: TextBench) -> None:
    courses(clinic, {"scores": (9, 15)}, {"scores": (10, 16)}, {"scores": (10, 9)})
    row = month(clinic, date(2025, 6, 1))
    assert (row["n_deteriorated"], row["n_harmed"]) == (2, 1)
    assert (row["n_unchanged"], row["n_recovered"], row["n_crossed_unreliably"]) == (1, 1, 1)
    assert row["n_reliably_recovered"] == 0


def test_respondents_are_kept_apart(clinic: TextBench) -> None:
    courses(clinic, {"scores": (15, 9)}, {"scores": (15, 15), "respondent": "parent"})
    clinic.expect(
        "mart_outcomes",
        """
        respondent | n_ended | n_paired | n_improved | basis
        client     | 1       | 1        | 1          | published
        parent     | 1       | 1        | 0          | published
        """,
        level="clinic",
        period_kind="month",
    )


MIRRORED = [
    "n_paired",
    "n_case",
    "n_improved",
    "n_unchanged",
    "n_deteriorated",
    "n_reliably_recovered",
    "n_harmed",
    "n_responded",
    "n_cannot_improve",
    "improvement_mean_points",
    "effect_size",
    "effect_size_lower",
    "effect_size_upper",
]


def test_a_mirrored_scale_gives_the_same_figures(clinic: TextBench) -> None:
    pairs = [("arm", 10 + k % 17, 25 - 2 * (k % 11)) for k in range(44)]
    rule = {"reliable_change_points": 6, "response_share": 0.5}
    fill_pairs(clinic, pairs, rule={**rule, "caseness_points": 10})
    expected = month(clinic, date(2025, 6, 1), instrument_id="ms")
    assert all(expected[name] for name in MIRRORED[:6])
    # A case is at or above a threshold, mirrored below one: half a point keeps them the same.
    mirrored = [(arm, 60 - first, 60 - last) for arm, first, last in pairs]
    fill_pairs(clinic, mirrored, direction="higher_better", rule={**rule, "caseness_points": 50.5})
    found = month(clinic, date(2025, 6, 1), instrument_id="ms")
    for name in MIRRORED:
        assert math.isclose(found[name], expected[name], rel_tol=1e-12), name
