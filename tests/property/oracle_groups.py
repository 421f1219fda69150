"""Therapy groups and their cohesion once more, in plain Python from the definitions.

Member by member and day by day; how ratings are summed up is `oracle_process`.
"""

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from tests.property.oracle import Clinic, Row, in_period
from tests.property.oracle_marts import mean, month_end, periods, with_rate
from tests.property.oracle_process import Measure, Subject, direction_of, worse_by

DAY = timedelta(days=1)
EXCUSED = {"cancelled", "clinic_cancelled"}
ABSENT = {"no_show", "late_cancelled"}
PLANNED = {"completed", "agreed_end"}


@dataclass(frozen=True)
class Span:
    """One stay of a client: its days within the group's run, and how the course ended."""

    client: str
    member_from: date
    begun: date
    until: date
    has_left: bool
    completed_on: date | None


class Stays:
    """Who was a member of which group on which day, day by day."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic
        self.session_days: dict[str, list[date]] = defaultdict(list)
        for row in clinic.sessions.values():
            if row["group_id"] is not None:
                self.session_days[row["group_id"]].append(row["scheduled_on"])
        self.members: dict[str, dict[date, set[str]]] = defaultdict(lambda: defaultdict(set))
        self.joined: dict[str, list[date]] = defaultdict(list)
        self.left: dict[str, list[tuple[date, int]]] = defaultdict(list)
        self.spans: dict[str, list[Span]] = defaultdict(list)
        for stay in clinic.tables["stg_memberships"]:
            self._add(stay)

    def _add(self, stay: Row) -> None:
        """Nobody is a member after leaving, after the discharge, or outside the group's run."""
        name, course = stay["group_id"], self.clinic.courses.get(stay["episode_key"])
        gone = [stay["left_on"], course.facts["ended_on"] if course else None]
        left_on = min((day for day in gone if day is not None), default=None)
        day, run_end = stay["joined_on"], self.group_end(name)
        if name in self.clinic.groups:
            day = max(day, self.group_start(name))
        days = []
        while day <= run_end and (left_on is None or day <= left_on):
            days.append(day)
            self.members[name][day].add(stay["client_key"])
            day += DAY
        if not days:
            return
        self.joined[name].append(days[0])
        has_left = left_on is not None and left_on == days[-1]
        completed_on = None
        if course is not None and course.facts["end_reason"] in PLANNED:
            completed_on = course.facts["ended_on"]
        self.spans[name].append(
            Span(stay["client_key"], stay["joined_on"], days[0], days[-1], has_left, completed_on)
        )
        if has_left:
            self.left[name].append((days[-1], len(days)))

    def group_start(self, group_id: str) -> date:
        """The first day of a group: as planned, or its first session."""
        planned = self.clinic.groups[group_id]["starts_on"]
        return min([planned, *self.session_days[group_id]])

    def group_end(self, group_id: str) -> date:
        """The last day of a group: as planned, or its last session; now where nothing is planned."""
        planned = self.clinic.groups.get(group_id, {}).get("ends_on")
        if planned is None:
            return self.clinic.parameters["as_of_on"]
        return max([planned, *self.session_days[group_id]])


def group_subjects(clinic: Clinic, group_id: str) -> list[Subject]:
    """What a group counts for."""
    group = clinic.groups.get(group_id)
    programme = clinic._known(None if group is None else group["programme_id"])
    return [("clinic", "clinic"), ("programme", programme), ("group", group_id)]


def months_of(start: date, end: date) -> list[date]:
    """The first days of the months of a period."""
    found = [start]
    while month_end(found[-1]) < end:
        found.append(month_end(found[-1]) + DAY)
    return found


def share_of_month(days: int, month: date) -> Fraction:
    """Days over the days of the month, to four places."""
    exact = Fraction(days, month_end(month).day)
    return Fraction(round(exact * 10000), 10000)


