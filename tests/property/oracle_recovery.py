"""The NHS Talking Therapies rule over PHQ-9 and GAD-7, course by course, from the definition."""

from tests.property.oracle import FACTS_IN_OUTCOMES, Clinic, Row

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
