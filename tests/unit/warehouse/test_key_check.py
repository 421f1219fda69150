"""Whether the key in a model's header is found not to identify the rows of its table."""

import pytest

from pipelines.errors import CheckFailedError
from pipelines.home import Home
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


def test_an_empty_part_of_a_key_is_counted(check):
    assert check("('a', 1), ('b', null)").n_without_key == 1
