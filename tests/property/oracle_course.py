"""Waits, attendance, dosage, endings and measurement, course by course, from the definitions.

Every figure of a period is counted again from the courses in hand; medians come from sorted lists.
"""

import math
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.property.oracle import Clinic, Course, Row, by_subject, four_places, in_period
from tests.property.oracle_due import goal_ratings, sessions_due
from tests.property.oracle_marts import STATUSES, periods, session_subjects, with_rate

DEFINITIONS = ("coded", "missed", "short", "unimproved")
NOT_THEIRS = {"transferred", "not_suitable", "deceased"}
PLANNED = {"completed", "agreed_end"}


def course_facts(clinic: Clinic) -> dict[str, Row]:
    """int_episode_course by episode."""
    return {key: facts_of(clinic, course) for key, course in clinic.courses.items()}


def facts_of(clinic: Clinic, course: Course) -> Row:
    """Sessions, weeks and waits of one course, and how its last session went."""
    days = sorted(one["session_on"] for one in course.attended)
    in_groups = sum(one["group_id"] is not None for one in course.attended)
    span = (days[-1] - days[0]).days if days else None
    missed, returned, last_on = last_session(clinic, course)
    pace = Fraction(7 * (len(days) - 1), span) if span else None
    return {
        "client_key": course.row["client_key"],
        "n_attended": len(days),
        "n_individual_attended": len(days) - in_groups,
        "n_group_attended": in_groups,
        "first_attended_on": days[0] if days else None,
        "second_attended_on": days[1] if len(days) > 1 else None,
        "last_attended_on": days[-1] if days else None,
        "first_wait_days": (days[0] - course.row["referred_on"]).days if days else None,
        "second_wait_days": (days[1] - days[0]).days if len(days) > 1 else None,
        "course_weeks": None if span is None else four_places(Fraction(span, 7)),
        "sessions_per_week": four_places(pace),
        "last_scheduled_on": last_on,
        "has_missed_last": missed,
        "has_returned": returned,
    }


def last_session(clinic: Clinic, course: Course) -> tuple[bool | None, bool | None, date | None]:
    """Whether the last one was missed, whether the client came back, and its day."""
    until = clinic.parameters["as_of_on"]
    if course.facts["ended_on"] is not None:
        until = min(until, course.facts["ended_on"])
    own = [
        one
        for one in clinic.attendances
        if one["episode_key"] == course.row["episode_key"]
        and one["status"] != "clinic_cancelled"
        and one["session_on"] <= until
    ]
    if not own:
        return None, None, None
    last_on = max(one["session_on"] for one in own)
    if not course.attended:
        return None, None, last_on
    if any(one["session_on"] == last_on and one["status"] == "attended" for one in own):
        return False, None, last_on
    window_end = last_on + timedelta(days=clinic.parameters["dropout_return_days"])
    came = any(
        one["client_key"] == course.row["client_key"]
        and one["status"] == "attended"
        and last_on < one["session_on"] <= window_end
        for one in clinic.attendances
    )
    if came:
        return True, True, last_on
    return True, (False if window_end <= clinic.parameters["as_of_on"] else None), last_on


def endings(clinic: Clinic) -> dict[str, Row]:
    """mart_episode_course by episode."""
    return {key: ending_of(clinic, course) for key, course in clinic.courses.items()}


def ending_of(clinic: Clinic, course: Course) -> Row:
    """A course's facts with how it ended, by each definition."""
    facts, own = course.facts, facts_of(clinic, course)
    has_ended = facts["ended_on"] is not None
    is_counted = has_ended and bool(course.attended)
    is_coded = facts["end_basis"] == "recorded" and facts["end_reason"] is not None
    plan = course.programme.get("planned_sessions")
    plan = plan if plan is not None else clinic.parameters["protocol_sessions"] or None
    judged = judged_instrument(clinic, course)
    outcome = course.outcomes.get((judged, "total", "client"), {}) if judged else {}
    change = outcome.get("reliable_change")
    is_theirs = not (is_coded and facts["end_reason"] in NOT_THEIRS)
    if is_coded and facts["end_reason"] in NOT_THEIRS | PLANNED:
        is_missed = False
    elif own["has_missed_last"]:
        is_missed = None if own["has_returned"] is None else not own["has_returned"]
    else:
        is_missed = own["has_missed_last"]
    names = ("programme_id", "track", "therapist_id", "group_id", "referred_on", "ended_on")
    return {
        **own,
        **{name: facts[name] for name in (*names, "end_reason", "end_basis")},
        "protocol_sessions": plan,
        "judged_instrument_id": judged,
        "is_started": bool(course.attended),
        "has_coded_ending": is_coded if has_ended else None,
        "is_planned_ending": facts["end_reason"] in ("completed", "agreed_end")
        if has_ended and is_coded
        else None,
        "is_dropout_coded": facts["end_reason"] == "dropped_out"
        if is_counted and is_coded
        else None,
        "is_dropout_missed": is_missed if is_counted else None,
        "is_dropout_short": len(course.attended) < plan
        if is_counted and is_theirs and plan is not None
        else None,
        "is_dropout_unimproved": change != "improved"
        if is_counted and is_theirs and change
        else None,
    }


