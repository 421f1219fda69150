"""Outcomes of subjects and periods, counted course by course from the oracle's clinic."""

from typing import Any

from tests.property.oracle import Clinic, Course, Row, by_subject, in_period
from tests.property.oracle_marts import deviation, effect, mean, periods, with_rate


def outcomes(clinic: Clinic) -> dict[tuple[Any, ...], Row]:
    """mart_outcomes by its key."""
    found = {}
    ended = [course for course in clinic.courses.values() if course.facts["ended_on"] is not None]
    for subject, courses in by_subject(ended).items():
        for period in periods(clinic):
            cohort = [one for one in courses if in_period(one.facts["ended_on"], *period[1:])]
            keys = {key for course in cohort for key in measures_of(clinic, course)}
            for key in keys:
                counted = [one for one in cohort if key in measures_of(clinic, one)]
                figures = outcome_figures(clinic, key, counted)
                found[(*subject, *key, *period[:2])] = {"period_end_on": period[2], **figures}
    return found


def measures_of(clinic: Clinic, course: Course) -> set[tuple[str, str, str]]:
    """What a course counts for: listed by its programme, or answered; goals are told elsewhere."""
    goal_kinds = {row["goal_kind"] for row in clinic.tables.get("ref_goal_rules", [])}
    listed = {
        (instrument, scale, "client")
        for instrument in course.programme.get("instruments") or []
        if instrument in clinic.instruments and instrument not in goal_kinds
        for scale in clinic.scales_of(instrument)
    }
    return listed | set(course.outcomes)


def outcome_figures(clinic: Clinic, key: tuple[str, str, str], courses: list[Course]) -> Row:
    """The figures of one subject, measure and period."""
    instrument = clinic.instruments[key[0]]
    rule = clinic.rules_for(key)
    direction = clinic.instrument_on(*key[:2])["direction"]
    is_verdict = instrument["purpose"] == "verdict"
    finished = [one for one in courses if one.facts["is_finished_course"]]
    answered = [one.outcomes[key] for one in finished if key in one.outcomes]
    pairs = [one for one in answered if one["is_paired"]]

    def counted(column: str, value: Any, *needed: str) -> int | None:
        if any(rule.get(threshold) is None for threshold in needed):
            return None
        return sum(one[column] == value for one in pairs)

    n_finished = len(finished)
    n_paired = None if is_verdict else len(pairs)
    n_case = counted("was_case", True, "caseness_points")
    n_improved = counted("reliable_change", "improved", "reliable_change_points")
    n_deteriorated = counted("reliable_change", "deteriorated", "reliable_change_points")
    n_recovered = counted("is_recovered", True, "caseness_points")
    n_reliably = counted("is_reliably_recovered", True, "caseness_points", "reliable_change_points")
    first = [one["first_score"] for one in pairs]
    last = [one["last_score"] for one in pairs]
    gains = [one["improvement_points"] for one in pairs]
    n_maybe_case = None
    if n_case is not None:
        n_maybe_case = n_finished - sum(one["was_case"] is False for one in answered)
    room = [one["can_improve"] for one in pairs]
    knows_room = n_improved is not None and None not in room
    n_can = sum(room) if knows_room else None
    responders = [one["is_responder"] for one in answered if one["is_responder"] is not None]
    if rule.get("response_share") is None or n_case is None:
        responders = responders if is_verdict else None
    remitters = [one["is_remitted"] for one in pairs if one["is_remitted"] is not None]
    if rule.get("remission_below_points") is None or direction != "higher_worse":
        remitters = None
    return {
        "domain": instrument["domain"],
        "n_clients": len({one.facts["client_key"] for one in courses}),
        "n_ended": len(courses),
        "n_finished": n_finished,
        "n_paired": n_paired,
        "n_case": n_case,
        "n_improved": n_improved,
        "n_unchanged": counted("reliable_change", "unchanged", "reliable_change_points"),
        "n_deteriorated": n_deteriorated,
        "n_recovered": n_recovered,
        "n_reliably_recovered": n_reliably,
        **with_rate("paired", n_paired, n_finished),
        **with_rate("improved", n_improved, n_paired),
        **bounds("improved", n_improved, n_paired, n_finished),
        **with_rate("deteriorated", n_deteriorated, n_paired),
        **with_rate("recovered", n_recovered, n_case),
        **with_rate("reliably_recovered", n_reliably, n_case),
        "first_mean_points": mean(first),
        "first_sd_points": deviation(first),
        "last_mean_points": mean(last),
        "improvement_mean_points": mean(gains),
        "improvement_sd_points": deviation(gains),
        **effect(first, last, gains),
        "rule_id": rule.get("rule_id"),
        "rule_version": rule.get("rule_version"),
        "basis": rule.get("basis"),
        "n_case_or_unknown": n_maybe_case,
        "n_crossed_unreliably": counted(
            "is_crossed_unreliably", True, "caseness_points", "reliable_change_points"
        ),
        "n_harmed": counted(
            "change_category", "harmed", "caseness_points", "reliable_change_points"
        ),
        "n_can_improve": n_can,
        "n_cannot_improve": room.count(False) if knows_room else None,
        **renamed(with_rate("if_possible", n_improved if knows_room else None, n_can)),
        "n_response_base": None if responders is None else len(responders),
        "n_responded": None if responders is None else sum(responders),
        **rate_of("responded", responders),
        "n_remission_base": None if remitters is None else len(remitters),
        "n_remitted": None if remitters is None else sum(remitters),
        **rate_of("remitted", remitters),
        **worse_bounds(n_deteriorated, n_paired, n_finished),
        **bounds("recovered", n_recovered, n_case, n_maybe_case),
        **bounds("reliably_recovered", n_reliably, n_case, n_maybe_case),
    }


def renamed(rates: Row) -> Row:
    """The improvement rate of those who could improve."""
    return {
        name.replace("if_possible_rate", "improved_rate_if_possible"): value
        for name, value in rates.items()
    }


def rate_of(name: str, flags: list[bool] | None) -> Row:
    """The share of true flags."""
    return with_rate(
        name, None if flags is None else sum(flags), None if flags is None else len(flags)
    )


def bounds(name: str, x: int | None, n: int | None, whole: int | None) -> Row:
    """A rate over the whole if nobody, or everybody, of those who are not in n had the outcome."""
    worst = best = None
    if x is not None and n is not None and whole:
        worst, best = x / whole, (x + whole - n) / whole
    return {f"{name}_rate_worst": worst, f"{name}_rate_best": best}


def worse_bounds(x: int | None, n: int | None, whole: int | None) -> Row:
    """The same where the outcome is bad: then it is worst when everybody had it."""
    turned = bounds("deteriorated", x, n, whole)
    return {
        "deteriorated_rate_worst": turned["deteriorated_rate_best"],
        "deteriorated_rate_best": turned["deteriorated_rate_worst"],
    }
