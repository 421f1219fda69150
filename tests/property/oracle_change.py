"""Standardised change and the other change indices, pair by pair, from the definitions."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from tests.property.oracle import Clinic, Course, Row, by_subject, four_places, in_period
from tests.property.oracle_marts import correlation, deviation, effect, mean, periods
from tests.property.oracle_process import reach

POPULATIONS = ("all_paired", "at_caseness")
METHODS = ("JT", "GLN", "HLL", "EN", "NK", "HA")
Measure = tuple[str, str, str]


def fixed_sds(clinic: Clinic) -> dict[Measure, Row]:
    """The fixed spread of each scale and respondent: a reference sample's, else a clinical one's."""
    found: dict[Measure, Row] = {}
    for population in ("clinical", "reference"):
        for row in clinic.tables.get("ref_norms", []):
            if row["population"] != population or not row["is_default"]:
                continue
            if row["status"] == "verified" and row["sd_points"] is not None and row["sd_points"]:
                for respondent in row["respondents"]:
                    found[row["instrument_id"], row["scale"], respondent] = row
    return found


def severity_line(clinic: Clinic, measure: Measure) -> Row | None:
    """Improvement on first score over the pairs of the reference period; None without a line."""
    start, end = (clinic.parameters.get(f"reference_{side}_on") for side in ("starts", "ends"))
    if start is None or end is None:
        return None
    pairs = [
        (outcome["first_score"], outcome["improvement_points"])
        for _, one, outcome in finished_pairs(clinic)
        if one == measure and in_period(outcome["first_on"], start, end)
    ]
    if len(pairs) < clinic.parameters["reference_minimum_scores"] or (None in (pairs[0])):
        return None
    first = [x for x, _ in pairs]
    centre, gain = mean(first), mean([y for _, y in pairs])
    spread = sum((x - centre) ** 2 for x in first)
    if not spread:
        return None
    slope = sum((x - centre) * (y - gain) for x, y in pairs) / spread
    return {"centre": centre, "sd": deviation(first), "slope": slope}


def finished_pairs(clinic: Clinic) -> list[tuple[Course, Measure, Row]]:
    """Every pair of a finished course."""
    return [
        (course, measure, outcome)
        for course in clinic.courses.values()
        if course.facts["is_finished_course"]
        for measure, outcome in course.outcomes.items()
        if outcome["is_paired"]
    ]


def effect_sizes(clinic: Clinic) -> dict[tuple[Any, ...], Row]:
    """mart_effect_sizes by its key."""
    rulers = fixed_sds(clinic)
    lines: dict[Measure, Row | None] = {}
    found = {}
    finished = {id(course): course for course, _, _ in finished_pairs(clinic)}
    for subject, courses in by_subject(list(finished.values())).items():
        for kind, start, end in periods(clinic):
            cohort = [one for one in courses if in_period(one.facts["ended_on"], start, end)]
            for measure in {measure for course in cohort for measure in course.outcomes}:
                for population in POPULATIONS:
                    chosen = [
                        (course, course.outcomes[measure])
                        for course in cohort
                        if measure in course.outcomes
                        and _is_in(course.outcomes[measure], population)
                    ]
                    if chosen:
                        ruler = rulers.get(measure, {})
                        domain = clinic.instruments[measure[0]]["domain"]
                        if measure not in lines:
                            lines[measure] = severity_line(clinic, measure)
                        figures = {"domain": domain, "period_end_on": end}
                        figures |= effect_figures(chosen, ruler, lines[measure])
                        found[(*subject, *measure, population, kind, start)] = figures
    return found


def _is_in(outcome: Row, population: str) -> bool:
    return bool(outcome["is_paired"]) and (
        population == "all_paired" or outcome["was_case"] is True
    )


def effect_figures(chosen: list[tuple[Course, Row]], ruler: Row, line: Row | None) -> Row:
    """The standardised changes of these pairs."""
    first = [outcome["first_score"] for _, outcome in chosen]
    last = [outcome["last_score"] for _, outcome in chosen]
    gains = [outcome["improvement_points"] for _, outcome in chosen]
    gains = [] if None in gains else gains
    n, gain = len(first), mean(gains)
    s1, s2, rho = deviation(first), deviation(last), correlation(first, last)
    limits = effect(first, last, gains)

    def over(spread: float | None) -> float | None:
        return float(gain) / spread if spread and gain is not None else None

    sd, half = (float(ruler["sd_points"]) if ruler else None), reach(gains)
    ends: list[float | None] = [None, None]
    if sd and gain is not None and half is not None:
        ends = [(float(gain) - half) / sd, (float(gain) + half) / sd]
    reason = "too_few_pairs_for_limits" if n < 5 else None
    if n >= 5 and limits["effect_size_lower"] is None:
        reason = "no_spread"
    # Each course's improvement less what its first score lets expect, plus the reference's mean:
    # the mean itself falls out.
    adjusted = None
    if line is not None and gain is not None:
        beyond = [
            x - line["slope"] * (one - line["centre"]) for x, one in zip(gains, first, strict=True)
        ]
        adjusted = float(mean(beyond) or 0) / line["sd"]
    return {
        "n_clients": len({course.facts["client_key"] for course, _ in chosen}),
        "n_paired": n,
        "first_mean_points": mean(first),
        "first_sd_points": s1,
        "last_mean_points": mean(last),
        "last_sd_points": s2,
        "improvement_mean_points": gain,
        "improvement_sd_points": deviation(gains),
        "pair_correlation": rho,
        "d_z": over(deviation(gains)),
        "d_av": over(None if s1 is None or s2 is None else (s1 + s2) / 2),
        "d_pre": over(s1),
        "hedges_correction": 1 - 3 / (4 * (n - 1) - 1) if n > 2 else None,
        "g_pre": limits["effect_size"],
        "g_pre_lower": limits["effect_size_lower"],
        "g_pre_upper": limits["effect_size_upper"],
        "limits_reason": reason,
        "d_reference": over(sd),
        "d_reference_lower": ends[0],
        "d_reference_upper": ends[1],
        "reference_sd_points": ruler.get("sd_points"),
        "reference_kind": ruler.get("population"),
        "reference_label": ruler.get("label"),
        "reference_source": ruler.get("source"),
        "d_severity_adjusted": adjusted,
        "severity_reason": "no_reference_line" if line is None else None,
    }


def pooled_change(clinic: Clinic) -> dict[tuple[Any, ...], Row]:
    """mart_pooled_change by its key."""
    rulers = fixed_sds(clinic)
    found = {}
    # Domain, respondent, population and kind of spread of a course: its change on each instrument.
    changes: dict[str, dict[tuple[str, ...], dict[str, Fraction]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    for course, (instrument_id, scale, respondent), outcome in finished_pairs(clinic):
        instrument = clinic.instruments[instrument_id]
        ruler = rulers.get((instrument_id, scale, respondent))
        gain = outcome["improvement_points"]
        if ruler is None or scale != "total" or instrument["purpose"] != "outcome" or gain is None:
            continue
        change = rounded(gain / Fraction(ruler["sd_points"]))
        for population in POPULATIONS:
            if _is_in(outcome, population):
                key = (instrument["domain"], respondent, population, ruler["population"])
                changes[course.facts["episode_key"]][key][instrument_id] = change
    for subject, courses in by_subject(list(clinic.courses.values())).items():
        for kind, start, end in periods(clinic):
            cohort = [one for one in courses if in_period(one.facts["ended_on"], start, end)]
            own = [changes[one.facts["episode_key"]] for one in cohort]
            for key in {key for one in own for key in one}:
                having = [one for one in cohort if key in changes[one.facts["episode_key"]]]
                by_course = [changes[one.facts["episode_key"]][key] for one in having]
                figures = pooled_figures(by_course)
                figures["n_clients"] = len({one.facts["client_key"] for one in having})
                found[(*subject, *key, kind, start)] = {"period_end_on": end, **figures}
    return found


def pooled_figures(by_course: list[dict[str, Fraction]]) -> Row:
    """Mean of the courses' means, and which instruments they come from."""
    mix = Counter(instrument for one in by_course for instrument in one)
    values = [rounded(mean(list(one.values())) or Fraction(0)) for one in by_course]
    centre, spread, n = mean(values), deviation(values), len(values)
    assert centre is not None
    within = reach(values)
    reason = None if within is not None else "no_spread"
    return {
        "n_courses": n,
        "n_pairs": sum(mix.values()),
        "n_instruments": len(mix),
        "instrument_mix": ";".join(f"{name}:{mix[name]}" for name in sorted(mix)),
        "change_mean_sds": centre,
        "change_sd_sds": spread,
        "change_mean_sds_lower": None if within is None else float(centre) - within,
        "change_mean_sds_upper": None if within is None else float(centre) + within,
        "limits_reason": "too_few_pairs_for_limits" if n < 5 else reason,
    }


