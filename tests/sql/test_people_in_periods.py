"""Whoever comes in several months of a period is one person of it, in every mart that counts them.

People are not additive over months. One client has a course in March, in April and in May 2025:
one person in each of the two quarters, and one in the twelve months that begin with March.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.property.process_clinics import process_references
from tests.sql.text_tables import TextBench

MONTHS = ("2025-03", "2025-04", "2025-05")
QUARTERS = {("quarter", date(2025, 1, 1)), ("quarter", date(2025, 4, 1))}
TWELVE_MONTHS = {("rolling_12m", date(2025, 3, 1))}
RISK = {"has_answers": True, "items": [3], "answers": [2], "n_answers": 1}


@pytest.fixture(scope="module")
def clinic() -> Iterator[TextBench]:
    """A child's three courses of a month, with two sessions, a group and forms of every kind."""
    bench = TextBench()
    for table, rows in process_references().items():
        bench.fill(table, rows)
    bench.parameters |= {"as_of_on": date(2026, 2, 28)}
    # So that a child has a part in the metric of adults, too.
    bench.connection.execute("update ref_recovery_pairs set from_age_years = 12")
    spread = {"instrument_id": "phq9", "population": "clinical", "sd_points": 6}
    bench.fill("ref_norms", [spread])
    bench.fill("ref_claims", [{"claim_id": "half", "period_kind": "quarter"}])
    bench.fill("ref_safety_items", [{"instrument_id": "phq9", "item": 3, "from_points": 2}])
    bench.given(
        stg_programmes="programme_id | modality | instruments\n p1 | mixed | phq9;gad7",
        stg_clients="client_id | birth_date\n c1 | 2010-01-01",
        stg_groups="group_id | programme_id | starts_on\n g1 | p1 | 2025-03-01",
        stg_episodes="episode_id | programme_id | referred_on | ended_on | end_reason\n"
        + "\n".join(f"e{m} | p1 | {m}-01 | {m}-28 | completed" for m in MONTHS),
        stg_memberships="group_id | episode_id | joined_on | left_on\n"
        + "\n".join(f"g1 | e{m} | {m}-01 | {m}-28" for m in MONTHS),
        stg_sessions="session_id | episode_id | group_id | scheduled_on\n"
        + "\n".join(
            f"a{m} | e{m} | | {m}-03\n b{m} | | g1 | {m}-10\n c{m} | | g1 | {m}-17" for m in MONTHS
        ),
        stg_attendances="session_id\n"
        + "\n".join(f"{session}{m}" for m in MONTHS for session in "abc"),
        stg_goals="goal_id | episode_id | set_on\n"
        + "\n".join(f"g{m} | e{m} | {m}-03" for m in MONTHS),
        stg_goal_ratings="goal_id | rated_on | value_points\n"
        + "\n".join(f"g{m} | {m}-03 | 2\n g{m} | {m}-17 | 8" for m in MONTHS),
    )
    bench.fill(
        "stg_responses",
        [
            {
                "response_id": f"{instrument}-{month}-{day}",
                "episode_id": f"e{month}",
                "instrument_id": instrument,
                "administered_on": date.fromisoformat(f"{month}-{day}"),
                "total_score": points,
                **more,
            }
            for month in MONTHS
            for instrument, day, points, more in (
                ("phq9", "03", Decimal(20), {}),
                ("phq9", "17", Decimal(10), {}),
                ("gad7", "03", Decimal(15), {}),
                ("gad7", "17", Decimal(5), {}),
                ("phq9", "05", None, RISK),
                ("pgi_c", "17", Decimal(2), {}),
                ("srs", "03", Decimal(36), {}),
                ("srs", "17", Decimal(30), {}),
                ("gsrs", "10", Decimal(36), {"session_id": f"b{month}"}),
                ("gsrs", "17", Decimal(30), {"session_id": f"c{month}"}),
            )
        ],
    )
    yield bench
    bench.close()


def people(clinic: TextBench, name: str, periods: set[tuple[str, date]]) -> dict[Any, set[int]]:
    """The numbers of people that a mart has, of whatever subject and measure, by period."""
    found: dict[Any, set[int]] = {}
    for row in clinic.rows(name):
        period = (row["period_kind"], row["period_start_on"])
        if period in periods:
            found.setdefault(period, set()).add(row["n_clients"])
    return found


@pytest.mark.parametrize(
    "mart",
    [
        *("adherence", "alliance", "alliance_coverage", "attendance", "child_outcomes", "claims"),
        *("cohesion", "course", "domain_outcomes", "dosage", "effect_sizes", "experience"),
        *(
            "goals",
            "group_outcomes",
            "group_process",
            "outcomes",
            "path",
            "pooled_change",
            "recovery",
        ),
        *("safety", "success_profile", "verdicts", "waits"),
    ],
)
def test_a_client_of_two_months_of_a_quarter_is_one_person(clinic: TextBench, mart: str) -> None:
    found = people(clinic, f"mart_{mart}", QUARTERS)
    assert found == {period: {1} for period in QUARTERS}


@pytest.mark.parametrize(
    "name", ["int_comparison_units", "mart_experience", "mart_outcomes", "mart_trajectories"]
)
def test_a_client_of_three_months_of_twelve_is_one_person(clinic: TextBench, name: str) -> None:
    found = people(clinic, name, TWELVE_MONTHS)
    assert found == {period: {1} for period in TWELVE_MONTHS}
