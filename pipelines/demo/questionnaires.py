"""Who answered which questionnaire when, and what: `responses` and `response_items`.

PHQ-9 and GAD-7 at most sessions, WSAS at every fourth, the rest now and then (`wider.py`). How many
forms that makes is in `clinic.clients_for`.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.demo.courses import Clinic, Courses, past
from pipelines.demo.groups import AGREED, COMPLETED, DECEASED, SILENT
from pipelines.demo.meetings import ATTENDED, Meetings
from pipelines.demo.paths import Paths, verdict
from pipelines.demo.programmes import (
    EXTRA_EVERY,
    INSTRUMENT_NUMBER,
    INSTRUMENTS,
    PROGRAMMES,
    per_programme,
    target_total,
)
from pipelines.demo.randomness import Generator, Stream, generator, pick, running
from pipelines.demo.timeline import NEVER
from pipelines.demo.wider import NONE, Part, make_wider

RARELY_SHARE = 0.11
LATE_WEIGHTS = (0.955, 0.035, 0.01)
CORRECTED_SHARE, DELETED_SHARE = 0.005, 0.002
NO_ANSWERS_SHARE = 0.03
TOTAL_SHARE = 0.7
SKIPPED_SHARE = 0.03
EPISODE_LEFT_OUT_SHARE, SESSION_LEFT_OUT_SHARE = 0.02, 0.06
FOLLOW_UP_SHARE = 0.05


@dataclass(frozen=True)
class Responses:
    """One entry per completed form, sorted by month of delivery, then instrument.

    `meeting` is -1 for a form without a session. `month` is when it is delivered (the number of
    months for never), `corrected_in` when a correction follows, `deleted_in` when it is withdrawn.
    """

    course: np.ndarray
    meeting: np.ndarray
    instrument: np.ndarray
    day: np.ndarray
    minute: np.ndarray
    target: np.ndarray
    month: np.ndarray
    corrected_in: np.ndarray
    deleted_in: np.ndarray
    number: np.ndarray
    names_episode: np.ndarray
    names_session: np.ndarray

    def __len__(self) -> int:
        return len(self.course)


def make_responses(
    clinic: Clinic, block: int, courses: Courses, meetings: Meetings, paths: Paths
) -> Responses:
    """Every completed form of a block's clients."""
    rng = generator(clinic.seed, Stream.RESPONSES, block)
    parts = [
        *_at_sessions(clinic, rng, courses, meetings, paths),
        *_at_end(clinic, rng, courses, meetings, paths),
        *_after_end(clinic, rng, courses, paths),
        *make_wider(clinic, block, courses, meetings, paths),
    ]
    course, meeting, instrument, day, minute, target = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    n = len(course)
    timeline = clinic.timeline
    month = np.minimum(timeline.month_of(day) + pick(rng, LATE_WEIGHTS, n), timeline.months)
    # A correction or a withdrawal comes one month after the form.
    fate = rng.random(n)
    follows = month + 1 < timeline.months
    corrected = follows & (fate < CORRECTED_SHARE)
    # Only forms that nothing hangs on are withdrawn (of these no answers are kept, and no safety
    # follow-up belongs to them): what hangs on a withdrawn row is an orphan.
    safe = np.array([one.sends_total for one in INSTRUMENTS])[instrument]
    safe &= instrument != INSTRUMENT_NUMBER["phq9"]
    deleted = follows & safe & (fate > 1 - DELETED_SHARE)
    names_session = (meeting >= 0) & (rng.random(n) > SESSION_LEFT_OUT_SHARE)
    names_episode = rng.random(n) > EPISODE_LEFT_OUT_SHARE

    client = courses.client[course]
    by_client = np.lexsort((instrument, minute, day, client))
    number = np.empty(n, dtype=np.int64)
    number[by_client] = running(np.ones(n, dtype=np.int64), client[by_client])
    order = np.lexsort((number, client, instrument, month))
    columns = (
        *(course, meeting, instrument, day, minute, target, month),
        *(np.where(corrected, month + 1, NONE), np.where(deleted, month + 1, NONE)),
        *(number, names_episode, names_session),
    )
    return Responses(*(column[order] for column in columns))


