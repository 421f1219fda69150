"""Cases and units of the comparison, course by course from the oracle's clinic."""

from datetime import date
from itertools import pairwise
from typing import Any

from tests.property.oracle import Clinic, Course, Row, in_period
from tests.property.oracle_marts import periods
from tests.property.oracle_outcomes import measures_of

Key = tuple[Any, ...]
COVARIATES = {
    "symptom_baseline": "symptom_baseline",
    "functioning_baseline": "functioning_baseline",
    "age_band": "age_band",
    "sex": "sex",
    "problem": "problem",
    "programme": "programme_id",
    "modality": "modality",
    "prior_courses": "prior_courses",
    "wait_band": "wait_band",
}


def cases(clinic: Clinic) -> dict[Key, Row]:
    """int_comparison_cases by its key, without the cells."""
    people = {row["client_key"]: row for row in clinic.tables.get("stg_clients", [])}
    found = {}
    for key, course in clinic.courses.items():
        if not course.facts["is_finished_course"]:
            continue
        person = people.get(course.facts["client_key"], {})
        for measure, outcome in course.outcomes.items():
            if clinic.instruments[measure[0]]["purpose"] == "outcome" and outcome["is_paired"]:
                change = outcome["reliable_change"]
                found[(key, *measure)] = {
                    **{
                        name: course.facts[name]
                        for name in (
                            "client_key",
                            "therapist_id",
                            "group_id",
                            "programme_id",
                            "ended_on",
                            "is_shared",
                            "has_concurrent_group",
                        )
                    },
                    "first_on": outcome["first_on"],
                    "first_points": outcome["first_score"],
                    "improvement_points": outcome["improvement_points"],
                    "is_improved": None if change is None else change == "improved",
                    **before_treatment(clinic, course, person, measure[0], outcome["first_on"]),
                }
                if outcome["improvement_points"] is None:
                    del found[(key, *measure)]
    return found


def before_treatment(
    clinic: Clinic, course: Course, person: Row, instrument_id: str, first_on: date
) -> Row:
    """What was known of one course when its first score was taken."""
    facts = course.facts
    first = {
        row["first_instrument_id"]
        for row in clinic.tables["ref_recovery_pairs"]
        if row["status"] == "verified"
    }
    symptom = "gad7" if {instrument_id} == first else "phq9"
    modality = course.programme.get("modality")
    earlier = [
        other
        for other in clinic.courses.values()
        if other.facts["client_key"] == facts["client_key"]
        and other.facts["session_1_on"] is not None
        and other.facts["ended_on"] is not None
        and other.facts["ended_on"] < facts["session_1_on"]
    ]
    return {
        "symptom_baseline": caseness(course, symptom),
        "functioning_baseline": "not_recorded"
        if instrument_id == "wsas"
        else caseness(course, "wsas"),
        "age_band": age_band(person.get("birth_date"), facts["session_1_on"], clinic),
        "sex": person.get("sex") if person.get("sex") not in (None, "unknown") else "not_recorded",
        "problem": problem(clinic, facts["episode_key"], first_on),
        "modality": modality or "not_recorded",
        "prior_courses": ("0", "1", "2 or more")[min(len(earlier), 2)],
        "wait_band": wait_band((facts["session_1_on"] - facts["referred_on"]).days),
    }


def caseness(course: Course, instrument_id: str) -> str:
    """Whether the client's own first score of a measure was one of a case."""
    was_case = course.outcomes.get((instrument_id, "total", "client"), {}).get("was_case")
    return {True: "at_caseness", False: "below_caseness", None: "not_recorded"}[was_case]


def age_band(birth: date | None, day: date, clinic: Clinic) -> str:
    """Full years at session 1, in the clinic's bands."""
    if birth is None:
        return "not_recorded"
    years = day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
    bands = clinic.parameters["age_bands"]
    if years < bands[0]:
        return f"under {bands[0]}"
    for lowest, following in pairwise(bands):
        if lowest <= years < following:
            return f"{lowest} to {following - 1}"
    return f"{bands[-1]} and over"