def rounded(number: Fraction) -> Fraction:
    """To four places, as the table keeps it: half away from zero."""
    size = four_places(abs(number))
    assert size is not None
    return Fraction(size) if number >= 0 else -Fraction(size)


def change_indices(
    first: list[Fraction], last: list[Fraction], r: float, r_last: float | None = None
) -> dict[str, Callable[[Fraction, Fraction], float]]:
    """The index of a pair by each method, in the sample of these pairs; none that has no value.

    Negative where the score fell. Source: metrics.md, 1.2; r_last is of the last scores (NK).
    """
    m1, m2 = float(mean(first) or 0), float(mean(last) or 0)
    s1, s2, rho = deviation(first), deviation(last), correlation(first, last)
    assert s1 is not None
    assert s2 is not None
    r_last = r if r_last is None else r_last
    se, se_prediction = s1 * math.sqrt(1 - r), s1 * math.sqrt(1 - r * r)
    se_nk = math.sqrt(r * r * s1 * s1 * (1 - r) + s1 * s1 * (1 - r_last))
    found: dict[str, Callable[[Fraction, Fraction], float]] = {}
    if se:
        found = {
            "JT": lambda x, y: float(y - x) / math.sqrt(2 * se * se),
            "GLN": lambda x, y: ((float(y) - m1) - r * (float(x) - m1)) / se_prediction,
            "HLL": lambda x, y: ((float(y) - m2) - r * (float(x) - m1)) / se_prediction,
            "EN": lambda x, y: (float(y) - (r * (float(x) - m1) + m1)) / se,
            "NK": lambda x, y: (float(y) - (r * (float(x) - m1) + m1)) / se_nk,
        }
    # Each time has its own reliability: the same error in another spread.
    joint = 2 * s1 * s2 * (rho or 0)
    noise = s1 * s1 + s2 * s2 - joint
    if se and noise > 1e-12:
        r1, r2 = 1 - se * se / (s1 * s1), (1 - se * se / (s2 * s2)) if s2 else -math.inf
        true = s1 * s1 * r1 + (s2 * s2 * r2 if s2 else -se * se) - joint
        r_dd = true / noise
        if r_dd > 1e-12:
            found["HA"] = lambda x, y: (
                (float(y - x) * r_dd + (m2 - m1) * (1 - r_dd))
                / (math.sqrt(r_dd) * math.sqrt(2 * se * se))
            )
    return found


