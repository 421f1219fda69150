"""Courses of treatment (the export's episodes) of one block of clients, and their memberships."""

from dataclasses import dataclass, fields

import numpy as np
import polars as pl

from pipelines.demo.groups import (
    AGREED,
    COMPLETED,
    DECLINED,
    DROPPED,
    KINDS,
    NOT_SUITABLE,
    SILENT,
    Groups,
    Stays,
)
from pipelines.demo.people import Staff
from pipelines.demo.programmes import PROGRAMME_IDS, SINGLE_PROGRAMMES, per_programme
from pipelines.demo.randomness import Generator, Stream, expand, generator, pick, running
from pipelines.demo.timeline import NEVER, Timeline
from pipelines.demo.versions import versions

KIND_WEIGHTS = (0.46, 0.16, 0.19, 0.06, 0.02, 0.06, 0.035, 0.002, 0.013)
CONCURRENT_SHARE = 0.22
REPEAT_SHARE = 0.12
INTAKE_SHARE = 0.25
CHANGE_OF_THERAPIST_SHARE = 0.04


@dataclass(frozen=True)
class Clinic:
    """What all blocks of clients share."""

    seed: int
    clients: int
    timeline: Timeline
    staff: Staff
    groups: Groups
    stays: Stays
    single_weight: np.ndarray
    change_points: float
    change_day: int


@dataclass(frozen=True)
class Courses:
    """One entry per course, sorted by client and referral.

    Units: days of the timeline, `NEVER` for what does not happen. The future is here too: what lies
           after the timeline's last day has not happened yet and is not delivered.
    """

    client: np.ndarray
    programme: np.ndarray
    therapist: np.ndarray
    second_therapist: np.ndarray
    group: np.ndarray
    kind: np.ndarray
    referred: np.ndarray
    started: np.ndarray
    ended: np.ndarray
    joined: np.ndarray
    left: np.ndarray
    planned: np.ndarray
    sessions: np.ndarray
    is_concurrent: np.ndarray
    number: np.ndarray

    @property
    def is_group(self) -> np.ndarray:
        return self.group >= 0

    def __len__(self) -> int:
        return len(self.client)


@dataclass(frozen=True)
class SingleSessions:
    """Sessions with one client, couple or family: course, place in it from 0, day."""

    course: np.ndarray
    number: np.ndarray
    day: np.ndarray


