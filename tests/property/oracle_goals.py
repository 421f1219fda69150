"""Clients' goals once more, goal by goal and rating by rating, from the definitions."""

import math
from collections import Counter, defaultdict
from datetime import timedelta
from fractions import Fraction

from tests.property.oracle import Clinic, Row, four_places
from tests.property.oracle_domains import Key, cohorts, combined, people, share, side
from tests.property.oracle_marts import mean, with_rate


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
