"""Every rule that needs other rows is broken by a row made for it, and by nothing else without it.

The cases are written out in `breaking_deliveries.py` and not taken from the contracts, so that a
rule that is removed or weakened makes a test fail, and so does a new one without a case.
"""

import csv
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import polars
import pytest

from pipelines.contracts.odcs import ROW_KINDS, Contract, load_contracts
from pipelines.contracts.profile import profile_rows
from pipelines.home import SETTINGS_FILE, Home
from pipelines.ingest.landing import land
from pipelines.warehouse.accounts import ACCOUNT_TABLES, FILES_TABLE
from pipelines.warehouse.build_run import BuildRun
from pipelines.warehouse.quarantine_limit import too_much_quarantine
from pipelines.warehouse.rule_results import CHECKS_TABLE, RULES_TABLE, latest_outcomes
from pipelines.warehouse.staging import CATALOGUE_TABLES, StagingInputs, build_staging
from tests.unit.contracts.breaking_deliveries import (
    CASES,
    COPIED,
    DELIVERED_ON,
    LINE_OF_COPIED_ANSWER,
    LINES,
    NEWEST,
    ORPHANED,
    ROWS,
    RULES_OF_DELIVERIES,
    TURNED_AWAY,
    UNIQUE,
    line_of,
)

CONTRACTS = load_contracts()
WARNINGS = {
    "attendances.member_on_day",
    "episodes.overlap",
    "groups.co_therapist_id.reference",
    "response_items.value.on_scale",
    "responses.answers_suffice",
    "responses.episode_id.reference",
    "responses.near_session",
    "responses.session_id.reference",
    "responses.total_agrees",
    "responses.total_score.on_steps",
    "therapists.supervisor_id.reference",
}
ERRORS = {case.rule_id for case in CASES} - WARNINGS
Reasons = dict[tuple[str, int], set[str]]
# The lines of each broken rule, with those that break a rule of their own.
QUARANTINED: Reasons = {
    **{(rule_id.partition(".")[0], LINES[rule_id]): {rule_id} for rule_id in ERRORS},
    ("response_items", LINE_OF_COPIED_ANSWER): {ORPHANED},
    **{
        (table, line_of(table, row)): {
            f"{table}.{next(name for name, cell in row.items() if cell == '')}.required"
        }
        for table, rows in TURNED_AWAY.items()
        for row in rows
    },
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuildRun]:
    """The delivery, staged in a home of its own."""
    folder = tmp_path_factory.mktemp("broken")
    home = Home.create(folder / "home", salt="s")
    with (home.root / SETTINGS_FILE).open("a", encoding="utf-8") as handle:
        handle.write("\n[deliveries]\nfew_quarantined_rows = 0\n")
    export = folder / DELIVERED_ON
    export.mkdir()
    for table, rows in ROWS.items():
        with (export / f"{table}.csv").open("w", newline="", encoding="utf-8") as handle:
            writer = csv.DictWriter(handle, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    land(home, [export], source="inbox")
    run = BuildRun(home)
    run.reference([*CATALOGUE_TABLES, "ref_turned_items", RULES_TABLE])
    staged = [name for name in run.models if name.startswith("stg_")]
    run.stage([*staged, *ACCOUNT_TABLES, FILES_TABLE, CHECKS_TABLE])
    yield run
    run.close()


def quarantined(paths: Mapping[str, Path], *tables: str) -> Reasons:
    """The reasons of every quarantined row, by table and line."""
    found: Reasons = {}
    for table in tables:
        rows = polars.read_parquet(paths[f"quarantine_{table}"])
        for row in rows.iter_rows(named=True):
            assert (table, row["line"]) not in found
            found[table, row["line"]] = set(row["reasons"])
    return found


def warned(paths: Mapping[str, Path], *tables: str) -> dict[str, int]:
    """The rows in use that broke each warning."""
    frames = [polars.read_parquet(paths[f"warnings_{table}"]) for table in tables]
    return {rule_id: n for frame in frames for rule_id, n in frame["rule_id", "n_rows"].iter_rows()}


def built_paths(run: BuildRun) -> dict[str, Path]:
    return {name: run.table_path(name) for name in run.built}


def test_each_row_breaks_the_rule_it_was_made_for_and_no_other(run: BuildRun) -> None:
    assert quarantined(built_paths(run), *ROWS) == QUARANTINED
    assert warned(built_paths(run), *ROWS) == dict.fromkeys(WARNINGS, 1)


def test_every_rule_that_needs_other_rows_has_a_case_and_every_case_a_rule() -> None:
    rules = {
        rule.rule_id
        for contract in CONTRACTS.values()
        for rule in contract.rules
        if rule.kind not in ROW_KINDS
    }
    assert rules == {*ERRORS, *WARNINGS, *UNIQUE, *RULES_OF_DELIVERIES}


def test_each_of_them_is_said_to_have_failed(run: BuildRun) -> None:
    run.build(["mart_rule_results"])
    outcomes = latest_outcomes(run.engine, run.table_path("mart_rule_results"))
    failed = {
        each.rule_id
        for rules in outcomes.values()
        for each in rules
        if each.outcome == "failed"
        and CONTRACTS[each.rule_id.partition(".")[0]].rule(each.rule_id).kind not in ROW_KINDS
    }
    assert failed == {*ERRORS, *WARNINGS, *UNIQUE, *RULES_OF_DELIVERIES}


@pytest.mark.parametrize("rule_id", sorted(ERRORS | WARNINGS))
def test_without_a_rule_nothing_else_catches_the_row_that_breaks_it(
    run: BuildRun, rule_id: str
) -> None:
    table = rule_id.partition(".")[0]
    # Answers are settled with their responses.
    staged = "responses" if table == "response_items" else table
    tables = ("responses", "response_items") if staged == "responses" else (staged,)
    contracts = {**CONTRACTS, table: CONTRACTS[table].without(rule_id)}
    inputs = StagingInputs(contracts, run.models, run.files, run.settings)
    built = build_staging(staged, inputs, run.tables, engine=run.engine, store=run.store)
    paths = {each.table: run.store.path(each.table, each.content) for each in built}
    expected = {
        place: reasons - {rule_id} for place, reasons in QUARANTINED.items() if place[0] in tables
    }
    if rule_id == COPIED:
        # The answers of a response that stays in use are no orphans.
        del expected["response_items", LINE_OF_COPIED_ANSWER]
    assert quarantined(paths, *tables) == {
        place: reasons for place, reasons in expected.items() if reasons
    }
    assert set(warned(paths, *tables)) == {
        warning for warning in WARNINGS - {rule_id} if warning.partition(".")[0] in tables
    }


def counted(run: BuildRun, contract: Contract) -> Mapping[str, int]:
    (file,) = run.files[contract.table]
    assert file.rows is not None
    day = date.fromisoformat(DELIVERED_ON)
    return profile_rows(run.engine, contract, file.rows, day).broken


@pytest.mark.parametrize("rule_id", [*UNIQUE, *(f"{name}.newest" for name in NEWEST)])
def test_a_key_that_comes_twice_and_an_old_delivery_are_counted_by_their_rules(
    run: BuildRun, rule_id: str
) -> None:
    contract = CONTRACTS[rule_id.partition(".")[0]]
    (file,) = run.files[contract.table]
    assert file.profile.broken[rule_id] == (2 if rule_id.endswith("unique") else 1)
    assert rule_id not in counted(run, contract.without(rule_id))


def test_without_its_rule_no_share_turned_away_is_too_much(
    run: BuildRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [found.table for found in too_much_quarantine(run)] == sorted(ROWS)
    without = {table: each.without(f"{table}.quarantined") for table, each in CONTRACTS.items()}
    for table in ROWS:
        monkeypatch.setattr(run, "contracts", {table: without[table]})
        assert too_much_quarantine(run) == []
