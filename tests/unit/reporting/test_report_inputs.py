"""Two tables that exist for the report: names, and rules that turned rows away."""

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
        create table stg_groups as select * from (values ('g1', 'p1', 'Evening'), ('g2', 'gone', 'Noon'))
            as listed (group_id, programme_id, name);
        """
    )
    found = rows(connection, "int_subject_names", {"clinic_name": "Example Hill"})
    assert [tuple(row.values()) for row in found] == [
        ("clinic", "clinic", "Example Hill", None),
        ("group", "g1", "Evening", "DBT skills"),
        ("group", "g2", "Noon", None),
        ("programme", "p1", "DBT skills", "dbt_skills"),
        ("therapist", "t1", "Ada Birnbaum", "psychologist"),
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
