"""The three tables that exist for the report: names, recovery per period, rules that turned rows away."""

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


def test_recovery_has_the_published_denominators(connection: duckdb.DuckDBPyConnection) -> None:
    # Recovered, not recovered, known no case, nothing known: 1 of 3 recovered, 1 of 4 improved.
    connection.execute(
        """
        create table mart_episode_recovery as
        select episode_key, client_key, date '2026-03-15' as ended_on, was_case, is_recovered,
            is_reliably_improved, is_reliably_deteriorated, is_reliably_recovered
        from (values
            ('e1', 'c1', true, true, true, false, true),
            ('e2', 'c1', true, false, false, true, false),
            ('e3', 'c2', false, null, false, false, null),
            ('e4', 'c3', null, null, null, null, null)
        ) as listed (episode_key, client_key, was_case, is_recovered, is_reliably_improved,
            is_reliably_deteriorated, is_reliably_recovered);
        create table int_episode_subjects as
            select episode_key, 'clinic' as level, 'clinic' as subject_id from mart_episode_recovery;
        create table int_period_months as select 'month' as period_kind,
            date '2026-03-01' as period_start_on, date '2026-03-31' as period_end_on,
            date '2026-03-01' as month_start_on;
        """
    )
    (row,) = rows(connection, "mart_recovery")
    counts = {name: value for name, value in row.items() if name.startswith("n_")}
    assert counts == {
        "n_clients": 3,
        "n_finished": 4,
        "n_measured": 3,
        "n_case_or_unknown": 3,
        "n_recovered": 1,
        "n_reliably_recovered": 1,
        "n_improved": 1,
        "n_deteriorated": 1,
    }
    assert row["recovered_rate"] == pytest.approx(1 / 3)
    assert row["improved_rate"] == 0.25
    assert row["recovered_rate_lower"] < 1 / 3 < row["recovered_rate_upper"]


def test_recovery_of_nobody_is_no_row(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        """
        create table mart_episode_recovery (episode_key varchar, client_key varchar, ended_on date,
            was_case boolean, is_recovered boolean, is_reliably_improved boolean,
            is_reliably_deteriorated boolean, is_reliably_recovered boolean);
        create table int_episode_subjects (episode_key varchar, level varchar, subject_id varchar);
        create table int_period_months (period_kind varchar, period_start_on date,
            period_end_on date, month_start_on date);
        """
    )
    assert rows(connection, "mart_recovery") == []


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
