"""Every column of every mart, for all levels and periods, equals the second calculation."""

import math
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings

from tests.builders import Bench, checks
from tests.property import oracle_marts, oracle_outcomes
from tests.property.clinics import clinics, random_clinic
from tests.property.oracle import Clinic, Row
from tests.property.oracle_recovery import recovery, recovery_rates

EPISODE = ("episode_key",)
MEASURE = ("instrument_id", "scale", "respondent")
SUBJECT = ("level", "subject_id")
PERIOD = ("period_kind", "period_start_on")
EXAMPLES = 30
MODELS = (
    "int_attendances",
    "int_episodes",
    "int_episode_scores",
    "int_episode_subjects",
    "int_measures_due",
    "int_period_months",
    "int_published_episodes",
    "int_sessions",
    "mart_activity",
    "mart_completeness",
    "mart_episode_outcomes",
    "mart_episode_recovery",
    "mart_outcomes",
    "mart_recovery",
    "mart_started",
)


def load(bench: Bench, tables: Mapping[str, list[Row]], parameters: Row) -> None:
    """Put a clinic in place of the one before."""
    for table, rows in tables.items():
        bench.fill(table, rows)
    bench.parameters = {**bench.parameters, **parameters}
    bench.restart()


def keyed(rows: list[Row], key: tuple[str, ...]) -> dict[tuple[Any, ...], Row]:
    """Rows by their key, which must tell them apart, without it."""
    found = {
        tuple(row[name] for name in key): {
            name: value for name, value in row.items() if name not in key
        }
        for row in rows
    }
    assert len(found) == len(rows), "the key is not unique"
    return found


def is_same(found: Any, expected: Any) -> bool:
    """Equal, and of the same kind; a double up to what the order of its sums may change."""
    if found is None or expected is None:
        return found is expected
    if isinstance(found, float):
        return math.isclose(found, float(expected), rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(found, Decimal):
        return Fraction(found) == Fraction(expected)
    return type(found) is type(expected) and found == expected


class OtherColumns(BaseException):
    """A model and the second calculation have other columns: told at once.

    It is no Exception, so that Hypothesis does not look for a smaller clinic for minutes.
    """


def assert_equal(found: Mapping[Any, Row], expected: Mapping[Any, Row]) -> None:
    """The same keys, and under each the same columns with the same values."""
    assert set(found) == set(expected)
    for key, row in expected.items():
        if set(found[key]) != set(row):
            raise OtherColumns(
                f"only in the SQL model: {sorted(set(found[key]) - set(row))}; only in the second"
                f" calculation: {sorted(set(row) - set(found[key]))}; write the figure once more,"
                " from its definition, in the module of tests/property/ named in the line above"
            )
        wrong = {
            name: (found[key][name], value)
            for name, value in row.items()
            if not is_same(found[key][name], value)
        }
        assert not wrong, (key, wrong)


@settings(max_examples=EXAMPLES)
@given(clinics())
def test_marts_equal_the_second_calculation(
    bench: Bench, clinic_rows: tuple[dict[str, list[Row]], Row]
) -> None:
    assert_marts_equal(bench, *clinic_rows)


@pytest.mark.parametrize("seed", range(6))
def test_marts_of_larger_clinics_equal_the_second_calculation(bench: Bench, seed: int) -> None:
    assert_marts_equal(bench, *random_clinic(seed, n_episodes=90))


def assert_marts_equal(bench: Bench, tables: dict[str, list[Row]], parameters: Row) -> None:
    """Build every mart of a clinic and compare it."""
    load(bench, tables, parameters)
    clinic = Clinic(tables, parameters)

    attendances = {(row["session_key"], row["client_key"]): row for row in clinic.attendances}
    assert_equal(
        keyed(bench.rows("int_attendances"), ("session_key", "client_key")),
        {key: without(row, ("session_key", "client_key")) for key, row in attendances.items()},
    )
    facts = {(key,): without(course.facts, EPISODE) for key, course in clinic.courses.items()}
    assert_equal(keyed(bench.rows("int_episodes"), EPISODE), facts)
    assert {row["episode_key"] for row in bench.rows("int_published_episodes")} == {
        key for key, course in clinic.courses.items() if course.is_published
    }
    outcomes = {
        (key, *measure): without(row, EPISODE + MEASURE)
        for key, course in clinic.courses.items()
        for measure, row in course.outcomes.items()
    }
    assert_equal(keyed(bench.rows("mart_episode_outcomes"), EPISODE + MEASURE), outcomes)
    recoveries = {(key,): without(row, EPISODE) for key, row in recovery(clinic).items()}
    assert_equal(keyed(bench.rows("mart_episode_recovery"), EPISODE), recoveries)
    assert_equal(keyed(bench.rows("mart_recovery"), SUBJECT + PERIOD), recovery_rates(clinic))
    assert_equal(
        keyed(bench.rows("mart_outcomes"), SUBJECT + MEASURE + PERIOD),
        oracle_outcomes.outcomes(clinic),
    )
    assert_equal(
        keyed(bench.rows("mart_activity"), SUBJECT + PERIOD), oracle_marts.activity(clinic)
    )
    assert_equal(
        keyed(bench.rows("mart_completeness"), SUBJECT + PERIOD),
        oracle_marts.completeness(clinic),
    )
    assert_equal(keyed(bench.rows("mart_started"), SUBJECT + PERIOD), oracle_marts.started(clinic))

    for check in checks():
        assert bench.check(check) == [], check


def test_neither_the_order_of_rows_nor_threads_change_a_digit(bench: Bench) -> None:
    tables, parameters = random_clinic(7, n_episodes=90)
    load(bench, tables, parameters)
    bench.connection.execute("set threads = 1")
    expected = {name: bench.rows(name) for name in MODELS}
    load(bench, {table: rows[::-1] for table, rows in tables.items()}, parameters)
    bench.connection.execute("set threads = 4")
    assert {name: bench.rows(name) for name in MODELS} == expected


def without(row: Row, key: tuple[str, ...]) -> Row:
    """A row's columns beside its key."""
    return {name: value for name, value in row.items() if name not in key}
