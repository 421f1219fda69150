"""Every column of the tables on the course of treatment equals the second calculation."""

import pytest
from hypothesis import given, settings

from tests.builders import Bench
from tests.property import oracle_children, oracle_course
from tests.property.course_clinics import course_clinics, random_course_clinic
from tests.property.oracle import Clinic, Row
from tests.property.oracle_recovery import recovery, recovery_rates
from tests.property.test_marts_equal_oracle import (
    EPISODE,
    PERIOD,
    SUBJECT,
    assert_equal,
    keyed,
    load,
    without,
)

MODELS = (
    "int_episode_course",
    "int_episode_descriptors",
    "mart_adherence",
    "mart_attendance",
    "mart_child_outcomes",
    "mart_course",
    "mart_dosage",
    "mart_episode_child_outcomes",
    "mart_episode_course",
    "mart_episode_recovery",
    "mart_recovery",
    "mart_waits",
)


@settings(max_examples=20)
@given(course_clinics())
def test_the_tables_equal_the_second_calculation(
    bench: Bench, clinic_rows: tuple[dict[str, list[Row]], Row]
) -> None:
    assert_tables_equal(bench, *clinic_rows)


@pytest.mark.parametrize("seed", range(3))
def test_tables_of_larger_clinics_equal_the_second_calculation(bench: Bench, seed: int) -> None:
    assert_tables_equal(bench, *random_course_clinic(seed, n_episodes=50))


def assert_tables_equal(bench: Bench, tables: dict[str, list[Row]], parameters: Row) -> None:
    """Build every table of a clinic and compare it."""
    load(bench, tables, parameters)
    clinic = Clinic(tables, parameters)
    by_episode = {
        "int_episode_course": oracle_course.course_facts(clinic),
        "mart_episode_course": oracle_course.endings(clinic),
        "mart_episode_recovery": {
            key: without(row, EPISODE) for key, row in recovery(clinic).items()
        },
    }
    for name, rows in by_episode.items():
        expected = {(key,): row for key, row in rows.items()}
        assert_equal(keyed(bench.rows(name), EPISODE), expected)
    by_subject = {
        "mart_recovery": ((), recovery_rates(clinic)),
        "mart_course": ((), oracle_course.course_rates(clinic)),
        "mart_attendance": ((), oracle_course.attendance(clinic)),
        "mart_adherence": ((), oracle_course.adherence(clinic)),
        "mart_dosage": (("measure",), oracle_course.dosage(clinic)),
        "mart_waits": (("wait_id",), oracle_course.waits(clinic)),
        "mart_child_outcomes": (("rater",), oracle_children.child_rates(clinic)),
    }
    for name, (extra, expected) in by_subject.items():
        assert_equal(keyed(bench.rows(name), SUBJECT + extra + PERIOD), expected)
    assert_equal(
        keyed(bench.rows("mart_episode_child_outcomes"), (*EPISODE, "rater")),
        oracle_children.children(clinic),
    )


def test_neither_the_order_of_rows_nor_threads_change_a_digit(bench: Bench) -> None:
    tables, parameters = random_course_clinic(7, n_episodes=50)
    load(bench, tables, parameters)
    bench.connection.execute("set threads = 1")
    expected = {name: bench.rows(name) for name in MODELS}
    load(bench, {table: rows[::-1] for table, rows in tables.items()}, parameters)
    bench.connection.execute("set threads = 4")
    assert {name: bench.rows(name) for name in MODELS} == expected