def problem(clinic: Clinic, episode_key: str, first_on: date) -> str:
    """The main diagnosis that was the latest on the day of the first score."""
    known = [
        row
        for row in clinic.tables.get("stg_diagnoses", [])
        if row["episode_key"] == episode_key
        and row["role"] == "primary"
        and row["recorded_on"] <= first_on
    ]
    if not known:
        return "not_recorded"
    day = max(row["recorded_on"] for row in known)
    code = min(row["code"].upper().replace(".", "") for row in known if row["recorded_on"] == day)
    fitting = [
        (len(row["code_prefix"].replace(".", "")), row["descriptor"])
        for row in clinic.tables["ref_recovery_pairs"]
        if row["status"] == "verified" and code.startswith(row["code_prefix"].replace(".", ""))
    ]
    return max(fitting)[1] if fitting else "other"


def wait_band(days: int) -> str:
    """Six and eighteen weeks, as the made-up catalogue has them."""
    if days <= 42:
        return "first_within_6_weeks"
    return "first_within_18_weeks" if days <= 126 else "longer"


def cell(clinic: Clinic, case: Row) -> Key:
    """All that the models know of a case."""
    chosen = clinic.parameters["case_mix_covariates"]
    return (
        case["first_points"],
        *(case[COVARIATES[name]] for name in COVARIATES if name in chosen),
    )


def units(clinic: Clinic) -> dict[Key, Row]:
    """int_comparison_units by its key."""
    pairs = cases(clinic)
    found: dict[Key, Row] = {}
    for kind, start, end in periods(clinic):
        if kind != "rolling_12m":
            continue
        for key, course in clinic.courses.items():
            facts = course.facts
            if not facts["is_finished_course"] or not in_period(facts["ended_on"], start, end):
                continue
            for level in ("therapist", "group"):
                subject = facts[f"{level}_id"]
                for measure in measures_of(clinic, course) if subject is not None else ():
                    own = clinic.instrument_on(*measure[:2])
                    if own["purpose"] != "outcome" or own["direction"] is None:
                        continue
                    row = found.setdefault(
                        (level, subject, *measure, kind, start),
                        {"period_end_on": end, "clients": set(), "n_finished": 0, "n_pairs": 0}
                        | {"n_shared": 0, "n_concurrent": 0}
                        | {"has_threshold": has_threshold(clinic, measure)},
                    )
                    row["n_finished"] += 1
                    case = pairs.get((key, *measure))
                    if case is not None:
                        row["clients"].add(case["client_key"])
                        row["n_pairs"] += 1
                        row["n_shared"] += bool(case["is_shared"])
                        row["n_concurrent"] += bool(case["has_concurrent_group"])
    for row in found.values():
        row["n_clients"] = len(row.pop("clients"))
    return found


def has_threshold(clinic: Clinic, measure: tuple[str, str, str]) -> bool:
    """Whether a rule says what a reliable improvement is."""
    return clinic.rules_for(measure).get("reliable_change_points") is not None


def figures(clinic: Clinic) -> dict[Key, Row]:
    """mart_comparison without a model, by its key: counts, rates and means case by case."""
    pairs = cases(clinic)
    found = {}
    for key, unit in units(clinic).items():
        level, subject, *measure, kind, start = key
        of_window = [
            case
            for (_, *own), case in pairs.items()
            if own == measure and in_period(case["ended_on"], start, unit["period_end_on"])
        ]
        own_cases = [case for case in of_window if case[f"{level}_id"] == subject]
        for outcome, column in (("improved", "is_improved"), ("points", "improvement_points")):
            values = [case[column] for case in own_cases]
            everybody = [case[column] for case in of_window]
            known = bool(values) and None not in everybody
            can_count = outcome == "improved" and unit["has_threshold"]
            row = {
                **{name: value for name, value in unit.items() if name != "has_threshold"},
                "paired_rate": unit["n_pairs"] / unit["n_finished"],
                "observed": sum(values) / len(values) if known else None,
                "expected": sum(everybody) / len(everybody) if known else None,
                "n_improved": sum(values) if can_count else None,
            }
            found[(*key[:5], outcome, kind, start)] = row
    return found
