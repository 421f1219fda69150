"""Alliance and experience once more, in plain Python from the definitions.

Courses, sessions and periods are the oracle's; what was said about the work is counted here, person
by person. Groups and their cohesion: `oracle_groups`.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from tests.property.oracle import Clinic, Course, Row, by_subject, in_period
from tests.property.oracle_marts import deviation, mean, periods, with_rate

Subject = tuple[str, str]
Measure = tuple[str, str, str]
SESSIONS_OF_WINDOW = (3, 5)
MOST_DAYS_AFTER_A_SESSION = timedelta(days=7)
NORM_ORDER = ("clinical", "reference", "non_clinical")


def reach(numbers: list[Fraction]) -> float | None:
    """Half the interval of a mean, by the expansion of Student's t that the SQL function cites."""
    spread, n = deviation(numbers), len(numbers)
    if not spread or n < 5:
        return None
    df = n - 1
    t = 1.959964 + 2.372271 / df + 2.822499 / df**2 + 2.555850 / df**3
    return t * spread / math.sqrt(n)


def with_mean(name: str, numbers: list[Fraction]) -> Row:
    """A mean, its limits and the spread."""
    centre, half = mean(numbers), reach(numbers)
    lower = upper = None
    if centre is not None and half is not None:
        lower, upper = float(centre) - half, float(centre) + half
    return {
        f"{name}_mean_points": centre,
        f"{name}_mean_points_lower": lower,
        f"{name}_mean_points_upper": upper,
        f"{name}_sd_points": deviation(numbers),
    }


def direction_of(clinic: Clinic, instrument_id: str, scale: str) -> str:
    """The scale's own direction, else its instrument's."""
    for row in clinic.tables["ref_instrument_scales"]:
        if (row["instrument_id"], row["scale"]) == (instrument_id, scale) and row["direction"]:
            return row["direction"]
    return clinic.instruments[instrument_id]["direction"]


def worse_by(direction: str, before: Fraction, after: Fraction) -> Fraction | None:
    """How much worse the second is; None where nobody knows which way is better."""
    return {"higher_better": before - after, "higher_worse": after - before}.get(direction)


def threshold_of(clinic: Clinic, measure: Measure, kind: str, *, is_asked: bool) -> Row | None:
    """What is in force for this respondent: only a threshold that holds for their answers.

    An alert that is verified is in force without being asked for; a verdict's rule is not.
    """
    for row in clinic.tables["ref_thresholds"]:
        if (
            (row["instrument_id"], row["scale"], row["kind"]) == (*measure[:2], kind)
            and measure[2] in row["respondents"]
            # What holds for some people only holds for none of whom that is not known.
            and row["holds_for"] == ", ".join(row["respondents"])
            and (row["is_active"] or (not is_asked and row["status"] == "verified"))
        ):
            return row
    return None


def meets(threshold: Row, points: Fraction) -> bool:
    """Whether points are on the threshold's side."""
    sides: dict[str, Callable[[Fraction, Any], bool]] = {
        "<": lambda a, b: a < b,
        "<=": lambda a, b: a <= b,
        ">=": lambda a, b: a >= b,
        ">": lambda a, b: a > b,
    }
    return sides[threshold["op"]](points, threshold["points"])


def usable_scores(
    clinic: Clinic, course: Course, is_meant: Callable[[Row], bool]
) -> dict[Measure, list[Row]]:
    """A course's usable scores up to its end, in order, for each measure of these instruments."""
    found: dict[Measure, list[Row]] = {}
    ended_on = course.facts["ended_on"]
    for measure, scores in course.scores.items():
        kept = [
            one
            for one in scores
            if one["points"] is not None
            and (ended_on is None or one["administered_on"] <= ended_on)
        ]
        if kept and is_meant(clinic.instruments[measure[0]]):
            found[measure] = sorted(
                kept, key=lambda one: (one["administered_at"], one["response_id"])
            )
    return found


def is_alliance(instrument: Row) -> bool:
    """Of the domain of the working relationship, cohesion included."""
    return instrument["domain"] == "alliance"


def alliance_scores(clinic: Clinic) -> dict[str, dict[Measure, list[Row]]]:
    """Ratings of the working relationship by course."""
    return {key: usable_scores(clinic, one, is_alliance) for key, one in clinic.courses.items()}


