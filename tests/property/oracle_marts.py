"""Figures of subjects and periods, counted course by course from the oracle's clinic."""

import math
from calendar import monthrange
from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from tests.property.oracle import Clinic, Course, Row, by_subject, four_places, in_period
from tests.property.oracle_due import sessions_due

Period = tuple[str, date, date]
Z = 1.959964
STATUSES = {
    "attended": "n_attended",
    "no_show": "n_no_show",
    "late_cancelled": "n_late_cancelled",
    "cancelled": "n_cancelled",
    "clinic_cancelled": "n_clinic_cancelled",
}


def month_end(day: date) -> date:
    """The last day of a day's month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def months_before(day: date, n: int) -> date:
    """The first day of the month n months before a day's."""
    number = day.year * 12 + day.month - 1 - n
    return date(number // 12, number % 12 + 1, 1)


def periods(clinic: Clinic) -> list[Period]:
    """The complete periods since the first month with anything in it."""
    days = [one["administered_on"] for one in clinic.responses]
    days += [one["scheduled_on"] for one in clinic.sessions.values()]
    for course in clinic.courses.values():
        dated = ("referred_on", "started_on", "session_1_on", "ended_on")
        days += [course.facts[name] for name in dated if course.facts[name] is not None]
    if not days:
        return []
    as_of = clinic.parameters["as_of_on"]
    found: set[Period] = set()
    month = min(days).replace(day=1)
    while month <= as_of:
        end = month_end(month)
        quarter = date(month.year, month.month - (month.month - 1) % 3, 1)
        found |= {
            ("month", month, end),
            ("quarter", quarter, month_end(months_before(quarter, -2))),
            ("year", date(month.year, 1, 1), date(month.year, 12, 31)),
            ("rolling_12m", months_before(month, 11), end),
        }
        month = end + timedelta(days=1)
    return sorted(one for one in found if one[2] <= as_of)


def wilson(x: int | None, n: int | None) -> tuple[float | None, float | None]:
    """Both ends of the interval."""
    if x is None or not n:
        return None, None
    p = x / n
    middle = p + Z * Z / (2 * n)
    reach = Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    scale = 1 + Z * Z / n
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)


def with_rate(name: str, x: int | None, n: int | None) -> dict[str, Any]:
    """A rate and its limits."""
    lower, upper = wilson(x, n)
    rate = None if x is None or not n else x / n
    return {f"{name}_rate": rate, f"{name}_rate_lower": lower, f"{name}_rate_upper": upper}


def mean(numbers: list[Fraction]) -> Fraction | None:
    """Null without numbers."""
    return sum(numbers, Fraction(0)) / len(numbers) if numbers else None


def deviation(numbers: list[Fraction]) -> float | None:
    """The sample's standard deviation, null below two."""
    centre = mean(numbers)
    if centre is None or len(numbers) < 2:
        return None
    return math.sqrt(sum((one - centre) ** 2 for one in numbers) / (len(numbers) - 1))


def correlation(one: list[Fraction], other: list[Fraction]) -> float | None:
    """Pearson's, null when one side has no spread."""
    a, b = mean(one), mean(other)
    if a is None or b is None:
        return None
    product = sum((x - a) * (y - b) for x, y in zip(one, other, strict=True))
    spreads = [sum((x - m) ** 2 for x in numbers) for numbers, m in ((one, a), (other, b))]
    if not all(spreads):
        return None
    return float(product) / (math.sqrt(spreads[0]) * math.sqrt(spreads[1]))


def effect(first: list[Fraction], last: list[Fraction], gains: list[Fraction]) -> Row:
    """Becker's standardised mean change with Hedges' correction, and its limits."""
    n, spread, gain = len(first), deviation(first), mean(gains)
    out: Row = {"effect_size": None, "effect_size_lower": None, "effect_size_upper": None}
    if not spread or gain is None or n < 3:
        return out
    d = float(gain) / spread
    g = (1 - 3 / (4 * (n - 1) - 1)) * d
    out["effect_size"] = g
    rho = correlation(first, last)
    if n >= 20 and rho is not None:
        reach = 1.96 * math.sqrt(max(0.0, 2 * (1 - rho)) / n + g * g / (2 * n))
        out["effect_size_lower"], out["effect_size_upper"] = g - reach, g + reach
    elif n >= 5 and rho is not None:
        out["effect_size_lower"] = small_limit(d, rho, n, -1.96)
        out["effect_size_upper"] = small_limit(d, rho, n, 1.96)
    return out


