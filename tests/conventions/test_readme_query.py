"""What the README says of tables: its query runs, and those that it names are there."""

import re
from pathlib import Path

from pipelines.comparison.made_tables import KEYS
from pipelines.warehouse.model_file import load_models
from tests.builders import Bench

README = Path(__file__).parents[2] / "README.md"


def test_the_query_of_the_readme_runs() -> None:
    found = re.search(
        r'warehouse\.sql\("""(.*?)"""\)', README.read_text(encoding="utf-8"), re.DOTALL
    )
    assert found, "README.md has no query of the warehouse"
    bench = Bench()
    try:
        for table in ("mart_outcomes", "int_subject_names"):
            bench.build(table)
        assert bench.connection.execute(found[1]).fetchall() == []
    finally:
        bench.close()


def test_the_tables_that_the_readme_names_are_there() -> None:
    named = set(re.findall(r"`((?:int|mart|pub)_\w+)`", README.read_text(encoding="utf-8")))
    assert "pub_outcomes" in named
    # `mart_X` stands for a name to be put in.
    assert {each for each in named if each.islower()} - {*load_models(), *KEYS} == set()


def test_every_published_table_has_a_line_in_the_readme() -> None:
    named = set(re.findall(r"`(pub_\w+)`", README.read_text(encoding="utf-8")))
    published = {name for name in load_models() if name.startswith("pub_")}
    assert published
    assert published - named == set()