def _at_sessions(
    clinic: Clinic, rng: Generator, courses: Courses, meetings: Meetings, paths: Paths
) -> list[Part]:
    """Forms filled in before a session, by those who fill in forms."""
    came = np.flatnonzero(
        (meetings.status == ATTENDED) & (meetings.day <= clinic.timeline.last_day)
    )
    course, dose = meetings.course[came], meetings.dose[came]
    n_clients = int(courses.client.max(initial=0)) + 1
    diligence = np.where(rng.random(n_clients) < RARELY_SHARE, 0.06, rng.beta(4.6, 2.6, n_clients))
    likely = diligence[courses.client[course]] + 0.12 * (dose == 1)
    # Who does badly answers less, so that those without a second score are not like the others.
    likely = likely - 0.12 * ((paths.gain[course] < 1) & (dose > 2))
    answers = rng.random(len(came)) < likely
    came, course, dose = came[answers], course[answers], dose[answers]
    n = len(came)
    every = per_programme("every")[courses.programme[course]]
    due = (dose == 1) | (dose % every == 0)
    fourth = (dose == 1) | (dose % 4 == 0)
    lists_wsas = np.array(["wsas" in one.instruments for one in PROGRAMMES])
    alliance = np.array([INSTRUMENT_NUMBER[one.alliance] for one in PROGRAMMES])
    extra = np.array([INSTRUMENT_NUMBER[one.extra] for one in PROGRAMMES])
    programme = courses.programme[course]
    plans = (
        (np.full(n, INSTRUMENT_NUMBER["phq9"]), due, 0.98),
        (np.full(n, INSTRUMENT_NUMBER["gad7"]), due, 0.95),
        (np.full(n, INSTRUMENT_NUMBER["wsas"]), np.where(lists_wsas[programme], due, fourth), 0.9),
        (alliance[programme], (dose == 3) | (dose % 6 == 0), 0.8),
        (extra[programme], (dose == 1) | (dose % EXTRA_EVERY == 0), 0.55),
    )
    own = rng.standard_normal((len(INSTRUMENTS), len(courses)))
    parts = []
    for instrument, wanted, share in plans:
        has = np.flatnonzero(wanted & (rng.random(n) < share))
        meeting, which = came[has], instrument[has]
        target = target_total(
            which,
            paths.felt[meeting],
            own[which, course[has]],
            rng.standard_normal(len(has)),
        )
        # Minutes tell sessions in a group from others, so that no two forms are alike by chance.
        in_group = meetings.in_group[meeting]
        early = rng.integers(1, 30, len(has)) * 3 + np.where(in_group, 1, 0)
        minute = meetings.minute[meeting] // 3 * 3 - early
        parts.append((course[has], meeting, which, meetings.day[meeting], minute, target))
    return parts


def _at_end(
    clinic: Clinic, rng: Generator, courses: Courses, meetings: Meetings, paths: Paths
) -> list[Part]:
    """The client's own verdict at the last attended session of a planned ending."""
    came = (meetings.status == ATTENDED) & (meetings.day <= clinic.timeline.last_day)
    last = np.full(len(courses), NONE)
    last[meetings.course[came]] = np.flatnonzero(came)
    ended = past(courses.ended, clinic.timeline) > NEVER
    asked = ended & np.isin(courses.kind, (COMPLETED, AGREED)) & (last >= 0)
    asked &= rng.random(len(courses)) < 0.62
    rating = verdict(paths, courses, rng)
    course = np.flatnonzero(asked)
    meeting = last[course]
    minute = meetings.minute[meeting] // 3 * 3 + 60 + np.where(meetings.in_group[meeting], 31, 0)
    which = np.full(len(course), INSTRUMENT_NUMBER["pgi_c"])
    return [(course, meeting, which, meetings.day[meeting], minute, rating[course].astype(float))]


def _after_end(clinic: Clinic, rng: Generator, courses: Courses, paths: Paths) -> list[Part]:
    """A few forms sent a month or two after the end; they are no last measure of the course."""
    n = len(courses)
    day = courses.ended + rng.integers(25, 75, n)
    asked = (courses.ended > NEVER) & ~np.isin(courses.kind, (SILENT, DECEASED))
    asked &= (courses.started > NEVER) & (day <= clinic.timeline.last_day)
    asked &= (rng.random(n) < FOLLOW_UP_SHARE) & ~np.isnan(paths.improvement)
    course = np.flatnonzero(asked)
    minute = rng.integers(160, 400, len(course)) * 3 + 2
    parts = []
    for name in ("phq9", "gad7"):
        which = np.full(len(course), INSTRUMENT_NUMBER[name])
        severity = (paths.severity - paths.improvement)[course] + rng.normal(0.3, 2.0, len(course))
        noise = rng.standard_normal((2, len(course)))
        target = target_total(which, np.clip(severity, 0, 27), noise[0], noise[1])
        parts.append((course, np.full(len(course), NONE), which, day[course], minute, target))
    return parts


def response_ids(clients: pl.Series, courses: Courses, responses: Responses) -> pl.Series:
    """Ids of the forms: the client's number and the form's."""
    numbers = pl.Series([f"{i:03d}" for i in range(int(responses.number.max(initial=0)) + 1)])
    return pl.select(
        pl.concat_str(
            pl.lit("R"),
            pl.lit(clients.str.slice(1).gather(courses.client[responses.course])),
            pl.lit("-"),
            pl.lit(numbers.gather(responses.number)),
        )
    ).to_series()
