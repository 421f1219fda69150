"""Domains of success once more, course by course, from the definitions.

A course carries all that speaks for it: changes of its measures from the oracle's outcomes, its
goals (`oracle_goals.py`), its milestones. Nothing is grouped before it is counted.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from tests.property.oracle import Clinic, Course, Row, by_subject, in_period
from tests.property.oracle_marts import periods, with_rate

DOMAINS = (
    "symptoms", "functioning", "self_awareness", "behaviour_change", "emotion_regulation",
    "assertiveness", "self_esteem", "connection", "quality_of_life", "alliance", "personal_goals",
    "family_child", "global_change",
)  # fmt: skip
AROUND_THE_CHILD = ("client", "parent", "teacher", "partner")
WITH_RULE = {"published", "clinic", "clinic_derived", "verdict_categories", "goal_rule"}
PUBLISHED = ("published", "verdict_categories", "goal_rule")
CLINICS_OWN = ("clinic", "clinic_derived")
Key = tuple[Any, ...]


def speaks_for(domain: str, respondent: str) -> bool:
    """Clients speak for themselves; a family and a child are seen by others too."""
    if domain not in DOMAINS:
        return False
    return respondent in (AROUND_THE_CHILD if domain == "family_child" else ("client",))


def side(points: Fraction | None) -> str | None:
    """Which way something moved."""
    if points is None:
        return None
    return "better" if points > 0 else "worse" if points < 0 else "same"


def evidence(clinic: Clinic, goals: dict[str, Row], bases: dict[str, str]) -> dict[Key, Row]:
    """All that speaks for a domain in each course; `bases` says whose rule an instrument has."""
    found: dict[Key, Row] = {}
    for key, course in clinic.courses.items():
        for (instrument_id, scale, respondent), row in course.outcomes.items():
            instrument = clinic.instruments[instrument_id]
            if not speaks_for(instrument["domain"], respondent):
                continue
            # A part of what has a total says nothing of its own.
            if scale != "total" and "total" in clinic.scales_of(instrument_id):
                continue
            if instrument["purpose"] == "screen":
                continue
            is_verdict = instrument["purpose"] == "verdict"
            kind = "verdict" if is_verdict else "questionnaire"
            fact = verdict(clinic, row, instrument) if is_verdict else measured(clinic, row, bases)
            fact["is_measured"] = row["first_score"] is not None or row["last_score"] is not None
            fact["is_proxy"] = str(instrument.get("subdomain")).endswith("_proxy")
            found[key, instrument["domain"], kind, instrument_id, scale, respondent] = fact
    for goal_key, goal in goals.items():
        for domain in {"personal_goals", goal["domain"]} & set(DOMAINS):
            found[goal["episode_key"], domain, "goal", goal_key, "", "client"] = {
                "basis": "goal_rule" if goal["has_rule"] else "goal_no_rule",
                "is_measured": goal["first_points"] is not None,
                "is_paired": goal["is_paired"],
                "change": goal["reliable_change"],
                "direction": side(goal["improvement_points"]),
                "n_milestones": None,
                "is_proxy": False,
            }
    milestones: Counter[Key] = Counter()
    for row in clinic.tables["stg_milestones"]:
        ended_on = clinic.courses[row["episode_key"]].facts["ended_on"]
        if row["domain"] in DOMAINS and (ended_on is None or row["observed_on"] <= ended_on):
            milestones[row["episode_key"], row["domain"], "milestone", row["kind"], "", "any"] += 1
    for key, n in milestones.items():
        found[key] = {
            "basis": "milestone",
            "is_measured": False,
            "is_paired": False,
            "change": None,
            "direction": None,
            "n_milestones": n,
            "is_proxy": False,
        }
    return found


def measured(clinic: Clinic, outcome: Row, bases: dict[str, str]) -> Row:
    """A questionnaire's change by whose rule it has."""
    instrument_id = outcome["instrument_id"]
    has_rule = any(
        row["instrument_id"] == instrument_id
        and row["scale"] == outcome["scale"]
        and row["respondent"] == outcome["respondent"]
        and row["reliable_change_points"] is not None
        for row in clinic.tables["ref_outcome_rules"]
    )
    # No rule judges a change of which nobody says which way is better.
    has_rule = has_rule and not (outcome["is_paired"] and outcome["improvement_points"] is None)
    return {
        "basis": bases.get(instrument_id, "published") if has_rule else "no_threshold",
        "is_paired": outcome["is_paired"],
        "change": outcome["reliable_change"],
        "direction": side(outcome["improvement_points"]),
        "n_milestones": None,
    }


