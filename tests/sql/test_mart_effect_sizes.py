"""Standardised change over each spread, and its limits."""

import csv
import gzip
import math
from collections import defaultdict
from datetime import date
from statistics import mean, stdev
from typing import Any

import pytest

from tests.sql.paired_courses import courses
from tests.sql.published_pairs import DATA, fill_pairs, is_near, needs_data
from tests.sql.text_tables import TextBench
from tests.table_rows import Row

ROUDER = DATA / "effect-size-reference" / "rouder2016.csv"
PROMS = DATA / "nhs-talking-therapies-annual" / "proms_annual.csv.gz"
NATIONAL = {
    "instrument_id": "phq9",
    "population": "clinical",
    "label": "everybody",
    "sd_points": 6.1,
}


def figures(clinic: TextBench, **where: Any) -> Row:
    """The clinic's figures of one year."""
    wanted = {"level": "clinic", "population": "all_paired", "period_kind": "year", **where}
    (found,) = [
        row
        for row in clinic.rows("mart_effect_sizes")
        if all(row[column] == value for column, value in wanted.items())
    ]
    return found


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("mart_effect_sizes") == []


def test_one_client_has_means_and_no_spread(clinic: TextBench) -> None:
    clinic.fill("ref_norms", [NATIONAL])
    courses(clinic, {"scores": (15, 9)}, {"scores": (15, None)})
    row = figures(clinic)
    assert (row["n_clients"], row["n_paired"]) == (1, 1)
    assert (row["first_mean_points"], row["improvement_mean_points"]) == (15, 6)
    named = ("first_sd_points", "d_z", "d_av", "d_pre", "g_pre", "g_pre_lower", "pair_correlation")
    assert {row[name] for name in named} == {None}
    assert row["limits_reason"] == "too_few_pairs_for_limits"
    assert is_near(row["d_reference"], 6 / 6.1, by=1e-12)


def test_without_a_pair_there_is_no_row(clinic: TextBench) -> None:
    courses(clinic, {"scores": (15, None)}, {})
    assert clinic.rows("mart_effect_sizes") == []


def test_each_change_over_its_spread(clinic: TextBench) -> None:
    scores = [(20, 10), (16, 12), (12, 4), (14, 8)]
    courses(clinic, *({"scores": pair} for pair in scores))
    first, last = ([pair[place] for pair in scores] for place in (0, 1))
    gains = [x - y for x, y in scores]
    row = figures(clinic)
    assert is_near(row["d_z"], mean(gains) / stdev(gains), by=1e-12)
    assert is_near(row["d_av"], mean(gains) / ((stdev(first) + stdev(last)) / 2), by=1e-12)
    assert is_near(row["d_pre"], mean(gains) / stdev(first), by=1e-12)
    assert is_near(row["hedges_correction"], 1 - 3 / 11, by=1e-12)
    assert is_near(row["g_pre"], row["d_pre"] * row["hedges_correction"], by=1e-12)
    assert (row["d_reference"], row["reference_sd_points"]) == (None, None)


def test_a_change_in_a_fixed_spread_has_limits_that_no_spread_at_first_moves(
    clinic: TextBench,
) -> None:
    clinic.fill("ref_norms", [NATIONAL])
    gains = [2, 4, 6, 8, 10]
    # All began alike: the change has no limits in its own spread, and has them in a fixed one.
    courses(clinic, *({"scores": (15, 15 - gain)} for gain in gains))
    row = figures(clinic)
    assert (row["g_pre_lower"], row["limits_reason"]) == (None, "no_spread")
    # t of 4 degrees is 2.776 (the expansion: 2.770); the SD of the changes is the root of 10.
    reach = 2.776 * 10**0.5 / 5**0.5 / 6.1
    assert is_near(row["d_reference_lower"], 6 / 6.1 - reach, by=0.003)
    assert is_near(row["d_reference_upper"], 6 / 6.1 + reach, by=0.003)


@pytest.mark.parametrize("gains", [[2, 4, 6, 8], [6] * 5])
def test_too_few_or_equal_changes_have_no_limits_in_a_fixed_spread(
    clinic: TextBench, gains: list[int]
) -> None:
    clinic.fill("ref_norms", [NATIONAL])
    courses(clinic, *({"scores": (20 - gain, 20 - 2 * gain)} for gain in gains))
    row = figures(clinic)
    assert row["d_reference"] is not None
    assert (row["d_reference_lower"], row["d_reference_upper"]) == (None, None)


def test_those_at_caseness_are_shown_apart(clinic: TextBench) -> None:
    courses(clinic, {"scores": (10, 4)}, {"scores": (9, 4)}, {"scores": (20, 4)})
    assert figures(clinic)["n_paired"] == 3
    row = figures(clinic, population="at_caseness")
    assert (row["n_paired"], row["first_mean_points"]) == (2, 15)


