"""Every model is one select that SQLGlot reads as we do."""

import pytest
import sqlglot
from sqlglot import exp

from pipelines.warehouse.model_file import load_checks, load_models

FILES = {**load_models(), **load_checks()}


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_parser_finds_the_same_inputs(name: str) -> None:
    tree = sqlglot.parse_one(FILES[name].sql, dialect="duckdb")
    assert isinstance(tree, exp.Query)
    ctes = {cte.alias_or_name for cte in tree.find_all(exp.CTE)}
    read = {table.name for table in tree.find_all(exp.Table)} - ctes - {""}
    assert FILES[name].inputs == read
