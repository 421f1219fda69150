"""What an auditor asks for once more, in plain Python, row by row from the oracle's clinic."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import Any

from tests.property.oracle import Clinic, Row, in_period
from tests.property.oracle_marts import periods, with_rate

Key = tuple[Any, ...]
CONSENT_COUNTS = (
    "n_courses",
    "n_consent_in_force",
    "n_consent_missing",
    "n_consent_withdrawn",
    "n_without_consent_records",
    "n_substance_use",
    "n_may_disclose",
    "n_may_not_disclose",
)


def follow_ups(clinic: Clinic) -> dict[Key, Row]:
    """int_safety_followups by its key."""
    actions = clinic.tables["stg_safety_actions"]
    found: dict[Key, Row] = {}
    for response in clinic.responses:
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


def licence_checks(clinic: Clinic) -> dict[Key, Row]:
    """int_licence_checks by its key."""
    residence = {row["client_key"]: row["state"] for row in clinic.tables["stg_clients"]}
    licences = clinic.tables["stg_licences"]
    found: dict[Key, Row] = {}
    for given, placed in zip(clinic.tables["stg_attendances"], clinic.attendances, strict=True):
        setting = clinic.sessions[given["session_key"]]["setting"]
        programme = clinic.programmes.get(placed["programme_id"], {})
        if given["status"] != "attended" or setting == "in_person":
            continue
        if not programme.get("licence_required"):
            continue
        home = residence.get(given["client_key"])
        state = given["client_state"] or home
        own = [
            row
            for row in licences
            if (row["therapist_id"], row["state"]) == (placed["therapist_id"], state)
            and row["valid_from"] <= placed["session_on"]
            and (row["valid_to"] is None or row["valid_to"] >= placed["session_on"])
        ]
        verdict = "licensed" if own else "not_licensed"
        if state is None:
            verdict = "state_unknown"
        if not licences:
            verdict = "not_recorded"
        found[given["session_key"], given["client_key"]] = {
            "session_on": placed["session_on"],
            "therapist_id": placed["therapist_id"],
            "programme_id": placed["programme_id"],
            "state": state,
            "is_residence": given["client_state"] is None and home is not None,
            "licence": verdict,
        }
    return found


def licences(clinic: Clinic) -> dict[Key, Row]:
    """mart_licences by its key."""
    by_subject: dict[Key, list[Row]] = defaultdict(list)
    for row in licence_checks(clinic).values():
        for subject in (
            ("clinic", "clinic"),
            ("programme", row["programme_id"]),
            ("therapist", row["therapist_id"]),
        ):
            by_subject[(*subject, row["state"] or "unknown")].append(row)
    found: dict[Key, Row] = {}
    for subject, rows in by_subject.items():
        for kind, start, end in periods(clinic):
            own = [row for row in rows if in_period(row["session_on"], start, end)]
            if own:
                verdicts = Counter(row["licence"] for row in own)
                found[(*subject, kind, start)] = {
                    "period_end_on": end,
                    "n_attended": len(own),
                    "n_by_residence": sum(row["is_residence"] for row in own),
                    "n_licensed": verdicts["licensed"],
                    "n_not_licensed": verdicts["not_licensed"],
                    "n_state_unknown": verdicts["state_unknown"],
                    "n_without_licence_records": verdicts["not_recorded"],
                }
    return found


def _last_word(clinic: Clinic, client_key: str, scope: str, day: date) -> bool | None:
    """Whether a consent stands on a day; None where none was given up to then."""
    said: list[tuple[date, bool]] = []
    for row in clinic.tables["stg_consents"]:
        if (row["client_key"], row["scope"]) == (client_key, scope) and row["given_on"] <= day:
            ended_on = row["withdrawn_on"]
            if ended_on is not None and ended_on <= day:
                said.append((ended_on, False))
            else:
                said.append((row["given_on"], True))
    return max(said)[1] if said else None


def consents(clinic: Clinic) -> dict[Key, Row]:
    """mart_consents by its key."""
    has_records = any(row["scope"] == "treatment" for row in clinic.tables["stg_consents"])
    found: dict[Key, Row] = {}
    for kind, start, end in periods(clinic):
        counted: dict[Key, Counter[str]] = defaultdict(Counter)
        for course in clinic.courses.values():
            client_key = course.row["client_key"]
            days = [
                row["session_on"]
                for row in course.attended
                if in_period(row["session_on"], start, end)
            ]
            if not days:
                continue
            words = [_last_word(clinic, client_key, "treatment", day) for day in days]
            states = ["n_courses"]
            if not has_records:
                states.append("n_without_consent_records")
            elif None in words:
                states.append("n_consent_missing")
            else:
                states.append("n_consent_in_force" if all(words) else "n_consent_withdrawn")
            if course.programme.get("track") == "substance_use":
                may = all(
                    _last_word(clinic, client_key, "substance_use_disclosure", day) for day in days
                )
                states += ["n_substance_use", "n_may_disclose" if may else "n_may_not_disclose"]
            for subject in course.subjects:
                if not subject[0].startswith("public"):
                    counted[subject].update(states)
        for subject, counts in counted.items():
            found[(*subject, kind, start)] = {
                "period_end_on": end,
                **{name: counts[name] for name in CONSENT_COUNTS},
            }
    return found