def small_limit(d: float, rho: float, n: int, z: float) -> float:
    """A limit of d by the noncentral t distribution, expanded to its third moment.

    Minus d is a quantile of Z v - d U: Z is standard normal, v the error of a mean change in true
    spreads, U an estimated spread over the true one, all moments as series in 1 / df.
    """
    f = 1 / (n - 1)
    centre = 1 - f / 4 + f**2 / 32 + 5 * f**3 / 128
    variance = f / 2 - f**2 / 8 - f**3 / 16
    third = f**2 / 4 + f**3 / 16
    whole = max(0.0, 2 * (1 - rho)) / n + d * d * variance
    if not whole:
        return 0.0
    skewness = -(d**3) * third / whole**1.5
    return d * centre + math.sqrt(whole) * (z - skewness / 6 * (z * z - 1))


def quantile(numbers: list[int], tenths: int) -> Fraction | None:
    """Interpolated between the numbers at the whole ranks around (n - 1) p."""
    if not numbers:
        return None
    ordered = sorted(numbers)
    rank = Fraction((len(ordered) - 1) * tenths, 10)
    below = math.floor(rank)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (rank - below) * (ordered[above] - ordered[below])


def session_subjects(programme: str | None, row: Row) -> list[tuple[str, str]]:
    """The subjects of a session."""
    named = [
        ("clinic", "clinic"),
        ("programme", programme),
        ("therapist", row["therapist_id"]),
        ("group", row["group_id"]),
    ]
    return [(level, subject) for level, subject in named if subject is not None]


def of_everybody(clinic: Clinic) -> dict[tuple[str, str], list[Course]]:
    """All courses by subject, without the levels that exist for public pages alone."""
    found = by_subject(list(clinic.courses.values()))
    return defaultdict(
        list, {key: own for key, own in found.items() if not key[0].startswith("public_")}
    )


def activity(clinic: Clinic) -> dict[tuple[Any, ...], Row]:
    """mart_activity by its key."""
    courses = of_everybody(clinic)
    sessions: dict[tuple[str, str], list[Row]] = defaultdict(list)
    attendances: dict[tuple[str, str], list[Row]] = defaultdict(list)
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in clinic.sessions.values():
        for subject in session_subjects(clinic.programme_of(row), row):
            sessions[subject].append(row)
    for row in clinic.attendances:
        for subject in session_subjects(row["programme_id"], row):
            attendances[subject].append(row)
    for row in clinic.groups.values():
        owner = {"therapist_id": row["lead_therapist_id"], "group_id": row["group_id"]}
        for subject in session_subjects(row["programme_id"], owner):
            groups[subject].append(row)
    found = {}
    for subject in {*courses, *sessions, *attendances, *groups}:
        for kind, start, end in periods(clinic):
            figures = {
                **course_figures([one.facts for one in courses[subject]], start, end),
                "n_sessions": sum(
                    in_period(one["scheduled_on"], start, end) for one in sessions[subject]
                ),
                **{
                    name: sum(
                        one["status"] == status and in_period(one["session_on"], start, end)
                        for one in attendances[subject]
                    )
                    for status, name in STATUSES.items()
                },
                **seat_figures(clinic, groups[subject], end),
            }
            if any(figures.values()) or figures["wait_median_days"] is not None:
                found[(*subject, kind, start)] = {"period_end_on": end, **figures}
    return found


def course_figures(facts: list[Row], start: date, end: date) -> Row:
    """Counts of courses by their own days."""
    ended = [one for one in facts if in_period(one["ended_on"], start, end)]
    waits = [
        (one["session_1_on"] - one["referred_on"]).days
        for one in facts
        if in_period(one["session_1_on"], start, end)
    ]
    return {
        "n_referred": sum(in_period(one["referred_on"], start, end) for one in facts),
        "n_started": sum(in_period(one["started_on"], start, end) for one in facts),
        "n_ended": len(ended),
        "n_completed": sum(one["end_reason"] == "completed" for one in ended),
        "n_dropped_out": sum(one["end_reason"] == "dropped_out" for one in ended),
        "n_ended_derived": sum(one["end_basis"] == "derived" for one in ended),
        "wait_median_days": four_places(quantile(waits, 5)),
        "wait_p90_days": four_places(quantile(waits, 9)),
        "n_open": sum(
            one["referred_on"] <= end and (one["ended_on"] is None or one["ended_on"] > end)
            for one in facts
        ),
    }


def _ends_of(clinic: Clinic, stay: Row) -> list[date]:
    """The days on which a stay in a group ends: the membership's, and its course's."""
    course = clinic.courses.get(stay["episode_key"])
    days = [stay["left_on"], course.facts["ended_on"] if course else None]
    return [day for day in days if day is not None]


