"""What the estimates of single courses are made from, course by course from the oracle's clinic."""

from collections import defaultdict
from fractions import Fraction
from typing import Any

from tests.property.oracle import Clinic, Row, in_period
from tests.property.oracle_comparison import age_band
from tests.property.oracle_marts import periods

Key = tuple[Any, ...]


def growth_sums(clinic: Clinic) -> dict[Key, Row]:
    """int_growth_sums by its key."""
    windows = [one for one in periods(clinic) if one[0] == "rolling_12m"]
    if not windows:
        return {}
    kind, start, end = max(windows, key=lambda one: one[2])
    found = {}
    for episode_key, course in clinic.courses.items():
        ended_on = course.facts["ended_on"]
        if not course.facts["is_finished_course"] or not in_period(ended_on, start, end):
            continue
        for measure, outcome in course.outcomes.items():
            instrument = clinic.instrument_on(*measure[:2])
            if instrument["purpose"] != "outcome" or instrument["direction"] is None:
                continue
            if outcome["first_on"] is None or outcome["last_on"] is None:
                continue
            scores = [
                ((row["administered_on"] - outcome["first_on"]).days, Fraction(row["points"]))
                for row in course.scores[measure]
                if row["points"] is not None
                and in_period(row["administered_on"], outcome["first_on"], outcome["last_on"])
            ]
            if len({day for day, _ in scores}) < 3:
                continue
            found[(episode_key, *measure)] = {
                "client_key": course.facts["client_key"],
                "direction": instrument["direction"],
                "period_kind": kind,
                "period_start_on": start,
                "period_end_on": end,
                "n_scores": len(scores),
                "days_sum": sum(day for day, _ in scores),
                "days_squares": sum(day * day for day, _ in scores),
                "points_sum": sum(points for _, points in scores),
                "days_points": sum(day * points for day, points in scores),
                "points_squares": sum(points * points for _, points in scores),
            }
    return found


def imputation_cells(clinic: Clinic) -> dict[Key, Row]:
    """int_imputation_cells by its key: counts and sums, and what is known of the scale."""
    people = {row["client_key"]: row for row in clinic.tables.get("stg_clients", [])}
    found: dict[Key, Row] = {}
    alike: dict[Key, list[Row]] = defaultdict(list)
    for course in clinic.courses.values():
        facts = course.facts
        if not facts["is_finished_course"]:
            continue
        person = people.get(facts["client_key"], {})
        is_derived = facts["end_basis"] == "derived"
        for measure, outcome in course.outcomes.items():
            instrument, rule = clinic.instrument_on(*measure[:2]), clinic.rules_for(measure)
            if outcome["first_score"] is None or instrument["purpose"] != "outcome":
                continue
            if rule.get("reliable_change_points") is None:
                continue
            key = (
                *measure,
                facts["ended_on"].replace(day=1),
                facts["programme_id"],
                outcome["first_score"],
                # Twice as many sessions are one more: two and three, four to seven.
                facts["n_attended"].bit_length() - 1,
                "derived" if is_derived else facts["end_reason"] or "not_recorded",
                age_band(person.get("birth_date"), facts["session_1_on"], clinic),
                person.get("sex") if person.get("sex") not in (None, "unknown") else "not_recorded",
            )
            alike[key].append(outcome)
            found[key] = {
                "direction": instrument["direction"],
                "reliable_change_points": rule["reliable_change_points"],
            }
    for key, outcomes in alike.items():
        lasts = [row["last_score"] for row in outcomes if row["last_score"] is not None]
        changes = [row["reliable_change"] for row in outcomes]
        found[key] |= {
            "n_courses": len(outcomes),
            "n_paired": len(lasts),
            "last_sum": sum((Fraction(last) for last in lasts), Fraction(0)),
            "last_squares": sum((Fraction(last) ** 2 for last in lasts), Fraction(0)),
            "n_improved": changes.count("improved"),
            "n_deteriorated": changes.count("deteriorated"),
        }
    return found
