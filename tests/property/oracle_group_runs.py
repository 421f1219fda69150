"""The whole run of therapy groups once more, in plain Python: person by person, not month by month."""

from collections import Counter, defaultdict
from datetime import date
from fractions import Fraction
from typing import Any

from tests.property.oracle import Clinic, Row, in_period
from tests.property.oracle_groups import (
    DAY,
    Span,
    Stays,
    count_sessions,
    group_ratings,
    measure_of,
    months_of,
    ratio,
    share_of_month,
)
from tests.property.oracle_marts import mean, month_end, periods, with_rate
from tests.property.oracle_outcomes import measures_of, outcome_figures

Runs = dict[tuple[Any, ...], Row]
Records = dict[str, dict[str, str]]


def group_runs(clinic: Clinic) -> Runs:
    """mart_group_runs by its key."""
    stays = Stays(clinic)
    records: Records = defaultdict(dict)
    for row in clinic.attendances:
        records[row["session_key"]][row["client_key"]] = row["status"]
    months = [period for period in periods(clinic) if period[0] == "month"]
    found: Runs = {}
    for name in clinic.groups:
        start, run_end = stays.group_start(name), stays.group_end(name)
        has_end = clinic.groups[name]["ends_on"] is not None
        for _, first, end in months:
            if end < start:
                continue
            counts: Counter[str] = Counter()
            count_sessions(clinic, stays, records, name, (start, end), counts)
            there = members(stays, name)
            is_over = has_end and run_end <= end
            met_on = max(held_days(clinic, stays, records, name, end), default=run_end)
            fates = Counter(
                fate(begun, end, met_on if has_end else None)
                for spans in there.values()
                if (begun := [one for one in spans if one.begun <= end])
            )
            n_expected = counts["n_places"] - counts["n_excused"]
            found["group", name, "run", end] = {
                "period_start_on": start,
                "run_ended_on": run_end if is_over else None,
                "n_clients": fates.total(),
                "n_clients_stayed": fates["stayed"],
                "n_clients_completed": fates["completed"],
                "n_clients_left": fates["left"],
                "n_sessions": counts["n_sessions"],
                "n_held": counts["n_held"],
                "n_present": counts["n_present"],
                "size_mean": ratio(counts["n_present"], counts["n_held"]),
                "n_expected": n_expected,
                "n_came": counts["n_came"],
                "attendance_rate": ratio(counts["n_came"], n_expected),
                "member_months": sum(
                    (
                        member_month(stays, name, month)
                        for month in months_of(months[0][1], end)
                        if month <= first
                    ),
                    Fraction(0),
                ),
            }
    return found


def members(stays: Stays, name: str) -> dict[str, list[Span]]:
    """The stays of everybody who was ever in a group."""
    found: dict[str, list[Span]] = defaultdict(list)
    for span in stays.spans[name]:
        found[span.client].append(span)
    return found


def held_days(clinic: Clinic, stays: Stays, records: Records, name: str, end: date) -> list[date]:
    """The days up to this one on which a group held a session."""
    found = []
    for day in {day for day in stays.session_days[name] if day <= end}:
        counts: Counter[str] = Counter()
        count_sessions(clinic, stays, records, name, (day, day), counts)
        if counts["n_held"]:
            found.append(day)
    return found


def fate(spans: list[Span], end: date, met_on: date | None) -> str:
    """What had become of somebody by the end of a month; `met_on` where the group has a last day."""
    for span in spans:
        if not span.has_left or span.until > end:
            return "stayed"
        if met_on is not None and span.until >= met_on:
            return "stayed"
    last = max(spans, key=lambda one: (one.until, one.member_from))
    is_completed = last.completed_on is not None and last.completed_on <= end
    return "completed" if is_completed else "left"


def member_month(stays: Stays, name: str, month: Any) -> Fraction:
    """The days of all members of a group over the days of a month."""
    days = [month + DAY * n for n in range(month_end(month).day)]
    return share_of_month(sum(len(stays.members[name].get(day, set())) for day in days), month)


def run_measures(clinic: Clinic) -> Runs:
    """mart_group_run_measures by its key."""
    stays = Stays(clinic)
    months = [period for period in periods(clinic) if period[0] == "month"]
    if not months:
        return {}
    begin = months[0][1]
    courses: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for course in clinic.courses.values():
        if course.facts["group_id"] in clinic.groups and course.facts["ended_on"] is not None:
            for key in measures_of(clinic, course):
                if clinic.instruments[key[0]]["purpose"] != "outcome":
                    continue
                courses[course.facts["group_id"], *key].append(course)
    ratings: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for rating in group_ratings(clinic):
        if rating["group_id"] in clinic.groups:
            ratings[rating["group_id"], *measure_of(rating)].append(rating)
    found: Runs = {}
    for name, *key in sorted({*courses, *ratings}):
        measure = (key[0], key[1], key[2])
        for _, _, end in months:
            ended = [
                one
                for one in courses[name, *measure]
                if in_period(one.facts["ended_on"], begin, end)
            ]
            rated = [
                one for one in ratings[name, *measure] if in_period(one["session_on"], begin, end)
            ]
            if not ended and not rated:
                continue
            found["group", name, *measure, "run", end] = {
                "period_start_on": stays.group_start(name),
                **change(clinic, measure, ended),
                **felt(rated),
            }
    return found


def change(clinic: Clinic, measure: tuple[str, str, str], courses: list[Any]) -> Row:
    """First and last scores of courses that ended in the run."""
    if not courses:
        figures: Row = {"n_finished": 0, "n_paired": 0}
        figures |= dict.fromkeys(
            ("n_improved", "n_deteriorated", "first_mean_points", "last_mean_points")
        )
    else:
        figures = outcome_figures(clinic, measure, courses)
    return {
        "n_finished": figures["n_finished"],
        "n_paired": figures["n_paired"] or 0,
        "n_improved": figures["n_improved"],
        **with_rate("improved", figures["n_improved"], figures["n_paired"]),
        "n_deteriorated": figures["n_deteriorated"],
        "first_mean_points": figures["first_mean_points"],
        "last_mean_points": figures["last_mean_points"],
    }


def felt(ratings: list[Row]) -> Row:
    """How members rated the sessions of the run."""
    sessions: dict[str, list[Fraction]] = defaultdict(list)
    for rating in ratings:
        sessions[rating["session_key"]].append(rating["points"])
    means = [mean(points) or Fraction(0) for points in sessions.values()]
    judged = [one["is_below"] for one in ratings if one["is_below"] is not None]
    return {
        "n_sessions_rated": len(sessions),
        "n_ratings": len(ratings),
        "mean_points": mean(means),
        "n_with_baseline": len(judged),
        "n_below_baseline": sum(judged),
    }
