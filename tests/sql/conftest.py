"""A clinic of text tables for each test of a model; one with the quality measures, judged late."""

from collections.abc import Iterator

import pytest

from tests.builders import PARAMETERS
from tests.sql.measured_clients import AS_OF
from tests.sql.text_tables import TextBench
from tests.table_columns import DDL

# What a test of the quality measures may change.
CHANGED = (
    "ref_instruments", "ref_instrument_scales", "ref_measure_rules", "ref_measure_rates",
    "ref_measure_tools", "ref_measure_codes",
)  # fmt: skip
GIVEN = (*CHANGED, *(table for table in DDL if table.startswith("stg_")))


@pytest.fixture
def clinic() -> Iterator[TextBench]:
    """Empty but for the made-up catalogue."""
    bench = TextBench()
    yield bench
    bench.close()


@pytest.fixture(scope="module")
def measures_engine() -> Iterator[TextBench]:
    """One engine for all tests of a file: making its tables costs more than a test."""
    bench = TextBench()
    for table in CHANGED:
        bench.connection.execute(f"create table kept_{table} as select * from {table}")
    yield bench
    bench.close()


@pytest.fixture
def measured(measures_engine: TextBench) -> TextBench:
    """Empty but for the made-up catalogue and the measures, judged late."""
    for table in GIVEN:
        measures_engine.connection.execute(f"delete from {table}")
    for table in CHANGED:
        measures_engine.connection.execute(f"insert into {table} from kept_{table}")
    measures_engine.parameters = {**PARAMETERS, "as_of_on": AS_OF}
    measures_engine.restart()
    return measures_engine
