"""Every column of the tables about the path equals the second calculation."""

from datetime import timedelta

import pytest
from hypothesis import given, settings

from tests.builders import Bench
from tests.property import oracle_path, oracle_path_marts
from tests.property.clinics import Tables
from tests.property.oracle import Clinic, Row
from tests.property.test_marts_equal_oracle import (
    EPISODE,
    PERIOD,
    SUBJECT,
    assert_equal,
    keyed,
    load,
    without,
)
from tests.property.weekly_clinics import (
    BEFORE_A_MONTH,
    random_weekly_clinic,
    weekly_clinics,
)

EXAMPLES = 20
INSTRUMENT = ("instrument_id",)
MODELS = (
    "int_session_scores",
    "int_session_steps",
    "int_episode_paths",
    "int_track_states",
    "mart_sudden_gains",
    "mart_path",
    "mart_trajectories",
    "mart_on_track",
    "mart_on_track_counts",
)


@settings(max_examples=EXAMPLES)
@given(weekly_clinics())
def test_paths_equal_the_second_calculation(bench: Bench, given_rows: tuple[Tables, Row]) -> None:
    assert_paths_equal(bench, *given_rows)


@pytest.mark.parametrize("seed", range(3))
def test_paths_of_larger_clinics_equal_the_second_calculation(bench: Bench, seed: int) -> None:
    tables, parameters = random_weekly_clinic(seed, n_weekly=36, n_evenings=4)
    n_gains = assert_paths_equal(bench, tables, parameters)
    assert n_gains > 0, "the generated clinics have sudden gains to be told"


def assert_paths_equal(bench: Bench, tables: Tables, parameters: Row) -> int:
    """Build every table about the path of a clinic and compare it; how many gains there were."""
    load(bench, tables, {**bench.parameters, **parameters})
    paths = oracle_path.Paths(Clinic(tables, parameters), bench.rows("int_outcome_rules"))

    scores = {
        (*key, row["place"]): without(row, ("place",))
        for key, rows in paths.scores.items()
        for row in rows
    }
    assert_equal(keyed(bench.rows("int_session_scores"), EPISODE + INSTRUMENT + ("place",)), scores)

    steps = {
        (*key, step["session_number"]): without(step, ("session_number",))
        for key, rows in paths.scores.items()
        for step in paths.steps(rows, key[1])
    }
    step_key = (*EPISODE, *INSTRUMENT, "session_number")
    assert_equal(keyed(bench.rows("int_session_steps"), step_key), steps)
    gains = {key: without(step, ("is_gain",)) for key, step in steps.items() if step["is_gain"]}
    assert_equal(keyed(bench.rows("mart_sudden_gains"), step_key), gains)

    rows = {key: paths.path(*key) for key in paths.scores}
    assert_equal(keyed(bench.rows("int_episode_paths"), EPISODE + INSTRUMENT), rows)
    assert_equal(
        keyed(bench.rows("mart_path"), SUBJECT + INSTRUMENT + PERIOD),
        oracle_path_marts.path_rates(paths),
    )
    assert_equal(
        keyed(
            bench.rows("mart_trajectories"), (*SUBJECT, *INSTRUMENT, *PERIOD, "axis", "position")
        ),
        oracle_path_marts.trajectories(paths),
    )
    today = parameters["as_of_on"]
    facts = {key: course.facts for key, course in paths.clinic.courses.items()}
    states = {
        key: {
            **state,
            "seen_on": today,
            "therapist_id": facts[key[0]]["therapist_id"],
            "programme_id": facts[key[0]]["programme_id"],
        }
        for key, state in paths.track(today).items()
    }
    assert_equal(keyed(bench.rows("mart_on_track"), EPISODE + INSTRUMENT), states)
    assert_equal(
        keyed(bench.rows("mart_on_track_counts"), SUBJECT + INSTRUMENT + PERIOD),
        oracle_path_marts.track_counts(paths),
    )
    return len(gains)


def test_neither_the_order_of_rows_nor_threads_change_a_digit(bench: Bench) -> None:
    tables, parameters = random_weekly_clinic(7, n_weekly=40)
    parameters = {**bench.parameters, **parameters}
    load(bench, tables, parameters)
    bench.connection.execute("set threads = 1")
    expected = {name: bench.rows(name) for name in MODELS}
    load(bench, {table: rows[::-1] for table, rows in tables.items()}, parameters)
    bench.connection.execute("set threads = 4")
    assert {name: bench.rows(name) for name in MODELS} == expected


def test_what_comes_later_changes_no_state_of_a_past_day(bench: Bench) -> None:
    tables, parameters = random_weekly_clinic(1, n_weekly=20, n_evenings=10)
    evening = BEFORE_A_MONTH + timedelta(days=27)
    held = [row for row in tables["stg_sessions"] if row["scheduled_on"] <= evening]
    ids = {row["session_id"] for row in held}
    known = {
        **tables,
        "stg_sessions": held,
        "stg_attendances": [row for row in tables["stg_attendances"] if row["session_id"] in ids],
        "stg_responses": [
            row for row in tables["stg_responses"] if row["administered_on"] <= evening
        ],
    }
    states = []
    for each in (tables, known):
        load(bench, each, {**bench.parameters, **parameters})
        found = keyed(bench.rows("int_track_states"), ("seen_on", *EPISODE, *INSTRUMENT))
        states.append({key: state for key, state in found.items() if key[0] <= evening})
    later, then = states
    # Who came no more by today has ended by then; all others are open courses in both.
    assert "on_track" in {then[key]["track_status"] for key in then if key[0] == evening}
    assert_equal({key: later[key] for key in then}, then)
