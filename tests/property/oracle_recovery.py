"""The NHS Talking Therapies rule over a pair of measures, course by course, from the definition."""

from fractions import Fraction
from typing import Any

from tests.property.oracle import (
    FACTS_IN_OUTCOMES,
    Clinic,
    Course,
    Row,
    by_subject,
    in_period,
)
from tests.property.oracle_children import full_years
from tests.property.oracle_marts import periods, with_rate

RECOVERY_FACTS = set(FACTS_IN_OUTCOMES) - {"is_finished_course"}
# The counts over all finished courses, and those over the ones not known to be no cases.
OF_FINISHED = {
    "measured": lambda row: row["is_reliably_improved"] is not None,
    "improved": lambda row: row["is_reliably_improved"] is True,
    "deteriorated": lambda row: row["is_reliably_deteriorated"] is True,
    "no_reliable_change": lambda row: row["has_no_reliable_change"] is True,
    "paired_both": lambda row: row["is_paired_both"],
    "functioning_paired": lambda row: row["is_functioning_paired"],
}
OF_CASES = {
    "recovered": lambda row: row["is_recovered"] is True,
    "reliably_recovered": lambda row: row["is_reliably_recovered"] is True,
}


def recovery(clinic: Clinic) -> dict[str, Row]:
    """The NHS rule for each finished course, by episode."""
    found = {}
    for key, course in clinic.courses.items():
        if not course.facts["is_finished_course"]:
            continue
        entry = pair_of_problem(clinic, course)
        own, fallback = entry["second_instrument_id"], entry["fallback_instrument_id"]
        has_own = own != fallback
        judged = own if has_own and published_rule(clinic, own, entry) else fallback
        second = judged if is_paired(course, own) else fallback
        pair = [
            course.outcomes.get((one, "total", "client"), {})
            for one in (entry["first_instrument_id"], second)
        ]
        verdicts = [
            verdict(clinic, course, one, entry) for one in (entry["first_instrument_id"], second)
        ]
        was = either([one[0] for one in verdicts])
        below = both([negated(one[1]) for one in verdicts])
        changes = [one[2] for one in verdicts]
        known = any(change is not None for change in changes)
        improved = "improved" in changes and "deteriorated" not in changes if known else None
        worse = "deteriorated" in changes and "improved" not in changes if known else None
        n_paired = sum(bool(one.get("is_paired")) for one in pair)
        found[key] = {
            **{name: course.facts[name] for name in FACTS_IN_OUTCOMES if name in RECOVERY_FACTS},
            "n_paired_measures": n_paired,
            "was_case": was,
            "is_recovered": below if was else None,
            "is_reliably_improved": improved,
            "is_reliably_deteriorated": worse,
            "is_reliably_recovered": both([below, improved]) if was else None,
            "has_no_reliable_change": not improved and not worse if known else None,
            "descriptor": entry["descriptor"],
            "first_instrument_id": entry["first_instrument_id"],
            "second_instrument_id": second,
            "own_instrument_id": own if has_own else None,
            "is_paired_both": n_paired == 2,
            "is_appropriate_pair": is_paired(course, own)
            if has_own and own in clinic.instruments
            else None,
            "is_functioning_paired": is_paired(course, entry["functioning_instrument_id"]),
            "is_in_population": is_rule_about(clinic, course),
        }
    return found


def verdict(
    clinic: Clinic, course: Course, instrument_id: str, entry: Row
) -> tuple[bool | None, bool | None, str | None]:
    """A case at first, a case at last, and the change, by what the rule itself has published."""
    rule = published_rule(clinic, instrument_id, entry)
    outcome = course.outcomes.get((instrument_id, "total", "client"), {})
    first, last = outcome.get("first_score"), outcome.get("last_score")
    if rule is None:
        return None, None, None
    worse = 1 if clinic.instrument_on(instrument_id, "total")["direction"] == "higher_worse" else -1

    def is_case(points: Fraction | None) -> bool | None:
        if points is None:
            return None
        return points >= rule["caseness_points"] if worse == 1 else points < rule["caseness_points"]

    change = None
    if first is not None and last is not None:
        better, needed = worse * (first - last), rule["reliable_change_points"]
        change = (
            "improved" if better >= needed else "deteriorated" if -better >= needed else "unchanged"
        )
    return is_case(first), is_case(last), change


def is_rule_about(clinic: Clinic, course: Course) -> bool:
    """Whether the rule is about this course, finished or not."""
    entry = pair_of_problem(clinic, course)
    return is_adult(clinic, course, entry) and has_pair(course, entry)


def is_adult(clinic: Clinic, course: Course, entry: Row) -> bool:
    """Of the rule's age on the day of referral, as far as anybody knows."""
    (born_on, *_) = [
        *(
            row["birth_date"]
            for row in clinic.tables.get("stg_clients", [])
            if row["client_key"] == course.row["client_key"]
        ),
        None,
    ]
    return (
        born_on is None or full_years(born_on, course.row["referred_on"]) >= entry["from_age_years"]
    )


def has_pair(course: Course, entry: Row) -> bool:
    """Whether the programme works by the pair, or the client answered it."""
    first = entry["first_instrument_id"]
    seconds = {entry["second_instrument_id"], entry["fallback_instrument_id"]}
    listed = set(course.programme.get("instruments") or [])
    answered = {name for name, scale, who in course.outcomes if (scale, who) == ("total", "client")}
    return not listed or any(first in ids and seconds & ids for ids in (listed, answered))