def change_methods(clinic: Clinic) -> dict[tuple[Any, ...], Row]:
    """The counts of mart_change_methods by its key."""
    critical = {row["name"]: row["value"] for row in clinic.tables["ref_conventions"]}
    reliabilities = {
        (row["instrument_id"], row["scale"], respondent): float(row["value"])
        for row in clinic.tables.get("ref_reliabilities", [])
        if row["is_default"]
        for respondent in row["respondents"]
    }
    cutoffs: dict[Measure, Any] = {}
    for letter in ("a", "b", "c"):
        for row in clinic.tables.get("ref_cutoffs", []):
            if row["cutoff"] == letter:
                cutoffs[row["instrument_id"], row["scale"], row["respondent"]] = row
    found = {}
    for kind, start, end in periods(clinic):
        if kind not in ("year", "rolling_12m"):
            continue
        samples: dict[Measure, list[Row]] = defaultdict(list)
        for course, measure, outcome in finished_pairs(clinic):
            if in_period(course.facts["ended_on"], start, end):
                samples[measure].append(outcome)
        for measure, pairs in samples.items():
            direction = clinic.instrument_on(*measure[:2])["direction"]
            r = reliabilities.get(measure)
            if r is None or direction is None or len(pairs) < 2:
                continue
            caseness = clinic.rules_for(measure).get("caseness_points")
            cutoff = cutoffs.get(measure, {})
            points = cutoff.get("points") if caseness is None else caseness
            kind_of_cutoff = cutoff.get("cutoff") if caseness is None else "caseness"
            first = [one["first_score"] for one in pairs]
            last = [one["last_score"] for one in pairs]
            indices = change_indices(first, last, r)
            for method in METHODS:
                name = "change_index_one_sided_z" if method == "HA" else "reliable_change_z"
                z, index = float(critical[name]), indices.get(method)
                counts: Counter[str] = Counter()
                if index is not None:
                    counts = Counter(
                        category(index(x, y), z, x, y, points, direction)
                        for x, y in zip(first, last, strict=True)
                    )
                reason = None
                if index is None:
                    reason = "differences_are_error" if deviation(first) else "no_spread"
                improved = counts["improved"] + counts["recovered"]
                worse = counts["deteriorated"] + counts["harmed"]
                is_crossing = index is not None and points is not None
                found[("clinic", "clinic", *measure, method, kind, start)] = {
                    "period_end_on": end,
                    "n_clients": len({one["client_key"] for one in pairs}),
                    "n_paired": len(pairs),
                    "n_improved": None if index is None else improved,
                    "n_unchanged": None if index is None else counts["unchanged"],
                    "n_deteriorated": None if index is None else worse,
                    "n_recovered": counts["recovered"] if is_crossing else None,
                    "n_harmed": counts["harmed"] if is_crossing else None,
                    "no_counts_reason": reason,
                    "cutoff_points": points,
                    "cutoff_kind": kind_of_cutoff,
                    "reliability_value": Fraction(str(r)),
                    "first_sd_points": deviation(first),
                    "last_mean_points": mean(last),
                }
    return found


def category(
    index: float, z: float, first: Fraction, last: Fraction, cutoff: Any, direction: str
) -> str:
    """The five-level form."""

    def is_case(points: Fraction) -> bool | None:
        if cutoff is None:
            return None
        return points >= cutoff if direction == "higher_worse" else points < cutoff

    good = -index if direction == "higher_worse" else index
    if good > z:
        return "recovered" if is_case(first) and is_case(last) is False else "improved"
    if good < -z:
        return "harmed" if is_case(first) is False and is_case(last) else "deteriorated"
    return "unchanged"
