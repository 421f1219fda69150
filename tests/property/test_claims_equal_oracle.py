"""What is found about each claim equals the second calculation, on generated clinics."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings

from tests.builders import Bench, complete_row
from tests.property.clinics import clinics, random_clinic
from tests.property.oracle import Clinic, Row
from tests.property.oracle_claims import claim_rows
from tests.property.test_marts_equal_oracle import assert_equal, keyed, load

KEY = ("claim_id", "level", "subject_id", "period_kind", "period_start_on")
# Days close to those at which the generated clinics have sessions and scores.
CLAIMS: tuple[Row, ...] = (
    {"claim_id": "day", "after_days": 14, "tolerance_days": 7},
    {"claim_id": "year", "after_days": 14, "tolerance_days": 7, "period_kind": "year"},
    {"claim_id": "month", "after_days": 60, "tolerance_days": 7, "period_kind": "month"},
    {"claim_id": "late", "after_days": 14, "tolerance_days": 7, "set_on": date(2025, 3, 1)},
    {"claim_id": "day_ors", "after_days": 8, "tolerance_days": 7, "instrument_id": "ors"},
    {"claim_id": "groups", "after_days": 8, "tolerance_days": 1, "modalities": ["group"]},
    {
        "claim_id": "substance_use",
        "after_days": 34,
        "tolerance_days": 20,
        "tracks": ["substance_use"],
        "instrument_id": "gad7",
        "minimum_pair_rate": Decimal("0.3"),
        "claimed_rate": Decimal("0.3"),
        "levels": ["programme"],
    },
    {"claim_id": "end", "measured_at": "end", "after_days": 34, "tolerance_days": 0},
    {
        "claim_id": "lenient",
        "measured_at": "end",
        "after_days": 90,
        "tolerance_days": 0,
        "minimum_pair_rate": Decimal("0.01"),
        "claimed_rate": Decimal("0.01"),
    },
    {
        "claim_id": "no_rule",
        "measured_at": "end",
        "after_days": 34,
        "tolerance_days": 0,
        "instrument_id": "wsas",
    },
    {
        "claim_id": "rating",
        "rule_kind": "rating",
        "measured_at": "end",
        "after_days": 60,
        "tolerance_days": 0,
        "instrument_id": "pgi_c",
        "look_back_days": 20,
        "minimum_pairs": 2,
        "minimum_pair_rate": Decimal("0.1"),
        "claimed_rate": Decimal("0.1"),
    },
    {
        "claim_id": "recovery",
        "rule_kind": "recovery",
        "measured_at": "end",
        "after_days": 34,
        "tolerance_days": 0,
        "minimum_pair_rate": Decimal("0.2"),
        "claimed_rate": Decimal("0.2"),
    },
)
FIXED_EARLY: Row = {"set_on": date(2000, 1, 1), "period_kind": "rolling_12m"}
RESPONDER: Row = {"instrument_id": "pgi_c", "kind": "responder", "points": 2, "op": "<="}


@pytest.fixture(scope="module")
def bench() -> Iterable[Bench]:
    shared = Bench()
    yield shared
    shared.close()


def with_claims(tables: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """A clinic's tables with the claims above, and the threshold that the rating needs."""
    return {
        **tables,
        "ref_claims": [complete_row("ref_claims", {**FIXED_EARLY, **row}) for row in CLAIMS],
        "ref_thresholds": [complete_row("ref_thresholds", RESPONDER)],
    }


@settings(max_examples=20)
@given(clinics())
def test_claims_equal_the_second_calculation(
    bench: Bench, clinic_rows: tuple[dict[str, list[Row]], Row]
) -> None:
    assert_claims_equal(bench, *clinic_rows)


@pytest.mark.parametrize("seed", range(3))
def test_claims_of_larger_clinics_equal_the_second_calculation(bench: Bench, seed: int) -> None:
    rows = assert_claims_equal(bench, *random_clinic(seed, n_episodes=90))
    # Every verdict occurs, or the comparison would show less than it seems to.
    verdicts = {row["verdict"] for row in rows.values()}
    assert verdicts == {"may_publish", "may_not_publish", "cannot_tell"}
    assert any(row["design_effect"] not in (None, 1.0) for row in rows.values())


def assert_claims_equal(
    bench: Bench, tables: dict[str, list[Row]], parameters: Row
) -> dict[tuple[Any, ...], Row]:
    """Build a clinic's claims and compare them; returns them."""
    tables = with_claims(tables)
    load(bench, tables, parameters)
    found = keyed(bench.rows("mart_claims"), KEY)
    for row in found.values():
        has_sentence = row.pop("sentence") is not None
        assert has_sentence is (row["verdict"] != "cannot_tell")
    assert_equal(found, claim_rows(Clinic(tables, parameters)))
    return found


def test_neither_the_order_of_rows_nor_threads_change_a_digit(bench: Bench) -> None:
    tables, parameters = random_clinic(7, n_episodes=90)
    tables = with_claims(tables)
    load(bench, tables, parameters)
    bench.connection.execute("set threads = 1")
    expected = bench.rows("mart_claims")
    load(bench, {table: rows[::-1] for table, rows in tables.items()}, parameters)
    bench.connection.execute("set threads = 4")
    assert bench.rows("mart_claims") == expected
