"""CMS177 visit by visit, from its definition and not from the SQL."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

from tests.property.oracle import Row
from tests.property.oracle_measured_people import Person

ACTIVE_MAJOR_DEPRESSION = (
    "F320", "F321", "F322", "F323", "F324", "F329", "F330", "F331", "F332", "F333", "F3341",
    "F339",
)  # fmt: skip


def cms177(person: Person, year: int, window_days: int) -> Iterator[tuple[str, str, Row]]:
    """Each visit of a client of 6 to 16 with an active major depression, and its assessment."""
    start = date(year, 1, 1)
    if not person.is_at_least(6, start) or person.is_at_least(17, start):
        return
    assessed = {assessed_session(person, one, window_days) for one in person.assessments}
    seen: dict[date, int] = defaultdict(int)
    in_order = sorted(person.sessions, key=lambda one: (one["scheduled_at"], one["session_id"]))
    for session in in_order:
        day = session["scheduled_on"]
        seen[day] += 1
        if day.year != year or not person.has_condition(day, ACTIVE_MAJOR_DEPRESSION):
            continue
        event = {
            "index_on": day,
            "unit_number": seen[day],
            "episode_key": session["episode_key"],
            "age_years": person.age(start),
            "from_on": start,
            "until_on": day,
            "due_on": day,
            "is_met": session["session_key"] in assessed,
        }
        yield "cms177", "assessed", event


def assessed_session(person: Person, response: Row, window_days: int) -> str | None:
    """The one session that an assessment was made at: the named one, else the day's closest."""
    day = response["administered_on"]
    if response["session_key"] is not None:
        for session in person.sessions:
            is_near = abs(session["scheduled_on"] - day) <= timedelta(window_days)
            if session["session_key"] == response["session_key"] and is_near:
                return session["session_key"]
        return None
    candidates = [
        (
            abs(session["scheduled_at"] - response["administered_at"]),
            session["scheduled_at"],
            session["session_id"],
            session["session_key"],
        )
        for session in person.sessions
        if session["scheduled_on"] == day
    ]
    return min(candidates)[-1] if candidates else None
