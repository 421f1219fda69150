"""What is hidden of a published row, and how that is told."""

import pytest

from tests.sql.text_tables import TextBench


@pytest.mark.parametrize(
    ("hidden", "is_shown", "listed"),
    [
        (None, True, None),
        (["ended"], True, "ended"),
        (["open", "ended", "started"], False, "started;ended"),
    ],
)
def test_hidden_figures(
    clinic: TextBench, hidden: list[str] | None, is_shown: bool, listed: str | None
) -> None:
    """Listed in the order of the row's columns; a row without hidden figures has null."""
    found = clinic.connection.execute(
        "select is_shown($hidden, 'started'), listed_figures($hidden, ['started', 'ended'])",
        {"hidden": hidden},
    ).fetchone()
    assert found == (is_shown, listed)
