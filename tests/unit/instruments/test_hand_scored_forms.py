"""A table of forms scored by hand, from the published rules, against the SQL that scores them all."""

from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.instruments.catalogue import load_catalogue
from pipelines.instruments.reference_tables import reference_tables
from tests.builders import Bench, Row

FORMS = Path(__file__).with_name("hand_scored_forms.yaml")
TABLES = ("ref_instruments", "ref_instrument_scales", "ref_instrument_items", "ref_score_tables")


@cache
def forms() -> dict[str, tuple[str, list[float | None], dict[str, float | None]]]:
    """Instrument, answers and points of each form, by a name for it."""
    table = yaml.load(FORMS.read_bytes(), Loader=yaml.CSafeLoader)
    return {
        f"{name}-{number}": (name, answers_of(answers), points)
        for name, own in table.items()
        for number, (answers, points) in enumerate(own, start=1)
    }


def answers_of(text: str) -> list[float | None]:
    """`4*3 -` as 4, 4, 4 and a missing answer."""
    found: list[float | None] = []
    for word in text.split():
        answer, _, times = word.partition("*")
        found += [None if answer == "-" else float(answer)] * int(times or 1)
    return found


def staged(key: str, name: str, answers: list[float | None]) -> Row:
    given = {item: answer for item, answer in enumerate(answers, 1) if answer is not None}
    return {
        "response_id": key,
        "response_key": key,
        "episode_id": "e1",
        "administered_on": date(2025, 3, 10),
        "instrument_id": name,
        "items": list(given),
        "answers": list(given.values()),
        "n_answers": len(given),
        "has_answers": True,
    }


@pytest.fixture(scope="module")
def scored() -> dict[str, dict[str, Decimal | None]]:
    """Points by form and scale, as the pipeline computes them."""
    bench = Bench()
    for name, frame in reference_tables(load_catalogue()).items():
        if name in TABLES:
            bench.fill(name, frame.to_dicts())
    bench.fill("stg_episodes", [{"episode_id": "e1"}])
    bench.fill("stg_responses", [staged(key, *form[:2]) for key, form in forms().items()])
    found: dict[str, dict[str, Any]] = {key: {} for key in forms()}
    for row in bench.rows("int_response_scores"):
        found[row["response_key"]][row["scale"]] = row["score_points"]
    bench.close()
    return found


@pytest.mark.parametrize("key", sorted(forms()))
def test_a_form_has_the_points_worked_out_by_hand(
    scored: dict[str, dict[str, Decimal | None]], key: str
) -> None:
    _, _, points = forms()[key]
    assert scored[key] == {
        scale: None if value is None else Decimal(str(value)) for scale, value in points.items()
    }


def test_every_form_is_as_long_as_its_instrument() -> None:
    instruments = load_catalogue().instruments
    wrong = {
        key: (len(answers), instruments[name].n_items)
        for key, (name, answers, _) in forms().items()
        if len(answers) != instruments[name].n_items
    }
    assert wrong == {}


def test_the_instruments_that_are_scored_from_answers_are_those_with_a_form_here() -> None:
    instruments = load_catalogue().instruments
    scored_ones = {name for name, one in instruments.items() if one.is_scored}
    assert {name for name, _, _ in forms().values()} == scored_ones
    assert len(scored_ones) >= 49


def test_each_instrument_has_a_whole_form_and_all_but_single_ratings_an_incomplete_one() -> None:
    kinds: dict[str, set[bool]] = {}
    for name, answers, _ in forms().values():
        kinds.setdefault(name, set()).add(None in answers)
    without = {name for name, found in kinds.items() if found != {True, False}}
    # RDAS: an answer that its item cannot have is the missing one.
    assert without == {"pgi_c", "rdas"}
