"""Claims once more, in plain Python: person by person, from the definition and not from the SQL.

A claim's figure is over everybody who started and is due; a missing score is never left out of the
worst bound. Shares are exact fractions until a limit is drawn.
"""

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from tests.property.oracle import Clinic, Course, Row, in_period
from tests.property.oracle_marts import periods
from tests.property.oracle_recovery import is_rule_about, recovery

Z = 1.959964
Subject = tuple[str, str]


@dataclass(frozen=True)
class Rule:
    """What a claim is judged by; `points` is None where nothing is published."""

    rule_id: str | None
    version: str | None
    points: Fraction | None


@dataclass(frozen=True)
class Judged:
    """One course under one claim."""

    course: Course
    cluster: str
    is_due: bool
    is_counted: bool
    is_measured: bool
    is_met: bool | None
    is_worse_known: bool
    is_worse: bool | None
    last_session_on: date

    @property
    def start(self) -> date:
        """The day of its first attended session."""
        return self.course.facts["session_1_on"]


def rule_of(clinic: Clinic, claim: Row) -> Rule:
    """The published rule of a claim."""
    instrument = clinic.instruments.get(claim["instrument_id"], {})
    kind, key = claim["rule_kind"], (claim["instrument_id"], claim["scale"])
    points = None
    if kind == "rating":
        for row in clinic.tables["ref_thresholds"]:
            if (row["instrument_id"], row["scale"], row["kind"]) == (*key, "responder"):
                points = row["points"] if row["is_active"] and row["op"] == "<=" else points
        found = ("published", instrument.get("version"))
        if instrument.get("purpose") != "verdict":
            points = None
    else:
        found = (None, None)
        for row in clinic.tables["ref_outcome_rules"]:
            if (row["instrument_id"], row["scale"]) == key:
                if row["respondent"] != claim["respondent"]:
                    continue
                found = (row["rule_id"], row["rule_version"])
                change = row["reliable_change_points"]
                points = change if kind == "reliable_improvement" else row["caseness_points"]
                points = None if change is None else points
        # What the clinic has decided is no rule for a claim; recovery has one of its own.
        if kind == "recovery":
            points = points if found[0] in recovery_rule_ids(clinic) else None
        elif is_change_decided_by_clinic(clinic, claim):
            points = None
        if instrument.get("purpose") != "outcome":
            points = None
    if points is None:
        return Rule(None, None, None)
    return Rule(found[0], found[1], Fraction(points))


def is_change_decided_by_clinic(clinic: Clinic, claim: Row) -> bool:
    """Whether the clinic has set a reliable change of its own for the scale and its respondent."""
    columns = ("instrument_id", "scale", "respondent")
    return any(
        row["kind"] == "reliable_change" and all(row[name] == claim[name] for name in columns)
        for row in clinic.tables.get("ref_clinic_thresholds", [])
    )


def recovery_rule_ids(clinic: Clinic) -> set[str]:
    """The rules that have a pair of measures."""
    return {row["rule_id"] for row in clinic.tables["ref_recovery_pairs"]}


def middle_of_form(clinic: Clinic, instrument_id: str) -> Fraction:
    """The answer that says no change, in the middle of a form of verdicts."""
    form = clinic.instruments[instrument_id]
    return Fraction(form["total_min_points"] + form["total_max_points"]) / 2


def is_in_population(clinic: Clinic, claim: Row, course: Course) -> bool:
    """Of the claim's tracks and modalities, where it names some; not every rule is for all."""
    tracks, modalities = claim["tracks"], claim["modalities"]
    if claim["rule_kind"] == "recovery" and not is_rule_about(clinic, course):
        return False
    return (tracks is None or course.facts["track"] in tracks) and (
        modalities is None or course.programme.get("modality") in modalities
    )


def worse_by(clinic: Clinic, instrument_id: str, earlier: Fraction, later: Fraction) -> Fraction:
    """How much worse the later score is."""
    sign = 1 if clinic.instruments[instrument_id]["direction"] == "higher_worse" else -1
    return (later - earlier) * sign


def score_at_day(
    clinic: Clinic, claim: Row, course: Course, scores: list[Row], first: Row
) -> Row | None:
    """The score nearest the day, of the equally near the earlier, of a day the latest."""
    target = course.facts["session_1_on"] + timedelta(days=claim["after_days"])
    near = [
        one
        for one in scores
        if one["points"] is not None
        and abs((one["administered_on"] - target).days) <= claim["tolerance_days"]
        and one["administered_on"] > first["administered_on"]
    ]
    if not near:
        return None
    distance = min(abs((one["administered_on"] - target).days) for one in near)
    day = min(
        one["administered_on"]
        for one in near
        if abs((one["administered_on"] - target).days) == distance
    )
    of_day = [one for one in near if one["administered_on"] == day]
    moment = max(one["administered_at"] for one in of_day)
    of_moment = [one for one in of_day if one["administered_at"] == moment]
    instrument_id = claim["instrument_id"]
    return max(
        of_moment,
        key=lambda one: worse_by(clinic, instrument_id, first["points"], one["points"]),
    )


