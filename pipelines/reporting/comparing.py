"""Programme beside clinic, in words: only where chance is an unlikely explanation.

Descriptive and not adjusted: what a programme treats is what it is for. Therapists and groups are
compared after adjustment for their clients, in `pipelines/comparison`.
"""

from collections.abc import Iterable
from statistics import NormalDist

from pipelines.comparison.units import wilson
from pipelines.reporting.figures import CLINIC, ROLLING, Figures, Measure, Record
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
        z = NormalDist().inv_cdf(1 - FAMILY_ERROR / 2 / len(comparable))
        for key, x, n, clinic_rate in comparable:
            lower, upper = wilson(x, n, z)
            if lower > clinic_rate:
                found[key] = ABOVE
            elif upper < clinic_rate:
                found[key] = BELOW
    return found


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
