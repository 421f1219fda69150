"""Rules per respondent, standardised change and change methods equal the second calculation."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings

from tests.builders import Bench
from tests.property import oracle_change, oracle_distribution, oracle_outcomes
from tests.property.clinics import clinics, random_clinic
from tests.property.oracle import Clinic, Row
from tests.property.test_marts_equal_oracle import (
    EPISODE,
    MEASURE,
    PERIOD,
    SUBJECT,
    assert_equal,
    keyed,
    load,
    without,
)
from tests.table_rows import complete_row

NORMS: tuple[Row, ...] = (
    {"instrument_id": "phq9", "population": "clinical", "sd_points": Decimal("6.1")},
    {"instrument_id": "phq9", "population": "non_clinical", "sd_points": Decimal("3.5")},
    {"instrument_id": "gad7", "population": "clinical", "sd_points": Decimal("5.1")},
    {"instrument_id": "gad7", "population": "reference", "sd_points": Decimal("4.7")},
    {"instrument_id": "ors", "population": "clinical", "sd_points": Decimal("7.7")},
    {"instrument_id": "wsas", "population": "clinical", "status": "unverified", "sd_points": 9},
    {"instrument_id": "isi", "population": "clinical", "is_default": False, "sd_points": 4},
    {"instrument_id": "pgi_c", "population": "clinical", "sd_points": 1},
    {
        "instrument_id": "phq9",
        "population": "reference",
        "respondents": ["parent", "teacher"],
        "sd_points": 5,
    },
)
RELIABILITIES: tuple[Row, ...] = (
    {"instrument_id": "phq9", "value": Decimal("0.84")},
    {"instrument_id": "gad7", "value": Decimal("0.3")},
    {"instrument_id": "ors", "value": Decimal("0.9")},
    {"instrument_id": "isi", "value": Decimal("0.8")},
    {"instrument_id": "wsas", "value": Decimal("0.8"), "is_default": False},
    {"instrument_id": "phq9", "value": Decimal("0.7"), "respondents": ["parent"]},
)
CUTOFFS: tuple[Row, ...] = (
    {"instrument_id": "phq9", "cutoff": "c", "points": 7},
    {"instrument_id": "isi", "cutoff": "a", "points": 8},
    {"instrument_id": "isi", "cutoff": "b", "points": 15},
    {"instrument_id": "phq9", "cutoff": "b", "respondent": "parent", "points": 11},
)
# What follows from first scores of the clinic's own is compared for one kind of clinic in two.
REFERENCE_PERIOD: Row = {
    "reference_starts_on": date(2024, 12, 1),
    "reference_ends_on": date(2025, 2, 28),
    "reference_minimum_scores": 3,
}
NO_REFERENCE_PERIOD: Row = {
    **REFERENCE_PERIOD,
    **dict.fromkeys(("reference_starts_on", "reference_ends_on")),
}


def with_rules(tables: dict[str, list[Row]], *, is_derived: bool) -> dict[str, list[Row]]:
    """A clinic whose parents go by other thresholds, or none, with norms and reliabilities.

    Where a reference period could make a rule of a reliability, only scales that have one have it.
    """
    rules = []
    for rule in tables["ref_outcome_rules"]:
        own = dict(rule)
        if rule["respondent"] == "parent" and rule["instrument_id"] == "gad7":
            continue
        if rule["respondent"] == "parent" and rule["instrument_id"] == "phq9":
            own |= {"reliable_change_points": 5, "caseness_points": None, "rule_id": "parents"}
        rules.append(own)
    scales = [
        # One way of the scale, whatever that of its instrument.
        {**row, "direction": None if row["instrument_id"] == "isi" else row["direction"]}
        for row in tables["ref_instrument_scales"]
    ]
    named = {"ref_norms": NORMS, "ref_reliabilities": RELIABILITIES, "ref_cutoffs": CUTOFFS}
    if is_derived:
        ruled = {(row["instrument_id"], row["respondent"]) for row in rules
                 if row["reliable_change_points"] is not None}  # fmt: skip
        named["ref_reliabilities"] = tuple(
            row
            for row in RELIABILITIES
            if {(row["instrument_id"], one) for one in row.get("respondents", ["client"])} <= ruled
        )
    return {
        **tables,
        "ref_outcome_rules": rules,
        "ref_instrument_scales": scales,
        **{name: [complete_row(name, row) for row in rows] for name, rows in named.items()},
    }


@settings(max_examples=20)
@given(clinics())
def test_change_equals_the_second_calculation(
    bench: Bench, clinic_rows: tuple[dict[str, list[Row]], Row]
) -> None:
    tables, parameters = clinic_rows
    assert_change_equal(bench, tables, {**parameters, **NO_REFERENCE_PERIOD})


@pytest.mark.parametrize("seed", range(3))
def test_change_in_larger_clinics_equals_the_second_calculation(bench: Bench, seed: int) -> None:
    tables, parameters = random_clinic(100 + seed, n_episodes=90)
    reference = REFERENCE_PERIOD if seed else NO_REFERENCE_PERIOD
    assert_change_equal(bench, tables, {**parameters, **reference})


def assert_change_equal(bench: Bench, plain: dict[str, list[Row]], parameters: Row) -> None:
    """Build the marts of change of a clinic and compare them."""
    tables = with_rules(plain, is_derived=parameters["reference_starts_on"] is not None)
    load(bench, tables, parameters)
    clinic = Clinic(tables, parameters)
    outcomes = {
        (key, *measure): without(row, EPISODE + MEASURE)
        for key, course in clinic.courses.items()
        for measure, row in course.outcomes.items()
    }
    assert_equal(keyed(bench.rows("mart_episode_outcomes"), EPISODE + MEASURE), outcomes)
    assert_equal(
        keyed(bench.rows("mart_outcomes"), SUBJECT + MEASURE + PERIOD),
        oracle_outcomes.outcomes(clinic),
    )
    assert_equal(
        keyed(bench.rows("mart_effect_sizes"), (*SUBJECT, *MEASURE, "population", *PERIOD)),
        oracle_change.effect_sizes(clinic),
    )
    assert_equal(
        keyed(
            bench.rows("mart_pooled_change"),
            (*SUBJECT, "domain", "respondent", "population", "reference_kind", *PERIOD),
        ),
        oracle_change.pooled_change(clinic),
    )
    assert_equal(
        keyed(
            bench.rows("mart_change_distribution"),
            (*SUBJECT, "instrument_id", "respondent", *PERIOD, "from_points"),
        ),
        oracle_distribution.distribution(clinic),
    )
    expected = oracle_change.change_methods(clinic)
    shown = list(next(iter(expected.values()), {}))
    found = keyed(bench.rows("mart_change_methods"), (*SUBJECT, *MEASURE, "method", *PERIOD))
    assert_equal({key: chosen(row, shown) for key, row in found.items()}, expected)


def chosen(row: Row, names: list[str]) -> dict[str, Any]:
    """These columns of a row."""
    return {name: row[name] for name in names}