def verdict(clinic: Clinic, outcome: Row, instrument: Row) -> Row:
    """The last rating: the best of its form are better, all beyond its middle are worse."""
    (responder,) = (
        row["points"]
        for row in clinic.tables["ref_thresholds"]
        if row["instrument_id"] == outcome["instrument_id"] and row["is_active"]
    )
    last = outcome["last_score"]
    middle = Fraction(instrument["total_min_points"] + instrument["total_max_points"]) / 2
    change = None
    if last is not None:
        change = "improved" if last <= responder else "unchanged"
        change = "deteriorated" if last > middle else change
    return {
        "basis": "verdict_categories",
        "is_paired": last is not None,
        "change": change,
        "direction": side(None if last is None else middle - last),
        "n_milestones": None,
    }


def combined(changes: Iterable[str | None]) -> str | None:
    """The NHS children's rule over several measures."""
    known = {one for one in changes if one is not None}
    for verdict_ in ("deteriorated", "improved", "unchanged"):
        if verdict_ in known:
            return verdict_
    return None


def leaning(directions: Iterable[str | None]) -> str | None:
    """The way of all that moved; same where nothing did, or not all one way."""
    moved = {one for one in directions if one is not None}
    if moved in ({"better"}, {"better", "same"}):
        return "better"
    if moved in ({"worse"}, {"worse", "same"}):
        return "worse"
    return "same" if moved else None


def episode_domains(found: dict[Key, Row]) -> dict[Key, Row]:
    """Each domain of each course, by basis and respondent."""
    groups: dict[Key, list[Row]] = defaultdict(list)
    for (episode_key, domain, _, _, _, respondent), row in found.items():
        groups[episode_key, domain, row["basis"], respondent].append(row)
    return {
        key: {
            "n_sources": len(rows),
            "n_paired_sources": sum(bool(row["is_paired"]) for row in rows),
            "is_measured": any(row["is_measured"] for row in rows),
            "is_paired": any(row["is_paired"] for row in rows),
            "change": combined(row["change"] for row in rows),
            "direction": leaning(row["direction"] for row in rows),
            "n_milestones": sum(row["n_milestones"] or 0 for row in rows),
            "is_proxy": any(row["is_proxy"] for row in rows),
        }
        for key, rows in groups.items()
    }


def cohorts(clinic: Clinic) -> Iterable[tuple[tuple[str, str], Any, list[Course]]]:
    """The ended courses of each subject in each period that has some."""
    ended = [course for course in clinic.courses.values() if course.facts["ended_on"] is not None]
    for subject, courses in by_subject(ended).items():
        for period in periods(clinic):
            cohort = [one for one in courses if in_period(one.facts["ended_on"], *period[1:])]
            if cohort:
                yield subject, period, cohort


def people(courses: Iterable[Course]) -> int:
    """How many clients."""
    return len({course.facts["client_key"] for course in courses})


def domain_outcomes(clinic: Clinic, domains: dict[Key, Row]) -> dict[Key, Row]:
    """mart_domain_outcomes by its key."""
    found = {}
    for subject, (kind, start, end), cohort in cohorts(clinic):
        finished = [one for one in cohort if one.facts["is_finished_course"]]
        keys = {course.facts["episode_key"] for course in finished}
        own = {key: row for key, row in domains.items() if key[0] in keys}
        wanted = {(domain, "any", "any") for domain in DOMAINS}
        wanted |= {key[1:] for key in own if key[2] != "milestone"}
        for domain, basis, respondent in wanted:
            by_course: dict[str, list[Row]] = defaultdict(list)
            for key, row in own.items():
                if key[1] == domain and basis in ("any", key[2]) and respondent in ("any", key[3]):
                    by_course[key[0]].append(row)
            told = [row for rows in by_course.values() for row in rows]
            says_nothing = not any(row["is_measured"] or row["n_milestones"] for row in told)
            if basis == "any" and says_nothing and not has_all_domains(subject[0], kind):
                continue
            found[(*subject, domain, basis, respondent, kind, start)] = {
                "period_end_on": end,
                "n_clients": people(cohort),
                "n_ended": len(cohort),
                "n_finished": len(finished),
                **domain_figures(basis, len(finished), by_course),
            }
    return found


