"""The one place that executes SQL."""

import pytest

from pipelines.engine import Engine, identifier, quoted
from pipelines.errors import ModelError, OutcomesError


@pytest.fixture
def engine(tmp_path):
    with Engine(scratch=tmp_path / "scratch") as opened:
        yield opened


def test_names_and_texts_are_quoted():
    assert quoted("O'Example") == "'O''Example'"
    assert identifier('a"b') == '"a""b"'


@pytest.mark.parametrize(
    "sql",
    [
        "select cast('SECRET-7' as integer)",
        "select cast('SECRET-7' as date)",
        "select strptime('SECRET-7', '%Y')",
        "select error('SECRET-7')",
    ],
)
def test_an_error_about_a_value_does_not_quote_it(engine, sql):
    with pytest.raises(ModelError, match="met a value that it cannot handle") as caught:
        engine.execute(sql, where="stg_example")
    assert "SECRET" not in str(caught.value)
    assert caught.value.where == "stg_example"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("where", "is_meant_told"), [("sql/marts/mart_example.sql", True), ("visits.csv", False)]
)
def test_an_error_about_a_name_says_the_name(engine, where, is_meant_told):
    # Beside a delivered file the names meant may be a client's row that stands where a header should.
    with pytest.raises(ModelError, match="A query failed") as caught:
        engine.execute(
            "select shoe_sise from (select 1 as shoe_size) where 'SECRET' <> ''", where=where
        )
    assert '"shoe_sise" not found' in caught.value.found
    assert ('"shoe_size"' in caught.value.found) == is_meant_told
    assert "SECRET" not in str(caught.value)
    assert "\n" not in caught.value.found


@pytest.mark.parametrize("n_rows", [0, 2])
def test_a_result_of_one_row_has_exactly_one(engine, n_rows):
    assert engine.one("select 1, 2") == (1, 2)
    with pytest.raises(OutcomesError, match=f"gave {n_rows}"):
        engine.one(f"select 1 from range({n_rows})")


def test_a_parquet_file_is_the_same_bytes_and_tells_its_rows(engine, tmp_path):
    sql = "select range as n, 'x' as text from range(1000) order by n;"
    assert engine.write_parquet(sql, tmp_path / "a") == 1000
    assert engine.write_parquet("select 1 as n where false", tmp_path / "none") == 0
    with Engine(scratch=tmp_path / "other", time_zone="Asia/Tokyo") as other:
        other.execute("set threads = 1")
        other.write_parquet(sql, tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_views_last_as_long_as_their_block(engine, tmp_path):
    engine.write_parquet("select 1 as n", tmp_path / "a.parquet")
    with engine.views({"mart_x": tmp_path / "a.parquet"}):
        assert engine.rows("select n from mart_x") == [(1,)]
    with pytest.raises(ModelError, match="A query failed"):
        engine.rows("select n from mart_x")


def test_another_thread_has_temporary_tables_of_its_own(engine):
    twin = engine.for_thread()
    engine.execute("create temp table mine as select 1 as n")
    with pytest.raises(ModelError, match="A query failed"):
        twin.rows("select n from mine")
    assert twin.one("select wilson_lower(0, 1) is not null") == (True,)


def test_the_session_has_the_clinics_time_zone_in_every_thread(tmp_path):
    sql = "select cast('2024-01-01T00:00Z' as timestamptz)::date::varchar"
    with Engine(scratch=tmp_path / "scratch", time_zone="America/New_York") as opened:
        assert opened.one(sql) == ("2023-12-31",)
        assert opened.for_thread().one(sql) == ("2023-12-31",)


def test_limits_come_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("OUTCOMES_THREADS", "1")
    monkeypatch.setenv("OUTCOMES_MEMORY", "1GB")
    with Engine(scratch=tmp_path / "scratch") as opened:
        assert opened.one("select current_setting('threads')") == (1,)
        assert opened.one("select current_setting('memory_limit')") == ("953.6 MiB",)
