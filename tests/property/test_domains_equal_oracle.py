"""Goals and domains of success equal the second calculation, for all levels and periods."""

from typing import Any

import pytest
from hypothesis import given, settings

from tests.builders import PARAMETERS, Bench
from tests.property import oracle_domains, oracle_goals
from tests.property.domain_clinics import BASES, domain_clinics, random_domain_clinic
from tests.property.oracle import Clinic, Row
from tests.property.test_marts_equal_oracle import assert_equal, keyed, load

EXAMPLES = 12
EVIDENCE = ("episode_key", "domain", "evidence", "evidence_source", "scale", "respondent")
EPISODE_DOMAIN = ("episode_key", "domain", "basis", "respondent")
SUBJECT = ("level", "subject_id")
PERIOD = ("period_kind", "period_start_on")
PROFILE = ("rules", "n_domains_measured", "n_domains_improved", "has_worse")
MODELS = (
    "int_goal_changes",
    "int_gas_scores",
    "mart_episode_evidence",
    "mart_episode_domains",
    "mart_domain_outcomes",
    "mart_success_profile",
    "mart_goals",
)


@settings(max_examples=EXAMPLES)
@given(domain_clinics())
def test_domains_equal_the_second_calculation(
    bench: Bench, clinic_rows: tuple[dict[str, list[Row]], Row]
) -> None:
    assert_domains_equal(bench, *clinic_rows)


# In the last two a finished course has a change of which nobody says which way is better.
@pytest.mark.parametrize("seed", [0, 3, 5])
def test_domains_of_larger_clinics_equal_the_second_calculation(bench: Bench, seed: int) -> None:
    assert_domains_equal(bench, *random_domain_clinic(seed, n_episodes=40))


def fill(bench: Bench, tables: dict[str, list[Row]], parameters: Row) -> None:
    """Put a clinic in place of the one before, with rules that are not all published."""
    load(bench, tables, {**PARAMETERS, **parameters})
    rules = bench.rows("int_outcome_rules")
    given_rules = [
        {**row, "change_basis": BASES.get(row["instrument_id"], "published")} for row in rules
    ]
    bench.fill("int_outcome_rules", given_rules)


def assert_domains_equal(bench: Bench, tables: dict[str, list[Row]], parameters: Row) -> None:
    """Build everything about goals and domains and compare it."""
    fill(bench, tables, parameters)
    clinic = Clinic(tables, parameters)
    goals = oracle_goals.goal_changes(clinic)
    attainments = oracle_goals.gas_scores(clinic, goals)
    found = oracle_domains.evidence(clinic, goals, BASES)
    domains = oracle_domains.episode_domains(found)
    meant: dict[str, tuple[tuple[str, ...], Any]] = {
        "int_goal_changes": (("goal_key",), {(key,): row for key, row in goals.items()}),
        "int_gas_scores": (("episode_key",), {(key,): row for key, row in attainments.items()}),
        "mart_episode_evidence": (EVIDENCE, found),
        "mart_episode_domains": (EPISODE_DOMAIN, domains),
        "mart_domain_outcomes": (
            (*SUBJECT, "domain", "basis", "respondent", *PERIOD),
            oracle_domains.domain_outcomes(clinic, domains),
        ),
        "mart_success_profile": (
            (*SUBJECT, *PROFILE, *PERIOD),
            oracle_domains.success_profile(clinic, domains),
        ),
        "mart_goals": (
            (*SUBJECT, "goal_kind", *PERIOD),
            oracle_goals.goal_figures(clinic, goals, attainments),
        ),
    }
    for table, (key, rows) in meant.items():
        assert_equal(keyed(bench.rows(table), key), rows)


def test_neither_the_order_of_rows_nor_threads_change_a_digit(bench: Bench) -> None:
    tables, parameters = random_domain_clinic(7, n_episodes=40)
    fill(bench, tables, parameters)
    bench.connection.execute("set threads = 1")
    expected = {name: bench.rows(name) for name in MODELS}
    fill(bench, {table: rows[::-1] for table, rows in tables.items()}, parameters)
    bench.connection.execute("set threads = 4")
    assert {name: bench.rows(name) for name in MODELS} == expected