def judged_instrument(clinic: Clinic, course: Course) -> str | None:
    """The first that the programme lists and that has a reliable change."""
    for instrument_id in course.programme.get("instruments") or []:
        rule = clinic.rules.get((instrument_id, "total", "client"), {})
        if rule.get("reliable_change_points") is not None:
            return instrument_id
    return None


def ended_in(courses: list[Course], start: date, end: date) -> list[Course]:
    """The courses that ended in a period."""
    return [one for one in courses if in_period(one.facts["ended_on"], start, end)]


def people(courses: list[Course]) -> int:
    """How many clients these courses are of."""
    return len({one.row["client_key"] for one in courses})


def course_rates(clinic: Clinic) -> dict[tuple[Any, ...], Row]:
    """mart_course by its key."""
    rows, found = endings(clinic), {}
    for subject, courses in by_subject(list(clinic.courses.values())).items():
        for kind, start, end in periods(clinic):
            cohort = ended_in(courses, start, end)
            own = [rows[one.row["episode_key"]] for one in cohort]
            if not own:
                continue
            n_never = sum(not one["is_started"] for one in own)
            n_coded = sum(one["has_coded_ending"] for one in own)
            n_planned = sum(one["is_planned_ending"] is True for one in own)
            figures: Row = {
                "period_end_on": end,
                "n_clients": people(cohort),
                "n_ended": len(own),
                "n_never_started": n_never,
                **with_rate("never_started", n_never, len(own)),
                "n_ended_after_start": len(own) - n_never,
                "n_coded": n_coded,
                "n_uncoded": len(own) - n_coded,
                "n_planned": n_planned,
                **with_rate("planned", n_planned, n_coded),
            }
            for name in DEFINITIONS:
                known = [flag for one in own if (flag := one[f"is_dropout_{name}"]) is not None]
                figures[f"n_dropout_{name}_known"] = len(known)
                figures[f"n_dropout_{name}"] = sum(known)
                figures |= with_rate(f"dropout_{name}", sum(known), len(known))
            found[(*subject, kind, start)] = figures
    return found


def dosage(clinic: Clinic) -> dict[tuple[Any, ...], Row]:
    """mart_dosage by its key."""
    found = {}
    facts = course_facts(clinic)
    for subject, courses in by_subject(list(clinic.courses.values())).items():
        for kind, start, end in periods(clinic):
            cohort = [one for one in ended_in(courses, start, end) if one.attended]
            values: dict[str, list[tuple[Course, Decimal | int]]] = defaultdict(list)
            for one in cohort:
                own = facts[one.row["episode_key"]]
                values["weeks"].append((one, own["course_weeks"]))
                if own["sessions_per_week"] is not None:
                    values["sessions_per_week"].append((one, own["sessions_per_week"]))
                for name in ("individual", "group"):
                    if own[f"n_{name}_attended"]:
                        values[f"{name}_sessions"].append((one, own[f"n_{name}_attended"]))
            for measure, given in values.items():
                numbers = [Fraction(value) for _, value in given]
                found[(*subject, measure, kind, start)] = {
                    "period_end_on": end,
                    "n_clients": people([one for one, _ in given]),
                    "n_courses": len(given),
                    "dosage_p25": four_places(quartile(numbers, 1)),
                    "dosage_median": four_places(quartile(numbers, 2)),
                    "dosage_p75": four_places(quartile(numbers, 3)),
                }
    return found


def quartile(numbers: list[Fraction], quarters: int) -> Fraction:
    """Interpolated between the numbers at the whole ranks around (n - 1) p."""
    ordered = sorted(numbers)
    rank = Fraction((len(ordered) - 1) * quarters, 4)
    below = math.floor(rank)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (rank - below) * (ordered[above] - ordered[below])


