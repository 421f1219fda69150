"""The query of the README runs on the tables as they are."""

import re
from pathlib import Path

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