def judge(clinic: Clinic, claim: Row, rule: Rule, course: Course, recoveries: Row) -> Judged:
    """Whether a course is due, measured, met and worse."""
    as_of, facts = clinic.parameters["as_of_on"], course.facts
    due_days = claim["after_days"] + claim["tolerance_days"]
    kind, instrument_id = claim["rule_kind"], claim["instrument_id"]
    due_on = facts["session_1_on"] + timedelta(days=due_days)
    # What ends later must not change a window that has closed.
    has_ended = facts["ended_on"] is not None and facts["ended_on"] <= min(as_of, due_on)
    is_counted, is_measured, met, worse = True, False, None, None
    if kind == "recovery":
        found = recoveries.get(facts["episode_key"], {}) if has_ended else {}
        is_counted = found.get("was_case") is not False
        is_measured = found.get("is_recovered") is not None
        met, worse = found.get("is_recovered"), found.get("is_reliably_deteriorated")
        is_worse_known = worse is not None
    else:
        key = (instrument_id, claim["scale"], claim["respondent"])
        first, last = None, None
        if key in course.scores:
            scores = course.scores[key]
            outcome = course.outcomes[key]
            first = {"points": outcome["first_score"], "administered_on": outcome["first_on"]}
            first = None if first["points"] is None else first
            if claim["measured_at"] == "end":
                last = outcome["last_score"] if has_ended else None
                if last is not None and claim["look_back_days"] is not None:
                    since = (facts["ended_on"] - outcome["last_on"]).days
                    last = last if since <= claim["look_back_days"] else None
            elif first is not None:
                near = score_at_day(clinic, claim, course, scores, first)
                last = None if near is None else near["points"]
        is_measured = last is not None and (kind == "rating" or first is not None)
        if last is not None and rule.points is not None and kind == "rating":
            met, worse = last <= rule.points, last > middle_of_form(clinic, instrument_id)
        elif is_measured and last is not None and rule.points is not None:
            assert first is not None
            change = worse_by(clinic, instrument_id, first["points"], last)
            met, worse = -change >= rule.points, change >= rule.points
        is_worse_known = is_measured
    group = facts["group_id"]
    return Judged(
        course=course,
        cluster=f"g {group}" if group is not None else f"t {facts['therapist_id']}",
        is_due=due_on <= as_of,
        is_counted=is_counted,
        is_measured=is_measured,
        is_met=met if rule.points is not None else None,
        is_worse_known=is_worse_known,
        is_worse=worse if rule.points is not None else None,
        last_session_on=max(
            one["session_on"] for one in course.attended if one["session_on"] <= due_on
        ),
    )


def told_once(claim: Row, courses: list[Judged]) -> list[Judged]:
    """Without work beside a course of the same person that is told already.

    Beside: it began while that course still had sessions, and less than the claim's days later.
    """
    by_person: dict[str, list[Judged]] = defaultdict(list)
    for one in courses:
        by_person[one.course.facts["client_key"]].append(one)
    kept = []
    for own in by_person.values():
        own.sort(key=lambda one: (one.start, one.course.facts["episode_key"]))
        told: Judged | None = None
        for one in own:
            is_beside = (
                told is not None
                and (one.start - told.start).days < claim["after_days"]
                and one.start <= told.last_session_on
            )
            if not is_beside:
                told = one
                kept.append(one)
    return kept


def design_effect(rows: list[Judged]) -> Fraction | None:
    """How much wider clusters spread than people of one kind would."""
    clusters: dict[str, list[Judged]] = defaultdict(list)
    for one in rows:
        clusters[one.cluster].append(one)
    n, k = len(rows), len(clusters)
    x = sum(one.is_met is True for one in rows)
    if k < 2 or x in (0, n):
        return None
    p = Fraction(x, n)
    spread = sum(
        (sum(one.is_met is True for one in own) - p * len(own)) ** 2 for own in clusters.values()
    )
    between = Fraction(k, k - 1) * spread / n**2
    return max(Fraction(1), between / (p * (1 - p) / n))


def wilson(x: int, n: int, widened: Fraction = Fraction(1)) -> tuple[float | None, float | None]:
    """Both limits, for a sample that is worth `n / widened`."""
    if not n:
        return None, None
    p, size = x / n, float(n / widened)
    middle = p + Z * Z / (2 * size)
    reach = Z * math.sqrt(p * (1 - p) / size + Z * Z / (4 * size * size))
    scale = 1 + Z * Z / size
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)


