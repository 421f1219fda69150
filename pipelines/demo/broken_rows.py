"""What can be wrong with a row, as data: one right row of every table, and ways to spoil it.

Cells are templates. The names in braces are a host (a real client, course, session of the demo) and
days in the month of the delivery; `defects.py` fills them in.
"""

from collections.abc import Mapping
from dataclasses import dataclass

ERROR, WARNING = "error", "warning"

RIGHT_ROWS: dict[str, dict[str, str]] = {
    "clients": {
        "client_id": "CX{n}",
        "birth_date": "1980-01-01",
        "sex": "female",
        "state": "OR",
        "language": "en",
        "registered_on": "{day}",
    },
    "therapists": {
        "therapist_id": "TX{n}",
        "display_name": "Therapist Planted {n}",
        "discipline": "counsellor",
        "employed_from": "2015-01-01",
    },
    "licences": {
        "therapist_id": "{therapist}",
        "state": "OR",
        "licence_number": "TEST-X{n}",
        "valid_from": "{long_ago}",
        "valid_to": "2015-01-01",
    },
    "programmes": {
        "programme_id": "PX{n}",
        "name": "Planted programme {n}",
        "track": "general",
        "modality": "individual",
        "licence_required": "true",
        "planned_sessions": "8",
        "session_interval_days": "7",
        "instruments": "phq9;gad7",
        "measure_every_sessions": "1",
    },
    "groups": {
        "group_id": "GX{n}",
        "programme_id": "{group_programme}",
        "name": "Planted group {n}",
        "lead_therapist_id": "{therapist}",
        "capacity": "8",
        "enrolment": "open",
        "starts_on": "{day}",
    },
    "episodes": {
        "episode_id": "EX{n}",
        "client_id": "{client}",
        "programme_id": "{free_programme}",
        "therapist_id": "{therapist}",
        "referred_on": "{day}",
    },
    "memberships": {
        "group_id": "{group}",
        "client_id": "{client}",
        "episode_id": "{episode}",
        "joined_on": "{day}",
    },
    "sessions": {
        "session_id": "SX{n}",
        "episode_id": "{episode}",
        "therapist_id": "{therapist}",
        "scheduled_at": "{day}T10:10:00",
        "duration_minutes": "50",
        "setting": "video",
    },
    "attendances": {
        "session_id": "{session}",
        "client_id": "{other_client}",
        "status": "cancelled",
    },
    "responses": {
        "response_id": "RX{n}",
        "client_id": "{client}",
        "episode_id": "{episode}",
        "instrument_id": "phq9",
        "administered_at": "{day}T{clock}",
        "respondent": "client",
        "total_score": "12",
    },
    "response_items": {"response_id": "RX{n}", "item": "1", "value": "1"},
    "goals": {
        "goal_id": "GLX{n}",
        "episode_id": "{episode}",
        "kind": "gbo",
        "domain": "connection",
        "set_on": "{day}",
    },
    "goal_ratings": {
        "goal_id": "GLX{n}",
        "rated_at": "{day}T12:00:00",
        "rated_by": "client",
        "value": "5",
    },
    "diagnoses": {
        "episode_id": "{episode}",
        "code": "Z71.{n}",
        "role": "secondary",
        "recorded_on": "{day}",
    },
    "safety_actions": {
        "response_id": "{response}",
        "action": "risk_assessed",
        "acted_at": "{day}T{clock}",
        "therapist_id": "{therapist}",
    },
    "milestones": {
        "milestone_id": "MX{n}",
        "episode_id": "{episode}",
        "kind": "other",
        "domain": "connection",
        "observed_on": "{day}",
        "reported_by": "client",
    },
    "consents": {"client_id": "{client}", "scope": "treatment", "given_on": "{day}"},
    "deletions": {
        "table": "responses",
        "key": "R-none-{n}",
        "deleted_on": "{day}",
        "reason": "planted",
    },
}


@dataclass(frozen=True)
class Broken:
    """One way in which a row can be wrong.

    `changes` are the cells that differ from the right row. `answers` gives a planted form this many
    right answers of 1 point; `with_goal` a goal of this kind for a rating. `counts_as` are the
    monthly figures of the truth that the row, still in use, adds to. `after_a_right_one`: a right
    row of the same client comes first, with which this one clashes.
    """

    table: str
    column: str
    kind: str
    changes: Mapping[str, str]
    severity: str = ERROR
    answers: int = 0
    with_goal: str = ""
    counts_as: tuple[str, ...] = ()
    after_a_right_one: bool = False


def _cell(table: str, column: str, kind: str, value: str, **more: str) -> Broken:
    return Broken(table, column, kind, {column: value, **more})


def _empty(table: str, column: str) -> Broken:
    return _cell(table, column, "required", "")


def _warn(
    table: str,
    column: str,
    kind: str,
    *,
    answers: int = 0,
    counts_as: tuple[str, ...] = (),
    after_a_right_one: bool = False,
    **changes: str,
) -> Broken:
    return Broken(
        table,
        column,
        kind,
        changes,
        WARNING,
        answers=answers,
        counts_as=counts_as,
        after_a_right_one=after_a_right_one,
    )


