"""A feed that turns reversed items, or does not, is seen in how its items go together."""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from typing import Any

import pytest

from pipelines.instruments.catalogue import load_catalogue
from pipelines.instruments.reference_tables import reference_tables
from tests.builders import Bench
from tests.table_rows import Row

TABLES = ("ref_instruments", "ref_instrument_scales", "ref_instrument_items")
RAW = [4, 0, 0, *[4] * 7]


@cache
def core10(instrument_id: str = "core10") -> dict[str, list[Row]]:
    """The catalogue's rows of CORE-10, whose items 2 and 3 run the other way, and of PHQ-9."""
    found = reference_tables(load_catalogue())
    return {
        table: [
            row
            for row in found[table].to_dicts()
            if row["instrument_id"] in {instrument_id, "phq9"}
        ]
        for table in TABLES
    }


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    for table, rows in core10().items():
        bench.fill(table, rows)
    yield bench
    bench.close()


def forms(
    answers: Sequence[Sequence[float]], instrument_id: str = "core10", source: str = "ehr"
) -> list[Row]:
    return [
        {
            "response_id": f"{source}-{number}",
            "administered_on": date(2025, 3, 10),
            "instrument_id": instrument_id,
            "items": list(range(1, len(given) + 1)),
            "answers": [float(value) for value in given],
            "n_answers": len(given),
            "has_answers": True,
            "answers_source": source,
        }
        for number, given in enumerate(answers)
    ]


def levels(n: int, *, turned: bool) -> list[list[float]]:
    """Forms of people who are ill to different degrees, with reversed items turned or raw."""
    return [
        [level, *([level] * 2 if turned else [4 - level] * 2), *[level] * 7]
        for level in (place % 5 for place in range(n))
    ]


def verdict(bench: Bench) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in bench.rows("int_reversed_items")]


def test_a_raw_feed_goes_with_the_key(bench: Bench) -> None:
    bench.fill("stg_responses", forms(levels(30, turned=False)))
    assert verdict(bench) == [("ehr", "core10", 30, 1, False)]


def test_a_turned_feed_that_is_turned_again_is_suspicious(bench: Bench) -> None:
    bench.fill("stg_responses", forms(levels(30, turned=True)))
    assert verdict(bench) == [("ehr", "core10", 30, -1, True)]


def test_a_small_source_is_not_hidden_by_a_large_one(bench: Bench) -> None:
    bench.fill(
        "stg_responses",
        [
            *forms(levels(300, turned=False)),
            *forms(levels(30, turned=True), source="tablet"),
        ],
    )
    assert verdict(bench) == [
        ("ehr", "core10", 300, 1, False),
        ("tablet", "core10", 30, -1, True),
    ]


@pytest.mark.parametrize("is_turned", [True, False])
def test_a_scale_that_runs_the_other_way_is_turned_with_its_items(
    bench: Bench, is_turned: bool
) -> None:
    # SDQ: who has more difficulties is less prosocial; items 7, 11, 14, 21 and 25 are reversed.
    # Of the plain difficulties one item alone differs, so that the prosocial ones outweigh it.
    for table, rows in core10("sdq").items():
        bench.fill(table, rows)
    prosocial, reversed_items = {1, 4, 9, 17, 20}, {7, 11, 14, 21, 25}
    low_for_ill = prosocial if is_turned else prosocial | reversed_items
    given = [
        [
            2 - level if item in low_for_ill else level if item in reversed_items | {3} else 1
            for item in range(1, 26)
        ]
        for level in (place % 3 for place in range(30))
    ]
    bench.fill("stg_responses", forms(given, "sdq"))
    ((*_, correlation, found),) = verdict(bench)
    assert (correlation, found) == ((-1, True) if is_turned else (1, False))


def test_too_few_forms_are_no_ground_for_suspicion(bench: Bench) -> None:
    bench.fill("stg_responses", forms(levels(29, turned=True)))
    assert verdict(bench) == [("ehr", "core10", 29, -1, None)]


def test_forms_that_are_all_alike_say_nothing(bench: Bench) -> None:
    bench.fill("stg_responses", forms([RAW] * 40))
    assert verdict(bench) == [("ehr", "core10", 40, None, None)]


def test_incomplete_forms_and_plain_instruments_are_left_out(bench: Bench) -> None:
    bench.fill(
        "stg_responses",
        [*forms([row[:9] for row in levels(30, turned=True)]), *forms([[1] * 9], "phq9")],
    )
    assert verdict(bench) == []


def test_an_empty_clinic_has_no_row(bench: Bench) -> None:
    bench.fill("stg_responses", [])
    assert verdict(bench) == []
