"""Whether the key in a model's header is found not to identify the rows of its table."""

import pytest

from pipelines.contracts.mart_contracts import MartColumn, MartContract
from pipelines.errors import CheckFailedError
from pipelines.home import Home
from pipelines.warehouse import build_run
from pipelines.warehouse.build_run import BuildRun
from pipelines.warehouse.key_check import KeyCheck
from pipelines.warehouse.model_file import read_model


@pytest.fixture
def check(tmp_path):
    """Build a model of the key `id, day` from rows, and check it."""
    run = BuildRun(Home.create(tmp_path / "home", name="Made-up Clinic", salt="test"))

    def build_and_check(rows: str) -> KeyCheck:
        path = tmp_path / "mart_example.sql"
        path.write_text(
            "-- An example.\n--\n-- Grain: one row per id and day.\n-- Key:   id, day\n"
            f"select id, day from (values {rows}) as listed (id, day)\n",
            encoding="utf-8",
        )
        run.models = {"mart_example": read_model(path)}
        assert [built.table for built in run.build(["mart_example"])] == ["mart_example"]
        return run.check_key("mart_example")

    yield build_and_check
    run.close()


def test_rows_in_the_order_of_their_key_pass(check):
    found = check("('a', 1), ('a', 2), ('b', 1)")
    assert found == KeyCheck("mart_example", n_rows=3, n_repeated=0, n_without_key=0)
    assert found.passed


def test_a_key_that_comes_twice_or_out_of_order_is_counted_and_stops_the_run(check):
    assert check("('a', 1), ('a', 1), ('b', 1)").n_repeated == 1
    found = check("('b', 1), ('a', 1)")
    assert found.n_repeated == 1
    with pytest.raises(CheckFailedError, match="does not identify its rows"):
        found.require()


def test_rows_that_the_contract_of_a_mart_rules_out_are_counted_and_stop_the_run(
    check, monkeypatch
):
    def column(name: str, unit: str = "id", *, is_required: bool = False) -> MartColumn:
        return MartColumn(
            name, "string", "VARCHAR", is_required, 0, "operational", unit, "none", ""
        )

    columns = (column("id", is_required=True), column("day", unit="share 0-1"))
    contract = MartContract("mart_example", "1.0.0", "", "", "", "", columns)
    monkeypatch.setattr(build_run, "public_contracts", lambda: {"mart_example": contract})
    assert check("('a', 0), ('b', 1)").passed
    found = check("('a', 0), ('b', 2)")
    assert (found.n_rows, found.n_unpromised) == (2, 1)
    with pytest.raises(CheckFailedError, match=r"(?s)not what its contract promises.*1 of 2 rows"):
        found.require()


def test_a_count_below_nothing_is_ruled_out():
    column = MartColumn("n_x", "integer", "BIGINT", False, 0, "operational", "rows", "none", "")
    contract = MartContract("mart_example", "1.0.0", "", "", "", "", (column,))
    assert contract.broken_by == '"n_x" < 0'


def test_an_empty_part_of_a_key_is_counted(check):
    assert check("('a', 1), ('b', null)").n_without_key == 1
