"""What is found about each claim equals the second calculation, on generated clinics."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.warehouse.claims import claims
from tests.builders import Bench
from tests.property.clinics import clinics, random_clinic
from tests.property.oracle import Clinic, Row
from tests.property.oracle_claim_sentence import sentence
from tests.property.oracle_claims import claim_rows, rule_of
from tests.property.test_marts_equal_oracle import assert_equal, keyed, load
from tests.table_rows import complete_row

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
SHIPPED = {row["claim_id"]: row for row in claims().to_dicts()}
# The sentences that are really said.
SENTENCES = {
    name: SHIPPED["end_of_care_recovery"][name]
    for name in ("sentence", "sentence_bounds_first", "due_words")
}
FIXED_EARLY: Row = {"set_on": date(2000, 1, 1), "period_kind": "rolling_12m", **SENTENCES}
RESPONDER: Row = {"instrument_id": "pgi_c", "kind": "responder", "points": 2, "op": "<="}
# What a clinic may have decided for itself; the figures do not matter, that it decided does.
DECISIONS: tuple[Row, ...] = tuple(
    {"instrument_id": instrument_id, "respondent": respondent, "kind": kind, "points": points}
    for instrument_id in ("phq9", "gad7", "ors", "wsas")
    for respondent in ("client", "parent")
    for kind, points in (("reliable_change", 5), ("caseness", 12), ("remission", 5))
)


def with_claims(
    tables: dict[str, list[Row]], decisions: Sequence[Row] = ()
) -> dict[str, list[Row]]:
    """A clinic's tables with the claims above, its own thresholds, and the one of the rating."""
    return {
        **tables,
        "ref_clinic_thresholds": [complete_row("ref_clinic_thresholds", row) for row in decisions],
        "ref_claims": [complete_row("ref_claims", {**FIXED_EARLY, **row}) for row in CLAIMS],
        "ref_thresholds": [complete_row("ref_thresholds", RESPONDER)],
    }


@settings(max_examples=20)
@given(clinics(), st.lists(st.sampled_from(DECISIONS), max_size=3, unique_by=repr))
def test_claims_equal_the_second_calculation(
    bench: Bench, clinic_rows: tuple[dict[str, list[Row]], Row], decisions: list[Row]
) -> None:
    assert_claims_equal(bench, *clinic_rows, decisions)


@pytest.mark.parametrize("seed", range(3))
def test_claims_of_larger_clinics_equal_the_second_calculation(bench: Bench, seed: int) -> None:
    rows = assert_claims_equal(bench, *random_clinic(seed, n_episodes=90))
    # Every verdict occurs, or the comparison would show less than it seems to.
    verdicts = {row["verdict"] for row in rows.values()}
    assert verdicts == {"may_publish", "may_not_publish", "cannot_tell"}
    assert any(row["design_effect"] not in (None, 1.0) for row in rows.values())
    sentences = [row["sentence"] for row in rows.values() if row["sentence"]]
    assert {"depending on the people" in text for text in sentences} == {True, False}


def test_what_the_clinic_has_decided_changes_no_recovery_and_ends_a_claim_about_change(
    bench: Bench,
) -> None:
    rows = random_clinic(0, n_episodes=90)
    before = assert_claims_equal(bench, *rows)
    after = assert_claims_equal(bench, *rows, DECISIONS)
    for key, row in after.items():
        if key[0] in ("recovery", "rating"):
            assert row == before[key]
        else:
            assert "no_published_rule" in row["verdict_reasons"]


def assert_claims_equal(
    bench: Bench, tables: dict[str, list[Row]], parameters: Row, decisions: Sequence[Row] = ()
) -> dict[tuple[Any, ...], Row]:
    """Build a clinic's claims and compare them, sentences included; returns them."""
    tables = with_claims(tables, decisions)
    load(bench, tables, parameters)
    found = keyed(bench.rows("mart_claims"), KEY)
    clinic = Clinic(tables, parameters)
    expected = claim_rows(clinic)
    names = {
        (row["level"], row["subject_id"]): row["name"] for row in bench.rows("int_subject_names")
    }
    for claim in tables["ref_claims"]:
        points = rule_of(clinic, claim).points
        for key, row in expected.items():
            if key[0] == claim["claim_id"]:
                said = {**row, "period_start_on": key[-1]}
                subject = names.get(key[1:3], key[2])
                row["sentence"] = sentence(claim, said, points, subject)
    assert_equal(found, expected)
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