def group_process(clinic: Clinic) -> dict[tuple[Any, ...], Row]:
    """mart_group_process by its key."""
    stays = Stays(clinic)
    names = {*clinic.groups, *stays.members}
    names |= {row["group_id"] for row in clinic.sessions.values() if row["group_id"] is not None}
    groups: dict[Subject, list[str]] = defaultdict(list)
    for name in sorted(names):
        for subject in group_subjects(clinic, name):
            groups[subject].append(name)
    records: dict[str, dict[str, str]] = defaultdict(dict)
    for row in clinic.attendances:
        records[row["session_key"]][row["client_key"]] = row["status"]
    found = {}
    for subject, own in groups.items():
        for kind, start, end in periods(clinic):
            active = [name for name in own if group_is_active(clinic, stays, name, start, end)]
            if not active:
                continue
            counts: Counter[str] = Counter()
            clients: set[str] = set()
            member_months = seat_months = Fraction(0)
            for name in active:
                count_sessions(clinic, stays, records, name, (start, end), counts)
                count_moves(stays, name, (start, end), counts)
                for month in months_of(start, end):
                    days = [month + DAY * n for n in range(month_end(month).day)]
                    member_days = [stays.members[name].get(day, set()) for day in days]
                    clients.update(*member_days)
                    member_months += share_of_month(sum(map(len, member_days)), month)
                    run_days = sum(is_running(clinic, stays, name, day) for day in days)
                    capacity = clinic.groups.get(name, {}).get("capacity", 0)
                    seat_months += share_of_month(run_days * capacity, month)
            met = [
                name
                for name in active
                if any(in_period(day, start, end) for day in stays.session_days[name])
            ]
            rows = [clinic.groups.get(name, {}) for name in met]
            n_expected = counts["n_places"] - counts["n_excused"]
            found[(*subject, kind, start)] = {
                "period_end_on": end,
                "n_clients": len(clients),
                "n_groups": len(met),
                "n_open_groups": sum(one.get("enrolment") == "open" for one in rows),
                "n_closed_groups": sum(one.get("enrolment") == "closed" for one in rows),
                "n_co_led_groups": sum(one.get("co_therapist_id") is not None for one in rows),
                **{name: counts[name] for name in COUNTED},
                "n_expected": n_expected,
                "n_guests": counts["n_present"] - counts["n_came"],
                "size_mean": ratio(counts["n_present"], counts["n_held"]),
                **with_rate("attendance", counts["n_came"], n_expected),
                "tenure_mean_days": ratio(counts["tenure"], counts["n_left"]),
                "member_months": member_months,
                "seat_months": seat_months,
                "seats_taken_share": float(member_months / seat_months) if seat_months else None,
            }
    return found


COUNTED = (
    *("n_sessions", "n_held", "n_sessions_cancelled", "n_sessions_called_off"),
    *("n_sessions_unrecorded", "n_unattended"),
    *("n_present", "n_places", "n_excused", "n_came", "n_absent", "n_not_recorded"),
    *("n_joined", "n_left"),
)


def ratio(x: int, n: int) -> float | None:
    """Null without a denominator."""
    return x / n if n else None


def is_running(clinic: Clinic, stays: Stays, name: str, day: date) -> bool:
    """Whether a group runs on a day."""
    group = clinic.groups.get(name)
    return group is not None and stays.group_start(name) <= day <= stays.group_end(name)


def group_is_active(clinic: Clinic, stays: Stays, name: str, start: date, end: date) -> bool:
    """Whether anything happened in a group in a period, or it ran, or had a member."""
    days = [*stays.session_days[name], *stays.members[name]]
    if any(in_period(day, start, end) for day in days):
        return True
    if name not in clinic.groups:
        return False
    return max(start, stays.group_start(name)) <= min(end, stays.group_end(name))


def count_sessions(
    clinic: Clinic,
    stays: Stays,
    records: dict[str, dict[str, str]],
    name: str,
    period: tuple[date, date],
    counts: Counter[str],
) -> None:
    """Sessions by what became of them, and the places of members at those that were held."""
    for row in clinic.sessions.values():
        if row["group_id"] != name or not in_period(row["scheduled_on"], *period):
            continue
        statuses = records[row["session_key"]]
        came = {client for client, status in statuses.items() if status == "attended"}
        counts["n_sessions"] += 1
        if not statuses:
            counts["n_sessions_unrecorded"] += 1
            continue
        if not came and "clinic_cancelled" in statuses.values():
            counts["n_sessions_cancelled"] += 1
            continue
        here = stays.members[name].get(row["scheduled_on"], set())
        if {*statuses.values(), *(statuses.get(client) for client in here)} == {"cancelled"}:
            counts["n_sessions_called_off"] += 1
            continue
        counts["n_held"] += 1
        counts["n_unattended"] += not came
        counts["n_present"] += len(came)
        for client in here:
            status = statuses.get(client)
            counts["n_places"] += 1
            counts["n_excused"] += status in EXCUSED
            counts["n_came"] += status == "attended"
            counts["n_absent"] += status in ABSENT
            counts["n_not_recorded"] += status is None


