"""A clinic of text tables for each test of a model."""

from collections.abc import Iterator

import pytest

from tests.sql.text_tables import TextBench


@pytest.fixture
def clinic() -> Iterator[TextBench]:
    """Empty but for the made-up catalogue."""
    bench = TextBench()
    yield bench
    bench.close()
