"""Programme beside clinic, in words: only where chance is an unlikely explanation.

Descriptive and not adjusted: what a programme treats is what it is for. Therapists and groups are
compared after adjustment for their clients, in `pipelines/comparison`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from pipelines.comparison.units import wilson
from pipelines.reporting.figures.figures import CLINIC, ROLLING, Figures, Measure, Record
from pipelines.reporting.sentences import Minimums, better_share, is_under_measured

ABOVE = "above"
BELOW = "below"
WITHIN = "within"
# One false word in twenty reports, over all comparisons of a report together.
FAMILY_ERROR = 0.05


def compare_programmes(
    figures: Figures, measures: Iterable[Measure], minimums: Minimums
) -> dict[tuple[str, str], str]:
    """(instrument, programme) → a key of `outcomes.words`, over the last twelve months.

    The interval is widened for the number of comparisons (Bonferroni), so that a report in which
    no programme differs names one in at most one case of twenty.
    """
    found: dict[tuple[str, str], str] = {}
    comparable: list[tuple[tuple[str, str], int, int, float]] = []
    for measure in measures:
        clinic = better_share(figures.outcome(measure, CLINIC, ROLLING, figures.month_end_on))
        for programme in figures.subjects_at("programme"):
            row = figures.outcome(measure, programme.key, ROLLING, figures.month_end_on)
            if row is None:
                continue
            key = (measure.instrument.instrument_id, programme.subject_id)
            found[key] = _why_not(row, measure, minimums)
            share = better_share(row)
            if found[key] == WITHIN and clinic.rate is not None and share.n and share.x is not None:
                comparable.append((key, share.x, share.n, clinic.rate))
    if comparable:
        z = _z_of(len(comparable))
        for key, x, n, clinic_rate in comparable:
            lower, upper = wilson(x, n, z)
            if lower > clinic_rate:
                found[key] = ABOVE
            elif upper < clinic_rate:
                found[key] = BELOW
    return found


@dataclass(frozen=True)
class Gap:
    """The gap to the clinic's share from which a programme would not be called within.

    `can_be_less`, `can_be_more`: whether a share lies so far below, or above, at all.
    """

    share: float
    can_be_less: bool
    can_be_more: bool


def gaps_that_stand_out(
    figures: Figures, measures: Iterable[Measure], found: Mapping[tuple[str, str], str]
) -> dict[tuple[str, str], Gap]:
    """(instrument, programme) → the gap to the clinic from which it would not be called within.

    Of the programmes that `found`, the words of `compare_programmes`, calls within. A Wilson
    interval leaves out the clinic's share p from z times the root of p (1 - p) / n on. Beside a
    share of none or all there is no such gap: nobody of the clinic differs, so the root is 0.

    Example: 100 courses, p = 0.5 and 20 comparisons (z = 3.023): 0.151.
    """
    n_compared = sum(word in (ABOVE, BELOW, WITHIN) for word in found.values())
    if not n_compared:
        return {}
    z = _z_of(n_compared)
    gaps = {}
    for measure in measures:
        clinic = better_share(figures.outcome(measure, CLINIC, ROLLING, figures.month_end_on)).rate
        for programme in figures.subjects_at("programme"):
            key = (measure.instrument.instrument_id, programme.subject_id)
            row = figures.outcome(measure, programme.key, ROLLING, figures.month_end_on)
            n = better_share(row).n
            if found.get(key) == WITHIN and clinic is not None and 0 < clinic < 1 and n:
                rate = float(clinic)
                gap = z * sqrt(rate * (1 - rate) / n)
                gaps[key] = Gap(gap, rate - gap >= 0, rate + gap <= 1)
    return gaps


def _z_of(n_compared: int) -> float:
    return NormalDist().inv_cdf(1 - FAMILY_ERROR / 2 / n_compared)


def _why_not(row: Record, measure: Measure, minimums: Minimums) -> str:
    share = better_share(row)
    if share.is_withheld:
        return "withheld"
    if not measure.has_reliable_change:
        return "no_threshold"
    if not share.n:
        return "none"
    if share.n < minimums.rate:
        return "too_few_pairs_for_rate"
    if share.n < minimums.comparison:
        return "too_few_to_compare"
    if share.measured_rate is not None and is_under_measured(share.measured_rate):
        return "unmeasured"
    return WITHIN
