"""Domains of success and goals once more, course by course, from the definitions.

A course carries all that speaks for it: changes of its measures from the oracle's outcomes, its
goals with their ratings, its milestones. Nothing is grouped before it is counted.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import timedelta
from fractions import Fraction
from typing import Any

from tests.property.oracle import Clinic, Course, Row, by_subject, four_places, in_period
from tests.property.oracle_marts import mean, periods, with_rate

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


def goal_changes(clinic: Clinic) -> dict[str, Row]:
    """Each goal from its first to its last rating, by goal."""
    rules = {row["goal_kind"]: row for row in clinic.tables["ref_goal_rules"]}
    days = timedelta(days=clinic.parameters["first_score_days"])
    found = {}
    for goal in clinic.tables["stg_goals"]:
        facts = clinic.courses[goal["episode_key"]].facts
        rule = rules.get(goal["kind"], {})
        session_1_on, ended_on = facts["session_1_on"], facts["ended_on"]
        own = sorted(
            (
                one
                for one in clinic.tables["stg_goal_ratings"]
                if one["goal_key"] == goal["goal_key"] and one["rated_by"] == "client"
            ),
            key=lambda one: one["rated_at"],
        )
        first = own[0] if own else None
        if first is not None and session_1_on is not None:
            latest = max(session_1_on, goal["set_on"]) + days
            first = first if first["rated_on"] <= latest else None
        last = None
        if first is not None:
            later = [
                one
                for one in own
                if one["rated_on"] > first["rated_on"]
                and (ended_on is None or one["rated_on"] <= ended_on)
            ]
            last = later[-1] if later else None
        gain = None
        if first is not None and last is not None:
            gain = Fraction(last["value_points"]) - Fraction(first["value_points"])
        enough, enough_to_meet = rule.get("reliable_change_points"), rule.get("met_points")
        change = None
        if gain is not None and enough is not None:
            change = "improved" if gain >= enough else "unchanged"
            change = "deteriorated" if -gain >= enough else change
        met = None
        if last is not None and enough_to_meet is not None:
            met = last["value_points"] >= enough_to_meet
        closed_on = goal["closed_on"]
        found[goal["goal_key"]] = {
            "episode_key": goal["episode_key"],
            "kind": goal["kind"],
            "domain": goal["domain"],
            "weight": Fraction(1 if goal["weight"] is None else goal["weight"]),
            "set_on": goal["set_on"],
            "closed_on": closed_on,
            "is_set_late": None if session_1_on is None else goal["set_on"] - session_1_on > days,
            "is_dropped": closed_on is not None
            and (ended_on is None or closed_on < ended_on)
            and met is not True,
            "n_ratings": len(own),
            "first_on": first and first["rated_on"],
            "first_points": first and Fraction(first["value_points"]),
            "last_on": last and last["rated_on"],
            "last_points": last and Fraction(last["value_points"]),
            "is_paired": last is not None,
            "improvement_points": gain,
            "reliable_change": change,
            "has_rule": enough is not None,
            "is_met": met,
        }
    return found


def goal_attainment(pairs: list[tuple[Fraction, Fraction]], rho: Fraction) -> float | None:
    """Kiresuk and Sherman's T of goals given as weight and attainment."""
    inner = (1 - rho) * sum((w * w for w, _ in pairs), Fraction(0)) + rho * sum(
        (w for w, _ in pairs), Fraction(0)
    ) ** 2
    if not inner:
        return None
    return 50 + 10 * float(sum(w * x for w, x in pairs)) / math.sqrt(inner)


def gas_scores(clinic: Clinic, goals: dict[str, Row]) -> dict[str, Row]:
    """T at first and at last over the goals rated twice, by course."""
    (rho,) = (
        Fraction(row["gas_rho"])
        for row in clinic.tables["ref_goal_rules"]
        if row["goal_kind"] == "gas"
    )
    by_course: dict[str, list[Row]] = defaultdict(list)
    for goal in goals.values():
        if goal["kind"] == "gas":
            by_course[goal["episode_key"]].append(goal)
    found = {}
    for key, own in by_course.items():
        rated = [goal for goal in own if goal["is_paired"]]
        first = goal_attainment([(goal["weight"], goal["first_points"]) for goal in rated], rho)
        last = goal_attainment([(goal["weight"], goal["last_points"]) for goal in rated], rho)
        first_t = None if first is None else four_places(Fraction(first))
        last_t = None if last is None else four_places(Fraction(last))
        found[key] = {
            "n_goals": len(own),
            "n_rated": len(rated),
            "n_unrated": len(own) - len(rated),
            "first_t_points": first_t,
            "last_t_points": last_t,
            "change_t_points": None if first_t is None or last_t is None else last_t - first_t,
        }
    return found


