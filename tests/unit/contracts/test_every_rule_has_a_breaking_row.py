"""Every rule that one row can break has a row that breaks it alone, and a neighbour that does not.

The cases are written out in `breaking_rows.py` and not taken from the contracts, so that a rule that
is removed or weakened makes a test fail, and so does a new one without a case.
"""

from datetime import date

import duckdb
import pytest

from pipelines.contracts.odcs import ROW_KINDS, load_contracts
from pipelines.contracts.row_rules import check_select
from tests.unit.contracts.breaking_rows import ALLOWED, CASES, place_of
from tests.unit.contracts.good_rows import GOOD

CONTRACTS = load_contracts()
# The clinic is in New York, where this day ends at 04:00 UTC of the next.
DELIVERED_ON = date(2024, 6, 30)
TIME_ZONE = "America/New_York"

# The rules of which a row that breaks them stays in use.
WARNED = ("not_a_placeholder", "plain_text", "plausible")
WARNINGS = {
    "episodes.end_reason.with_ended_on",
    "groups.starts_on.not_before_1900",
    "therapists.employed_from.not_before_1900",
}


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as opened:
        opened.execute(f"set timezone = '{TIME_ZONE}'")
        yield opened


def judge(connection, contract, rows):
    """Errors and warnings of each row, by the number on its `line`."""
    names = ", ".join(f'"{name}"' for name in rows[0])
    marks = ", ".join("(" + ", ".join("?" * len(row)) + ")" for row in rows)
    connection.execute(
        f"create or replace table delivered ({names.replace(',', ' varchar,')} varchar)"
    )
    cells = [cell for row in rows for cell in row.values()]
    connection.execute(f"insert into delivered values {marks}", cells)
    sql = check_select(
        contract,
        source="delivered",
        present=frozenset(GOOD[contract.table]),
        line="line",
    )
    judged = connection.execute(
        f"select line, row_errors, row_warnings from ({sql}) as judged",
        {"delivered_on": DELIVERED_ON},
    ).fetchall()
    return {line: (errors, warnings) for line, errors, warnings in judged}


@pytest.fixture(scope="module")
def verdicts(connection):
    """Errors and warnings of every case's two rows; one pass per table."""
    found = {}
    for table, good in GOOD.items():
        rows = [{**good, "line": "0"}]
        for place, case in enumerate(CASES, start=1):
            if case.table == table:
                rows.append({**good, **case.breaking, "line": str(place)})
                rows.append({**good, **case.neighbour, "line": str(-place)})
        judged = judge(connection, CONTRACTS[table], rows)
        found[table] = judged.pop(0)
        found |= judged
    return found


@pytest.mark.parametrize("table", sorted(GOOD))
def test_the_good_row_of_each_table_breaks_nothing(table, verdicts):
    assert verdicts[table] == (None, None)


@pytest.mark.parametrize("table", sorted(GOOD))
def test_the_good_row_fills_every_column_of_its_contract(table):
    assert list(GOOD[table]) == [column.name for column in CONTRACTS[table].columns]


@pytest.mark.parametrize(
    "place", range(1, len(CASES) + 1), ids=lambda place: f"{CASES[place - 1].rule_id}-{place}"
)
def test_a_row_breaks_exactly_the_rule_and_its_neighbour_breaks_none(place, verdicts):
    case = CASES[place - 1]
    errors, warnings = verdicts[place]
    if case.rule_id in WARNINGS or case.rule_id.endswith(WARNED):
        assert (errors, warnings) == (None, [case.rule_id])
    else:
        assert warnings is None
        assert sorted(errors) == sorted([case.rule_id, *case.also])
    assert verdicts[-place] == (None, None)


def test_every_rule_that_one_row_can_break_has_a_case_and_every_case_a_rule():
    judged = {
        rule.rule_id
        for contract in CONTRACTS.values()
        for rule in contract.rules
        if rule.kind in ROW_KINDS
    }
    assert judged == {case.rule_id for case in CASES}


@pytest.mark.parametrize("table", sorted(GOOD))
def test_without_a_rule_nothing_else_catches_the_rows_that_break_it(table, connection):
    rules = {case.rule_id for case in CASES if case.table == table}
    for rule_id in sorted(rules):
        rows = [
            {**GOOD[table], **case.breaking, "line": str(place)}
            for place, case in enumerate(CASES)
            if case.rule_id == rule_id
        ]
        judged = judge(connection, CONTRACTS[table].without(rule_id), rows)
        for place, (errors, warnings) in judged.items():
            left = {*(errors or ()), *(warnings or ())}
            assert left == set(CASES[place].also), f"{rule_id} was removed"


def test_what_stands_in_a_list_is_all_that_its_rule_allows():
    for name, words in ALLOWED.items():
        table, column = place_of(name)
        assert set(CONTRACTS[table].column(column).allowed) == set(words.split()), name