def _single(
    clinic: Clinic, rng: Generator, client: np.ndarray, referred: np.ndarray, not_this: np.ndarray
) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Courses without a group, with owner and day of each of their sessions.

    `not_this` is the programme that a course must not be in, or -1.
    """
    n = len(client)
    weights = per_programme("weight")[SINGLE_PROGRAMMES]
    drawn = pick(rng, weights, n)
    same = SINGLE_PROGRAMMES[drawn] == not_this
    programme = SINGLE_PROGRAMMES[np.where(same, (drawn + 1) % len(SINGLE_PROGRAMMES), drawn)]
    planned = per_programme("planned")[programme]
    kind = pick(rng, KIND_WEIGHTS, n)
    unilateral = rng.geometric(0.22, n) + rng.integers(0, 2, n)
    part = np.floor(planned * rng.uniform(0.3, 1.0, n)).astype(np.int64)
    sessions = np.where(
        kind == COMPLETED,
        planned + rng.binomial(3, 0.25, n),
        np.where(kind == AGREED, np.maximum(part, 2), np.minimum(unilateral, planned)),
    )
    # The last one or two appointments of those who stop coming are missed.
    sessions = np.where((kind == DROPPED) | (kind == SILENT), sessions + 1, sessions)
    never = (kind == DECLINED) | (kind == NOT_SUITABLE)
    sessions = np.where(never, 0, sessions)
    wait = 3 + np.floor(rng.gamma(1.5, 15.0, n)).astype(np.int64)
    start = clinic.timeline.to_weekday(referred + wait)
    owner, _ = expand(sessions)
    weeks = 1 + (rng.random(len(owner)) < 0.06) + (rng.random(len(owner)) < 0.015)
    step = np.where(np.diff(owner, prepend=-1) != 0, 0, weeks)
    interval = per_programme("interval_days")[programme]
    day = start[owner] + running(step, owner) * interval[owner]
    last = start.copy()
    last[owner] = day
    closing = np.where(kind == DROPPED, rng.integers(14, 36, n), rng.integers(0, 5, n))
    ended = np.where(never, referred + 7 + rng.integers(0, 45, n), last + closing)
    therapist = pick(rng, clinic.single_weight, n)
    changes = (rng.random(n) < CHANGE_OF_THERAPIST_SHARE) & (sessions >= 4)
    columns = {
        "client": client,
        "programme": programme,
        "therapist": therapist,
        "second_therapist": np.where(changes, pick(rng, clinic.single_weight, n), -1),
        "group": np.full(n, -1),
        "kind": kind,
        "referred": referred,
        "started": np.where(never, NEVER, start),
        "ended": np.where(kind == SILENT, NEVER, ended),
        "joined": np.full(n, NEVER),
        "left": np.full(n, NEVER),
        "planned": planned,
        "sessions": sessions,
        "is_concurrent": np.zeros(n, dtype=bool),
    }
    return columns, owner, day


def _in_groups(
    clinic: Clinic, rng: Generator, client: np.ndarray, stay: np.ndarray
) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Courses in a group; some begin with an intake session with the group's therapist."""
    groups, stays = clinic.groups, clinic.stays
    n = len(client)
    group, joined, kind = stays.group[stay], stays.joined[stay], stays.kind[stay]
    left = joined + 7 * (stays.weeks[stay] - 1)
    wait = 3 + np.floor(rng.gamma(1.5, 18.0, n)).astype(np.int64)
    referred = np.maximum(joined - wait, 0)
    intake = (rng.random(n) < INTAKE_SHARE) & (joined - referred >= 9)
    closing = np.where(kind == DROPPED, rng.integers(7, 22, n), rng.integers(0, 4, n))
    columns = {
        "client": client,
        "programme": groups.programme[group],
        "therapist": groups.lead[group],
        "second_therapist": np.full(n, -1),
        "group": group,
        "kind": kind,
        "referred": referred,
        "started": np.where(intake, joined - 7, joined),
        "ended": np.where(kind == SILENT, NEVER, left + closing),
        "joined": joined,
        "left": left,
        "planned": per_programme("planned")[groups.programme[group]],
        "sessions": intake.astype(np.int64),
        "is_concurrent": np.zeros(n, dtype=bool),
    }
    return columns, np.flatnonzero(intake), joined[intake] - 7


def make_courses(clinic: Clinic, block: int, clients: np.ndarray) -> tuple[Courses, SingleSessions]:
    """All courses of the clients of a block, and the sessions that belong to a course alone."""
    rng = generator(clinic.seed, Stream.COURSES, block)
    last_day = clinic.timeline.last_day
    n = len(clients)
    stay = clinic.stays.of_client[clients]
    sits = np.flatnonzero(stay >= 0)
    in_group = _in_groups(clinic, rng, sits, stay[sits])
    both = np.zeros(n, dtype=bool)
    both[sits] = rng.random(len(sits)) < CONCURRENT_SHARE
    referred = rng.integers(0, last_day + 1, n)
    near = np.clip(in_group[0]["referred"] + rng.integers(-20, 41, len(sits)), 0, last_day)
    referred[sits] = near
    alone = np.flatnonzero((stay < 0) | both)
    single = _single(clinic, rng, alone, referred[alone], np.full(len(alone), -1))
    in_group[0]["is_concurrent"] = both[sits]
    single[0]["is_concurrent"] = both[alone]

    # Some come back: after the end, or long after they silently stopped (then to another programme,
    # because nobody closed the first course).
    first = {name: np.concatenate([in_group[0][name], single[0][name]]) for name in single[0]}
    silent = first["kind"] == SILENT
    quiet = np.maximum(first["left"], first["started"] + 7 * first["planned"])
    gap = 30 + np.floor(rng.exponential(120.0, len(silent))).astype(np.int64)
    again = np.where(silent, quiet + 120, first["ended"]) + gap
    comes = (rng.random(len(silent)) < REPEAT_SHARE) & (again <= last_day)
    comes &= ~first["is_concurrent"]
    back = np.flatnonzero(comes)
    repeat = _single(clinic, rng, first["client"][back], again[back], first["programme"][back])
    return _joined(in_group, single, repeat)


