"""Small random sets of deliveries, in which every rule about current rows meets every other.

A few ids are delivered again and again, mostly good, sometimes broken, deleted, absent or pointing
at nothing. Every choice goes through one function, so that Hypothesis can search and shrink, and a
seed can draw longer sets.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from tests.property.settling_export import COLUMNS, Delivery

Choose = Callable[[Sequence[Any]], Any]
Row = dict[str, str]

FIRST_DAY = date(2024, 3, 1)
AFTER_ALL = "2025-01-01"
# A good row of each id. What a delivery brings of it is this row, or one of the changes below.
GOOD: dict[str, list[Row]] = {
    "clients": [{"client_id": name, "registered_on": "2024-01-05"} for name in ("C1", "C2")],
    "therapists": [
        {"therapist_id": "T1", "display_name": "Example One", "employed_from": "2020-01-01"},
        {
            "therapist_id": "T2",
            "display_name": "Example Two",
            "employed_from": "2020-01-01",
            "supervisor_id": "T1",
        },
    ],
    "programmes": [
        {
            "programme_id": "P1",
            "name": "Example",
            "track": "general",
            "modality": "group",
            "licence_required": "no",
        }
    ],
    "groups": [
        {
            "group_id": "G1",
            "programme_id": "P1",
            "name": "Example",
            "lead_therapist_id": "T1",
            "co_therapist_id": "T2",
            "capacity": "8",
            "enrolment": "open",
            "starts_on": "2024-01-01",
        }
    ],
    "episodes": [
        {
            "episode_id": f"E{number}",
            "client_id": f"C{number}",
            "programme_id": "P1",
            "therapist_id": f"T{number}",
            "referred_on": "2024-01-10",
        }
        for number in (1, 2)
    ],
    "memberships": [
        {"group_id": "G1", "client_id": "C1", "episode_id": "E1", "joined_on": "2024-02-01"}
    ],
    "sessions": [
        {
            "session_id": "S1",
            "group_id": "G1",
            "therapist_id": "T1",
            "scheduled_at": "2024-02-10T10:00",
            "duration_minutes": "90",
            "setting": "video",
        },
        {
            "session_id": "S2",
            "episode_id": "E2",
            "therapist_id": "T2",
            "scheduled_at": "2024-02-11T10:00",
            "duration_minutes": "50",
            "setting": "phone",
        },
    ],
    "attendances": [
        {"session_id": "S1", "client_id": "C1", "status": "attended"},
        {"session_id": "S1", "client_id": "C2", "status": "attended"},
        {"session_id": "S2", "client_id": "C2", "status": "no_show"},
    ],
    "goals": [{"goal_id": "O1", "episode_id": "E1", "kind": "gbo", "set_on": "2024-02-01"}],
    "goal_ratings": [
        {"goal_id": "O1", "rated_at": "2024-02-05T09:00", "rated_by": "client", "value": "7"}
    ],
    "responses": [
        {
            "response_id": f"R{number}",
            "client_id": "C1",
            "episode_id": "E1",
            "instrument_id": "phq9",
            "administered_at": "2024-02-10T10:00",
            "respondent": "client",
        }
        for number in (1, 2, 3)
    ],
    "response_items": [
        {"response_id": f"R{number}", "item": str(item), "value": "2"}
        for number in (1, 2, 3)
        for item in (1, 2)
    ],
    "safety_actions": [
        {
            "response_id": "R1",
            "action": "called",
            "acted_at": "2024-02-12T10:00",
            "therapist_id": "T2",
        }
    ],
    "deletions": [],
}
CHANGES: dict[str, list[Row]] = {
    "clients": [
        {"language": "de"},
        {"registered_on": ""},
        {"registered_on": AFTER_ALL},
        {"birth_date": "2024-01-06"},
        {"birth_date": "1990-02-30"},
        {"client_id": "C3"},
        {"client_id": ""},
    ],
    "therapists": [
        {"display_name": "Example Changed"},
        {"display_name": ""},
        {"supervisor_id": "T2"},
        {"supervisor_id": "T9"},
        {"employed_from": "soon"},
    ],
    "programmes": [{"name": "Changed"}, {"planned_sessions": "0"}, {"planned_sessions": "1"}],
    "groups": [
        {"capacity": "0"},
        {"capacity": "1"},
        {"co_therapist_id": "T9"},
        {"lead_therapist_id": "T2"},
        {"programme_id": "P9"},
        {"enrolment": "half"},
    ],
    "episodes": [
        {"started_on": "2024-01-10", "ended_on": "2024-02-20", "end_reason": "completed"},
        {"ended_on": "2024-02-20"},
        {"end_reason": "other"},
        {"started_on": "2024-01-09"},
        {"ended_on": "2024-01-09"},
        {"ended_on": "then", "end_reason": "other"},
        {"client_id": "C2"},
        {"client_id": "C2", "ended_on": "2024-01-10", "end_reason": "other"},
        {"client_id": "C9"},
        {"therapist_id": ""},
    ],
    "memberships": [
        {"left_on": "2024-02-09"},
        {"left_on": "2024-02-10"},
        {"left_on": "2024-01-31"},
        {"joined_on": "2024-02-11"},
        {"joined_on": "x"},
        {"episode_id": "E9"},
    ],
    "sessions": [
        {"episode_id": "E1"},
        {"group_id": "", "episode_id": ""},
        {"group_id": "", "episode_id": "E1"},
        {"group_id": "G9", "episode_id": ""},
        {"duration_minutes": "0"},
        {"scheduled_at": "2024-02-02T10:00"},
        {"scheduled_at": "2024-02-03T10:00"},
    ],
    "attendances": [{"status": "attended"}, {"status": "late"}, {"client_id": "C9"}],
    "goals": [{"kind": "gas"}, {"kind": "other"}, {"episode_id": "E2"}, {"set_on": AFTER_ALL}],
    "goal_ratings": [{"value": "-2"}, {"value": "2"}, {"value": "10.5"}, {"value": ""}],
    "responses": [
        {"administered_at": "2024-02-10T10:00:59"},
        {"administered_at": "2024-02-10T10:01"},
        {"administered_at": ""},
        {"session_id": "S1"},
        {"session_id": "S9"},
        {"episode_id": "E2"},
        {"episode_id": "E9"},
        {"client_id": "C2", "episode_id": ""},
        {"client_id": "C9"},
        {"instrument_id": "gad7"},
        {"instrument_id": "pgi_c"},
        {"instrument_id": "shoe_size"},
        {"respondent": "parent"},
        {"respondent": "dog"},
        {"total_score": "27"},
        {"total_score": "28"},
        {"total_score": "13.5"},
        {"instrument_id": "pgi_c", "total_score": "2"},
        {"instrument_id": "pgi_c", "total_score": "3"},
    ],
    "response_items": [
        {"value": "3"},
        {"value": "3"},
        {"value": "4"},
        {"value": ""},
        {"value": "many"},
        {"item": "9"},
        {"item": "8", "value": "9"},
        {"item": "10", "value": ""},
        {"item": "0"},
        {"item": "one"},
        {"response_id": "R9"},
        {"response_id": ""},
    ],
    "safety_actions": [{"action": "wrote"}, {"action": ""}, {"therapist_id": "T9"}],
    "deletions": [],
}
DELETABLE: list[Row] = [
    {"table": table, "key": key}
    for table, key in (
        ("responses", "R1"),
        ("responses", "R2"),
        ("response_items", "R1|1"),
        ("response_items", "R1|2"),
        ("response_items", "R2|1"),
        ("clients", "C1"),
        ("clients", "C2"),
        ("therapists", "T1"),
        ("groups", "G1"),
        ("episodes", "E1"),
        ("memberships", "G1|C1|2024-02-01"),
        ("sessions", "S1"),
        ("attendances", "S1|C2"),
        ("goal_ratings", "O1|2024-02-05T09:00"),
        ("safety_actions", "R1|2024-02-12T10:00"),
        ("clients", "C7"),
        ("attendances", "S1"),
        ("attendances", "S1|C2|C1"),
        ("shoes", "C1"),
        ("clients", ""),
    )
]
# Chances, as lists to choose from.
OFTEN, SOMETIMES, SELDOM = (True,) * 3 + (False,), (True, False, False), (True,) + (False,) * 7


def build_deliveries(choose: Choose) -> list[Delivery]:
    """A set of deliveries, no two the same; the first mostly whole, so that parents are there."""
    found: list[Delivery] = []
    day = FIRST_DAY
    for number in range(choose((1, 2, 2, 3, 3, 4))):
        day += timedelta(days=choose((1, 0, 5)) if number else 0)
        files = {
            table: rows
            for table in COLUMNS
            if (rows := _rows(choose, table, is_first=number == 0)) is not None
        }
        delivery = Delivery(day, choose((False, False, True)), files)
        if files and delivery not in found:
            found.append(delivery)
    return found


def _rows(choose: Choose, table: str, *, is_first: bool) -> list[Row] | None:
    if table == "deletions":
        if is_first or not choose((True, False)):
            return None
        return [dict(choose(DELETABLE)) for _ in range(choose((1, 2, 3)))]
    if is_first and choose(SELDOM):
        return None
    if not is_first and not choose(SOMETIMES):
        return None
    rows: list[Row] = []
    for good in GOOD[table]:
        if not choose(OFTEN):
            continue
        for _ in range(choose((1,) * 8 + (2,))):
            is_changed = choose(SELDOM if is_first else SOMETIMES)
            rows.append({**good, **choose(CHANGES[table])} if is_changed else dict(good))
    return rows
