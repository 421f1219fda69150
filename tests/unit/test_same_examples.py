"""The property tests of a run are given the same, whatever else the run has loaded by then."""

import importlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


def examples() -> list[tuple[int, str]]:
    """What a test is given that takes a number and a text."""
    given_so_far: list[tuple[int, str]] = []

    @settings(settings.get_profile("ci"), max_examples=200)
    @given(st.integers(), st.text())
    def note(number: int, text: str) -> None:
        given_so_far.append((number, text))

    note()
    return given_so_far


def test_examples_do_not_depend_on_the_modules_that_are_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if settings.get_current_profile_name() != "ci":
        pytest.skip("examples are meant to vary in this profile")
    before = examples()
    numbers = ", ".join(f"{number * 7919}, 'word {number}'" for number in range(500))
    (tmp_path / "loaded_meanwhile.py").write_text(f"FOUND = [{numbers}]\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("loaded_meanwhile")
    assert examples() == before
    assert len(set(before)) > 100