def spreads(clinic: Clinic) -> dict[Measure, tuple[Decimal, str]]:
    """The SD of each measure and where it comes from."""
    starts, ends = (clinic.parameters[f"reference_{end}_on"] for end in ("starts", "ends"))
    firsts: dict[Measure, list[Fraction]] = defaultdict(list)
    measures = set()
    for scores in alliance_scores(clinic).values():
        for measure, own in scores.items():
            measures.add(measure)
            if starts is not None and in_period(own[0]["administered_on"], starts, ends):
                firsts[measure].append(own[0]["points"])
    found = {}
    for measure in measures:
        sd = deviation(firsts[measure])
        if len(firsts[measure]) >= clinic.parameters["reference_minimum_scores"] and sd:
            rounded = Decimal(sd).quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)
            found[measure] = (rounded, "clinic_reference")
            continue
        norms = {
            row["population"]: row["sd_points"]
            for row in clinic.tables["ref_norms"]
            if (row["instrument_id"], row["scale"]) == measure[:2]
            and row["status"] == "verified"
            and row["is_default"]
        }
        known = [norms[name] for name in NORM_ORDER if name in norms]
        if known:
            found[measure] = (Decimal(known[0]), "norm")
    return found


def ended(clinic: Clinic) -> dict[Subject, list[Course]]:
    """Ended courses by subject."""
    return by_subject([one for one in clinic.courses.values() if one.facts["ended_on"]])


def people(courses: Iterable[Course]) -> int:
    """How many clients these courses have."""
    return len({one.facts["client_key"] for one in courses})


def alliance(clinic: Clinic) -> dict[tuple[Any, ...], Row]:
    """mart_alliance by its key."""
    scores, sds, found = alliance_scores(clinic), spreads(clinic), {}
    for subject, courses in ended(clinic).items():
        for kind, start, end in periods(clinic):
            rated: dict[Measure, list[Course]] = defaultdict(list)
            for course in courses:
                if in_period(course.facts["ended_on"], start, end):
                    for measure in scores[course.row["episode_key"]]:
                        rated[measure].append(course)
            for measure, own in rated.items():
                series = [scores[one.row["episode_key"]][measure] for one in own]
                found[(*subject, *measure, kind, start)] = {
                    "period_end_on": end,
                    "n_clients": people(own),
                    "n_rated": len(own),
                    "n_rated_in_time": sum(
                        is_in_time(course, one) for course, one in zip(own, series, strict=True)
                    ),
                    "n_scores": sum(len(one) for one in series),
                    **with_mean("first", [one[0]["points"] for one in series]),
                    **with_mean("last", [one[-1]["points"] for one in series]),
                    **fall_figures(clinic, measure, series, sds.get(measure)),
                    **alert_figures(clinic, measure, series),
                }
    return found


def is_in_time(course: Course, scores: list[Row]) -> bool:
    """Whether one of the scores is of a session in the window."""
    first, last = SESSIONS_OF_WINDOW
    for one in scores:
        day = one["administered_on"]
        before = [each["session_on"] for each in course.attended if each["session_on"] <= day]
        if first <= len(before) <= last and day - max(before) <= MOST_DAYS_AFTER_A_SESSION:
            return True
    return False


def fall_figures(
    clinic: Clinic, measure: Measure, series: list[list[Row]], sd: tuple[Decimal, str] | None
) -> Row:
    """Courses in which a rating was an SD or more worse than the one before."""
    direction = direction_of(clinic, *measure[:2])
    n_base = n_fell = None
    if sd is not None:
        n_base = n_fell = 0
        for scores in series:
            points = [one["points"] for one in scores]
            falls = [worse_by(direction, before, after) for before, after in pairwise(points)]
            known = [one for one in falls if one is not None]
            n_base += bool(known)
            n_fell += any(one >= sd[0] for one in known)
    return {
        "n_fall_base": n_base,
        "n_fell": n_fell,
        **with_rate("fell", n_fell, n_base),
        "fall_sd_points": None if sd is None else sd[0],
        "fall_sd_basis": None if sd is None else sd[1],
        "fall_reason": "no_known_spread" if sd is None else None,
    }


def alert_figures(clinic: Clinic, measure: Measure, series: list[list[Row]]) -> Row:
    """Ratings beyond the alert, and courses with one."""
    alert = threshold_of(clinic, measure, "alert", is_asked=False)
    counts: list[int | None] = [None] * 4
    if alert is not None:
        alerts = [sum(meets(alert, one["points"]) for one in scores) for scores in series]
        counts = [sum(map(len, series)), sum(alerts), len(series), sum(map(bool, alerts))]
    n_judged, n_alerts, n_base, n_with = counts
    return {
        "n_judged": n_judged,
        "n_alerts": n_alerts,
        "n_alert_base": n_base,
        "n_with_alert": n_with,
        **with_rate("with_alert", n_with, n_base),
    }