def count_moves(stays: Stays, name: str, period: tuple[date, date], counts: Counter[str]) -> None:
    """Who joined and who left, and how long those who left had stayed."""
    counts["n_joined"] += sum(in_period(day, *period) for day in stays.joined[name])
    for day, n_days in stays.left[name]:
        if in_period(day, *period):
            counts["n_left"] += 1
            counts["tenure"] += n_days


def group_ratings(clinic: Clinic) -> list[Row]:
    """Ratings of cohesion with their group, session and whether they fell below the first one."""
    attended: dict[tuple[str, date], list[str]] = defaultdict(list)
    for row in clinic.attendances:
        if row["group_id"] is not None and row["status"] == "attended":
            attended[row["client_key"], row["session_on"]].append(row["session_key"])
    latest: dict[tuple[Any, ...], Row] = {}
    for response in clinic.responses:
        if clinic.instruments[response["instrument_id"]].get("subdomain") != "group_cohesion":
            continue
        session_key = response["session_key"]
        if session_key is None:
            there = attended[response["client_key"], response["administered_on"]]
            session_key = there[0] if len(there) == 1 else None
        session = clinic.sessions.get(session_key) if session_key is not None else None
        if session is None or session["group_id"] is None:
            continue
        for scale, points in response["points"].items():
            if points is None:
                continue
            rating = {
                **response,
                "scale": scale,
                "points": points,
                "session_key": session_key,
                "session_on": session["scheduled_on"],
                "group_id": session["group_id"],
            }
            own = (session_key, response["client_key"], *measure_of(rating))
            if own not in latest or moment(rating) > moment(latest[own]):
                latest[own] = rating
    series: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for rating in latest.values():
        series[rating["group_id"], rating["client_key"], *measure_of(rating)].append(rating)
    for own in series.values():
        own.sort(key=lambda one: (one["session_on"], *moment(one)))
        for place, rating in enumerate(own):
            direction = direction_of(clinic, rating["instrument_id"], rating["scale"])
            fall = worse_by(direction, own[0]["points"], rating["points"])
            rating["is_below"] = None if place == 0 or fall is None else fall > 0
    return list(latest.values())


def measure_of(rating: Row) -> Measure:
    """Instrument, scale and respondent."""
    return rating["instrument_id"], rating["scale"], rating["respondent"]


def moment(rating: Row) -> tuple[Any, str]:
    """What orders two ratings."""
    return rating["administered_at"], rating["response_id"]


def cohesion(clinic: Clinic) -> dict[tuple[Any, ...], Row]:
    """mart_cohesion by its key."""
    by_measure: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for rating in group_ratings(clinic):
        for subject in group_subjects(clinic, rating["group_id"]):
            by_measure[(*subject, *measure_of(rating))].append(rating)
    found = {}
    for key, ratings in by_measure.items():
        for kind, start, end in periods(clinic):
            own = [one for one in ratings if in_period(one["session_on"], start, end)]
            if not own:
                continue
            sessions: dict[str, list[Fraction]] = defaultdict(list)
            for rating in own:
                sessions[rating["session_key"]].append(rating["points"])
            means = {name: mean(points) or Fraction(0) for name, points in sessions.items()}
            squares = sum(
                (one - means[name]) ** 2 for name, points in sessions.items() for one in points
            )
            free = sum(len(points) - 1 for points in sessions.values())
            judged = [one["is_below"] for one in own if one["is_below"] is not None]
            found[(*key, kind, start)] = {
                "period_end_on": end,
                "n_clients": len({one["client_key"] for one in own}),
                "n_sessions_rated": len(sessions),
                "n_ratings": len(own),
                "mean_points": mean(list(means.values())),
                "within_sd_points": math.sqrt(Fraction(squares) / free) if free else None,
                "n_with_baseline": len(judged),
                "n_below_baseline": sum(judged),
                "below_baseline_share": ratio(sum(judged), len(judged)),
            }
    return found
