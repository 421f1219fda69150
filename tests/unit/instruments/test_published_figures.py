"""Every figure of the catalogue, one by one, against a table of what was published.

The table was made from the file of facts that the catalogue goes back to (`test_facts.py` holds
them together), so that a figure cannot be changed here without being changed there.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.instruments.catalogue_figures import (
    documents,
    figures_of,
    is_provenance,
    ungrouped,
)
from tests.unit.instruments.differences import FIGURES, MISSING

TABLE = Path(__file__).with_name("published_figures.yaml")
# Whether the pipeline scores a form is no figure: `test_hand_scored_forms.py` has a form of each.
OURS = frozenset({"scoring.is_scored"})


@cache
def published() -> dict[str, dict[str, Any]]:
    table = yaml.load(TABLE.read_bytes(), Loader=yaml.CSafeLoader)
    return {name: ungrouped(groups) for name, groups in table.items()}


def found_in(document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        path: figure
        for path, figure in figures_of(document).items()
        if path not in OURS and not is_provenance(path)
    }


def expected_of(name: str) -> dict[str, Any]:
    """What was published of an instrument, with what is different on purpose."""
    ours = {path: figure for (one, path), (figure, _) in FIGURES.items() if one == name}
    expected = {**published()[name], **ours}
    return {path: figure for path, figure in expected.items() if figure is not MISSING}


def test_every_instrument_of_the_table_is_in_the_catalogue() -> None:
    # A clinic's own instrument, of which nothing was published, has no row here.
    assert set(published()) <= set(documents())
    assert len(published()) == 65


@pytest.mark.parametrize("name", sorted(published()))
def test_each_figure_is_the_published_one(name: str) -> None:
    found, expected = found_in(documents()[name]), expected_of(name)
    wrong = {
        path: (found.get(path, MISSING), expected.get(path, MISSING))
        for path in sorted(set(found) | set(expected))
        if found.get(path, MISSING) != expected.get(path, MISSING)
    }
    assert wrong == {}


@pytest.mark.parametrize(("name", "path"), sorted(FIGURES))
def test_a_difference_is_one(name: str, path: str) -> None:
    figure, reason = FIGURES[name, path]
    assert reason
    assert published()[name].get(path, MISSING) != figure
