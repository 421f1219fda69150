"""Every client at every session: which day, whose session, who came."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.demo.courses import Clinic, Courses, SingleSessions
from pipelines.demo.groups import (
    BOOKING_DAYS,
    COMPLETED,
    DROPPED,
    SILENT,
    group_session_ids,
    groups_on_video,
)
from pipelines.demo.people import STATES
from pipelines.demo.programmes import per_programme
from pipelines.demo.randomness import Stream, expand, generator, pick, running

STATUSES = ("attended", "late_cancelled", "cancelled", "no_show", "clinic_cancelled")
ATTENDED, LATE_CANCELLED, CANCELLED, NO_SHOW, CLINIC_CANCELLED = range(5)
SETTINGS = ("video", "in_person", "phone")
CORRECTED_SHARE = 0.004


@dataclass(frozen=True)
class Meetings:
    """One entry per client and session, sorted by course and day; future ones included.

    `dose` counts the attended sessions of the course up to and including this one; `first_status`
    is what the clinic recorded at first, `status` what is true.
    """

    course: np.ndarray
    number: np.ndarray
    day: np.ndarray
    minute: np.ndarray
    therapist: np.ndarray
    in_group: np.ndarray
    setting: np.ndarray
    status: np.ndarray
    first_status: np.ndarray
    dose: np.ndarray

    def __len__(self) -> int:
        return len(self.course)


def make_meetings(
    clinic: Clinic, block: int, courses: Courses, singles: SingleSessions
) -> Meetings:
    """The sessions of the courses up to two weeks after the last day: those are bookings."""
    rng = generator(clinic.seed, Stream.MEETINGS, block)
    groups, last_day = clinic.groups, clinic.timeline.last_day
    seats = np.flatnonzero(courses.is_group)
    weeks = (courses.left[seats] - courses.joined[seats]) // 7 + 1
    seat, place = expand(weeks)
    group_course = seats[seat]
    first_week = (courses.joined - groups.starts[courses.group]) // 7
    course = np.concatenate([singles.course, group_course])
    number = np.concatenate([singles.number, first_week[group_course] + place])
    in_group = np.repeat([False, True], [len(singles.course), len(group_course)])
    day = np.concatenate([singles.day, courses.joined[group_course] + 7 * place])
    order = np.lexsort((day, course))
    course, number, in_group, day = (column[order] for column in (course, number, in_group, day))
    n = len(course)

    keen = rng.beta(14.0, 1.6, len(courses))
    lapse = pick(rng, (0, 0.28, 0.36, 0.30, 0.06), n)
    status = np.where(rng.random(n) < keen[course], ATTENDED, lapse)
    opening = np.diff(course, prepend=-1) != 0
    closing = np.diff(course, append=len(courses)) != 0
    status = np.where(opening, ATTENDED, status)
    status = np.where(closing & (courses.kind[course] == COMPLETED), ATTENDED, status)
    # Who drops out, announced or not, misses the last appointment, half the time two.
    stops = np.isin(courses.kind, (DROPPED, SILENT))[course] & ~opening
    second = np.roll(closing, -1) & (np.roll(course, -1) == course)
    missed = stops & (closing | (second & (rng.random(len(courses)) < 0.5)[course]))
    status = np.where(missed, NO_SHOW, status)
    off = in_group & groups.cancelled[courses.group[course], np.where(in_group, number, 0)]
    status = np.where(off, CLINIC_CANCELLED, status)

    dose = running((status == ATTENDED).astype(np.int64), course)
    lead = groups.led_by_co[courses.group[course], np.where(in_group, number, 0)]
    changed = (courses.second_therapist[course] >= 0) & (dose * 5 > courses.sessions[course] * 2)
    therapist = np.where(
        in_group & lead,
        groups.co[courses.group[course]],
        np.where(changed, courses.second_therapist[course], courses.therapist[course]),
    )
    minute = np.where(
        in_group,
        groups.minute[courses.group[course]],
        rng.integers(16, 38, len(courses))[course] * 30,
    )
    setting = np.where(
        in_group,
        np.where(groups_on_video(groups)[courses.group[course]], 0, 1),
        pick(rng, (0.5, 0.44, 0.06), len(courses))[course],
    )
    month = clinic.timeline.month_of(day)
    wrong = (rng.random(n) < CORRECTED_SHARE) & (month < clinic.timeline.months - 1) & ~opening
    wrong &= status < CLINIC_CANCELLED
    first_status = np.where(wrong, np.where(status == ATTENDED, NO_SHOW, ATTENDED), status)
    shown = (day <= last_day) | ((day <= last_day + BOOKING_DAYS) & ~in_group)
    columns = (
        *(course, number, day, minute, therapist, in_group, setting),
        *(status, first_status, dose),
    )
    return Meetings(*(column[shown] for column in columns))


def session_ids(
    clinic: Clinic, courses: Courses, meetings: Meetings, *, ids: pl.Series
) -> pl.Series:
    """The id of each meeting's session: the group's, or the course's own."""
    single = np.flatnonzero(~meetings.in_group)
    grouped = np.flatnonzero(meetings.in_group)
    widths = pl.Series([f"{i + 1:02d}" for i in range(int(meetings.number.max(initial=0)) + 1)])
    own = pl.select(
        pl.concat_str(
            pl.lit("S"),
            pl.lit(ids.gather(meetings.course[single]).str.slice(1)),
            pl.lit("-"),
            pl.lit(widths.gather(meetings.number[single])),
        )
    ).to_series()
    of_group = group_session_ids(
        clinic.groups, courses.group[meetings.course[grouped]], meetings.number[grouped]
    )
    place = np.empty(len(meetings), dtype=np.int64)
    place[np.concatenate([single, grouped])] = np.arange(len(meetings))
    return pl.concat([own, of_group]).gather(place)