def pair_of_problem(clinic: Clinic, course: Course) -> Row:
    """The entry whose code is the longest beginning of the latest main diagnosis."""
    own = [
        row
        for row in clinic.tables.get("stg_diagnoses", [])
        if row["episode_key"] == course.row["episode_key"] and row["role"] == "primary"
    ]
    code = "none"
    if own:
        latest = max(row["recorded_on"] for row in own)
        code = min(row["code"] for row in own if row["recorded_on"] == latest)
        code = code.upper().replace(".", "")
    fitting = [
        row
        for row in clinic.tables["ref_recovery_pairs"]
        if row["status"] == "verified" and code.startswith(row["code_prefix"].replace(".", ""))
    ]
    return max(fitting, key=lambda row: len(row["code_prefix"].replace(".", "")))


def published_rule(clinic: Clinic, instrument_id: str, entry: Row) -> Row | None:
    """What the rule of the pair published of a measure: what a case is and what a change is."""
    for row in clinic.tables["ref_outcome_rules"]:
        key = (row["instrument_id"], row["scale"], row["respondent"], row["rule_id"])
        figures = (row["caseness_points"], row["reliable_change_points"])
        if key == (instrument_id, "total", "client", entry["rule_id"]) and None not in figures:
            return {**row, "caseness_points": Fraction(figures[0])} | {
                "reliable_change_points": Fraction(figures[1])
            }
    return None


def is_paired(course: Course, instrument_id: str) -> bool:
    """A first and a later last score of the client's own."""
    return bool(course.outcomes.get((instrument_id, "total", "client"), {}).get("is_paired"))


def negated(flag: bool | None) -> bool | None:
    """Not known stays not known."""
    return None if flag is None else not flag


def either(flags: list[bool | None]) -> bool | None:
    """True when one is; false only when all are known not to be."""
    if True in flags:
        return True
    return None if None in flags else False


def both(flags: list[bool | None]) -> bool | None:
    """False when one is; true only when all are known to be."""
    return negated(either([negated(flag) for flag in flags]))


def recovery_rates(clinic: Clinic) -> dict[tuple[Any, ...], Row]:
    """mart_recovery by its key."""
    flags = recovery(clinic)
    finished = [clinic.courses[key] for key in flags]
    found = {}
    for subject, courses in by_subject(finished).items():
        for kind, start, end in periods(clinic):
            cohort = [one for one in courses if in_period(one.facts["ended_on"], start, end)]
            inside = [one for one in cohort if flags[one.facts["episode_key"]]["is_in_population"]]
            if cohort:
                found[(*subject, kind, start)] = {
                    "period_end_on": end,
                    "n_clients": len({one.facts["client_key"] for one in inside}),
                    "n_outside_population": len(cohort) - len(inside),
                    **rates_of([flags[one.facts["episode_key"]] for one in inside]),
                    "own_measures": own_measures(
                        clinic, [flags[one.facts["episode_key"]] for one in inside]
                    ),
                }
    return found


def own_measures(clinic: Clinic, rows: list[Row]) -> str | None:
    """The measures of their own of the problems treated, by name."""
    names = {
        row["second_instrument_id"]: row.get("second_name") or row["second_instrument_id"]
        for row in clinic.tables["ref_recovery_pairs"]
    }
    own = {row["own_instrument_id"] for row in rows} - {None}
    return ";".join(sorted({names[one] for one in own})) or None


def rates_of(rows: list[Row]) -> Row:
    """The figures of some finished courses."""
    n, n_cases = len(rows), sum(row["was_case"] is not False for row in rows)
    n_unknown = sum(row["was_case"] is not False and row["is_recovered"] is None for row in rows)
    figures: Row = {"n_finished": n, "n_case_or_unknown": n_cases, "n_recovery_unknown": n_unknown}
    for counted, whole in ((OF_FINISHED, n), (OF_CASES, n_cases)):
        for name, holds in counted.items():
            count = sum(map(holds, rows))
            figures |= {f"n_{name}": count, **with_rate(name, count, whole)}
    due = [row for row in rows if row["is_appropriate_pair"] is not None]
    n_pairs = sum(row["is_appropriate_pair"] for row in due)
    own = [row["own_instrument_id"] for row in rows if row["own_instrument_id"] is not None]
    best = (figures["n_recovered"] + n_unknown) / n_cases if n_cases else None
    n_known = sum(row["is_recovered"] is not None for row in rows)
    missing = n - figures["n_measured"]
    return {
        **figures,
        "n_case": sum(row["was_case"] is True for row in rows),
        "n_not_case": sum(row["was_case"] is False for row in rows),
        "recovered_rate_best": best,
        "improved_rate_best": (figures["n_improved"] + missing) / n if n else None,
        "n_recovery_known": n_known,
        **with_rate("recovery_known", n_known, n_cases),
        **with_rate("recovered_of_known", figures["n_recovered"], n_known),
        "n_own_measure": len(own),
        "n_own_measure_used": sum(
            row["own_instrument_id"] == row["second_instrument_id"] for row in rows
        ),
        "n_appropriate_due": len(due),
        "n_appropriate_pair": n_pairs,
        **with_rate("appropriate_pair", n_pairs, len(due)),
    }
