"""Answers that showed a risk, and whether they were followed up in time."""

from datetime import date
from typing import Any

import pytest

from tests.sql.text_tables import TextBench

MARCH = {"period_kind": "month", "period_start_on": date(2025, 3, 1)}
COUNTS = (
    "n_clients | n_risk_answers | n_actions_due | n_acted_in_time | n_acted_late"
    " | n_actions_overdue | n_actions_open | n_without_action_records | acted_in_time_rate"
)


def give(
    clinic: TextBench, *, acted_on: str = "", answered_on: str = "2025-03-10", **more: Any
) -> None:
    """One course with one PHQ-9 whose third answer, the made-up risk item, is 2 points."""
    row = {
        "response_id": "r1", "episode_id": "e1", "administered_on": date.fromisoformat(answered_on),
        "has_answers": True, "items": [1, 3], "answers": [0, 2], "n_answers": 2, **more,
    }  # fmt: skip
    clinic.fill("ref_safety_items", [{"instrument_id": "phq9", "item": 3, "from_points": 2}])
    clinic.given(stg_episodes="episode_id | referred_on\n e1 | 2025-01-01")
    clinic.fill("stg_responses", [row])
    actions = [{"response_id": "other", "acted_on": date(2025, 1, 1)}]
    if acted_on:
        actions.append({"response_id": "r1", "acted_on": date.fromisoformat(acted_on)})
    clinic.fill("stg_safety_actions", actions)


def follow_ups(clinic: TextBench) -> list[str]:
    return [row["follow_up"] for row in clinic.rows("int_safety_followups")]


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("int_safety_followups") == []
    assert clinic.rows("mart_safety") == []


@pytest.mark.parametrize(
    ("items", "answers", "shows_risk"),
    [
        ([1, 3], [0, 2], True),
        ([1, 3], [0, 3], True),
        ([1, 3], [3, 1], False),
        ([1, 2], [3, 3], False),
        ([], [], False),
    ],
)
def test_a_risk_is_an_item_of_the_rule_at_its_points(
    clinic: TextBench, items: list[int], answers: list[int], shows_risk: bool
) -> None:
    give(clinic, items=items, answers=answers)
    assert bool(follow_ups(clinic)) == shows_risk


@pytest.mark.parametrize(
    ("answered_on", "therapist_id"),
    [("2025-01-01", "t1"), ("2025-03-10", "t1"), ("2024-12-31", None)],
    ids=["first day of the course", "within it", "before it"],
)
def test_an_answer_that_names_no_course_is_the_only_one_s_that_holds_its_day(
    clinic: TextBench, answered_on: str, therapist_id: str | None
) -> None:
    give(clinic, answered_on=answered_on, episode_id=None)
    (row,) = clinic.rows("int_safety_followups")
    assert row["therapist_id"] == therapist_id


def test_two_risk_items_of_one_form_are_one_answer(clinic: TextBench) -> None:
    give(clinic, items=[3, 4], answers=[2, 2])
    clinic.fill(
        "ref_safety_items",
        [{"instrument_id": "phq9", "item": item, "from_points": 2} for item in (3, 4)],
    )
    assert len(follow_ups(clinic)) == 1


def test_a_rule_that_nobody_has_verified_is_not_applied(clinic: TextBench) -> None:
    give(clinic)
    clinic.fill(
        "ref_safety_items",
        [{"instrument_id": "phq9", "item": 3, "from_points": 2, "is_active": False}],
    )
    assert follow_ups(clinic) == []


@pytest.mark.parametrize(
    ("acted_on", "follow_up"),
    [
        ("2025-03-09", "overdue"),
        ("2025-03-10", "in_time"),
        ("2025-03-12", "in_time"),
        ("2025-03-13", "late"),
        ("", "overdue"),
    ],
)
def test_both_ends_of_the_days_for_an_action(
    clinic: TextBench, acted_on: str, follow_up: str
) -> None:
    give(clinic, acted_on=acted_on)
    assert follow_ups(clinic) == [follow_up]


@pytest.mark.parametrize(
    ("as_of_on", "follow_up"), [("2025-03-12", "open"), ("2025-03-13", "overdue")]
)
def test_an_answer_is_open_until_its_days_have_passed(
    clinic: TextBench, as_of_on: str, follow_up: str
) -> None:
    clinic.parameters["as_of_on"] = date.fromisoformat(as_of_on)
    give(clinic)
    assert follow_ups(clinic) == [follow_up]


def test_nothing_is_known_where_no_action_was_ever_delivered(clinic: TextBench) -> None:
    give(clinic)
    clinic.fill("stg_safety_actions", [])
    (row,) = [
        row
        for row in clinic.rows("mart_safety")
        if row["level"] == "clinic" and row["period_kind"] == "month"
    ]
    assert row["n_without_action_records"] == 1
    assert row["n_actions_due"] == 0
    assert row["acted_in_time_rate"] is None


def test_answers_are_counted_once_for_each_subject(clinic: TextBench) -> None:
    give(clinic)
    clinic.given(
        stg_episodes="""
            episode_id | client_id | therapist_id | referred_on
            e1         | c1        | t1           | 2025-01-01
            e2         | c2        | t2           | 2025-01-01
        """,
        stg_safety_actions="""
            response_id | acted_on
            r1          | 2025-03-12
            r1          | 2025-03-20
            r2          | 2025-03-20
        """,
    )
    answers = {"has_answers": True, "items": [3], "answers": [2]}
    clinic.fill(
        "stg_responses",
        [
            {"response_id": name, "client_id": client, "episode_id": episode, **answers}
            | {"administered_on": day}
            for name, client, episode, day in (
                ("r1", "c1", "e1", date(2025, 3, 10)),
                ("r2", "c1", "e1", date(2025, 3, 11)),
                ("r3", "c2", "e2", date(2025, 3, 31)),
                ("r4", "c3", None, date(2025, 3, 1)),
                ("r5", "c1", "e1", date(2025, 4, 1)),
            )
        ],
    )
    clinic.expect(
        "mart_safety",
        f"""
            level     | subject_id | {COUNTS}
            clinic    | clinic     | 3 | 4 | 4 | 1 | 1 | 2 | 0 | 0 | 0.25
            programme | unassigned | 2 | 3 | 3 | 1 | 1 | 1 | 0 | 0 | 0.3333
            therapist | t1         | 1 | 2 | 2 | 1 | 1 | 0 | 0 | 0 | 0.5
            therapist | t2         | 1 | 1 | 1 | 0 | 0 | 1 | 0 | 0 | 0
        """,
        **MARCH,
    )
    assert clinic.check("safety_followups_add_up") == []


@pytest.mark.parametrize(("minimum", "rate"), [(1, 0), (2, None)])
def test_a_rate_is_shown_from_the_policys_minimum_on(
    clinic: TextBench, minimum: int, rate: int | None
) -> None:
    give(clinic)
    clinic.given(
        ref_disclosure_policies=f"""
            audience | table_name | level  | mart_level | period_kind | minimum_pairs_for_rate
            director | pub_safety | clinic | clinic     | month       | {minimum}
        """
    )
    (row,) = clinic.rows("pub_safety")
    assert (row["n_actions_overdue"], row["acted_in_time_rate"]) == (1, rate)
    assert row["reliability_reason"] == (None if rate is not None else "too_few_pairs_for_rate")
