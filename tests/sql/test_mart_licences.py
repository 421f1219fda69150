"""Sessions from afar, and whether the therapist had a licence where the client was."""

from datetime import date
from typing import Any

import pytest

from tests.sql.text_tables import TextBench

MARCH = {"period_kind": "month", "period_start_on": date(2025, 3, 1)}
COUNTS = (
    "n_attended | n_by_residence | n_licensed | n_not_licensed | n_state_unknown"
    " | n_without_licence_records"
)


def give(
    clinic: TextBench,
    *,
    licence: dict[str, Any] | None = None,
    place: str | None = "NY",
    residence: str | None = None,
    status: str = "attended",
    setting: str = "video",
    is_required: bool = True,
) -> None:
    """One session of one client on 10 March 2025 with t1, who has one licence."""
    clinic.fill("stg_programmes", [{"programme_id": "p1", "licence_required": is_required}])
    clinic.given(
        stg_episodes="episode_id | programme_id | referred_on\n e1 | p1 | 2025-01-01",
    )
    session = {"session_id": "s1", "episode_id": "e1", "scheduled_on": date(2025, 3, 10)}
    clinic.fill("stg_sessions", [{**session, "setting": setting}])
    clinic.fill("stg_attendances", [{"session_id": "s1", "status": status, "client_state": place}])
    clinic.fill("stg_clients", [{"client_id": "c1", "state": residence}])
    clinic.fill("stg_licences", [licence or {"state": "NY"}])


def verdicts(clinic: TextBench) -> list[tuple[str, str | None, bool]]:
    return [
        (row["licence"], row["state"], row["is_residence"])
        for row in clinic.rows("int_licence_checks")
    ]


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("mart_licences") == []


@pytest.mark.parametrize(
    ("left_out", "is_judged"),
    [
        ({}, True),
        ({"setting": "phone"}, True),
        ({"setting": "in_person"}, False),
        ({"status": "no_show"}, False),
        ({"is_required": False}, False),
    ],
)
def test_sessions_from_afar_that_need_a_licence_are_judged(
    clinic: TextBench, left_out: dict[str, Any], is_judged: bool
) -> None:
    give(clinic, **left_out)
    assert bool(verdicts(clinic)) == is_judged


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "verdict"),
    [
        (date(2025, 3, 10), None, "licensed"),
        (date(2025, 3, 11), None, "not_licensed"),
        (date(2024, 1, 1), date(2025, 3, 10), "licensed"),
        (date(2024, 1, 1), date(2025, 3, 9), "not_licensed"),
    ],
)
def test_both_ends_of_a_licence_count(
    clinic: TextBench, valid_from: date, valid_to: date | None, verdict: str
) -> None:
    give(clinic, licence={"state": "NY", "valid_from": valid_from, "valid_to": valid_to})
    assert verdicts(clinic) == [(verdict, "NY", False)]


@pytest.mark.parametrize(
    ("place", "residence", "found"),
    [
        ("NY", "CA", ("licensed", "NY", False)),
        ("CA", "NY", ("not_licensed", "CA", False)),
        (None, "NY", ("licensed", "NY", True)),
        (None, "CA", ("not_licensed", "CA", True)),
        (None, None, ("state_unknown", None, False)),
    ],
)
def test_the_place_at_the_session_counts_before_the_residence(
    clinic: TextBench, place: str | None, residence: str | None, found: tuple[str, str, bool]
) -> None:
    give(clinic, place=place, residence=residence)
    assert verdicts(clinic) == [found]


def test_a_licence_is_for_the_therapist_who_held_the_session(clinic: TextBench) -> None:
    give(clinic, licence={"therapist_id": "t2", "state": "NY"})
    assert verdicts(clinic) == [("not_licensed", "NY", False)]


def test_nothing_is_known_where_no_licence_was_ever_delivered(clinic: TextBench) -> None:
    give(clinic)
    clinic.fill("stg_licences", [])
    assert verdicts(clinic) == [("not_recorded", "NY", False)]


def test_sessions_are_counted_by_state_and_two_licences_count_once(clinic: TextBench) -> None:
    give(clinic)
    clinic.given(
        stg_sessions="""
            session_id | episode_id | therapist_id | scheduled_on
            s1         | e1         | t1           | 2025-03-01
            s2         | e1         | t1           | 2025-03-31
            s3         | e1         | t2           | 2025-03-10
            s4         | e1         | t1           | 2025-04-01
        """,
        stg_attendances="""
            session_id | client_id | client_state
            s1         | c1        | NY
            s2         | c1        | CA
            s2         | c2        | NY
            s3         | c2        |
            s3         | c3        | NY
            s4         | c1        | NY
        """,
        stg_licences="""
            therapist_id | state | valid_from
            t1           | NY    | 2024-01-01
            t1           | NY    | 2025-01-01
        """,
    )
    clinic.expect(
        "mart_licences",
        f"""
            level     | subject_id | state   | {COUNTS}
            clinic    | clinic     | CA      | 1 | 0 | 0 | 1 | 0 | 0
            clinic    | clinic     | NY      | 3 | 0 | 2 | 1 | 0 | 0
            clinic    | clinic     | unknown | 1 | 0 | 0 | 0 | 1 | 0
            programme | p1         | CA      | 1 | 0 | 0 | 1 | 0 | 0
            programme | p1         | NY      | 3 | 0 | 2 | 1 | 0 | 0
            programme | p1         | unknown | 1 | 0 | 0 | 0 | 1 | 0
            therapist | t1         | CA      | 1 | 0 | 0 | 1 | 0 | 0
            therapist | t1         | NY      | 2 | 0 | 2 | 0 | 0 | 0
            therapist | t2         | NY      | 1 | 0 | 0 | 1 | 0 | 0
            therapist | t2         | unknown | 1 | 0 | 0 | 0 | 1 | 0
        """,
        **MARCH,
    )
    assert clinic.check("licences_add_up") == []