def session_rows(
    clinic: Clinic, courses: Courses, meetings: Meetings, *, ids: pl.Series, sessions: pl.Series
) -> tuple[np.ndarray, pl.DataFrame]:
    """Month and row of the table `sessions` for sessions of a course alone.

    A session is delivered when it is booked, a fortnight ahead or as soon as there is a referral.
    """
    timeline = clinic.timeline
    single = np.flatnonzero(~meetings.in_group)
    course, day = meetings.course[single], meetings.day[single]
    booked = np.maximum(day - BOOKING_DAYS, courses.referred[course])
    length = np.where(per_programme("every")[courses.programme] > 1, 75, 50)
    frame = pl.DataFrame(
        {
            "session_id": sessions.gather(single),
            "group_id": pl.Series([None], dtype=pl.String).new_from_index(0, len(single)),
            "episode_id": ids.gather(course),
            "therapist_id": clinic.staff.names_of(meetings.therapist[single]),
            "scheduled_at": timeline.times(day, meetings.minute[single]),
            "duration_minutes": length[course],
            "setting": pl.Series(SETTINGS).gather(meetings.setting[single]),
        }
    )
    return timeline.month_of(booked), frame


def attendance_rows(
    clinic: Clinic,
    block: int,
    courses: Courses,
    meetings: Meetings,
    *,
    clients: pl.Series,
    home: np.ndarray,
    sessions: pl.Series,
) -> tuple[np.ndarray, np.ndarray, pl.DataFrame]:
    """Month, status flag (True: superseded) and row of the table `attendances`.

    Where the first record was wrong, the right one follows a month later.
    """
    rng = generator(clinic.seed, Stream.MEETINGS, 1_000_000 + block)
    timeline = clinic.timeline
    held = np.flatnonzero(meetings.day <= timeline.last_day)
    wrong = held[meetings.first_status[held] != meetings.status[held]]
    row = np.concatenate([held, wrong])
    month = timeline.month_of(meetings.day[row])
    month[len(held) :] += 1
    status = np.concatenate([meetings.first_status[held], meetings.status[wrong]])
    superseded = np.concatenate(
        [meetings.first_status[held] != meetings.status[held], np.zeros(len(wrong), dtype=bool)]
    )
    client = courses.client[meetings.course]
    away = rng.random(len(meetings)) < 0.02
    where = np.where(away, pick(rng, np.ones(len(STATES)), len(meetings)), home[client])
    on_video = (meetings.setting[row] == 0) & (status == ATTENDED)
    frame = pl.DataFrame(
        {
            "session_id": sessions.gather(row),
            "client_id": clients.gather(client[row]),
            "status": pl.Series(STATUSES).gather(status),
            "client_state": pl.Series([*STATES, None], dtype=pl.String).gather(
                np.where(on_video, where[row], len(STATES))
            ),
        }
    )
    return month, superseded, frame
