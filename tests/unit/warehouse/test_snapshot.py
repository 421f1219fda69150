"""One published set of tables at a time."""

import shutil
import stat

import duckdb
import pytest

from pipelines.home import Home
from pipelines.warehouse import snapshot as snapshot_module
from pipelines.warehouse.snapshot import (
    Snapshot,
    current_snapshot,
    ensure_catalogues,
    publish,
    read_snapshots,
)
from tests.unit.warehouse.small_home import keep, publish_tables


@pytest.fixture
def home(tmp_path):
    return Home.create(tmp_path / "home", salt="test")


def read(catalogue, sql):
    with duckdb.connect(str(catalogue), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_before_the_first_run_nothing_is_published(home):
    assert current_snapshot(home) == Snapshot()
    ensure_catalogues(home)
    assert not home.vault_catalogue.exists()


def test_source_ids_stand_in_the_vault_only(home):
    publish_tables(home, keep(home, "stg_clients", client_id=["C1"]), keep(home, "mart_x", n=[1]))
    tables = "select view_name from duckdb_views() where not internal order by 1"
    assert read(home.vault_catalogue, tables) == [("stg_clients",)]
    assert read(home.warehouse_catalogue, tables) == [("mart_x",)]
    for catalogue in (home.vault_catalogue, home.warehouse_catalogue):
        assert stat.S_IMODE(catalogue.stat().st_mode) == 0o600
        version = read(
            catalogue, "select tags['storage_version'] from duckdb_databases() where not internal"
        )
        assert version == [("v1.0.0+",)], "older versions of DuckDB can open it"


def test_the_set_before_is_kept_and_the_one_before_that_removed(home):
    built = []
    for number in range(3):
        built.append(keep(home, "mart_x", n=[number]))
        publish_tables(home, built[-1])
    assert [state.tables["mart_x"] for state in read_snapshots(home)] == [built[2], built[1]]
    left = {path.stem for path in (home.warehouse / "mart_x").iterdir()}
    assert left == {built[1].content, built[2].content}
    assert read(home.warehouse_catalogue, "select n from mart_x") == [(2,)]


def test_publishing_the_same_set_again_keeps_the_one_before(home):
    first = keep(home, "mart_x", n=[1])
    publish_tables(home, first)
    second = keep(home, "mart_x", n=[2])
    publish_tables(home, second, inputs="a")
    publish_tables(home, second, inputs="b")
    assert [state.tables["mart_x"] for state in read_snapshots(home)] == [second, first]
    assert current_snapshot(home).inputs == "b"


def test_a_reader_keeps_the_state_that_it_opened(home):
    publish_tables(home, keep(home, "mart_x", n=[1]))
    with duckdb.connect(str(home.warehouse_catalogue), read_only=True) as reader:
        publish_tables(home, keep(home, "mart_x", n=[2]))
        assert reader.execute("select n from mart_x").fetchall() == [(1,)]


def test_the_catalogues_follow_a_home_that_was_moved(home, tmp_path):
    publish_tables(home, keep(home, "mart_x", n=[1]))
    moved = tmp_path / "elsewhere"
    shutil.move(home.root, moved)
    with pytest.raises(duckdb.Error):
        read(moved / "warehouse.duckdb", "select n from mart_x")
    ensure_catalogues(Home(moved))
    assert read(moved / "warehouse.duckdb", "select n from mart_x") == [(1,)]


@pytest.mark.parametrize("damage", ["missing", "not a catalogue"])
def test_catalogues_that_cannot_be_used_are_written_again(home, damage):
    publish_tables(home, keep(home, "mart_x", n=[1]))
    home.warehouse_catalogue.unlink()
    if damage == "not a catalogue":
        home.warehouse_catalogue.write_bytes(b"not a database")
    ensure_catalogues(home)
    assert read(home.warehouse_catalogue, "select n from mart_x") == [(1,)]


def test_catalogues_that_fit_are_left_alone(home, monkeypatch):
    publish_tables(home, keep(home, "mart_x", n=[1]))
    monkeypatch.setattr(snapshot_module, "write_catalogues", pytest.fail)
    ensure_catalogues(home)


def test_a_run_killed_between_its_renames_is_finished_by_the_next_command(home, monkeypatch):
    publish_tables(home, keep(home, "mart_x", n=[1]))

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(snapshot_module, "write_catalogues", killed)
        with pytest.raises(KeyboardInterrupt):
            publish_tables(home, keep(home, "mart_x", n=[2]))
    assert read(home.warehouse_catalogue, "select n from mart_x") == [(1,)]
    ensure_catalogues(home)
    assert read(home.warehouse_catalogue, "select n from mart_x") == [(2,)]


def test_answers_are_a_view_over_the_lists_of_responses(home):
    responses = keep(
        home,
        "stg_responses",
        response_id=["R1", "R2"],
        response_key=["k1", "k2"],
        items=[[1, 3], None],
        answers=[[2.0, 0.0], None],
    )
    publish_tables(home, responses)
    found = read(home.vault_catalogue, "select * from stg_response_items order by all")
    assert found == [("R1", "k1", 1, 2.0), ("R1", "k1", 3, 0.0)]


def test_raw_tables_say_file_and_line(home):
    folder = home.checked / "0123"
    folder.mkdir(parents=True)
    duckdb.sql(
        "copy (select 'C1' as client_id, cast(null as bigint) as line)"
        f" to '{folder / 'rows.parquet'}' (format parquet)"
    )
    publish(home, Snapshot(raw={"clients": ("0123",), "groups": ()}))
    assert read(home.vault_catalogue, "select client_id, line from raw_clients") == [("C1", 2)]
