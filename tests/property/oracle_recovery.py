"""The NHS Talking Therapies rule over a pair of measures, course by course, from the definition."""

from typing import Any

from tests.property.oracle import (
    FACTS_IN_OUTCOMES,
    Clinic,
    Course,
    Row,
    by_subject,
    in_period,
)
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
        second = own if has_own and judges(clinic, own) and is_paired(course, own) else fallback
        pair = [
            course.outcomes.get((one, "total", "client"), {})
            for one in (entry["first_instrument_id"], second)
        ]
        was = either([one.get("was_case") for one in pair])
        below = both([negated(one.get("is_case")) for one in pair])
        changes = [one.get("reliable_change") for one in pair]
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
        }
    return found


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


def judges(clinic: Clinic, instrument_id: str) -> bool:
    """Whether somebody published both what a case is and what counts as a change."""
    rule = clinic.rules.get((instrument_id, "total", "client"), {})
    return None not in (rule.get("caseness_points"), rule.get("reliable_change_points"))


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
            rows = [flags[one.facts["episode_key"]] for one in cohort]
            if rows:
                found[(*subject, kind, start)] = {
                    "period_end_on": end,
                    "n_clients": len({one.facts["client_key"] for one in cohort}),
                    **rates_of(rows),
                }
    return found


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
    return {
        **figures,
        "n_case": sum(row["was_case"] is True for row in rows),
        "n_not_case": sum(row["was_case"] is False for row in rows),
        "recovered_rate_best": best,
        "improved_rate_best": (figures["n_improved"] + n - figures["n_measured"]) / n,
        "n_own_measure": len(own),
        "n_own_measure_used": sum(
            row["own_instrument_id"] == row["second_instrument_id"] for row in rows
        ),
        "n_appropriate_due": len(due),
        "n_appropriate_pair": n_pairs,
        **with_rate("appropriate_pair", n_pairs, len(due)),
    }
