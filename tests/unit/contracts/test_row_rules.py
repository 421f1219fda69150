"""How a text cell is read, and what the one pass over a file says of each row."""

import json
import re
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts.cell_types import DUCKDB_TYPES, value_sql
from pipelines.contracts.odcs import ROW_KINDS, load_contracts
from pipelines.contracts.row_rules import check_select, explain, rule_counts_select
from pipelines.engine import Engine

CONTRACTS = load_contracts()
EPISODE = {
    "episode_id": "E-EXAMPLE-1",
    "client_id": "C-EXAMPLE-1",
    "programme_id": "P-EXAMPLE-1",
    "therapist_id": "T-EXAMPLE-1",
    "referred_on": "2024-01-10",
}


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as opened:
        opened.execute("set timezone = 'America/New_York'")
        yield opened


def land(connection, rows):
    """A text table `delivered` with these rows; a cell that a row lacks is null."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = ", ".join(f'"{name}" varchar' for name in names)
    connection.execute(f"create or replace temp table delivered ({columns})")
    marks = f"insert into delivered values ({', '.join('?' * len(names))})"
    connection.executemany(marks, [[row.get(name) for name in names] for row in rows])
    return frozenset(names)


def judge(connection, table, rows, **options):
    """The checked rows, as dictionaries."""
    present = land(connection, rows)
    sql = check_select(CONTRACTS[table], source="delivered", present=present, **options)
    found = connection.execute(sql, {"delivered_on": date(2024, 6, 30)})
    names = [entry[0] for entry in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def read(connection, column_type, texts):
    """What each text is read as; timestamps in UTC, as they are stored."""
    value = value_sql("cell", column_type)
    if column_type == "timestamp":
        value = f"({value}) at time zone 'UTC'"
    return [
        row[0]
        for row in connection.execute(
            f"select {value} from (select unnest($texts::varchar[]) as cell)", {"texts": texts}
        ).fetchall()
    ]


@pytest.mark.parametrize(
    ("column_type", "text", "value"),
    [
        ("date", "2024-02-29", date(2024, 2, 29)),
        ("date", "0001-01-01", date(1, 1, 1)),
        ("date", "9999-12-31", date(9999, 12, 31)),
        ("timestamp", "2024-02-29T23:59:59.999999Z", datetime(2024, 2, 29, 23, 59, 59, 999999)),
        ("timestamp", "2024-01-01T10:00", datetime(2024, 1, 1, 15)),
        ("timestamp", "2024-07-01 10:00:00", datetime(2024, 7, 1, 14)),
        ("timestamp", "2024-01-01T10:00:00+05:30", datetime(2024, 1, 1, 4, 30)),
        ("timestamp", "2024-01-01T10:00:00+0530", datetime(2024, 1, 1, 4, 30)),
        ("timestamp", "2024-01-01 10:00:00-05", datetime(2024, 1, 1, 15)),
        # An hour that the clocks skip is read as the hour after it, one that comes twice as the
        # second; what counts is that it is the same every time.
        ("timestamp", "2024-03-10T02:30", datetime(2024, 3, 10, 7, 30)),
        ("timestamp", "2024-11-03T01:30", datetime(2024, 11, 3, 6, 30)),
        ("integer", "0", 0),
        ("integer", "-3", -3),
        ("integer", "007", 7),
        ("integer", "2147483647", 2147483647),
        ("decimal", "14", Decimal("14.0000")),
        ("decimal", "-0.5", Decimal("-0.5000")),
        ("decimal", "99999.9999", Decimal("99999.9999")),
        ("decimal", "1.33335", Decimal("1.3334")),
        ("boolean", "TRUE", True),
        ("boolean", "yes", True),
        ("boolean", "1", True),
        ("boolean", "False", False),
        ("boolean", "No", False),
        ("boolean", "0", False),
    ],
)
def test_a_cell_in_the_form_of_its_type_is_read(connection, column_type, text, value):
    assert read(connection, column_type, [text]) == [value]


# Most of these the engine's own cast would read.
@pytest.mark.parametrize(
    ("column_type", "texts"),
    [
        (
            "date",
            "2023-02-29|2024-2-3|2024/02/03|03.02.2024|20240203| 2024-02-03|2024-02-03 |2024-13-01"
            "|0000-01-01|-024-01-01|12024-01-01|infinity|epoch|2024-02-03T00:00|45325|2024-02-03 (BC)",
        ),
        (
            "timestamp",
            "2024-02-03|2024-02-03T10|2024-02-03T25:00|2024-02-03T10:00:60|2024-02-03t10:00|infinity"
            "|now|2024-02-03T10:00 America/Chicago|2024-02-03T10:00+99:99|2024-02-03T10:00+05:75"
            "|2024-02-30T10:00|2024-02-03T10:00 Z|0000-02-03T10:00|2024-02-03  10:00",
        ),
        ("integer", "1.0|1e2| 5|5 |+5|1_000|0x1F|2147483648|99999999999|five|5.|-|--1|١"),
        ("decimal", "1,5|1e2| 5|+5|.5|5.|1_0|nan|inf|100000|99999.99999|0x1F|-|.|1.2.3|-.5"),
        ("boolean", "y|t|ja|on|2|true | 1|01"),
    ],
)
def test_a_cell_in_another_form_is_not_read(connection, column_type, texts):
    listed = texts.split("|")
    assert dict(zip(listed, read(connection, column_type, listed), strict=True)) == dict.fromkeys(
        listed
    )


@pytest.mark.parametrize("column_type", ["integer", "decimal"])
def test_of_single_characters_only_digits_are_numbers(connection, column_type):
    texts = [chr(code) for code in range(1, 128)]
    values = read(connection, column_type, texts)
    assert [text for text, value in zip(texts, values, strict=True) if value is not None] == list(
        "0123456789"
    )


@given(st.lists(st.text(alphabet="0123456789-+.,e_ T:Z/", max_size=12), min_size=1, max_size=60))
def test_numbers_and_dates_are_read_as_a_plain_reading_says(texts):
    with duckdb.connect() as opened:
        assert read(opened, "integer", texts) == [_integer(text) for text in texts]
        assert read(opened, "decimal", texts) == [_decimal(text) for text in texts]
        assert read(opened, "date", texts) == [_date(text) for text in texts]


def _integer(text):
    if not re.fullmatch(r"-?[0-9]{1,10}", text) or abs(int(text)) >= 2**31:
        return None
    return int(text)


def _decimal(text):
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text):
        return None
    value = Decimal(text).quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)
    return value if abs(value) < 100000 else None


def _date(text):
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def test_a_clean_row_is_typed_and_has_no_verdict(connection):
    (row,) = judge(connection, "episodes", [{**EPISODE, "started_on": ""}])
    assert row == {
        "episode_id": "E-EXAMPLE-1",
        "client_id": "C-EXAMPLE-1",
        "programme_id": "P-EXAMPLE-1",
        "therapist_id": "T-EXAMPLE-1",
        "referred_on": date(2024, 1, 10),
        "started_on": None,
        "ended_on": None,
        "end_reason": None,
        "line": None,
        "row_errors": None,
        "row_warnings": None,
        "delivered_row": None,
    }


@pytest.mark.parametrize("table", sorted(CONTRACTS))
def test_checked_columns_have_the_types_of_the_contract(connection, table):
    contract = CONTRACTS[table]
    present = land(connection, [{column.name: "" for column in contract.columns}])
    sql = check_select(contract, source="delivered", present=present)
    described = connection.execute(f"describe {sql.replace('$delivered_on', 'null::date')}")
    types = {row[0]: row[1] for row in described.fetchall()}
    expected = {c.name: DUCKDB_TYPES[c.type].replace(" ", "") for c in contract.columns}
    assert types == {
        **expected,
        "line": "BIGINT",
        "row_errors": "VARCHAR[]",
        "row_warnings": "VARCHAR[]",
        "delivered_row": "VARCHAR",
    }


def test_a_row_carries_all_its_reasons_in_the_contracts_order_and_its_text(connection):
    (row,) = judge(
        connection,
        "episodes",
        [
            {
                **EPISODE,
                "client_id": "",
                "referred_on": "10/01/2024",
                "ended_on": "2024-07-01",
                "end_reason": "COMPLETED",
            }
        ],
    )
    assert row["row_errors"] == [
        "episodes.client_id.required",
        "episodes.referred_on.type",
        "episodes.ended_on.not_after_delivery",
        "episodes.end_reason.allowed",
    ]
    assert json.loads(row["delivered_row"]) == {
        "episode_id": "E-EXAMPLE-1",
        "client_id": None,
        "programme_id": "P-EXAMPLE-1",
        "therapist_id": "T-EXAMPLE-1",
        "referred_on": "10/01/2024",
        "ended_on": "2024-07-01",
        "end_reason": "COMPLETED",
    }


def test_a_warning_leaves_the_row_in_use_and_keeps_no_copy_of_it(connection):
    (row,) = judge(connection, "episodes", [{**EPISODE, "ended_on": "2024-06-15"}])
    assert row["row_errors"] is None
    assert row["row_warnings"] == ["episodes.end_reason.with_ended_on"]
    assert row["delivered_row"] is None


def test_a_required_cell_that_cannot_be_read_is_not_called_empty_too(connection):
    (row,) = judge(connection, "episodes", [{**EPISODE, "referred_on": "soon"}])
    assert row["row_errors"] == ["episodes.referred_on.type"]
    assert row["referred_on"] is None


def test_a_cell_that_cannot_be_read_breaks_no_rule_about_its_absence(connection):
    (row,) = judge(
        connection, "episodes", [{**EPISODE, "ended_on": "in spring", "end_reason": "other"}]
    )
    assert row["row_errors"] == ["episodes.ended_on.type"]
    assert row["row_warnings"] is None


def test_a_column_that_the_file_lacks_is_read_as_empty(connection):
    del_optional, del_required = dict(EPISODE), dict(EPISODE)
    del del_required["therapist_id"]
    (row,) = judge(connection, "episodes", [del_optional])
    assert row["row_errors"] is None
    (row,) = judge(connection, "episodes", [del_required])
    assert row["row_errors"] == ["episodes.therapist_id.required"]
    assert "therapist_id" not in json.loads(row["delivered_row"])


def test_a_column_that_the_contract_does_not_have_is_not_read(connection):
    (row,) = judge(connection, "response_items", [{"shoe": "x", "response_id": "", "item": "1"}])
    assert "shoe" not in row
    assert "shoe" not in json.loads(row["delivered_row"])


def test_ids_are_neither_trimmed_nor_folded(connection):
    rows = [{"response_id": text, "item": "1"} for text in (" r1", "R1 ", "001", "１")]
    found = judge(connection, "response_items", rows)
    assert [row["response_id"] for row in found] == [" r1", "R1 ", "001", "１"]
    assert all(row["row_errors"] is None for row in found)


def test_rows_keep_their_order_and_their_lines(connection):
    rows = [{"response_id": f"R{n}", "item": "1", "at": str(n + 2)} for n in range(5000)]
    found = judge(connection, "response_items", rows, line="at")
    assert [row["line"] for row in found] == list(range(2, 5002))


def test_the_day_of_a_moment_is_the_clinics(connection):
    row = {
        "goal_id": "GOAL-EXAMPLE-1",
        "rated_at": "2024-07-01T03:00Z",
        "rated_by": "client",
        "value": "1",
    }
    (in_new_york,) = judge(connection, "goal_ratings", [row])
    assert in_new_york["row_errors"] is None
    with duckdb.connect() as in_tokyo:
        in_tokyo.execute("set timezone = 'Asia/Tokyo'")
        (found,) = judge(in_tokyo, "goal_ratings", [row])
    assert found["row_errors"] == ["goal_ratings.rated_at.not_after_delivery"]
    assert found["rated_at"] == in_new_york["rated_at"] == datetime(2024, 7, 1, 3)


def test_every_select_takes_the_delivery_date_whether_a_rule_needs_it_or_not(connection):
    assert judge(connection, "attendances", [{"session_id": "S", "client_id": "C"}])


def test_broken_rows_are_counted_rule_by_rule_with_zeros(connection):
    rows = [
        {**EPISODE},
        {**EPISODE, "episode_id": "", "end_reason": "x"},
        {**EPISODE, "episode_id": "E-2", "end_reason": "other"},
        {**EPISODE, "episode_id": "E-3", "referred_on": ""},
        {**EPISODE, "episode_id": "E-3", "referred_on": "soon"},
    ]
    contract = CONTRACTS["episodes"]
    present = land(connection, rows)
    sql = check_select(contract, source="delivered", present=present)
    connection.execute(
        f"create or replace temp table checked as {sql}", {"delivered_on": date(2024, 6, 30)}
    )
    counts = dict(connection.execute(rule_counts_select(contract, "checked")).fetchall())
    assert list(counts) == [rule.rule_id for rule in contract.rules if rule.kind in ROW_KINDS]
    assert {rule_id: n for rule_id, n in counts.items() if n} == {
        "episodes.episode_id.required": 1,
        "episodes.referred_on.required": 1,
        "episodes.referred_on.type": 1,
        "episodes.end_reason.allowed": 1,
        "episodes.end_reason.with_ended_on": 2,
    }
    # A key that comes in two files is a correction, not a repeat.
    for files, n_shared in (("'one.csv'", 2), ("cast(row_number() over () as varchar)", 0)):
        relation = f"(select *, {files} as filename from checked)"
        with_unique = rule_counts_select(contract, relation, with_unique=True)
        assert dict(connection.execute(with_unique).fetchall()) == {
            **counts,
            "episodes.unique": n_shared,
        }


def test_a_rule_is_explained_without_any_value():
    contract = CONTRACTS["episodes"]
    explained = {rule.rule_id: explain(rule) for rule in contract.rules}
    assert (
        explained["episodes.referred_on.type"]
        == "episodes.referred_on: expected a date as YYYY-MM-DD"
    )
    assert (
        explained["episodes.client_id.reference"] == "episodes.client_id: expected a key of clients"
    )
    assert explained["episodes.unique"] == "episodes: expected each key once"
    assert (
        explain(CONTRACTS["groups"].rule("groups.capacity.minimum"))
        == "groups.capacity: expected at least 1"
    )


@pytest.mark.parametrize("table", sorted(CONTRACTS))
def test_the_pass_over_a_file_joins_nothing_since_rows_would_lose_their_order(table):
    contract = CONTRACTS[table]
    cells = ", ".join(f"'' as \"{column.name}\"" for column in contract.columns)
    present = frozenset(column.name for column in contract.columns)
    sql = check_select(contract, source=f"(select {cells} from range(9)) as rows", present=present)
    with duckdb.connect() as connection:
        plan = connection.execute(f"explain {sql}", {"delivered_on": date(2024, 1, 1)}).fetchall()
    assert "Projection" in plan[0][1]
    assert "Join" not in plan[0][1]


def test_rows_of_a_long_file_stay_in_their_order(tmp_path):
    source = (
        "(select 'R' || n as response_id, 'C1' as client_id, 'phq9' as instrument_id,"
        " '2024-01-01T10:00' as administered_at, 'client' as respondent, n + 2 as line"
        " from range(250000) as numbers(n)) as rows"
    )
    present = frozenset(
        ("response_id", "client_id", "instrument_id", "administered_at", "respondent")
    )
    sql = check_select(CONTRACTS["responses"], source=source, present=present, line="line")
    with Engine(scratch=tmp_path / "engine") as engine:
        path = tmp_path / "rows.parquet"
        engine.write_parquet(sql, path, {"delivered_on": date(2024, 1, 2)})
        (n_moved,) = engine.one(
            f"select count(*) from read_parquet('{path}', file_row_number = true)"
            " where line <> file_row_number + 2"
        )
    assert n_moved == 0