def seat_figures(clinic: Clinic, groups: list[Row], end: date) -> Row:
    """Seats of the groups that run on the period's last day, and who sits there."""
    running = [
        one
        for one in groups
        if one["starts_on"] <= end and (one["ends_on"] is None or end <= one["ends_on"])
    ]
    members = {
        (stay["group_id"], stay["client_key"])
        for stay in clinic.tables["stg_memberships"]
        if stay["joined_on"] <= end and all(end <= day for day in _ends_of(clinic, stay))
    }
    names = {one["group_id"] for one in running}
    return {
        "n_seats": sum(one["capacity"] for one in running),
        "n_seats_taken": sum(group in names for group, _ in members),
    }


def completeness(clinic: Clinic) -> dict[tuple[Any, ...], Row]:
    """mart_completeness by its key."""
    responses = [one for one in clinic.responses if one["respondent"] == "client"]
    courses = of_everybody(clinic)
    courses.setdefault(("clinic", "clinic"), [])
    found = {}
    for subject, own in courses.items():
        is_clinic = subject[0] == "clinic"
        names = {one.row["episode_key"] for one in own}
        for kind, start, end in periods(clinic):
            given = [one for one in responses if in_period(one["administered_on"], start, end)]
            lost = [one for one in given if one["episode_key"] is None] if is_clinic else []
            given = [one for one in given if one["episode_key"] in names] + lost
            due = [one for course in own for one in measures_due(clinic, course, start, end)]
            finished = [
                one
                for one in own
                if one.facts["is_finished_course"] and in_period(one.facts["ended_on"], start, end)
            ]
            pairs = [listed_pairs(clinic, one) for one in finished]
            n_any = sum(has_outcome_pair(clinic, one) for one in finished)
            n_all = sum(
                has_outcome_pair(clinic, one) and all(every.values())
                for one, every in zip(finished, pairs, strict=True)
            )
            counts = {
                "n_due": len(due),
                "n_done": sum(due),
                "n_finished": len(finished),
                "n_paired_any": n_any,
                "n_paired_all": n_all,
                "n_responses": len(given),
                "n_unscorable": sum(is_unscorable(one) for one in given),
            }
            if not any(counts.values()):
                continue
            found[(*subject, kind, start)] = {
                "period_end_on": end,
                **counts,
                **with_rate("done", sum(due), len(due)),
                **with_rate("paired_any", n_any, len(finished)),
                **with_rate("paired_all", n_all, len(finished)),
                "n_without_episode": len(lost) if is_clinic else None,
            }
    return found


def started(clinic: Clinic) -> dict[tuple[Any, ...], Row]:
    """mart_started by its key."""
    found = {}
    for subject, courses in of_everybody(clinic).items():
        if subject[0] not in ("clinic", "programme"):
            continue
        for kind, start, end in periods(clinic):
            cohort = [
                one
                for one in courses
                if one.attended and in_period(one.facts["session_1_on"], start, end)
            ]
            if not cohort:
                continue
            ends = [state_of(clinic, one) for one in cohort]
            found[(*subject, kind, start)] = {
                "period_end_on": end,
                "n_started": len(cohort),
                **{
                    f"n_{state}": ends.count(state)
                    for state in ("open", "ended_early", "not_measured", "measured")
                },
            }
    return found


def state_of(clinic: Clinic, course: Course) -> str:
    """Where a course that started is on the day of the last delivery."""
    ended_on = course.facts["ended_on"]
    if ended_on is None or ended_on > clinic.parameters["as_of_on"]:
        return "open"
    if len(course.attended) < 2:
        return "ended_early"
    return "measured" if has_outcome_pair(clinic, course) else "not_measured"


def is_unscorable(response: Row) -> bool:
    """No total; without a total, nothing on the scale that comes first."""
    points = response["points"]
    return points["total" if "total" in points else min(points)] is None


def measures_due(clinic: Clinic, course: Course, start: date, end: date) -> list[bool]:
    """For each measure due in the period, whether it was done."""
    return [
        is_done
        for day, flags in sessions_due(clinic, course)
        if in_period(day, start, end)
        for is_done in flags
    ]


def has_outcome_pair(clinic: Clinic, course: Course) -> bool:
    """Whether one listed instrument at least about outcomes has a pair."""
    return any(
        is_paired and clinic.instruments[instrument_id]["purpose"] == "outcome"
        for instrument_id, is_paired in listed_pairs(clinic, course).items()
    )


def listed_pairs(clinic: Clinic, course: Course) -> dict[str, bool]:
    """Listed instrument that can have a pair → whether it has one."""
    return {
        instrument_id: any(
            outcome["is_paired"]
            for (instrument, _, respondent), outcome in course.outcomes.items()
            if instrument == instrument_id and respondent == "client"
        )
        for instrument_id in sorted(set(course.programme.get("instruments") or []))
        if instrument_id in clinic.instruments
        and clinic.instruments[instrument_id]["purpose"] != "verdict"
    }
