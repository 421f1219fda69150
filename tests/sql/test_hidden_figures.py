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


@pytest.mark.parametrize(
    ("n", "hide_zero", "is_small"),
    [
        (0, False, False),
        (0, True, True),
        (1, False, True),
        (4, False, True),
        (5, False, False),
        (None, True, False),
    ],
)
def test_small_counts(clinic: TextBench, n: int | None, hide_zero: bool, is_small: bool) -> None:
    """Below five, by a policy with that minimum; nobody is small only where the policy says so."""
    found = clinic.connection.execute(
        "select is_small_count($n, 5, $hide)", {"n": n, "hide": hide_zero}
    )
    assert found.fetchone() == (is_small,)


@pytest.mark.parametrize(
    ("figures", "left"),
    [
        (["ended"], 9),
        (["ended", "done"], 7),
        (["ended", "done", "open"], 4),
        (["ended", "lost"], None),
        (None, None),
    ],
)
def test_what_is_left(clinic: TextBench, figures: list[str] | None, left: int | None) -> None:
    found = clinic.connection.execute(
        "select what_is_left(map {'ended': 9, 'done': 2, 'open': 3, 'lost': null}, $figures)",
        {"figures": figures},
    )
    assert found.fetchone() == (left,)