def _joined(
    *parts: tuple[dict[str, np.ndarray], np.ndarray, np.ndarray],
) -> tuple[Courses, SingleSessions]:
    """The parts as one, sorted by client and referral, sessions pointing to the sorted courses."""
    columns = {name: np.concatenate([part[0][name] for part in parts]) for name in parts[0][0]}
    sizes = np.cumsum([0] + [len(part[0]["client"]) for part in parts])
    owner = np.concatenate([part[1] + size for part, size in zip(parts, sizes, strict=False)])
    day = np.concatenate([part[2] for part in parts])
    order = np.lexsort((columns["referred"], columns["client"]))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    columns = {name: column[order] for name, column in columns.items()}
    columns["number"] = running(np.ones(len(order), dtype=np.int64), columns["client"])
    session_order = np.lexsort((day, place[owner]))
    course, day = place[owner][session_order], day[session_order]
    number = running(np.ones(len(course), dtype=np.int64), course) - 1
    courses = Courses(**{field.name: columns[field.name] for field in fields(Courses)})
    return courses, SingleSessions(course, number, day)


def course_ids(clients: pl.Series, courses: Courses) -> pl.Series:
    """Ids of the courses: the client's number and the course's."""
    numbers = pl.Series([str(i) for i in range(int(courses.number.max(initial=0)) + 1)])
    return pl.select(
        pl.concat_str(
            pl.lit("E"),
            pl.lit(clients.gather(courses.client).str.slice(1)),
            pl.lit("-"),
            pl.lit(numbers.gather(courses.number)),
        )
    ).to_series()


def past(days: np.ndarray, timeline: Timeline) -> np.ndarray:
    """The days that have come; `NEVER` for those that have not."""
    return np.where(days <= timeline.last_day, days, NEVER)


def episode_rows(
    clinic: Clinic, courses: Courses, *, clients: pl.Series, ids: pl.Series
) -> tuple[np.ndarray, np.ndarray, pl.DataFrame]:
    """Month, status flag (True: superseded) and row of the table `episodes`."""
    timeline = clinic.timeline
    started, ended = past(courses.started, timeline), past(courses.ended, timeline)
    rows = versions(timeline, courses.referred, started, ended)
    ends = rows.known(2, ended)
    reasons = pl.Series([*KINDS, None], dtype=pl.String)
    frame = pl.DataFrame(
        {
            "episode_id": ids.gather(rows.row),
            "client_id": clients.gather(courses.client[rows.row]),
            "programme_id": pl.Series(PROGRAMME_IDS).gather(courses.programme[rows.row]),
            "therapist_id": clinic.staff.names_of(courses.therapist[rows.row]),
            "referred_on": timeline.dates(courses.referred[rows.row]),
            "started_on": timeline.dates(rows.known(1, started)),
            "ended_on": timeline.dates(ends),
            "end_reason": reasons.gather(
                np.where(ends > NEVER, courses.kind[rows.row], len(KINDS))
            ),
        }
    )
    return rows.month, ~rows.is_last, frame


def membership_rows(
    clinic: Clinic, courses: Courses, *, clients: pl.Series, ids: pl.Series
) -> tuple[np.ndarray, np.ndarray, pl.DataFrame]:
    """Month, status flag and row of the table `memberships`.

    The seat of somebody who silently stopped is given up by the group; the course stays open.
    """
    timeline = clinic.timeline
    seat = np.flatnonzero(courses.is_group)
    joined, left = courses.joined[seat], past(courses.left[seat], timeline)
    rows = versions(timeline, joined, left)
    course = seat[rows.row]
    leaves = rows.known(1, left)
    reasons = pl.Series(
        ["finished" if kind in (COMPLETED, AGREED) else "stopped" for kind in range(len(KINDS))]
        + [None],
        dtype=pl.String,
    )
    frame = pl.DataFrame(
        {
            "group_id": pl.Series(clinic.groups.ids).gather(courses.group[course]),
            "client_id": clients.gather(courses.client[course]),
            "episode_id": ids.gather(course),
            "joined_on": timeline.dates(joined[rows.row]),
            "left_on": timeline.dates(leaves),
            "leave_reason": reasons.gather(
                np.where(leaves > NEVER, courses.kind[course], len(KINDS))
            ),
        }
    )
    return rows.month, ~rows.is_last, frame
