"""One engine for all examples of a file: making its tables costs more than filling them."""

from collections.abc import Iterator

import pytest

from tests.builders import Bench


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """Empty but for the made-up catalogue; each example fills it anew."""
    shared = Bench()
    yield shared
    shared.close()
