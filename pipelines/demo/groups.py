"""Therapy groups, their calendar, and who sits in which seat from when to when.

Seats are filled before clients exist: a seat is taken, freed and taken again, so that a group never
has more members than seats. Each stay is then given to a client drawn at random.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.demo.people import Staff, centred
from pipelines.demo.programmes import GROUP_PROGRAMMES, PROGRAMME_IDS, per_programme
from pipelines.demo.randomness import Stream, generator, pick
from pipelines.demo.timeline import NEVER, Timeline
from pipelines.demo.versions import versions

BOOKING_DAYS = 14
# How a course ends. SILENT: the client stops coming and nobody closes the course.
KINDS = (
    *("completed", "agreed_end", "dropped_out", "silent", "transferred"),
    *("declined", "not_suitable", "deceased", "other"),
)
COMPLETED, AGREED, DROPPED, SILENT, TRANSFERRED, DECLINED, NOT_SUITABLE, DECEASED, OTHER = range(9)
GROUP_KIND_WEIGHTS = (0.52, 0.13, 0.22, 0.08, 0.03, 0.0, 0.0, 0.002, 0.018)
CANCELLED_SHARE = 0.03
COLOURS = ("Calm", "Bright", "Quiet", "Open", "Steady", "Warm", "Clear", "Gentle")
PLACES = ("Harbour", "Meadow", "Ridge", "Orchard", "Lagoon", "Grove", "Valley", "Garden")


@dataclass(frozen=True)
class Groups:
    """The groups. Units: `effect` points of PHQ-9; days as in the timeline."""

    ids: list[str]
    programme: np.ndarray
    lead: np.ndarray
    co: np.ndarray
    capacity: np.ndarray
    is_open: np.ndarray
    starts: np.ndarray
    meetings: np.ndarray
    minute: np.ndarray
    effect: np.ndarray
    cancelled: np.ndarray
    led_by_co: np.ndarray


@dataclass(frozen=True)
class Stays:
    """Stays in groups; `of_client` is the stay of each client of the clinic, or -1."""

    group: np.ndarray
    joined: np.ndarray
    weeks: np.ndarray
    kind: np.ndarray
    of_client: np.ndarray


def make_groups(
    *, seed: int, groups: int, staff: Staff, timeline: Timeline, effect_sd: float
) -> Groups:
    """Half the groups are closed (one run), half open (rolling), over all group programmes."""
    rng = generator(seed, Stream.GROUPS)
    numbers = np.arange(groups)
    programme = GROUP_PROGRAMMES[numbers % len(GROUP_PROGRAMMES)]
    is_open = numbers // len(GROUP_PROGRAMMES) % 2 == 0
    planned = per_programme("planned")[programme]
    days = timeline.last_day + 1
    # Most open groups go on for good; the others run for a year or two.
    for_good = rng.random(groups) < 0.7
    weeks_open = np.where(for_good, days // 7 + 26, rng.integers(40, 110, groups))
    starts = np.where(
        is_open,
        rng.integers(0, max(2, int(days * 0.5)), groups),
        rng.integers(0, max(2, days - 30), groups),
    )
    starts = timeline.to_weekday(starts)
    meetings = np.where(is_open, weeks_open, planned)
    # Larger caseloads lead more groups; the smallest therapists lead none.
    able = np.argsort(-staff.weight, kind="stable")[: max(2, int(len(staff.ids) * 0.6))]
    lead = able[pick(rng, staff.weight[able], groups)]
    co = able[rng.integers(0, len(able), groups)]
    co = np.where((co == lead) | (rng.random(groups) < 0.4), -1, co)
    width = int(meetings.max()) + 1
    return Groups(
        ids=[f"G{number + 1:0{max(3, len(str(groups)))}d}" for number in range(groups)],
        programme=programme,
        lead=lead,
        co=co,
        capacity=rng.integers(7, 13, groups),
        is_open=is_open,
        starts=starts,
        meetings=meetings,
        # Group meetings begin at a minute that no individual session begins at.
        minute=rng.integers(10, 19, groups) * 60 + 15,
        effect=centred(rng.standard_normal(groups), np.ones(groups), effect_sd),
        cancelled=rng.random((groups, width)) < CANCELLED_SHARE,
        led_by_co=(rng.random((groups, width)) < 0.12) & (co >= 0)[:, None],
    )


def _seat_weeks(
    groups: Groups, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Group, first week, planned weeks and kind of every stay, seat by seat."""
    filled = rng.binomial(groups.capacity, 0.8)
    seat_group = np.repeat(np.arange(len(groups.ids)), filled)
    planned = per_programme("planned")[groups.programme][seat_group]
    run = groups.meetings[seat_group]
    is_open = groups.is_open[seat_group]
    free_from = np.zeros(len(seat_group), dtype=np.int64)
    parts = []
    while len(seat_group):
        n = len(seat_group)
        gap = np.where(is_open, np.floor(rng.exponential(4.0, n)), pick(rng, (0.9, 0.1), n))
        first = free_from + gap.astype(np.int64)
        kind = pick(rng, GROUP_KIND_WEIGHTS, n)
        short = 1 + rng.geometric(0.2, n)
        part = np.floor(planned * rng.uniform(0.4, 0.95, n)).astype(np.int64)
        weeks = np.where(kind == COMPLETED, planned, np.where(kind == AGREED, part, short))
        weeks = np.clip(weeks, 2, planned)
        fits = first < run - 1
        parts.append((seat_group[fits], first[fits], weeks[fits], kind[fits]))
        free_from = first + weeks + 1
        more = fits & is_open & (free_from < run - 1)
        seat_group, planned, run = seat_group[more], planned[more], run[more]
        is_open, free_from = is_open[more], free_from[more]
    group, first, weeks, kind = (np.concatenate(column) for column in zip(*parts, strict=True))
    return group, first, weeks, kind