def has_all_domains(level: str, period_kind: str) -> bool:
    """Whether a subject's domains are told in a period although nothing was measured."""
    return level not in ("therapist", "group") or period_kind == "rolling_12m"


def domain_figures(basis: str, n_finished: int, by_course: dict[str, list[Row]]) -> Row:
    """The counts and rates of one row; what does not apply is null."""
    rows = [row for rows in by_course.values() for row in rows]

    def courses(name: str) -> int:
        return sum(any(row[name] for row in rows) for rows in by_course.values())

    has_rule, has_milestones = basis in WITH_RULE, basis == "any"
    n_paired, n_measured = courses("is_paired"), courses("is_measured")
    changes = Counter(row["change"] for row in rows)
    directions = Counter(row["direction"] for row in rows)
    better = changes["improved"] if has_rule else None
    worse = changes["deteriorated"] if has_rule else None
    n_with = courses("n_milestones") if has_milestones else None
    reason = None
    if not has_rule:
        reason = "no_verified_threshold"
        if basis == "any":
            reason = "bases_are_not_pooled" if n_measured else "not_measured"
    bounds: Row = {"improved_rate_worst": None, "improved_rate_best": None}
    if better is not None and n_finished:
        bounds = {
            "improved_rate_worst": better / n_finished,
            "improved_rate_best": (better + n_finished - n_paired) / n_finished,
        }
    return {
        "is_proxy": any(row["is_proxy"] and row["is_measured"] for row in rows),
        "n_measured": n_measured,
        "n_paired": n_paired,
        "n_improved": better,
        "n_unchanged": changes["unchanged"] if has_rule else None,
        "n_deteriorated": worse,
        "n_better": None if has_milestones else directions["better"],
        "n_same": None if has_milestones else directions["same"],
        "n_worse": None if has_milestones else directions["worse"],
        "n_no_direction": None
        if has_milestones
        else sum(bool(row["is_paired"]) and row["direction"] is None for row in rows),
        "n_milestones": sum(row["n_milestones"] for row in rows) if has_milestones else None,
        "n_with_milestone": n_with,
        **with_rate("paired", n_paired, n_finished),
        **with_rate("improved", better, n_paired),
        **bounds,
        **with_rate("deteriorated", worse, n_paired),
        **with_rate("with_milestone", n_with, n_finished),
        "no_improved_reason": reason,
    }


def profile_of(rows: dict[tuple[str, str, str], Row], bases: tuple[str, ...]) -> Key | None:
    """m, k and whether any got worse, of the rows of one course by domain, basis, respondent."""
    judged = {
        key: row["change"]
        for key, row in rows.items()
        if row["change"] is not None
        and key[1] in bases
        and (key[1] != "goal_rule" or key[0] == "personal_goals")
    }
    leading = {}
    for domain in {key[0] for key in judged}:
        in_order = [
            judged[domain, basis, respondent]
            for basis in bases
            for respondent in AROUND_THE_CHILD
            if (domain, basis, respondent) in judged
        ]
        leading[domain] = in_order[0]
    if not leading:
        return None
    n_improved = sum(change == "improved" for change in leading.values())
    return len(leading), n_improved, "deteriorated" in judged.values()


def success_profile(clinic: Clinic, domains: dict[Key, Row]) -> dict[Key, Row]:
    """mart_success_profile by its key."""
    by_course: dict[str, dict[tuple[str, str, str], Row]] = defaultdict(dict)
    for (episode_key, domain, basis, respondent), row in domains.items():
        by_course[episode_key][domain, basis, respondent] = row
    found = {}
    for subject, (kind, start, end), cohort in cohorts(clinic):
        groups: dict[Key, list[Course]] = defaultdict(list)
        for course in cohort:
            if not course.facts["is_finished_course"]:
                continue
            rows = by_course[course.facts["episode_key"]]
            groups["published", *(profile_of(rows, PUBLISHED) or (0, 0, False))].append(course)
            of_clinic = profile_of(rows, CLINICS_OWN)
            if of_clinic is not None:
                groups["clinic", *of_clinic].append(course)
        for key, courses in groups.items():
            found[(*subject, *key, kind, start)] = {
                "period_end_on": end,
                "n_clients": people(courses),
                "n_courses": len(courses),
            }
    return found


def share(x: int | None, n: int) -> float | None:
    """Null without a denominator."""
    return None if x is None or not n else x / n
