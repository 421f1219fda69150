"""The two catalogues: who finds what in which."""

import duckdb
import pytest

from pipelines.home import Home
from tests.pipeline.homes import open_to_others, query, records

VIEWS = "select view_name from duckdb_views() where not internal order by 1"
IDENTIFIERS = {"client_id", "episode_id", "session_id", "response_id", "goal_id", "delivered_row"}


def test_the_warehouse_has_keys_and_figures_alone_and_the_vault_all_that_has_source_ids(
    demo: Home,
) -> None:
    warehouse = [name for (name,) in query(demo.warehouse_catalogue, VIEWS)]
    vault = [name for (name,) in query(demo.vault_catalogue, VIEWS)]
    assert {name.partition("_")[0] for name in warehouse} == {"ref", "int", "mart", "pub"}
    assert {"raw_clients", "stg_clients", "quarantine", "stg_response_items"} <= set(vault)
    assert not set(warehouse) & set(vault)


def test_no_table_of_the_warehouse_has_a_column_of_source_ids(demo: Home) -> None:
    found = query(
        demo.warehouse_catalogue,
        "select table_name, column_name from duckdb_columns() where not internal",
    )
    assert [name for name in found if name[1] in IDENTIFIERS] == []
    assert len(found) > 100


def test_answers_can_be_read_one_by_one_in_the_vault(demo: Home) -> None:
    answers = records(demo, "stg_response_items")
    assert {"response_id", "response_key", "item", "value"} == set(answers[0])
    (n_answers,) = query(demo.vault_catalogue, "select sum(n_answers) from stg_responses")[0]
    assert len(answers) == n_answers


def test_a_reader_can_change_nothing(demo: Home) -> None:
    with (
        duckdb.connect(str(demo.warehouse_catalogue), read_only=True) as connection,
        pytest.raises(duckdb.InvalidInputException, match="read-only"),
    ):
        connection.execute("create table made_up (a int)")


def test_everything_in_a_home_is_for_its_owner_alone(demo: Home) -> None:
    assert open_to_others(demo) == []