@pytest.mark.parametrize(
    ("n", "reason"), [(4, "too_few_pairs_for_limits"), (5, None), (19, None), (20, None)]
)
def test_limits_from_five_pairs_on(clinic: TextBench, n: int, reason: str | None) -> None:
    courses(clinic, *({"scores": (10 + k % 7, 5 + k % 4)} for k in range(n)))
    row = figures(clinic)
    assert row["limits_reason"] == reason
    assert (row["g_pre_lower"] is None) is (reason is not None)
    if n == 20:
        assert round(row["hedges_correction"], 4) == 0.96
        reach = 1.96 * math.sqrt(
            2 * (1 - row["pair_correlation"]) / n + row["g_pre"] ** 2 / (2 * n)
        )
        assert is_near(row["g_pre_upper"], row["g_pre"] + reach, by=1e-12)


def test_equal_first_scores_have_no_limits_and_say_why(clinic: TextBench) -> None:
    courses(clinic, *({"scores": (15, 5 + k % 4)} for k in range(20)))
    row = figures(clinic)
    assert (row["first_sd_points"], row["d_pre"], row["g_pre"]) == (0, None, None)
    assert row["limits_reason"] == "no_spread"
    assert row["d_z"] is not None


def test_a_client_who_comes_back_and_two_therapists(clinic: TextBench) -> None:
    courses(
        clinic,
        {"client_id": "c1", "therapist_id": "t1", "scores": (15, 9)},
        {"client_id": "c1", "therapist_id": "t2", "scores": (12, 9)},
        {"client_id": "c1", "therapist_id": "t2", "scores": (9, 9), "ended_on": date(2025, 5, 1)},
    )
    row = figures(clinic)
    assert (row["n_clients"], row["n_paired"]) == (1, 3)
    row = figures(clinic, level="therapist", subject_id="t2")
    assert (row["n_clients"], row["n_paired"]) == (1, 2)
    june = {"period_kind": "month", "period_start_on": date(2025, 6, 1)}
    assert figures(clinic, **june)["n_clients"] == 1


def test_a_reference_sample_comes_before_a_clinical_one(clinic: TextBench) -> None:
    others = [
        {**NATIONAL, "population": "reference", "label": "ruler", "sd_points": 5},
        {**NATIONAL, "population": "non_clinical", "sd_points": 3},
    ]
    clinic.fill("ref_norms", [NATIONAL, *others])
    courses(clinic, {"scores": (15, 5)})
    row = figures(clinic)
    assert (row["d_reference"], row["reference_kind"], row["reference_label"]) == (
        2,
        "reference",
        "ruler",
    )


@pytest.mark.parametrize(
    "own", [{"status": "unverified"}, {"is_default": False}, {"sd_points": 0}, {"sd_points": None}]
)
def test_a_norm_that_is_not_in_force_is_no_ruler(clinic: TextBench, own: Row) -> None:
    clinic.fill("ref_norms", [{**NATIONAL, **own}])
    courses(clinic, {"scores": (15, 5)})
    assert figures(clinic)["d_reference"] is None


def test_no_ruler_is_that_of_other_peoples_answers(clinic: TextBench) -> None:
    clinic.fill("ref_norms", [NATIONAL, {**NATIONAL, "respondents": ["parent"], "sd_points": 5}])
    courses(
        clinic,
        {"scores": (15, 9)},
        {"scores": (15, 5), "respondent": "parent"},
        {"scores": (15, 5), "respondent": "teacher"},
    )
    assert is_near(figures(clinic, respondent="client")["d_reference"], 6 / 6.1, by=1e-12)
    assert figures(clinic, respondent="parent")["d_reference"] == 2
    assert figures(clinic, respondent="teacher")["d_reference"] is None


def test_adjusted_for_severity_by_the_line_of_the_reference_period(clinic: TextBench) -> None:
    # Points (10, 2), (14, 6) and (12, 4): one point more of improvement for each of severity,
    # around a first score of 12 with a spread of 2. Whoever starts at 14 has 6 less 2 left.
    reference = [{"scores": pair} for pair in ((10, 8), (14, 8), (12, 8))]
    later = {"scores": (14, 8), "therapist_id": "t2", "first_on": date(2025, 3, 1)}
    clinic.parameters |= {
        "reference_starts_on": date(2025, 1, 1),
        "reference_ends_on": date(2025, 1, 31),
        "reference_minimum_scores": 3,
    }
    courses(clinic, *reference, later)
    row = figures(clinic, level="therapist", subject_id="t2")
    assert (row["d_severity_adjusted"], row["severity_reason"]) == (2, None)
    # Of the period itself it is its mean improvement over its spread.
    row = figures(clinic, level="therapist", subject_id="t1")
    assert (row["d_severity_adjusted"], row["d_pre"]) == (2, 2)
    assert row["improvement_mean_points"] == 4


