"""The quality measures equal the second calculation, person by person and subject by subject."""

from collections.abc import Iterable

import pytest
from hypothesis import given, settings

from tests.builders import Bench
from tests.measure_decisions import switch_on
from tests.property import oracle_measures
from tests.property.measure_clinics import measure_clinics, random_measure_clinic
from tests.property.oracle import Clinic, Row
from tests.property.test_marts_equal_oracle import assert_equal, keyed, load

RESULT = ("measure_id", "rate_id", "period_start_on", "client_key", "index_on", "unit_number")
EPISODES = 50
# Chosen so that together they reach everything that a measure can say.
SEEDS = (0, 1, 15)
SUBJECT = ("measure_id", "rate_id", "level", "subject_id")
CONSTANT = frozenset({"version", "basis", "status", "reason", "period_kind", "period_end_on"})


@pytest.fixture(scope="module")
def bench() -> Iterable[Bench]:
    """One engine for all examples, with every figure switched on."""
    shared = Bench()
    switch_on(shared)
    yield shared
    shared.close()


def assert_measures_equal(bench: Bench, tables: dict[str, list[Row]], parameters: Row) -> None:
    """Build the measures of a clinic and compare them."""
    load(bench, tables, parameters)
    clinic = Clinic(tables, parameters)
    assert_equal(keyed(bench.rows("int_measure_results"), RESULT), oracle_measures.results(clinic))
    assert_equal(
        keyed(
            [without_constants(row) for row in bench.rows("mart_quality_measures")],
            (*SUBJECT, "stratum", "period_start_on"),
        ),
        oracle_measures.quality_measures(clinic),
    )
    assert_equal(
        keyed(
            [
                without_constants(row, dropped=CONSTANT)
                for row in bench.rows("mart_measure_exclusions")
            ],
            (*SUBJECT, "exclusion_reason", "period_start_on"),
        ),
        oracle_measures.exclusions(clinic),
    )
    assert bench.check("measure_counts_add_up") == []


def without_constants(row: Row, *, dropped: frozenset[str] = CONSTANT) -> Row:
    """A row without what the measure's file says and every row of it repeats."""
    return {name: value for name, value in row.items() if name not in dropped}


@settings(max_examples=20)
@given(measure_clinics())
def test_measures_equal_the_second_calculation(
    bench: Bench, clinic_rows: tuple[dict[str, list[Row]], Row]
) -> None:
    assert_measures_equal(bench, *clinic_rows)


@pytest.mark.parametrize("seed", SEEDS)
def test_measures_of_larger_clinics_equal_the_second_calculation(bench: Bench, seed: int) -> None:
    tables, parameters = random_measure_clinic(seed, n_episodes=EPISODES)
    assert_measures_equal(bench, tables, parameters)


def test_the_larger_clinics_reach_every_rate_and_most_reasons(bench: Bench) -> None:
    rates, reasons, units = set(), set(), set()
    for seed in SEEDS:
        clinic = Clinic(*random_measure_clinic(seed, n_episodes=EPISODES))
        for key, row in oracle_measures.results(clinic).items():
            rates.add((*key[:2], row["is_met"]))
            reasons.add((key[0], row["exclusion_reason"]))
            units.add((key[0], key[-1]))
    expected = {
        (measure_id, rate_id, is_met)
        for measure_id, names in oracle_measures.RATES.items()
        for rate_id in names
        for is_met in (True, False)
    }
    assert rates == expected
    assert ("cms177", 2) in units
    assert {reason for measure_id, reason in reasons if measure_id == "cms159"} == {
        None, "borderline", "bipolar", "psychosis", "developmental", "palliative", "death",
    }  # fmt: skip


def test_neither_the_order_of_rows_nor_threads_change_a_digit(bench: Bench) -> None:
    tables, parameters = random_measure_clinic(4, n_episodes=EPISODES)
    load(bench, tables, parameters)
    bench.connection.execute("set threads = 1")
    names = ("int_measure_results", "mart_quality_measures", "mart_measure_exclusions")
    expected = {name: bench.rows(name) for name in names}
    load(bench, {table: rows[::-1] for table, rows in tables.items()}, parameters)
    bench.connection.execute("set threads = 4")
    assert {name: bench.rows(name) for name in names} == expected
