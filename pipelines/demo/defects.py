"""Plants broken rows of every kind, and the sequences of deliveries that decide which row counts.

Planted rows hang on clients of the first block. Each has a key of its own, so its fate is its own
too: the truth says how many rows of each delivery end accepted, superseded, withdrawn, quarantined.
Text is needed to be wrong in every way, so Parquet months get none.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import polars as pl

from pipelines.demo.broken_rows import BROKEN, ERROR, RIGHT_ROWS, WARNING, Broken
from pipelines.demo.courses import Clinic, Courses
from pipelines.demo.groups import COMPLETED, group_session_ids
from pipelines.demo.meetings import ATTENDED, Meetings
from pipelines.demo.programmes import (
    GROUP_PROGRAMMES,
    INSTRUMENT_NUMBER,
    PROGRAMME_IDS,
    SINGLE_PROGRAMMES,
)
from pipelines.demo.questionnaires import NONE, Responses
from pipelines.demo.tables import TABLES
from pipelines.demo.timeline import Timeline
from pipelines.demo.writing import ACCEPTED, QUARANTINED, SUPERSEDED, WITHDRAWN, Deliveries

MOST_HOSTS = 400
UNKNOWN_COLUMN = "room_colour"
ITEMS = 9
NO_TOTAL = {"total_score": ""}
# Tables whose rows have no number of their own in the key: host and day must make it one.
KEYS_OF_HOSTS = {
    "attendances": ("session_id", "client_id"),
    "consents": ("client_id", "scope", "given_on"),
    "memberships": ("group_id", "client_id", "joined_on"),
}
NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True)
class Host:
    """A client with one finished course, on whom a planted row can hang."""

    client: str
    episode: str
    programme: str
    free_programme: str
    therapist: str
    session: str
    session_day: date
    response: str


@dataclass
class Planted:
    """What was planted, by rule, column and delivery; the figures that rows in use add to."""

    rows: list[dict[str, object]] = field(default_factory=list)
    figures: list[tuple[str, int]] = field(default_factory=list)


def find_hosts(
    clinic: Clinic,
    *,
    courses: Courses,
    meetings: Meetings,
    responses: Responses,
    clients: pl.Series,
    episodes: pl.Series,
    sessions: pl.Series,
    ids: pl.Series,
) -> list[Host]:
    """Clients of the first block with a single, finished course and a PHQ-9 that is delivered."""
    timeline = clinic.timeline
    alone = np.bincount(courses.client)[courses.client] == 1
    fit = alone & (courses.kind == COMPLETED) & (courses.ended <= timeline.last_day)
    fit &= ~courses.is_group
    came = np.flatnonzero((meetings.status == ATTENDED) & ~meetings.in_group)
    meeting_of = np.full(len(courses), NONE)
    meeting_of[meetings.course[came]] = came
    kept = np.flatnonzero(
        (responses.instrument == INSTRUMENT_NUMBER["phq9"]) & (responses.month < timeline.months)
    )
    response_of = np.full(len(courses), NONE)
    response_of[responses.course[kept]] = kept
    chosen = np.flatnonzero(fit & (meeting_of >= 0) & (response_of >= 0))[:MOST_HOSTS]
    therapists = clinic.staff.names_of(courses.therapist)
    singles = SINGLE_PROGRAMMES.tolist()
    hosts = []
    for course in chosen.tolist():
        programme = int(courses.programme[course])
        free = singles[(singles.index(programme) + 1) % len(singles)]
        meeting = int(meeting_of[course])
        hosts.append(
            Host(
                client=clients[int(courses.client[course])],
                episode=episodes[course],
                programme=PROGRAMME_IDS[programme],
                free_programme=PROGRAMME_IDS[free],
                therapist=therapists[course],
                session=sessions[meeting],
                session_day=timeline.day(int(meetings.day[meeting])),
                response=ids[int(response_of[course])],
            )
        )
    return hosts


def group_sessions_of(clinic: Clinic) -> list[str]:
    """One group session of each month, or an empty string."""
    groups, timeline = clinic.groups, clinic.timeline
    found = [""] * timeline.months
    for group in range(len(groups.ids)):
        number = np.arange(int(groups.meetings[group]))
        day = groups.starts[group] + 7 * number
        held = (day <= timeline.last_day) & ~groups.cancelled[group, number]
        for one, month in zip(number[held], timeline.month_of(day[held]), strict=True):
            if not found[month]:
                found[month] = group_session_ids(groups, np.array([group]), np.array([one]))[0]
        if all(found):
            break
    return found


class Planter:
    """Writes planted rows and keeps the account of them."""

    def __init__(self, deliveries: Deliveries, clinic: Clinic, hosts: Sequence[Host]) -> None:
        self.deliveries = deliveries
        self.timeline: Timeline = clinic.timeline
        self.clinic = clinic
        self.hosts = hosts
        self.group_sessions = group_sessions_of(clinic)
        self.number = 0
        self.taken: set[tuple[str, ...]] = set()
        self.planted = Planted()

    def names(self, month: int) -> dict[str, str]:
        """What the templates of one planted row may name; fresh ids every time."""
        self.number += 1
        timeline = self.timeline
        day = timeline.day(int(timeline.month_starts[month])) + timedelta(days=9 + self.number % 10)
        host, other = self._two_hosts(day)
        return {
            "n": f"{self.number:04d}",
            "clock": f"{self.number // 60 % 24:02d}:{self.number % 60:02d}:00",
            "day": f"{day}",
            "next_day": f"{day + timedelta(days=1)}",
            "month_before": f"{day - timedelta(days=31)}",
            "after": f"{timeline.delivered_on[month] + timedelta(days=10)}",
            "long_ago": f"{date(2001, 1, 1) + timedelta(days=self.number)}",
            "client": host.client,
            "episode": host.episode,
            "therapist": host.therapist,
            "free_programme": host.free_programme,
            "session": host.session,
            "response": host.response,
            "other_client": other.client,
            "group": self.clinic.groups.ids[0],
            "group_programme": PROGRAMME_IDS[int(GROUP_PROGRAMMES[0])],
            "group_session": self.group_sessions[month],
        }

    def names_for(
        self, table: str, month: int, changes: Mapping[str, str] = NOTHING
    ) -> dict[str, str] | None:
        """Names that give a row of this table a key that no planted row has; None if none do.

        A row that takes the key of an earlier one would supersede it.
        """
        for _ in range(len(self.hosts) + 1):
            names = self.names(month)
            if self._key(table, names, changes) not in self.taken:
                return names
        return None

    def _key(
        self, table: str, names: Mapping[str, str], changes: Mapping[str, str]
    ) -> tuple[str, ...]:
        row = RIGHT_ROWS[table] | dict(changes)
        columns = KEYS_OF_HOSTS.get(table, ())
        # Without such a key, the number is in it.
        own = (row[column].format(**names) for column in columns) if columns else (names["n"],)
        return (table, *own)

    def _renumbered(self, names: dict[str, str]) -> dict[str, str]:
        """The same host and day for a row with another id of its own."""
        self.number += 1
        return names | {"n": f"{self.number:04d}"}

    def _two_hosts(self, day: date) -> tuple[Host, Host]:
        """The next host whose session is far from the day, and another one."""
        count = len(self.hosts)
        for step in range(count):
            host = self.hosts[(self.number * 2 + step) % count]
            if abs((host.session_day - day).days) > 10:
                return host, self.hosts[(self.number * 2 + step + 1) % count]
        return self.hosts[0], self.hosts[1]

    def write(
        self,
        table: str,
        month: int,
        names: dict[str, str],
        changes: Mapping[str, str] = NOTHING,
        *,
        status: int = ACCEPTED,
    ) -> None:
        """One row: the right one of its table with some cells changed."""
        self.taken.add(self._key(table, names, changes))
        row = RIGHT_ROWS[table] | dict(changes)
        cells = [row.get(column, "").format(**names) for column in TABLES[table]]
        self.deliveries.add_text(table, month, cells, status=status)

    def answers(
        self, month: int, names: dict[str, str], count: int, *, status: int = ACCEPTED
    ) -> None:
        """Answers of one point to the first questions of a planted form."""
        for item in range(1, count + 1):
            self.write("response_items", month, names, {"item": str(item)}, status=status)

    def note(
        self, table: str, column: str, kind: str, month: int, *, severity: str, rows: int = 1
    ) -> None:
        """Enters planted rows in the account."""
        self.planted.rows.append(
            {
                "delivery": f"{self.timeline.delivered_on[month]:%Y-%m-%d}",
                "table": table,
                "column": column,
                "kind": kind,
                "severity": severity,
                "rows": rows,
            }
        )

    def plant(self, broken: Broken, month: int) -> None:
        """One broken row, with the right rows that it needs."""
        names = self.names_for(broken.table, month, broken.changes)
        if names is None:
            return
        if "group_session" in str(dict(broken.changes)) and not names["group_session"]:
            return
        if broken.answers and broken.table == "response_items":
            self.write("responses", month, names, NO_TOTAL)
        if broken.answers:
            self.answers(month, names, broken.answers)
        if broken.with_goal:
            self.write("goals", month, names, {"kind": broken.with_goal})
        status = QUARANTINED if broken.severity == ERROR else ACCEPTED
        if broken.after_a_right_one:
            self.write(broken.table, month, names)
            self.planted.figures += [(figure, month) for figure in broken.counts_as]
            names = self._renumbered(names)
        self.write(broken.table, month, names, broken.changes, status=status)
        self.planted.figures += [(figure, month) for figure in broken.counts_as]
        self.note(
            broken.table,
            broken.column,
            broken.kind,
            month,
            severity=broken.severity,
        )

    def plant_duplicate(self, month: int) -> None:
        """The same answers at the same minute under two ids: the second form is an error."""
        names = self.names(month)
        self.write("responses", month, names, NO_TOTAL)
        self.answers(month, names, ITEMS)
        again = self._renumbered(names)
        self.write("responses", month, again, NO_TOTAL, status=QUARANTINED)
        self.answers(month, again, ITEMS, status=QUARANTINED)
        self.note("responses", "response_id", "duplicate", month, severity=ERROR)
        self.note("response_items", "response_id", "reference", month, severity=ERROR, rows=ITEMS)

    def plant_ragged(self, month: int) -> None:
        """A row with too few columns and one with too many, in one file."""
        names = self.names(month)
        few = [f"MX{names['n']}", names["episode"], "other"]
        self.deliveries.add_text("milestones", month, few, status=QUARANTINED)
        names = self.names(month)
        many = [
            *(f"MX{names['n']}", names["episode"], "other", "connection", names["day"]),
            *("client", "surplus", "cells"),
        ]
        self.deliveries.add_text("milestones", month, many, status=QUARANTINED)
        self.note("milestones", "", "too_few_columns", month, severity=ERROR)
        self.note("milestones", "", "too_many_columns", month, severity=ERROR)

    def plant_line_break(self, month: int) -> None:
        """A right row whose text holds a line break, quotes and a comma."""
        self.write(
            "safety_actions",
            month,
            self.names(month),
            {"action": 'called back,\nleft a "please call" message'},
        )
        self.note("safety_actions", "action", "line_break", month, severity="none")

    def plant_sequences(self, first: int, second: int, third: int) -> None:
        """Rows whose fate is decided by a later row: in the same file, one or two deliveries on."""
        twice = self.names(first)
        self.write("milestones", first, twice, {"kind": "hope_expressed"}, status=SUPERSEDED)
        self.write("milestones", first, twice)
        self.note("milestones", "milestone_id", "same_key_twice", first, severity="none", rows=2)

        mended = self.names(first)
        self.write("goals", first, mended, {"kind": "wish"}, status=SUPERSEDED)
        self.write("goals", second, mended)
        self.note("goals", "kind", "mended_later", first, severity="none")

        spoilt = self.names(first)
        self.write("goals", first, spoilt)
        self.write("goals", second, spoilt, {"kind": "wish"}, status=QUARANTINED)
        self.note("goals", "kind", "allowed", second, severity=ERROR)

        back = self.names(first)
        self.write("milestones", first, back, status=SUPERSEDED)
        self._delete("milestones", f"MX{back['n']}", second)
        self.write("milestones", third, back)
        self.note("milestones", "milestone_id", "deleted_and_back", third, severity="none")

        undone = self.names_for("attendances", first)
        if undone is not None:
            self.write("attendances", first, undone, status=WITHDRAWN)
            self._delete("attendances", "{session}|{other_client}".format(**undone), second)
            self.note("attendances", "session_id", "deleted", first, severity="none")

        bereft = self.names(first)
        self.write("responses", first, bereft, NO_TOTAL, status=WITHDRAWN)
        self.answers(first, bereft, ITEMS, status=QUARANTINED)
        self._delete("responses", f"RX{bereft['n']}", second)
        self.note("response_items", "response_id", "reference", first, severity=ERROR, rows=ITEMS)

    def _delete(self, table: str, key: str, month: int) -> None:
        self.write("deletions", month, self.names(month), {"table": table, "key": key})


def text_months(formats: Sequence[str]) -> list[int]:
    """Months whose files are text."""
    return [month for month, wanted in enumerate(formats) if wanted != "parquet"]


def unknown_column_file(formats: Sequence[str]) -> tuple[int, str] | None:
    """The file that carries a column of no contract: no other defect is planted in it."""
    months = [month for month in text_months(formats) if formats[month] == "csv"]
    return (months[len(months) // 4], "diagnoses") if len(months) >= 4 else None


def plant_defects(deliveries: Deliveries, clinic: Clinic, hosts: Sequence[Host]) -> Planted:
    """Every kind once in the last delivery, and again once spread over the months before."""
    planter = Planter(deliveries, clinic, hosts)
    months = text_months(deliveries.formats)
    if len(hosts) < 4 or not months:
        return planter.planted
    odd_file = unknown_column_file(deliveries.formats)
    latest, earlier = months[-1], months[:-1]
    for index, broken in enumerate(BROKEN):
        planter.plant(broken, latest)
        for month in _spread(earlier, index):
            if (month, broken.table) != odd_file:
                planter.plant(broken, month)
    for month in (latest, *_spread(earlier, len(BROKEN))):
        planter.plant_duplicate(month)
        planter.plant_ragged(month)
        planter.plant_line_break(month)
    if len(months) >= 3:
        planter.plant_sequences(*months[-3:])
    if odd_file is not None:
        planter.note(odd_file[1], UNKNOWN_COLUMN, "unknown_column", odd_file[0], severity=WARNING)
    return planter.planted


def _spread(months: Sequence[int], index: int) -> Iterator[int]:
    """A month for the `index`-th kind of defect, another one for the next kind."""
    if months:
        yield months[index * 5 % len(months)]
