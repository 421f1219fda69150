"""Laws that hold for every mart, whatever it computes: they need no second calculation.

What the clients are called, in which order their rows come, what happened years before, where on
earth a clinic is and which way a scale runs must not change a figure.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from pipelines.warehouse.model_file import load_models
from tests.builders import Bench
from tests.made_up_catalogue import reference_rows
from tests.property.clinics import START, random_clinic
from tests.table_rows import complete_row, scrambled_key

Row = dict[str, Any]
Tables = dict[str, list[Row]]
# What was delivered and turned away is a matter of files, of which these clinics have none.
MARTS = sorted(
    name
    for name in load_models()
    if name.startswith("mart_")
    and name not in ("mart_deliveries", "mart_quarantine", "mart_warnings")
)
PERIODS = ("month", "quarter", "year", "rolling_12m")
SEEDS = (3, 11)


def marts(bench: Bench, tables: Mapping[str, list[Row]], parameters: Row) -> dict[str, list[Row]]:
    """Every mart of a clinic, in place of the one before."""
    for table, rows in tables.items():
        bench.fill(table, rows)
    bench.parameters = {**bench.parameters, **parameters}
    bench.restart()
    return {name: bench.rows(name) for name in MARTS}


@pytest.fixture(scope="module")
def expected(bench: Bench) -> dict[int, dict[str, list[Row]]]:
    """The marts of each clinic as it is, by its seed."""
    return {seed: marts(bench, *random_clinic(seed, n_episodes=60)) for seed in SEEDS}


def sorted_rows(rows: list[Row]) -> list[tuple[str, ...]]:
    """Rows without their order, each value as it is written."""
    return sorted(tuple(repr(value) for value in row.values()) for row in rows)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_rows_changes_nothing(
    bench: Bench, expected: dict[int, dict[str, list[Row]]], seed: int
) -> None:
    tables, parameters = random_clinic(seed, n_episodes=60)
    assert any(expected[seed].values())
    backwards = {table: rows[::-1] for table, rows in tables.items()}
    assert marts(bench, backwards, parameters) == expected[seed]


def test_a_shifted_time_zone_changes_nothing(
    bench: Bench, expected: dict[int, dict[str, list[Row]]]
) -> None:
    # Moments are in UTC, days are the clinic's own: elsewhere the same days have other moments.
    seed = SEEDS[0]
    tables, parameters = random_clinic(seed, n_episodes=60)
    shifted = {
        table: [
            {
                name: value + timedelta(hours=9) if isinstance(value, datetime) else value
                for name, value in row.items()
            }
            for row in rows
        ]
        for table, rows in tables.items()
    }
    assert shifted != tables
    assert marts(bench, shifted, parameters) == expected[seed]


def test_a_mirrored_scale_changes_no_count(
    bench: Bench, expected: dict[int, dict[str, list[Row]]]
) -> None:
    """GAD-7 turned round, so that more is better: 21 less the score, and a case below 13.5."""
    seed = SEEDS[0]
    tables, parameters = random_clinic(seed, n_episodes=60)
    mirrored = {
        **tables,
        "stg_responses": [
            {**row, "total_score": 21 - row["total_score"]}
            if row["instrument_id"] == "gad7" and row["total_score"] is not None
            else row
            for row in tables["stg_responses"]
        ],
    }
    changes: dict[str, Row] = {
        "ref_instruments": {"direction": "higher_better"},
        "ref_instrument_scales": {"direction": "higher_better"},
        "ref_outcome_rules": {"caseness_points": 13.5},
    }
    catalogue = {table: reference_rows()[table] for table in changes}
    for table, change in changes.items():
        mirrored[table] = [
            {**row, **change} if row["instrument_id"] == "gad7" else row for row in catalogue[table]
        ]
    try:
        found = marts(bench, mirrored, parameters)
    finally:
        # The clinics of the other laws have no catalogue of their own.
        for table, rows in catalogue.items():
            bench.fill(table, rows)
    n_turned = 0
    for name in MARTS:
        key = load_models()[name].key
        by_key = {tuple(row[column] for column in key): row for row in found[name]}
        assert len(by_key) == len(expected[seed][name]), name
        for row in expected[seed][name]:
            other = by_key[tuple(row[column] for column in key)]
            for column, value in row.items():
                turned = other[TURNED.get(column, column)]
                # Levels are mirrored; all else, changes and their spread too, is as it was.
                if column in LEVELS and row.get("instrument_id") == "gad7" and value is not None:
                    assert float(turned) == pytest.approx(21 - float(value)), (name, column)
                    n_turned += 1
                else:
                    assert is_alike(value, other[column]), (name, column)
    assert n_turned > 100


# Where scores lie on their scale. The lower quartile of a mirrored scale is the upper one.
LEVELS = frozenset(
    {
        *("first_score", "last_score", "first_points", "last_points"),
        *(f"{who}mean_points" for who in ("", "first_", "last_", "measured_first_")),
        *(f"{who}_mean_points" for who in ("there_first", "gone_first", "gone_last")),
        *("q1_points", "median_points", "q3_points"),
    }
)
TURNED = {"q1_points": "q3_points", "q3_points": "q1_points"}


def is_alike(value: Any, other: Any) -> bool:
    """The same, or two doubles but for what rounding may change."""
    if isinstance(value, float) and isinstance(other, float):
        return value == pytest.approx(other, rel=1e-9, abs=1e-12)
    return value == other


@pytest.mark.parametrize("seed", SEEDS)
def test_what_clients_are_called_changes_nothing(
    bench: Bench, expected: dict[int, dict[str, list[Row]]], seed: int
) -> None:
    tables, parameters = random_clinic(seed, n_episodes=60)
    renamed: Tables = {}
    back: dict[str, str] = {}
    for table, rows in tables.items():
        renamed[table] = []
        for row in rows:
            new = dict(row)
            if row.get("client_id") is not None:
                new["client_id"] = f"renamed-{row['client_id'][::-1]}"
                new["client_key"] = scrambled_key("client", new["client_id"])
                back[new["client_key"]] = row["client_key"]
            renamed[table].append(new)
    found = marts(bench, renamed, parameters)
    for name in MARTS:
        called_as_before = [
            {column: back.get(value, value) if column == "client_key" else value
             for column, value in row.items()}
            for row in found[name]
        ]  # fmt: skip
        assert sorted_rows(called_as_before) == sorted_rows(expected[seed][name]), name


@pytest.mark.parametrize("seed", SEEDS)
def test_a_course_of_years_ago_changes_no_later_figure(
    bench: Bench, expected: dict[int, dict[str, list[Row]]], seed: int
) -> None:
    tables, parameters = random_clinic(seed, n_episodes=60)
    found = marts(bench, with_old_course(tables), parameters)
    for name in MARTS:
        key = load_models()[name].key
        by_key = {tuple(row[column] for column in key): row for row in found[name]}
        for row in expected[seed][name]:
            if row.get("period_kind", PERIODS[0]) in PERIODS:
                assert by_key[tuple(row[column] for column in key)] == row, name


def with_old_course(tables: Tables) -> Tables:
    """The clinic with a course three years earlier, of somebody who never came back."""
    day = date(START.year - 3, START.month, 1)
    sessions = [
        {"session_id": f"old-{place}", "episode_id": "old", "therapist_id": "t1",
         "scheduled_on": day + timedelta(days=7 * place)}
        for place in range(3)
    ]  # fmt: skip
    added: Tables = {
        "stg_episodes": [
            {"episode_id": "old", "client_id": "old", "programme_id": "p0", "therapist_id": "t1",
             "referred_on": day, "started_on": day, "ended_on": day + timedelta(days=30),
             "end_reason": "completed"}
        ],
        "stg_sessions": sessions,
        "stg_attendances": [
            {"session_id": each["session_id"], "client_id": "old"} for each in sessions
        ],
        "stg_responses": [
            {"response_id": f"old-{place}", "client_id": "old", "episode_id": "old",
             "instrument_id": "phq9", "administered_on": each["scheduled_on"],
             "total_score": 20 - 5 * place}
            for place, each in enumerate(sessions)
        ],
    }  # fmt: skip
    complete = {
        table: [complete_row(table, row, key=scrambled_key) for row in rows]
        for table, rows in added.items()
    }
    return {table: rows + complete.get(table, []) for table, rows in tables.items()}
