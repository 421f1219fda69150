"""What an auditor asks for once more, in plain Python, row by row from the oracle's clinic."""

from collections import Counter, defaultdict
from datetime import timedelta
from typing import Any

from tests.property.oracle import Clinic, Row, in_period
from tests.property.oracle_marts import periods, with_rate

Key = tuple[Any, ...]


def follow_ups(clinic: Clinic) -> dict[Key, Row]:
    """int_safety_followups by its key."""
    actions = clinic.tables["stg_safety_actions"]
    found: dict[Key, Row] = {}
    for response in clinic.tables["stg_responses"]:
        given = dict(zip(response["items"] or [], response["answers"] or [], strict=True))
        shows_risk = any(
            given.get(rule["item"], -1) >= rule["from_points"]
            for rule in clinic.tables["ref_safety_items"]
            if rule["is_active"] and rule["instrument_id"] == response["instrument_id"]
        )
        if not response["has_answers"] or not shows_risk:
            continue
        answered_on = response["administered_on"]
        due_on = answered_on + timedelta(days=clinic.parameters["safety_action_days"])
        days = [
            action["acted_on"]
            for action in actions
            if action["response_key"] == response["response_key"]
            and action["acted_on"] >= answered_on
        ]
        acted_on = min(days, default=None)
        if not actions:
            state = "not_recorded"
        elif acted_on is None:
            state = "overdue" if due_on < clinic.parameters["as_of_on"] else "open"
        else:
            state = "in_time" if acted_on <= due_on else "late"
        course = clinic.courses.get(response["episode_key"])
        found[(response["response_key"],)] = {
            "client_key": response["client_key"],
            "episode_key": course.facts["episode_key"] if course else None,
            "programme_id": course.facts["programme_id"] if course else None,
            "therapist_id": course.facts["therapist_id"] if course else None,
            "instrument_id": response["instrument_id"],
            "answered_on": answered_on,
            "due_on": due_on,
            "acted_on": acted_on,
            "follow_up": state,
        }
    return found


def safety(clinic: Clinic) -> dict[Key, Row]:
    """mart_safety by its key."""
    by_subject: dict[Key, list[Row]] = defaultdict(list)
    for row in follow_ups(clinic).values():
        by_subject[("clinic", "clinic")].append(row)
        if row["episode_key"] is not None:
            for subject in clinic.courses[row["episode_key"]].subjects:
                if subject[0] in {"programme", "therapist", "group"}:
                    by_subject[subject].append(row)
    found: dict[Key, Row] = {}
    for subject, rows in by_subject.items():
        for kind, start, end in periods(clinic):
            own = [row for row in rows if in_period(row["answered_on"], start, end)]
            if own:
                states = Counter(row["follow_up"] for row in own)
                due = states["in_time"] + states["late"] + states["overdue"]
                found[(*subject, kind, start)] = {
                    "period_end_on": end,
                    "n_clients": len({row["client_key"] for row in own}),
                    "n_risk_answers": len(own),
                    "n_actions_due": due,
                    "n_acted_in_time": states["in_time"],
                    "n_acted_late": states["late"],
                    "n_actions_overdue": states["overdue"],
                    "n_actions_open": states["open"],
                    "n_without_action_records": states["not_recorded"],
                    **with_rate("acted_in_time", states["in_time"], due),
                }
    return found