def subjects_of(claim: Row, course: Course) -> Iterator[Subject]:
    """The subjects of a claim's levels."""
    for level, subject in course.subjects:
        if level in claim["levels"]:
            yield level, subject


def claim_rows(clinic: Clinic) -> dict[tuple[Any, ...], Row]:
    """mart_claims by its key, without the sentence."""
    found = {}
    recoveries = recovery(clinic)
    for claim in clinic.tables["ref_claims"]:
        rule = rule_of(clinic, claim)
        population = [
            one for one in clinic.courses.values() if is_in_population(clinic, claim, one)
        ]
        by_subject: dict[Subject, list[Course]] = defaultdict(list)
        for course in population:
            for subject in subjects_of(claim, course):
                by_subject[subject].append(course)
        for subject, courses in by_subject.items():
            judged = told_once(
                claim,
                [
                    judge(clinic, claim, rule, one, recoveries)
                    for one in courses
                    if one.facts["n_attended"] >= 1
                ],
            )
            for kind, start, end in periods(clinic):
                if kind != claim["period_kind"]:
                    continue
                began = [one for one in judged if in_period(one.start, start, end)]
                referred = [
                    one for one in courses if in_period(one.facts["referred_on"], start, end)
                ]
                if began or referred:
                    key = (claim["claim_id"], *subject, kind, start)
                    found[key] = figures(claim, rule, began, len(referred), (start, end))
    return found


def figures(
    claim: Row, rule: Rule, began: list[Judged], n_referred: int, window: tuple[date, date]
) -> Row:
    """One row: the flow, the rates with their limits and bounds, the verdict."""
    due = [one for one in began if one.is_due and one.is_counted]
    measured = [one for one in due if one.is_measured]
    n, m = len(due), len(measured)
    x = sum(one.is_met is True for one in measured)
    d = sum(one.is_worse is True for one in due)
    w = sum(one.is_worse_known for one in due)
    start, end = window
    is_fixed_before = claim["set_on"] is not None and claim["set_on"] <= start
    has_rule = rule.points is not None
    widened = design_effect(measured) if has_rule else None
    met = wilson(x, m, widened or Fraction(1)) if has_rule else (None, None)
    worse = wilson(d, w) if has_rule else (None, None)
    pairs = wilson(m, n)
    share = Fraction(claim["claimed_rate"])
    open_reasons = [
        *(["window_still_open"] if any(not one.is_due for one in began) else []),
        *([] if is_fixed_before else ["fixed_afterwards"]),
        *([] if has_rule else ["no_published_rule"]),
        *(["too_few_pairs"] if m < claim["minimum_pairs"] else []),
    ]
    refusals = [
        *(["low_pair_rate"] if m < Fraction(claim["minimum_pair_rate"]) * n else []),
        *(["figure_below_claim"] if has_rule and x < share * m else []),
        *(["worst_bound_below_claim"] if has_rule and x < share * n else []),
    ]
    verdict = "cannot_tell" if open_reasons else "may_not_publish" if refusals else "may_publish"
    days = claim["after_days"] + claim["tolerance_days"]
    return {
        "claim_version": claim["claim_version"],
        "period_end_on": end,
        "closes_on": end + timedelta(days=days),
        "instrument_id": claim["instrument_id"],
        "scale": claim["scale"],
        "respondent": claim["respondent"],
        "rule_id": rule.rule_id,
        "rule_version": rule.version,
        "n_clients": len({one.course.facts["client_key"] for one in began}),
        "n_referred": n_referred,
        "n_started": len(began),
        "n_below_threshold": sum(one.is_due and not one.is_counted for one in began),
        "n_due": n,
        "n_measured": m,
        "n_met": x if has_rule else None,
        "n_worse_known": w,
        "n_deteriorated": d if has_rule else None,
        "measured_rate": m / n if n else None,
        "measured_rate_lower": pairs[0],
        "measured_rate_upper": pairs[1],
        "met_rate": x / m if has_rule and m else None,
        "met_rate_lower": met[0],
        "met_rate_upper": met[1],
        "met_rate_worst": x / n if has_rule and n else None,
        "met_rate_best": (x + n - m) / n if has_rule and n else None,
        "deteriorated_rate": d / w if has_rule and w else None,
        "deteriorated_rate_worst": (d + n - w) / n if has_rule and n else None,
        "deteriorated_rate_lower": worse[0],
        "deteriorated_rate_upper": worse[1],
        "n_clusters": len({one.cluster for one in measured}),
        "design_effect": None if widened is None else float(widened),
        "claimed_rate": claim["claimed_rate"],
        "verdict": verdict,
        "verdict_reasons": ";".join([*open_reasons, *refusals]) or None,
    }
