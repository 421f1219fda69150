"""Cases, cells, units and their unadjusted figures equal the second calculation."""

from collections import Counter, defaultdict
from fractions import Fraction
from typing import Any

import pytest

from pipelines.comparison_settings import COVARIATES
from tests.builders import Bench
from tests.property import oracle_comparison
from tests.property.clinics import Tables
from tests.property.measure_clinics import random_measure_clinic
from tests.property.oracle import Clinic, Row
from tests.property.test_marts_equal_oracle import is_same, keyed, load

MEASURE = ("instrument_id", "scale", "respondent")
PERIOD = ("period_kind", "period_start_on")
SETTINGS: tuple[Row, ...] = (
    {"case_mix_covariates": list(COVARIATES), "age_bands": [18, 30, 45, 60]},
    {"case_mix_covariates": [], "age_bands": [12]},
    {"case_mix_covariates": ["sex", "problem"], "age_bands": [13, 18]},
)


def clinic_of(seed: int) -> tuple[Tables, Row]:
    """Courses of several lengths and people of several kinds; the settings go by the seed."""
    tables, parameters = random_measure_clinic(seed, n_episodes=60)
    for place, row in enumerate(tables["stg_clients"]):
        row["sex"] = ("female", "male", "unknown", None, "other")[place % 5]
    return tables, {**parameters, **SETTINGS[seed % len(SETTINGS)]}


@pytest.mark.parametrize("seed", range(6))
def test_cases_cells_and_units_equal_the_second_calculation(bench: Bench, seed: int) -> None:
    tables, parameters = clinic_of(seed)
    load(bench, tables, parameters)
    clinic = Clinic(tables, parameters)
    cases = keyed(bench.rows("int_comparison_cases"), ("episode_key", *MEASURE))
    meant = oracle_comparison.cases(clinic)
    assert_same(cases, meant)
    assert len(cases) > 10
    assert_cells_are_kinds_of_cases(bench, clinic, cases, meant)
    units = keyed(bench.rows("int_comparison_units"), ("level", "subject_id", *MEASURE, *PERIOD))
    assert_same(units, oracle_comparison.units(clinic))
    key = ("level", "subject_id", *MEASURE, "outcome", *PERIOD)
    figures = keyed(bench.rows("mart_comparison"), key)
    assert_same(figures, oracle_comparison.figures(clinic))
    # Too few for any model: what is adjusted is what was observed.
    assert {row["is_adjusted"] for row in figures.values()} == {False}
    for row in figures.values():
        if row["observed"] is None:
            assert row["adjusted"] is None
        else:
            assert row["adjusted"] == pytest.approx(row["observed"], rel=1e-8, abs=1e-9)
    assert {row["verdict"] for row in figures.values()} == {"cannot_tell"}


def assert_same(found: dict[Any, Row], meant: dict[Any, Row]) -> None:
    assert set(found) == set(meant)
    for key, row in meant.items():
        for name, value in row.items():
            own = found[key][name]
            # Of an estimate nine places are kept.
            if name == "expected" and value is not None:
                assert own == pytest.approx(float(value), rel=1e-8, abs=1e-9), (key, name)
            else:
                assert is_same(own, value), (key, name, own, value)


def assert_cells_are_kinds_of_cases(
    bench: Bench, clinic: Clinic, cases: dict[Any, Row], meant: dict[Any, Row]
) -> None:
    """One cell for the cases that are alike, and counts that add up to them."""
    kinds = defaultdict(set)
    counts: Counter[tuple[Any, ...]] = Counter()
    points: dict[tuple[Any, ...], Fraction] = defaultdict(Fraction)
    for key, case in meant.items():
        place = (*key[1:], cases[key]["cell_key"])
        kinds[place].add(oracle_comparison.cell(clinic, case))
        counts[("therapist", case["therapist_id"], *place)] += 1
        points[place] += Fraction(case["improvement_points"])
        if case["group_id"] is not None:
            counts[("group", case["group_id"], *place)] += 1
    assert {len(alike) for alike in kinds.values()} == {1}
    assert len({(place[:3], *alike) for place, alike in kinds.items()}) == len(kinds)
    cells = keyed(bench.rows("int_case_mix_cells"), (*MEASURE, "cell_key"))
    assert set(cells) == set(kinds)
    found: Counter[tuple[Any, ...]] = Counter()
    for row in bench.rows("int_comparison_counts"):
        place = tuple(row[name] for name in (*MEASURE, "cell_key"))
        found[(row["level"], row["subject_id"], *place)] += row["n_cases"]
        if row["level"] == "therapist":
            points[place] -= Fraction(row["improvement_points"])
    assert found == counts
    assert set(points.values()) == {Fraction(0)}


def test_neither_the_order_of_rows_nor_threads_change_a_byte(bench: Bench) -> None:
    tables, parameters = clinic_of(9)
    load(bench, tables, parameters)
    expected = [bench.rows(name) for name in ("mart_comparison", "int_case_mix_expected")]
    bench.connection.execute("set threads = 4")
    load(bench, {table: rows[::-1] for table, rows in tables.items()}, parameters)
    found = [bench.rows(name) for name in ("mart_comparison", "int_case_mix_expected")]
    bench.connection.execute("reset threads")
    assert found == expected
    assert all(expected)


def test_units_have_the_courses_that_the_outcomes_have(bench: Bench) -> None:
    tables, parameters = clinic_of(3)
    load(bench, tables, parameters)
    key = ("level", "subject_id", *MEASURE, *PERIOD)
    outcomes = keyed(bench.rows("mart_outcomes"), key)
    units = keyed(bench.rows("int_comparison_units"), key)
    assert len(units) > 20
    for one, unit in units.items():
        assert (unit["n_finished"], unit["n_pairs"]) == (
            outcomes[one]["n_finished"],
            outcomes[one]["n_paired"],
        )