def waits(clinic: Clinic) -> dict[tuple[Any, ...], Row]:
    """mart_waits by its key."""
    found = {}
    facts = course_facts(clinic)
    standards = {
        row["figure"]: row
        for row in clinic.tables["ref_programme_standards"]
        if row["status"] == "verified"
    }
    for subject, courses in by_subject(list(clinic.courses.values())).items():
        for kind, start, end in periods(clinic):
            finished = [
                one for one in ended_in(courses, start, end) if one.facts["is_finished_course"]
            ]
            seconds = [
                one
                for one in courses
                if in_period(facts[one.row["episode_key"]]["second_attended_on"], start, end)
            ]
            for band in clinic.tables["ref_wait_bands"]:
                is_first = band["wait"] == "referral_to_first"
                cohort = finished if is_first else seconds
                name = "first_wait_days" if is_first else "second_wait_days"
                days = [facts[one.row["episode_key"]][name] for one in cohort]
                if not days:
                    continue
                lowest = -math.inf if band["min_days"] is None else band["min_days"]
                highest = math.inf if band["max_days"] is None else band["max_days"]
                n_in = sum(lowest <= one <= highest for one in days)
                standard = standards.get(band["wait_id"], {})
                found[(*subject, band["wait_id"], kind, start)] = {
                    "period_end_on": end,
                    "n_clients": people(cohort),
                    "n_waits": len(days),
                    "n_in_band": n_in,
                    **with_rate("in_band", n_in, len(days)),
                    "standard_op": standard.get("op"),
                    "standard_share": standard.get("share"),
                }
    return found


def attendance(clinic: Clinic) -> dict[tuple[Any, ...], Row]:
    """mart_attendance by its key."""
    given: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in clinic.attendances:
        for subject in session_subjects(row["programme_id"], row):
            given[subject].append(row)
    found = {}
    for subject, rows in given.items():
        for kind, start, end in periods(clinic):
            own = [one for one in rows if in_period(one["session_on"], start, end)]
            if not own:
                continue
            n = {
                name: sum(one["status"] == status for one in own)
                for status, name in STATUSES.items()
            }
            n_kept = n["n_attended"] + n["n_no_show"]
            found[(*subject, kind, start)] = {
                "period_end_on": end,
                "n_clients": len({one["client_key"] for one in own}),
                "n_appointments": len(own),
                **n,
                "n_kept_or_missed": n_kept,
                **with_rate("no_show", n["n_no_show"], n_kept),
                **with_rate("late_cancelled", n["n_late_cancelled"], len(own)),
                **with_rate("cancelled", n["n_cancelled"], len(own)),
                **with_rate("clinic_cancelled", n["n_clinic_cancelled"], len(own)),
            }
    return found


def adherence(clinic: Clinic) -> dict[tuple[Any, ...], Row]:
    """mart_adherence by its key."""
    found = {}
    due = {key: sessions_due(clinic, course) for key, course in clinic.courses.items()}
    for subject, courses in by_subject(list(clinic.courses.values())).items():
        for kind, start, end in periods(clinic):
            sessions = [
                (one, done)
                for one in courses
                for day, done in due[one.row["episode_key"]]
                if in_period(day, start, end)
            ]
            closed = [one for one in ended_in(courses, start, end) if one.attended]
            if not sessions and not closed:
                continue
            ages = [age for one in closed if (age := days_since_score(clinic, one)) is not None]
            n, n_any = len(sessions), sum(any(done) for _, done in sessions)
            n_all = sum(all(done) for _, done in sessions)
            middle = four_places(quartile([Fraction(age) for age in ages], 2)) if ages else None
            found[(*subject, kind, start)] = {
                "period_end_on": end,
                "n_clients": people([one for one, _ in sessions]),
                "n_sessions_due": n,
                "n_sessions_measured": n_any,
                **with_rate("sessions_measured", n_any, n),
                "n_sessions_complete": n_all,
                **with_rate("sessions_complete", n_all, n),
                "n_closed": len(closed),
                "n_with_last_score": len(ages),
                "last_score_median_days": middle,
            }
    return found


def responses_of(clinic: Clinic, course: Course, instrument_id: str) -> list[Row]:
    """Everybody's responses of an instrument in a course."""
    return [
        one
        for one in clinic.responses
        if (one["episode_key"], one["instrument_id"]) == (course.row["episode_key"], instrument_id)
    ]


def days_since_score(clinic: Clinic, course: Course) -> int | None:
    """Days from the last valid score on a listed instrument, or rating of a listed goal, to the end."""
    ended_on = course.facts["ended_on"]
    scored_on = [
        one["administered_on"]
        for instrument_id in set(course.programme.get("instruments") or [])
        for one in responses_of(clinic, course, instrument_id)
        if one["respondent"] != "therapist"
        and any(points is not None for points in one["points"].values())
        and one["administered_on"] <= ended_on
    ]
    scored_on += [
        rating["rated_on"]
        for kind in set(course.programme.get("instruments") or [])
        for rating in goal_ratings(clinic, course, kind)
        if rating["rated_on"] <= ended_on
    ]
    return (ended_on - max(scored_on)).days if scored_on else None