def make_stays(*, seed: int, groups: Groups, clients: int, timeline: Timeline) -> Stays:
    """Every stay that begins within the demo's months, each given to another client."""
    rng = generator(seed, Stream.STAYS)
    group, first, weeks, kind = _seat_weeks(groups, rng)
    cut = np.minimum(weeks, groups.meetings[group] - first)
    # A run that ends before the course does ends it as agreed.
    kind = np.where((cut < weeks) & (kind == COMPLETED), AGREED, kind)
    joined = groups.starts[group] + 7 * first
    keep = joined <= timeline.last_day
    order = np.lexsort((first[keep], group[keep]))
    group, joined, weeks, kind = (column[keep][order] for column in (group, joined, cut, kind))
    most = int(clients * 0.8)
    if len(group) > most:
        some = np.sort(rng.permutation(len(group))[:most])
        group, joined, weeks, kind = (column[some] for column in (group, joined, weeks, kind))
    of_client = np.full(clients, -1, dtype=np.int32)
    of_client[rng.permutation(clients)[: len(group)]] = np.arange(len(group), dtype=np.int32)
    return Stays(group, joined, weeks, kind, of_client)


def group_rows(
    groups: Groups, *, staff: Staff, timeline: Timeline
) -> tuple[np.ndarray, np.ndarray, pl.DataFrame]:
    """Month, status flag (True: superseded) and row of the table `groups`.

    A closed group is announced with its last day; an open one gets it when it has ended.
    """
    last_meeting = groups.starts + 7 * (groups.meetings - 1)
    announced = np.maximum(groups.starts - 14, 0)
    ended = np.where(groups.is_open & (last_meeting <= timeline.last_day), last_meeting, NEVER)
    rows = versions(timeline, announced, ended)
    ends = np.where(groups.is_open[rows.row], rows.known(1, ended), last_meeting[rows.row])
    ids = [f"{COLOURS[i % 8]} {PLACES[i // 8 % 8]} {i + 1}" for i in range(len(groups.ids))]
    frame = pl.DataFrame(
        {
            "group_id": pl.Series(groups.ids).gather(rows.row),
            "programme_id": pl.Series(PROGRAMME_IDS).gather(groups.programme[rows.row]),
            "name": pl.Series(ids).gather(rows.row),
            "lead_therapist_id": staff.names_of(groups.lead[rows.row]),
            "co_therapist_id": staff.names_of(groups.co[rows.row]),
            "capacity": groups.capacity[rows.row],
            "enrolment": np.where(groups.is_open[rows.row], "open", "closed"),
            "starts_on": timeline.dates(groups.starts[rows.row]),
            "ends_on": timeline.dates(ends),
        }
    )
    return rows.month, ~rows.is_last, frame


def group_session_ids(groups: Groups, group: np.ndarray, number: np.ndarray) -> pl.Series:
    """Ids of the `number`-th meetings (from 0) of groups."""
    widths = pl.Series([f"{i:03d}" for i in range(groups.cancelled.shape[1] + 1)])
    return pl.select(
        pl.concat_str(
            pl.lit("S"),
            pl.lit(pl.Series(groups.ids).gather(group)),
            pl.lit("-"),
            pl.lit(widths.gather(number)),
        )
    ).to_series()


def group_session_rows(
    groups: Groups, *, staff: Staff, timeline: Timeline
) -> tuple[np.ndarray, pl.DataFrame]:
    """Month and row of the table `sessions` for all groups' meetings, the next fortnight's too."""
    group = np.repeat(np.arange(len(groups.ids)), groups.meetings)
    number = np.concatenate([np.arange(count) for count in groups.meetings])
    day = groups.starts[group] + 7 * number
    shown = day <= timeline.last_day + BOOKING_DAYS
    group, number, day = group[shown], number[shown], day[shown]
    lead = np.where(groups.led_by_co[group, number], groups.co[group], groups.lead[group])
    announced = np.maximum(day - BOOKING_DAYS, np.maximum(groups.starts[group] - 14, 0))
    frame = pl.DataFrame(
        {
            "session_id": group_session_ids(groups, group, number),
            "group_id": pl.Series(groups.ids).gather(group),
            "episode_id": pl.Series([None], dtype=pl.String).new_from_index(0, len(group)),
            "therapist_id": staff.names_of(lead),
            "scheduled_at": timeline.times(day, groups.minute[group]),
            "duration_minutes": np.full(len(group), 90),
            "setting": np.where(groups_on_video(groups)[group], "video", "in_person"),
        }
    )
    return timeline.month_of(announced), frame


def groups_on_video(groups: Groups) -> np.ndarray:
    """Every third group meets by video."""
    return np.arange(len(groups.ids)) % 3 == 0