@pytest.mark.parametrize(("minimum", "is_there"), [(3, True), (4, False)])
def test_without_enough_pairs_there_is_no_line(
    clinic: TextBench, minimum: int, is_there: bool
) -> None:
    clinic.parameters |= {
        "reference_starts_on": date(2025, 1, 1),
        "reference_ends_on": date(2025, 1, 6),
        "reference_minimum_scores": minimum,
    }
    courses(clinic, *({"scores": pair} for pair in ((10, 8), (14, 8), (12, 8))))
    row = figures(clinic)
    assert (row["d_severity_adjusted"] is not None) is is_there
    assert row["severity_reason"] == (None if is_there else "no_reference_line")


def test_a_scale_on_which_more_is_better_mirrors_the_figures(clinic: TextBench) -> None:
    pairs = [("arm", 40 - k % 7, 30 - k % 5) for k in range(25)]
    columns = ("improvement_mean_points", "d_z", "d_av", "d_pre", "g_pre_lower", "g_pre_upper")
    fill_pairs(clinic, pairs)
    expected = figures(clinic)
    mirrored = [(arm, 60 - first, 60 - last) for arm, first, last in pairs]
    fill_pairs(clinic, mirrored, direction="higher_better")
    found = figures(clinic)
    assert all(is_near(found[name], expected[name], by=1e-12) for name in columns)


def test_hedges_correction_makes_the_published_g_of_the_published_d(clinic: TextBench) -> None:
    """R package effectsize, test-cohens_d.R: d 1.892 and g 1.844 of 32 cars, 30 degrees."""
    query = "select 1.892 * hedges_correction(31)"
    ((found,),) = clinic.connection.execute(query).fetchall()
    assert is_near(found, 1.844, by=1e-3)


@needs_data
def test_published_effect_sizes_within_persons(clinic: TextBench) -> None:
    """Rouder (2016) by J. Westfall, as in the R package effectsize, test-rm_d.R; -1.353713."""
    times: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with ROUDER.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            # Thousandfold, so that four places of a score hold the mean of a person's trials.
            times[row["id"]][row["cond"]].append(1000 * float(row["rt"]))
    pairs = [("arm", mean(own["1"]), mean(own["2"])) for own in times.values()]
    fill_pairs(clinic, pairs, ends=(0, 5000))
    row = figures(clinic)
    assert row["n_paired"] == 25
    assert is_near(row["d_z"], -1.353713, by=1e-5)
    # The package's d_av divides by the root of the mean variance, ours by the mean spread, as
    # defined. The two differ by 0.0015 here; d_d and d_r (-0.2498, -0.2590) need single trials.
    spread = math.sqrt((row["first_sd_points"] ** 2 + row["last_sd_points"] ** 2) / 2)
    assert is_near(row["improvement_mean_points"] / spread, -0.8357347, by=1e-5)
    assert is_near(row["d_av"], -0.8371973, by=1e-5)


@needs_data
def test_the_effect_sizes_that_nhs_england_publishes(clinic: TextBench) -> None:
    """(mean first - mean last) / spread of first scores, from rounded means: 97 % within 0.06."""
    published: dict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
    with gzip.open(PROMS, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            name = "_".join(filter(None, (row["measure_statistic"], row["measure_time"])))
            is_number = row["value"].replace(".", "", 1).replace("-", "", 1).isdigit()
            is_england = row["org_type"] == "England" and row["reporting_period"] == "2023-24"
            if is_england and is_number and row["measure_name"] in ("phq", "gad", "wsas"):
                key = (row["variable_a"], row["variable_b"], row["measure_name"])
                published[key][name] = float(row["value"])
    whole = [one for one in published.values() if len(one) == 5 and one["sd_start"] > 0]
    fill_pairs(clinic, [("arm", one["mean_start"], one["mean_end"]) for one in whole])
    # Each row of the table on a scale of its own, with its own spread.
    names = [f"m{number}" for number in range(len(whole))]
    clinic.connection.execute(
        "insert into ref_norms (instrument_id, scale, population, sd_points, status, is_default,"
        " respondents) select unnest($names), 'total', 'reference', unnest($sds), 'verified',"
        " true, ['client']",
        {"names": names, "sds": [one["sd_start"] for one in whole]},
    )
    clinic.connection.execute(
        "insert into ref_instruments (instrument_id, domain, direction, purpose)"
        " select instrument_id, 'symptoms', 'higher_worse', 'outcome' from ref_norms"
    )
    clinic.connection.execute(
        "update int_episode_scores set instrument_id = 'm' || substr(episode_key, 2)"
    )
    found = {
        row["instrument_id"]: row["d_reference"]
        for row in clinic.rows("mart_effect_sizes")
        if row["level"] == "clinic"
        and row["period_kind"] == "year"
        and row["population"] == "all_paired"
    }
    assert len(found) == len(whole) > 300
    near = [
        is_near(found[name], one["effect_size"], by=0.06)
        for name, one in zip(names, whole, strict=True)
    ]
    assert sum(near) / len(near) >= 0.97
