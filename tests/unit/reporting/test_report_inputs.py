"""Tables that exist for the report: names, and rules that rows break."""

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from pipelines.warehouse.model_file import SQL_FOLDER

MODELS = {path.stem: path for path in SQL_FOLDER.glob("*/*.sql")}


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        for path in sorted((SQL_FOLDER / "functions").glob("*.sql")):
            opened.execute(path.read_text(encoding="utf-8"))
        yield opened


def rows(
    connection: duckdb.DuckDBPyConnection, model: str, parameters: dict | None = None
) -> list[dict]:
    result = connection.execute(MODELS[model].read_text(encoding="utf-8"), parameters or {})
    names = [column[0] for column in result.description]
    return [dict(zip(names, values, strict=True)) for values in result.fetchall()]


def test_every_subject_has_a_name(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        """
        create table stg_therapists as select 't1' as therapist_id, 'Ada Birnbaum' as display_name,
            'psychologist' as discipline;
        create table stg_programmes as select 'p1' as programme_id, 'DBT skills' as name,
            'dbt_skills' as track;
        create table stg_groups as select * from (values
            ('g1', 'p1', 'Evening', 't1', 'gone'), ('g2', 'gone', 'Noon', null, null))
            as listed (group_id, programme_id, name, lead_therapist_id, co_therapist_id);
        """
    )
    found = rows(connection, "int_subject_names", {"clinic_name": "Example Hill"})
    assert [tuple(row.values()) for row in found] == [
        ("clinic", "clinic", "Example Hill", None, None, None, None),
        ("group", "g1", "Evening", "DBT skills", ["Ada Birnbaum"], ["t1", "gone"], "p1"),
        ("group", "g2", "Noon", None, [], [], "gone"),
        ("programme", "p1", "DBT skills", "dbt_skills", None, None, None),
        ("therapist", "t1", "Ada Birnbaum", "psychologist", None, None, None),
    ]


def test_a_row_counts_once_under_each_rule_it_broke(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        """
        create table quarantine as
        select 'd1' as delivery_id, date '2026-11-01' as delivered_on, 'clients' as table_name,
            unnest([['a', 'b', 'a'], ['a']]) as reasons
        """
    )
    found = rows(connection, "mart_quarantine")
    assert [(row["rule_id"], row["n_rows"], row["delivered_on"]) for row in found] == [
        ("a", 2, date(2026, 11, 1)),
        ("b", 1, date(2026, 11, 1)),
    ]


def test_rows_in_use_that_break_a_warning_are_counted_by_delivery_and_rule(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute(
        """
        create table stg_files as select * from (values
            ('d1', 'f1', 'responses', date '2026-11-01'), ('d1', 'f2', 'responses', date '2026-11-01'),
            ('d2', 'f1', 'responses', date '2026-12-01'))
            as listed (delivery_id, file_id, table_name, delivered_on);
        create table stg_warning_counts as select * from (values
            ('f1', 'd1', 'responses', 'a', 2), ('f2', 'd1', 'responses', 'a', 3),
            ('f2', 'd1', 'responses', 'b', 1), ('f1', 'd2', 'responses', 'a', 4))
            as counted (file_id, delivery_id, table_name, rule_id, n_rows);
        """
    )
    found = rows(connection, "mart_warnings")
    assert [tuple(row.values()) for row in found] == [
        ("d1", "responses", "a", date(2026, 11, 1), 5),
        ("d1", "responses", "b", date(2026, 11, 1), 1),
        ("d2", "responses", "a", date(2026, 12, 1), 4),
    ]
