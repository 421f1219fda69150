"""NHS England's metric for children and young people, course by course, from the definition."""

from datetime import date
from fractions import Fraction
from typing import Any

from tests.property.oracle import Clinic, Course, Row, by_subject
from tests.property.oracle_course import ended_in, people
from tests.property.oracle_goals import goal_changes
from tests.property.oracle_marts import periods, with_rate


def children(clinic: Clinic) -> dict[tuple[str, str], Row]:
    """mart_episode_child_outcomes by its key."""
    rules = [row for row in clinic.tables["ref_child_measures"] if row["status"] == "verified"]
    births = {row["client_key"]: row["birth_date"] for row in clinic.tables.get("stg_clients", [])}
    goals = goal_changes(clinic) if clinic.tables.get("stg_goals") else {}
    found = {}
    for key, course in clinic.courses.items():
        born_on = births.get(course.row["client_key"])
        if not course.facts["is_finished_course"] or born_on is None:
            continue
        if full_years(born_on, course.row["referred_on"]) >= 18:
            continue
        for rater in {row["rater"] for row in rules}:
            found[key, rater] = {
                "client_key": course.row["client_key"],
                "programme_id": course.facts["programme_id"],
                "ended_on": course.facts["ended_on"],
                **verdict(rater_changes(clinic, course, rater, rules, goals)),
                "rule_id": rules[0]["rule_id"],
                "rule_version": rules[0]["rule_version"],
            }
    return found


def full_years(born_on: date, day: date) -> int:
    """How many birthdays after the first day somebody has had; of 29 February, on 1 March."""
    birthdays = 0
    while True:
        year = born_on.year + birthdays + 1
        try:
            birthday = born_on.replace(year=year)
        except ValueError:
            birthday = date(year, 3, 1)
        if birthday > day:
            return birthdays
        birthdays += 1


def rater_changes(
    clinic: Clinic, course: Course, rater: str, rules: list[Row], goals: dict[str, Row]
) -> list[tuple[Fraction, Fraction]]:
    """Points better and points needed, for each measure of a rater that has both."""
    found = []
    for rule in rules:
        if rule["rater"] != rater:
            continue
        needed = Fraction(rule["reliable_change_points"])
        outcome = course.outcomes.get((rule["instrument_id"], rule["scale"], rater), {})
        gains = [outcome.get("improvement_points")]
        if rule["scale"] == "goal" and rater == "client":
            gains = [
                goals[goal["goal_key"]]["improvement_points"]
                for goal in clinic.tables.get("stg_goals", [])
                if goal["episode_key"] == course.row["episode_key"]
                and goal["kind"] == rule["instrument_id"]
            ]
        found += [(Fraction(gain), needed) for gain in gains if gain is not None]
    return found


def verdict(changes: list[tuple[Fraction, Fraction]]) -> Row:
    """One verdict of all: any reliable worsening wins."""
    n_better = sum(gain >= needed for gain, needed in changes)
    n_worse = sum(gain <= -needed for gain, needed in changes)
    combined = None
    if changes:
        combined = "deteriorated" if n_worse else "improved" if n_better else "unchanged"
    return {
        "n_measures": len(changes),
        "n_measures_improved": n_better,
        "n_measures_deteriorated": n_worse,
        "combined_change": combined,
    }


def child_rates(clinic: Clinic) -> dict[tuple[Any, ...], Row]:
    """mart_child_outcomes by its key."""
    rows, found = children(clinic), {}
    raters = {rater for _, rater in rows}
    for subject, courses in by_subject(list(clinic.courses.values())).items():
        for kind, start, end in periods(clinic):
            for rater in raters:
                cohort = [
                    one
                    for one in ended_in(courses, start, end)
                    if (one.row["episode_key"], rater) in rows
                ]
                if not cohort:
                    continue
                own = [rows[one.row["episode_key"], rater] for one in cohort]
                changes = [one["combined_change"] for one in own if one["combined_change"]]
                n, n_all, n_better = len(changes), len(own), changes.count("improved")
                figures: Row = {
                    "period_end_on": end,
                    "n_clients": people(cohort),
                    "n_finished": n_all,
                    "n_measured": n,
                    **with_rate("measured", n, n_all),
                    "improved_rate_worst": n_better / n_all,
                    "improved_rate_best": (n_better + n_all - n) / n_all,
                    "rule_id": own[0]["rule_id"],
                    "rule_version": own[0]["rule_version"],
                }
                for change in ("improved", "unchanged", "deteriorated"):
                    figures[f"n_{change}"] = changes.count(change)
                    figures |= with_rate(change, changes.count(change), n)
                found[(*subject, rater, kind, start)] = figures
    return found
