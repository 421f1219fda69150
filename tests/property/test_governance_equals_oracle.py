"""Every column of what an auditor asks for equals the second calculation."""

import pytest
from hypothesis import given, settings

from tests.builders import Bench
from tests.property import oracle_governance
from tests.property.clinics import Tables
from tests.property.governed_clinics import governed_clinics, random_governed_clinic
from tests.property.oracle import Clinic, Row
from tests.property.test_marts_equal_oracle import PERIOD, SUBJECT, assert_equal, keyed, load

EXAMPLES = 20


@settings(max_examples=EXAMPLES)
@given(governed_clinics())
def test_the_second_calculation_agrees(bench: Bench, given_rows: tuple[Tables, Row]) -> None:
    assert_governance_equal(bench, *given_rows)


@pytest.mark.parametrize("seed", [2, 5])
def test_the_second_calculation_agrees_on_larger_clinics(bench: Bench, seed: int) -> None:
    n_risks = assert_governance_equal(bench, *random_governed_clinic(seed, n_episodes=60))
    assert n_risks > 10, "the generated clinics have risk answers to be told"
    for model, column, n_kinds in (
        ("int_licence_checks", "licence", 3),
        ("int_consent_checks", "treatment_consent", 3),
    ):
        assert len({row[column] for row in bench.rows(model)}) >= n_kinds


def assert_governance_equal(bench: Bench, tables: Tables, parameters: Row) -> int:
    """Build the models of a clinic and compare them; returns how many risk answers there were."""
    load(bench, tables, parameters)
    clinic = Clinic(tables, parameters)
    followed = oracle_governance.follow_ups(clinic)
    assert_equal(keyed(bench.rows("int_safety_followups"), ("response_key",)), followed)
    assert_equal(
        keyed(bench.rows("mart_safety"), SUBJECT + PERIOD), oracle_governance.safety(clinic)
    )
    assert_equal(
        keyed(bench.rows("int_licence_checks"), ("session_key", "client_key")),
        oracle_governance.licence_checks(clinic),
    )
    assert_equal(
        keyed(bench.rows("mart_licences"), (*SUBJECT, "state", *PERIOD)),
        oracle_governance.licences(clinic),
    )
    assert_equal(
        keyed(bench.rows("mart_consents"), SUBJECT + PERIOD), oracle_governance.consents(clinic)
    )
    for check in ("safety_followups_add_up", "licences_add_up", "consents_add_up"):
        assert bench.check(check) == []
    return len(followed)