BROKEN: tuple[Broken, ...] = (
    _empty("clients", "registered_on"),
    _empty("therapists", "display_name"),
    _empty("licences", "state"),
    _empty("programmes", "name"),
    _empty("groups", "name"),
    _empty("episodes", "therapist_id"),
    _empty("memberships", "episode_id"),
    _empty("sessions", "scheduled_at"),
    _empty("attendances", "client_id"),
    _empty("responses", "instrument_id"),
    Broken("response_items", "item", "required", {"item": ""}, answers=9),
    _empty("goals", "set_on"),
    Broken("goal_ratings", "value", "required", {"value": ""}, with_goal="gbo"),
    _empty("diagnoses", "code"),
    _empty("safety_actions", "action"),
    _empty("milestones", "observed_on"),
    _empty("consents", "given_on"),
    _empty("deletions", "deleted_on"),
    _cell("clients", "birth_date", "type", "1980-13-45"),
    _cell("therapists", "employed_from", "type", "soon"),
    _cell("programmes", "licence_required", "type", "perhaps"),
    _cell("groups", "capacity", "type", "many"),
    _cell("sessions", "scheduled_at", "type", "noon"),
    _cell("responses", "total_score", "type", "high"),
    Broken("response_items", "value", "type", {"item": "9", "value": "often"}, answers=8),
    _cell("deletions", "deleted_on", "type", "someday"),
    _cell("clients", "sex", "allowed", "robot"),
    _cell("programmes", "track", "allowed", "astrology"),
    _cell("programmes", "modality", "allowed", "telepathy"),
    _cell("groups", "enrolment", "allowed", "ajar"),
    _cell("episodes", "end_reason", "allowed", "bored", ended_on="{day}"),
    _cell("sessions", "setting", "allowed", "telepathy"),
    _cell("attendances", "status", "allowed", "asleep"),
    _cell("responses", "respondent", "allowed", "neighbour"),
    _cell("responses", "instrument_id", "allowed", "phq99"),
    _cell("goals", "kind", "allowed", "wish"),
    _cell("diagnoses", "role", "allowed", "main"),
    _cell("milestones", "kind", "allowed", "prize"),
    _cell("consents", "scope", "allowed", "everything"),
    _cell("licences", "therapist_id", "reference", "T-none"),
    _cell("groups", "programme_id", "reference", "P-none"),
    _cell("episodes", "client_id", "reference", "C-none"),
    _cell("memberships", "group_id", "reference", "G-none"),
    _cell("sessions", "therapist_id", "reference", "T-none"),
    _cell("attendances", "session_id", "reference", "S-none"),
    _cell("responses", "client_id", "reference", "C-none", episode_id=""),
    _cell("response_items", "response_id", "reference", "R-none"),
    _cell("goals", "episode_id", "reference", "E-none"),
    _cell("goal_ratings", "goal_id", "reference", "GL-none"),
    _cell("safety_actions", "response_id", "reference", "R-none"),
    _cell("responses", "client_id", "client_of_episode", "{other_client}"),
    _cell("clients", "birth_date", "order", "{next_day}"),
    _cell("licences", "valid_to", "order", "2000-01-01"),
    _cell("episodes", "started_on", "order", "{month_before}"),
    Broken(
        "episodes",
        "ended_on",
        "order",
        {"referred_on": "{month_before}", "started_on": "{next_day}", "ended_on": "{day}"}
        | {"end_reason": "completed"},
    ),
    _cell("memberships", "left_on", "order", "{month_before}"),
    _cell("clients", "registered_on", "after_delivery", "{after}"),
    _cell("episodes", "referred_on", "after_delivery", "{after}"),
    _cell("responses", "administered_at", "after_delivery", "{after}T09:00:00"),
    _cell("diagnoses", "recorded_on", "after_delivery", "{after}"),
    _cell("milestones", "observed_on", "after_delivery", "{after}"),
    Broken("response_items", "value", "item_range", {"item": "9", "value": "7"}, answers=8),
    Broken("response_items", "item", "item_number", {"item": "12"}, answers=9),
    _cell("responses", "total_score", "total_range", "99"),
    Broken("goal_ratings", "value", "goal_scale", {"value": "11"}, with_goal="gbo"),
    Broken("goal_ratings", "value", "goal_scale", {"value": "3"}, with_goal="gas"),
    _cell("sessions", "episode_id", "owner", ""),
    _cell("sessions", "group_id", "owner", "{group}"),
    _cell("sessions", "duration_minutes", "positive", "0"),
    _cell("groups", "capacity", "positive", "0"),
    _cell("programmes", "planned_sessions", "positive", "-1"),
    _cell("deletions", "table", "unknown_table", "unicorns"),
    _cell("deletions", "key", "unknown_key", "R-none-{n}"),
    _warn("therapists", "supervisor_id", "optional_reference", supervisor_id="T-none"),
    _warn("responses", "session_id", "optional_reference", session_id="S-none"),
    _warn("responses", "episode_id", "optional_reference", episode_id="E-none"),
    _warn(
        "episodes",
        "end_reason",
        "end_reason",
        end_reason="agreed_end",
        counts_as=("referred",),
    ),
    _warn(
        "episodes",
        "ended_on",
        "end_reason",
        ended_on="{day}",
        counts_as=("referred", "ended_recorded"),
    ),
    _warn("episodes", "programme_id", "overlap", counts_as=("referred",), after_a_right_one=True),
    _warn(
        "attendances",
        "client_id",
        "membership",
        session_id="{group_session}",
        client_id="{client}",
        status="attended",
        counts_as=("attended",),
    ),
    _warn("responses", "administered_at", "far_from_session", session_id="{session}"),
    _warn("responses", "total_score", "total_disagrees", answers=9, total_score="20"),
)
