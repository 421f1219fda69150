"""Every instrument of the catalogue, scored by the SQL and item by item, on made-up forms."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest
import yaml

from pipelines.instruments.catalogue import INSTRUMENTS_FOLDER, SHARED_FILES, load_catalogue
from pipelines.instruments.reference_tables import reference_tables
from tests.builders import Bench
from tests.property.oracle_scoring import exact, score_form
from tests.table_rows import Row

TABLES = ("ref_instruments", "ref_instrument_scales", "ref_instrument_items", "ref_score_tables")
DOCUMENTS: dict[str, dict[str, Any]] = {
    path.stem: yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
    for path in sorted(INSTRUMENTS_FOLDER.glob("*.yaml"))
    if path.name not in SHARED_FILES
}
FORMS_EACH = 14


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    shared = Bench()
    for name, frame in reference_tables(load_catalogue()).items():
        if name in TABLES:
            shared.fill(name, frame.to_dicts())
    yield shared
    shared.close()


def made_up_form(choose: Random, document: Mapping[str, Any], number: int) -> Row:
    """A form of some answers, or of a total alone; now and then whole, empty or out of place."""
    form = document["form"]
    n_items, points = form["n_items"], form["points"]
    totals = [entry["points"] for entry in document["scoring"]["scales"] if entry["points"]]
    ends = totals[0] if totals else [0, 10]
    middle = (ends[0] + ends[1]) // 2
    between = [exact(one) for one in (middle + 0.5, middle + 0.25, middle + 0.44, middle + 0.85)]
    total = choose.choice([None, *ends, middle, ends[1] + 1, *between])
    if n_items is None or points is None or number == 0:
        return {"total_score": total, "has_answers": False, "given": None}
    step = exact(form.get("step", 1))
    widest = max([points[1], *(max(own.get("values") or own["points"])
                               for own in form.get("items_that_differ", {}).values())])  # fmt: skip
    values = [
        exact(points[0]) + step * place for place in range(int((widest - points[0]) / step) + 1)
    ]
    n_missing = (
        0 if number % 3 == 0 else choose.randrange(1 + min(n_items, choose.choice([1, 3, 6, 45])))
    )
    missing = set(choose.sample(range(1, n_items + 1), n_missing))
    if number % 2 == 0:
        # Answers that every item can have: with random ones few forms would be whole.
        values = [value for value in values if points[0] <= value <= points[1]]
        values = [value for value in values if value != 0 or form.get("zero_allowed", True)]
    given = {item: choose.choice(values) for item in range(1, n_items + 1) if item not in missing}
    if number % 2 == 0:
        for item, own in form.get("items_that_differ", {}).items():
            if item in given:
                given[item] = exact(choose.choice(own.get("values") or own["points"]))
    if number % 5 == 4 and given:
        # An answer between two steps, in a form that may be whole.
        item = choose.choice(sorted(given))
        given[item] += step / 2
    return {"total_score": total, "has_answers": True, "given": given}


def staged(key: str, instrument_id: str, form: Row) -> Row:
    given = form["given"]
    return {
        "response_id": key,
        "response_key": key,
        "episode_id": "e1",
        "administered_on": date(2025, 3, 10),
        "instrument_id": instrument_id,
        "total_score": None if form["total_score"] is None else Decimal(float(form["total_score"])),
        "items": None if given is None else list(given),
        "answers": None if given is None else [float(value) for value in given.values()],
        "n_answers": 0 if given is None else len(given),
        "has_answers": form["has_answers"],
    }


def expected_scores(forms: Mapping[str, tuple[str, Row]]) -> dict[Any, Any]:
    found = {}
    for key, (instrument_id, form) in forms.items():
        total = None if form["total_score"] is None else Fraction(form["total_score"])
        scores = score_form(DOCUMENTS[instrument_id], form["given"], total)
        for scale, score in scores.items():
            found[key, scale] = score or (None, None)
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_instrument_is_scored_as_by_hand(bench: Bench, seed: int) -> None:
    choose = Random(seed)
    forms = {
        f"{instrument_id}-{number:02}": (instrument_id, made_up_form(choose, document, number))
        for instrument_id, document in DOCUMENTS.items()
        for number in range(FORMS_EACH)
    }
    bench.restart()
    bench.fill("stg_episodes", [{"episode_id": "e1"}])
    bench.fill("stg_responses", [staged(key, *form) for key, form in forms.items()])
    found = {
        (row["response_key"], row["scale"]): (row["score_points"], row["score_basis"])
        for row in bench.rows("int_response_scores")
    }
    expected = expected_scores(forms)
    assert found == expected
    # The comparison says nothing where all is null: each basis and each scored instrument occurs.
    bases = {basis for _, basis in found.values()}
    assert bases == {"answers", "prorated", "total", None}
    scored = {
        key.rpartition("-")[0] for (key, _), (points, _) in found.items() if points is not None
    }
    with_scores = {name for name, one in DOCUMENTS.items() if one["scoring"]["is_scored"]}
    assert with_scores <= scored


def test_the_generated_points_have_four_places(bench: Bench) -> None:
    points = [row["score_points"] for row in bench.rows("int_response_scores")]
    assert all(value is None or value == value.quantize(Decimal("0.0001")) for value in points)