def alliance_coverage(clinic: Clinic) -> dict[tuple[Any, ...], Row]:
    """mart_alliance_coverage by its key."""
    scores, found = alliance_scores(clinic), {}
    for subject, courses in ended(clinic).items():
        for kind, start, end in periods(clinic):
            cohort = [one for one in courses if in_period(one.facts["ended_on"], start, end)]
            if not cohort:
                continue
            own = {
                one.row["episode_key"]: [
                    series
                    for measure, series in scores[one.row["episode_key"]].items()
                    if measure[2] == "client"
                    and clinic.instruments[measure[0]].get("subdomain") != "group_cohesion"
                ]
                for one in cohort
            }
            reached = [one for one in cohort if len(one.attended) >= SESSIONS_OF_WINDOW[0]]
            n_in_time = sum(
                any(is_in_time(one, series) for series in own[one.row["episode_key"]])
                for one in reached
            )
            found[(*subject, kind, start)] = {
                "period_end_on": end,
                "from_session": SESSIONS_OF_WINDOW[0],
                "until_session": SESSIONS_OF_WINDOW[1],
                "n_clients": people(cohort),
                "n_ended": len(cohort),
                "n_rated": sum(map(bool, own.values())),
                "n_reached": len(reached),
                "n_in_time": n_in_time,
                **with_rate("in_time", n_in_time, len(reached)),
            }
    return found


def last_ratings(clinic: Clinic) -> dict[str, dict[Measure, Fraction]]:
    """What was said at last, by course and measure."""
    return {
        key: {
            measure: series[-1]["points"]
            for measure, series in usable_scores(
                clinic,
                course,
                lambda one: one["domain"] == "experience" or one["purpose"] == "verdict",
            ).items()
        }
        for key, course in clinic.courses.items()
    }


def experience(clinic: Clinic) -> tuple[dict[tuple[Any, ...], Row], dict[tuple[Any, ...], Row]]:
    """mart_experience and mart_verdicts by their keys."""
    ratings = last_ratings(clinic)
    found: dict[tuple[Any, ...], Row] = {}
    verdicts: dict[tuple[Any, ...], Row] = {}
    for subject, courses in ended(clinic).items():
        for kind, start, end in periods(clinic):
            cohort = [one for one in courses if in_period(one.facts["ended_on"], start, end)]
            given: dict[Measure, list[Fraction]] = defaultdict(list)
            for course in cohort:
                for measure, points in ratings[course.row["episode_key"]].items():
                    given[measure].append(points)
            for measure, points in given.items():
                instrument = clinic.instruments[measure[0]]
                is_verdict = instrument["purpose"] == "verdict"
                counted = [one for one in cohort if is_asked(one, measure)]
                asked = [one for one in cohort if is_listed(one, measure)]
                own = [ratings[one.row["episode_key"]] for one in asked]
                told = [one[measure] for one in own if measure in one]
                # Nobody says whom else than the client a programme asks, nor whom one that does
                # not list the measure meant to.
                n = len(asked) or None
                n_rated, n_met = len(points), met(clinic, measure, points)
                worst = None if n is None else met(clinic, measure, told)
                found[(*subject, *measure, kind, start)] = {
                    "period_end_on": end,
                    "n_clients": people(counted),
                    "domain": instrument["domain"],
                    "n_ended": len(counted),
                    "n_rated": n_rated,
                    "n_asked": n,
                    "n_asked_rated": None if n is None else len(told),
                    **with_rate("rated", None if n is None else len(told), n),
                    **with_mean("rating", [] if is_verdict else points),
                    "n_met": n_met,
                    **with_rate("met", n_met, n_rated),
                    "met_rate_worst": None if worst is None or n is None else worst / n,
                    "met_rate_best": None
                    if worst is None or n is None
                    else (worst + n - len(told)) / n,
                }
                if not is_verdict:
                    continue
                raters = [one for one in cohort if measure in ratings[one.row["episode_key"]]]
                lowest, highest = instrument["total_min_points"], instrument["total_max_points"]
                for rating in range(int(lowest), int(highest) + 1):
                    n_chosen = points.count(Fraction(rating))
                    verdicts[(*subject, measure[0], measure[2], kind, start, rating)] = {
                        "period_end_on": end,
                        "n_clients": people(raters),
                        "n_rated": n_rated,
                        "n_chosen": n_chosen,
                        **with_rate("chosen", n_chosen, n_rated),
                    }
    return found, verdicts


def is_asked(course: Course, measure: Measure) -> bool:
    """Whether a course counts for a measure: its programme lists it, or it has a response of it."""
    return is_listed(course, measure) or measure in course.scores


def is_listed(course: Course, measure: Measure) -> bool:
    """Whether the course's programme says that its client is asked."""
    return measure[2] == "client" and measure[0] in (course.programme.get("instruments") or [])


def met(clinic: Clinic, measure: Measure, points: list[Fraction]) -> int | None:
    """How many ratings meet the verdict's rule; None where there is no rule."""
    rule = threshold_of(clinic, measure, "responder", is_asked=True)
    return None if rule is None else sum(meets(rule, one) for one in points)
