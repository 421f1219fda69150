"""The NHS Talking Therapies rule over PHQ-9 and GAD-7, course by course, from the definition."""

from typing import Any

from tests.property.oracle import FACTS_IN_OUTCOMES, Clinic, Row, by_subject, in_period
from tests.property.oracle_marts import periods, with_rate

RECOVERY_FACTS = set(FACTS_IN_OUTCOMES) - {"is_finished_course"}


def recovery(clinic: Clinic) -> dict[str, Row]:
    """The NHS rule for each finished course, by episode."""
    found = {}
    for key, course in clinic.courses.items():
        if not course.facts["is_finished_course"]:
            continue
        pair = [course.outcomes.get((one, "total", "client"), {}) for one in ("phq9", "gad7")]
        was = either([one.get("was_case") for one in pair])
        below = both([negated(one.get("is_case")) for one in pair])
        changes = [one.get("reliable_change") for one in pair]
        known = any(change is not None for change in changes)
        improved = "improved" in changes and "deteriorated" not in changes if known else None
        worse = "deteriorated" in changes and "improved" not in changes if known else None
        found[key] = {
            **{name: course.facts[name] for name in FACTS_IN_OUTCOMES if name in RECOVERY_FACTS},
            "n_paired_measures": sum(bool(one.get("is_paired")) for one in pair),
            "was_case": was,
            "is_recovered": below if was else None,
            "is_reliably_improved": improved,
            "is_reliably_deteriorated": worse,
            "is_reliably_recovered": both([below, improved]) if was else None,
        }
    return found


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
            if not rows:
                continue
            n, n_cases = len(rows), sum(row["was_case"] is not False for row in rows)
            counts = {
                "measured": sum(row["is_reliably_improved"] is not None for row in rows),
                "improved": sum(row["is_reliably_improved"] is True for row in rows),
                "deteriorated": sum(row["is_reliably_deteriorated"] is True for row in rows),
            }
            cases = {
                "recovered": sum(row["is_recovered"] is True for row in rows),
                "reliably_recovered": sum(row["is_reliably_recovered"] is True for row in rows),
            }
            figures: Row = {
                "period_end_on": end,
                "n_clients": len({one.facts["client_key"] for one in cohort}),
                "n_finished": n,
                "n_case_or_unknown": n_cases,
            }
            for name, count in {**counts, **cases}.items():
                whole = n_cases if name in cases else n
                figures |= {f"n_{name}": count, **with_rate(name, count, whole)}
            found[(*subject, kind, start)] = figures
    return found