def evidence(clinic: Clinic, goals: dict[str, Row], bases: dict[str, str]) -> dict[Key, Row]:
    """All that speaks for a domain in each course; `bases` says whose rule an instrument has."""
    found: dict[Key, Row] = {}
    for key, course in clinic.courses.items():
        for (instrument_id, scale, respondent), row in course.outcomes.items():
            instrument = clinic.instruments[instrument_id]
            if not speaks_for(instrument["domain"], respondent) or scale != "total":
                continue
            if instrument["purpose"] == "screen":
                continue
            is_verdict = instrument["purpose"] == "verdict"
            kind = "verdict" if is_verdict else "questionnaire"
            fact = verdict(clinic, row, instrument) if is_verdict else measured(clinic, row, bases)
            fact["is_measured"] = row["first_score"] is not None or row["last_score"] is not None
            fact["is_proxy"] = str(instrument.get("subdomain")).endswith("_proxy")
            found[key, instrument["domain"], kind, instrument_id, "total", respondent] = fact
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
        and row["scale"] == "total"
        and row["respondent"] == outcome["respondent"]
        and row["reliable_change_points"] is not None
        for row in clinic.tables["ref_outcome_rules"]
    )
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


def goal_figures(
    clinic: Clinic, goals: dict[str, Row], attainments: dict[str, Row]
) -> dict[Key, Row]:
    """mart_goals by its key."""
    rules = {row["goal_kind"]: row for row in clinic.tables["ref_goal_rules"]}
    found = {}
    for subject, (kind, start, end), cohort in cohorts(clinic):
        finished = {
            one.facts["episode_key"]: one for one in cohort if one.facts["is_finished_course"]
        }
        for goal_kind, rule in rules.items():
            own = [
                goal
                for goal in goals.values()
                if goal["kind"] == goal_kind and goal["episode_key"] in finished
            ]
            if own:
                courses = {goal["episode_key"] for goal in own}
                found[(*subject, goal_kind, kind, start)] = {
                    "period_end_on": end,
                    "n_clients": people(finished[key] for key in courses),
                    **of_goals(own, rule),
                    **attainment(goal_kind, [attainments.get(key, {}) for key in courses]),
                }
    return found


def of_goals(own: list[Row], rule: Row) -> Row:
    """Counts over goals, and over their courses."""
    has_change = rule["reliable_change_points"] is not None
    paired = [goal for goal in own if goal["is_paired"]]
    changes = Counter(goal["reliable_change"] for goal in paired)
    sides = Counter(side(goal["improvement_points"]) for goal in paired)
    by_course: dict[str, list[Row]] = defaultdict(list)
    for goal in own:
        by_course[goal["episode_key"]].append(goal)
    verdicts = Counter(
        combined(goal["reliable_change"] for goal in rows) for rows in by_course.values()
    )
    n, n_paired = len(by_course), sum(any(g["is_paired"] for g in r) for r in by_course.values())
    better = verdicts["improved"] if has_change else None
    n_met = sum(bool(goal["is_met"]) for goal in paired) if rule["met_points"] is not None else None
    return {
        "n_courses": n,
        "n_goals": len(own),
        "n_goals_set_late": sum(bool(goal["is_set_late"]) for goal in own),
        "n_goals_dropped": sum(goal["is_dropped"] for goal in own),
        "n_goals_paired": len(paired),
        "n_goals_improved": changes["improved"] if has_change else None,
        "n_goals_unchanged": changes["unchanged"] if has_change else None,
        "n_goals_deteriorated": changes["deteriorated"] if has_change else None,
        "n_goals_better": sides["better"],
        "n_goals_same": sides["same"],
        "n_goals_worse": sides["worse"],
        "n_goals_met": n_met,
        "improved_goal_rate": share(changes["improved"] if has_change else None, len(paired)),
        "met_goal_rate": share(n_met, len(paired)),
        "first_mean_points": mean([goal["first_points"] for goal in paired]),
        "last_mean_points": mean([goal["last_points"] for goal in paired]),
        "improvement_mean_points": mean([goal["improvement_points"] for goal in paired]),
        "n_courses_paired": n_paired,
        "n_courses_improved": better,
        "n_courses_deteriorated": verdicts["deteriorated"] if has_change else None,
        **with_rate("improved", better, n_paired),
        **with_rate("deteriorated", verdicts["deteriorated"] if has_change else None, n_paired),
        "improved_rate_worst": share(better, n),
        "improved_rate_best": None if better is None else (better + n - n_paired) / n,
    }


def attainment(goal_kind: str, rows: list[Row]) -> Row:
    """Mean T of the courses that have one."""
    scored = [row for row in rows if row.get("change_t_points") is not None]
    names = ("first_t", "last_t", "change_t")
    if goal_kind != "gas":
        return {"n_courses_with_t": None, **{f"{name}_mean_points": None for name in names}}
    return {
        "n_courses_with_t": len(scored),
        **{
            f"{name}_mean_points": mean([Fraction(row[f"{name}_points"]) for row in scored])
            for name in names
        },
    }


def share(x: int | None, n: int) -> float | None:
    """Null without a denominator."""
    return None if x is None or not n else x / n
