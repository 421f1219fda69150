"""The canonical export as far as the generated deliveries use it: tables, columns, forms.

Written from the page of the export and not from the contracts, so that the two can disagree.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

Key = tuple[Any, ...]
Cells = Mapping[str, str]


@dataclass(frozen=True)
class Delivery:
    """One delivery: per table the text cells of its rows, the first of which is on line 2."""

    delivered_on: date
    is_full: bool
    files: Mapping[str, Sequence[Cells]]


@dataclass(frozen=True)
class Cell:
    """One column as the export describes it."""

    kind: str
    is_required: bool = False
    parent: str = ""
    allowed: tuple[str, ...] = ()
    minimum: int | None = None


def text(parent: str = "", allowed: tuple[str, ...] = ()) -> Cell:
    """An optional text."""
    return Cell("text", parent=parent, allowed=allowed)


def needed(kind: str = "text", parent: str = "", **more: Any) -> Cell:
    """A column that must be there."""
    return Cell(kind, True, parent, **more)


KEYS: dict[str, tuple[str, ...]] = {
    "clients": ("client_id",),
    "therapists": ("therapist_id",),
    "programmes": ("programme_id",),
    "groups": ("group_id",),
    "episodes": ("episode_id",),
    "memberships": ("group_id", "client_id", "joined_on"),
    "sessions": ("session_id",),
    "attendances": ("session_id", "client_id"),
    "goals": ("goal_id",),
    "goal_ratings": ("goal_id", "rated_at"),
    "responses": ("response_id",),
    "response_items": ("response_id", "item"),
    "safety_actions": ("response_id", "acted_at"),
    "deletions": ("table", "key"),
}
REASONS = ("completed", "agreed_end", "dropped_out", "other")
STATUSES = ("attended", "no_show", "cancelled", "late_cancelled", "clinic_cancelled")
COLUMNS: dict[str, dict[str, Cell]] = {
    "clients": {
        "client_id": needed(),
        "birth_date": Cell("date"),
        "language": text(),
        "registered_on": needed("date"),
    },
    "therapists": {
        "therapist_id": needed(),
        "display_name": needed(),
        "supervisor_id": text("therapists"),
        "employed_from": needed("date"),
    },
    "programmes": {
        "programme_id": needed(),
        "name": needed(),
        "track": needed(),
        "modality": needed(),
        "licence_required": needed(),
        "planned_sessions": Cell("integer", minimum=1),
    },
    "groups": {
        "group_id": needed(),
        "programme_id": needed(parent="programmes"),
        "name": needed(),
        "lead_therapist_id": needed(parent="therapists"),
        "co_therapist_id": text("therapists"),
        "capacity": needed("integer", minimum=1),
        "enrolment": needed(allowed=("open", "closed")),
        "starts_on": needed("date"),
    },
    "episodes": {
        "episode_id": needed(),
        "client_id": needed(parent="clients"),
        "programme_id": needed(parent="programmes"),
        "therapist_id": needed(parent="therapists"),
        "referred_on": needed("date"),
        "started_on": Cell("date"),
        "ended_on": Cell("date"),
        "end_reason": text(allowed=REASONS),
    },
    "memberships": {
        "group_id": needed(parent="groups"),
        "client_id": needed(parent="clients"),
        "episode_id": needed(parent="episodes"),
        "joined_on": needed("date"),
        "left_on": Cell("date"),
    },
    "sessions": {
        "session_id": needed(),
        "group_id": text("groups"),
        "episode_id": text("episodes"),
        "therapist_id": needed(parent="therapists"),
        "scheduled_at": needed("moment"),
        "duration_minutes": needed("integer", minimum=1),
        "setting": needed(allowed=("video", "in_person", "phone")),
    },
    "attendances": {
        "session_id": needed(parent="sessions"),
        "client_id": needed(parent="clients"),
        "status": needed(allowed=STATUSES),
    },
    "goals": {
        "goal_id": needed(),
        "episode_id": needed(parent="episodes"),
        "kind": needed(allowed=("gbo", "gas")),
        "set_on": needed("date"),
    },
    "goal_ratings": {
        "goal_id": needed(parent="goals"),
        "rated_at": needed("moment"),
        "rated_by": needed(allowed=("client", "therapist")),
        "value": needed("decimal"),
    },
    "responses": {
        "response_id": needed(),
        "client_id": needed(parent="clients"),
        "episode_id": text("episodes"),
        "session_id": text("sessions"),
        "instrument_id": needed(),
        "administered_at": needed("moment"),
        "respondent": needed(allowed=("client", "therapist", "parent")),
        "total_score": Cell("decimal"),
    },
    "response_items": {
        "response_id": needed(parent="responses"),
        "item": needed("integer", minimum=1),
        "value": Cell("decimal"),
    },
    "safety_actions": {
        "response_id": needed(parent="responses"),
        "action": needed(),
        "acted_at": needed("moment"),
        "therapist_id": needed(parent="therapists"),
    },
    "deletions": {
        "table": needed(allowed=tuple(name for name in KEYS if name != "deletions")),
        "key": needed(),
        "deleted_on": Cell("date"),
    },
}
# What "recorded" means in rule 1: none of these may lie after the delivery's own date.
RECORDED = (
    "birth_date",
    "registered_on",
    "referred_on",
    "started_on",
    "ended_on",
    "joined_on",
    "left_on",
    "administered_at",
    "set_on",
    "rated_at",
    "acted_at",
)
ORDERED = (
    ("clients", "birth_date", "registered_on"),
    ("episodes", "referred_on", "started_on"),
    ("episodes", "started_on", "ended_on"),
    ("memberships", "joined_on", "left_on"),
)


@dataclass(frozen=True)
class Instrument:
    """Items are counted from 1; the total's range follows from the items'."""

    n_items: int
    lowest: int
    highest: int


INSTRUMENTS = {
    "phq9": Instrument(9, 0, 3),
    "gad7": Instrument(7, 0, 3),
    "pgi_c": Instrument(1, 1, 7),
}
SCALES = {"gbo": (0, 10), "gas": (-2, 2)}
ENGLISH = {"date": "date", "moment": "timestamp", "integer": "integer", "decimal": "number"}


def read_cell(content: str, kind: str) -> Any:
    """The value of a cell; None when it is empty or cannot be read."""
    try:
        if content == "":
            return None
        if kind == "date":
            return (
                date.fromisoformat(content) if re.fullmatch(r"\d{4}-\d\d-\d\d", content) else None
            )
        if kind == "moment":
            return datetime.fromisoformat(content) if re.search(r"\d[T ]\d", content) else None
        if kind == "integer":
            return int(content) if re.fullmatch(r"-?\d+", content) else None
        if kind == "decimal":
            return Decimal(content) if re.fullmatch(r"-?\d+(\.\d+)?", content) else None
    except ValueError:
        return None
    return content


def moment_of(day: date, hour: int = 10) -> datetime:
    """A moment of a day."""
    return datetime.combine(day, time(hour))
