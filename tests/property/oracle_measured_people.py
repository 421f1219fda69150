"""Clients with everything that a published quality measure looks at."""

import calendar
from dataclasses import dataclass, field
from datetime import date

from tests.property.oracle import Clinic, Row

DEPRESSION = ("F320", "F321", "F322", "F323", "F324", "F325", "F329", "F33", "F341")


@dataclass
class Person:
    """A client with everything that a measure looks at."""

    key: str
    birth_date: date | None
    # Day, id and key of the course.
    visits: list[tuple[date, str, str]] = field(default_factory=list)
    # Attended sessions of a course, with their day, moment and course.
    sessions: list[Row] = field(default_factory=list)
    # Responses to a tool for the risk of suicide, by whomever.
    assessments: list[Row] = field(default_factory=list)
    scores: list[Row] = field(default_factory=list)
    acted_on: list[date] = field(default_factory=list)
    # Code without its dot, first day, last day (None: open).
    conditions: list[tuple[str, date, date | None]] = field(default_factory=list)

    def is_at_least(self, years: int, day: date) -> bool:
        """Whether the person had that birthday by this day."""
        return self.birth_date is not None and self.age(day) >= years

    def age(self, day: date) -> int:
        """Full years."""
        assert self.birth_date is not None
        had_birthday = (day.month, day.day) >= (self.birth_date.month, self.birth_date.day)
        return day.year - self.birth_date.year - (0 if had_birthday else 1)

    def is_depressed(self, day: date) -> bool:
        """Whether a diagnosis of depression or dysthymia was in force."""
        return self.has_condition(day, DEPRESSION)

    def has_condition(self, day: date, prefixes: tuple[str, ...]) -> bool:
        """Whether a diagnosis of these codes was in force."""
        return any(
            code.startswith(prefixes) and start <= day and (end is None or day <= end)
            for code, start, end in self.conditions
        )

    def totals(self, *instruments: str) -> list[Row]:
        """The person's own valid totals, in time, ties by the response."""
        found = [one for one in self.scores if one["instrument_id"] in instruments]
        return sorted(found, key=lambda one: (one["administered_at"], one["response_id"]))


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the month's last."""
    ordinal = day.year * 12 + day.month - 1 + months
    year, month = divmod(ordinal, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def people(clinic: Clinic) -> dict[str, Person]:
    """Everybody by their key."""
    found = {
        row["client_key"]: Person(row["client_key"], row["birth_date"])
        for row in clinic.tables["stg_clients"]
    }
    for one in clinic.attendances:
        if one["status"] == "attended" and one["episode_key"] is not None:
            course = clinic.courses[one["episode_key"]]
            visit = (one["session_on"], course.row["episode_id"], one["episode_key"])
            found[one["client_key"]].visits.append(visit)
            session = {**clinic.sessions[one["session_key"]], "episode_key": one["episode_key"]}
            found[one["client_key"]].sessions.append(session)
    clients_of_responses = {}
    for one in clinic.responses:
        clients_of_responses[one["response_key"]] = one["client_key"]
        if one["instrument_id"] == "cssrs_screen":
            found[one["client_key"]].assessments.append(one)
        points = one["points"].get("total")
        if one["respondent"] == "client" and points is not None:
            found[one["client_key"]].scores.append({**one, "points": points})
    for action in clinic.tables["stg_safety_actions"]:
        found[clients_of_responses[action["response_key"]]].acted_on.append(action["acted_on"])
    for row in clinic.tables["stg_diagnoses"]:
        facts = clinic.courses[row["episode_key"]].facts
        code = row["code"].replace(".", "").upper()
        condition = (code, row["recorded_on"], facts["ended_on"])
        found[facts["client_key"]].conditions.append(condition)
    for course in clinic.courses.values():
        if course.facts["end_reason"] == "deceased" and course.facts["ended_on"] is not None:
            condition = ("deceased", course.facts["ended_on"], None)
            found[course.facts["client_key"]].conditions.append(condition)
    for person in found.values():
        person.visits.sort()
    return found
