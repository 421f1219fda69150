"""A file of the catalogue that changes gets another version, of the level that its change needs."""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.instruments.catalogue_figures import documents
from tests.unit.instruments.catalogue_versions import (
    RENEW,
    TABLE,
    Entry,
    current,
    entry_of,
    problem_of,
    recorded,
    table_text,
)

BEFORE = Entry("2.1.3", "a", "f", "c")


def test_every_file_has_the_version_of_its_content() -> None:
    found, before = current(), recorded()
    wrong = {name: problem_of(before.get(name), entry) for name, entry in found.items()}
    assert {name: problem for name, problem in wrong.items() if problem} == {}
    assert TABLE.read_text(encoding="utf-8") == table_text(found), f"renew it: {RENEW}"


@pytest.mark.parametrize(
    ("version", "changes", "problem"),
    [
        ("2.1.3", {}, ""),
        ("2.1.4", {"content": "x"}, ""),
        ("2.2.0", {"content": "x"}, ""),
        ("2.1.3", {"content": "x"}, "its words changed since 2.1.3: it needs another patch"),
        ("2.2.0", {"figures": "x", "content": "x"}, ""),
        ("2.1.4", {"figures": "x", "content": "x"}, "a figure changed since 2.1.3: it needs"),
        ("3.0.0", {"applied": "x", "figures": "x", "content": "x"}, ""),
        ("2.2.0", {"applied": "x", "figures": "x", "content": "x"}, "needs another major version"),
        ("1.9.9", {"content": "x"}, "needs another patch version"),
        ("2.1.4", {}, "has another version and the same content"),
    ],
)
def test_the_level_of_a_version_is_that_of_the_change(
    version: str, changes: dict[str, str], problem: str
) -> None:
    found = problem_of(BEFORE, replace(BEFORE, version=version, **changes))
    assert problem in found
    assert bool(found) == bool(problem)


def _set(*path: str | int, to: Any) -> Callable[[Any], None]:
    def change(content: Any) -> None:
        for step in path[:-1]:
            content = content[step]
        content[path[-1]] = to

    return change


@pytest.mark.parametrize(
    ("change", "needs"),
    [
        (_set("thresholds", 0, "points", to=11), "major"),
        (_set("thresholds", 0, "status", to="unverified"), "major"),
        (_set("norms", 1, "sd", to=6.2), "major"),
        (_set("reliability", 0, "value", to=0.9), "major"),
        (_set("safety", "items", to=[8]), "major"),
        (_set("loinc", "items", to=[]), "major"),
        (_set("domains", to=["functioning"]), "major"),
        (_set("thresholds", 5, "points", to=6), "minor"),
        (_set("reliability", 1, "value", to=0.85), "minor"),
        (_set("bands", 0, "values", 0, to=[0, 4, "none"]), "minor"),
        (_set("thresholds", 1, "note", to="other words"), "patch"),
        (_set("thresholds", 0, "source", to=["elsewhere"]), "patch"),
    ],
)
def test_a_change_of_a_file_needs_its_level(change: Callable[[Any], None], needs: str) -> None:
    content = copy.deepcopy(documents()["phq9"])
    before = entry_of(content)
    change(content)
    assert f"needs another {needs} version" in problem_of(before, entry_of(content))
