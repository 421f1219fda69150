"""The file of facts against the table made of it, and where each figure was read."""

from typing import Any

import pytest
import yaml

from tests.unit.instruments.catalogue_figures import documents, figures_of, is_provenance, ungrouped
from tests.unit.instruments.differences import SOURCES
from tests.unit.instruments.facts_figures import FACTS, as_document, facts, published
from tests.unit.instruments.test_published_figures import TABLE

pytestmark = pytest.mark.skipif(
    not FACTS.exists(), reason="the file of facts is not part of the project: ../shared/domain"
)


def sources_of(document: dict[str, Any], name: str) -> dict[str, list[str]]:
    """Sources by what they are of; none named is the same as an empty list."""
    found: dict[str, list[str]] = {}
    for path, sources in figures_of(document).items():
        place, _, kind = path.rpartition(".")
        if is_provenance(path) and sources and (name, place) not in SOURCES:
            found[f"{place} {kind}"] = sources
    return found


def test_every_instrument_of_the_facts_is_in_the_catalogue() -> None:
    assert set(facts()) <= set(documents())


@pytest.mark.parametrize("name", sorted(facts()))
def test_the_table_of_figures_says_what_the_facts_say(name: str) -> None:
    table = yaml.load(TABLE.read_bytes(), Loader=yaml.CSafeLoader)[name]
    found, expected = ungrouped(table), ungrouped(published()[name])
    wrong = {
        path: (found.get(path), expected.get(path))
        for path in sorted(set(found) | set(expected))
        if found.get(path, "none") != expected.get(path, "none")
    }
    assert wrong == {}


@pytest.mark.parametrize("name", sorted(facts()))
def test_each_figure_was_read_where_the_facts_say(name: str) -> None:
    found = sources_of(documents()[name], name)
    expected = sources_of(as_document(facts()[name]), name)
    wrong = {
        place: (found.get(place), expected.get(place))
        for place in sorted(set(found) | set(expected))
        if found.get(place) != expected.get(place)
    }
    assert wrong == {}


@pytest.mark.parametrize(("name", "place"), sorted(SOURCES))
def test_a_difference_of_sources_is_one(name: str, place: str) -> None:
    path = f"{place}.source"
    found = figures_of(documents()[name]).get(path)
    assert found != figures_of(as_document(facts()[name])).get(path)
