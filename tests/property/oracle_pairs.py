"""Which two scores of a course are its pair, and what became of it, by every threshold once more."""

from datetime import timedelta
from fractions import Fraction
from typing import Any

Row = dict[str, Any]


def first_and_last(
    scores: list[Row], instrument: Row, facts: Row, *, first_score_days: int
) -> tuple[Row | None, Row | None]:
    """The first score, near enough to session 1, and the last one on a later day of the course."""
    valid = sorted(
        (one for one in scores if one["points"] is not None),
        key=lambda one: (one["administered_at"], one["response_id"]),
    )
    session_1_on, ended_on = facts["session_1_on"], facts["ended_on"]
    first = valid[0] if valid else None
    if first is not None and session_1_on is not None:
        latest = session_1_on + timedelta(days=first_score_days)
        first = first if first["administered_on"] <= latest else None
    until_end = [one for one in valid if ended_on is None or one["administered_on"] <= ended_on]
    if instrument["purpose"] == "verdict":
        return first, until_end[-1] if until_end else None
    if first is None:
        return None, None
    later = [one for one in until_end if one["administered_on"] > first["administered_on"]]
    return first, later[-1] if later else None


def judge(instrument: Row, rule: Row, first: Fraction | None, last: Fraction | None) -> Row:
    """The flags of one pair; null where a threshold or a score is missing."""
    has_direction = instrument["direction"] is not None
    worse_is_higher = instrument["direction"] == "higher_worse"
    is_verdict = instrument["purpose"] == "verdict"
    best = instrument["total_min_points" if worse_is_higher else "total_max_points"]
    caseness, reliable = rule.get("caseness_points"), rule.get("reliable_change_points")

    def is_a_case(points: Fraction | None) -> bool | None:
        if points is None or caseness is None:
            return None
        return points >= caseness if worse_is_higher else points < caseness

    improvement = None
    if first is not None and last is not None and not is_verdict and has_direction:
        improvement = first - last if worse_is_higher else last - first
    change = None
    if improvement is not None and reliable is not None:
        change = "unchanged"
        if improvement >= reliable:
            change = "improved"
        if improvement <= -reliable:
            change = "deteriorated"
    was_case, is_case = is_a_case(first), is_a_case(last)
    recovered = None if not was_case or is_case is None else not is_case
    reliably = None if recovered is None or change is None else recovered and change == "improved"
    responder = None
    if is_verdict and last is not None:
        responder = is_met(last, rule["responder"])
    elif was_case and improvement is not None and rule.get("response_share") is not None:
        assert first is not None
        responder = improvement >= Fraction(rule["response_share"]) * abs(first - best)
    remitted = None
    below = rule.get("remission_below_points")
    if below is not None and first is not None and last is not None and worse_is_higher:
        remitted = last < below if first >= below else None
    crossed_back = was_case is False and is_case is True
    category = change
    if change == "improved" and recovered:
        category = "recovered"
    if change == "deteriorated" and crossed_back:
        category = "harmed"
    unreliably = None
    if was_case and change is not None:
        unreliably = bool(recovered) and change == "unchanged"
    can_improve = None
    if None not in (first, reliable, best) and not is_verdict and has_direction:
        can_improve = abs(first - best) >= reliable
    return {
        "improvement_points": improvement,
        "was_case": was_case,
        "is_case": is_case,
        "reliable_change": change,
        "is_recovered": recovered,
        "is_reliably_recovered": reliably,
        "is_responder": responder,
        "is_remitted": remitted,
        "change_category": category,
        "is_crossed_unreliably": unreliably,
        "can_improve": can_improve,
    }


def is_met(points: Fraction, threshold: Row | None) -> bool | None:
    """Whether points lie on the good side of a threshold of the catalogue; none, none known."""
    if threshold is None:
        return None
    limit = Fraction(threshold["points"])
    return points <= limit if threshold["op"] == "<=" else points >= limit
