"""Which programmes' outcomes changed, by rule: the answer to a director's first question.

A programme with enough measured courses has a control chart of its own, over months or quarters,
with the rules of every other chart. One that is too small for it is compared with itself a year
before, by an interval of the difference that is widened for the number of comparisons. What is too
small for that as well is called so. Nothing is adjusted for who was treated.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from math import hypot
from statistics import NormalDist

from pipelines.comparison.funnel import Z_95
from pipelines.comparison.spc import CANNOT_TELL, FALLEN, NO_CLEAR_CHANGE, RISEN
from pipelines.comparison.units import wilson
from pipelines.reporting.figures.figures import (
    CLINIC,
    MONTH,
    QUARTER,
    ROLLING,
    YEAR,
    Figures,
    Measure,
    Record,
    Subject,
)
from pipelines.reporting.figures.trends import better_trend, usual_range, verdict_of, worse_trend
from pipelines.reporting.figures.windows import Window, headline_kind, window
from pipelines.reporting.model import Trend
from pipelines.reporting.sentences import (
    Minimums,
    Share,
    Usual,
    better_share,
    is_under_measured,
    worse_share,
)
from pipelines.reporting.wording import Wording

# One false word in twenty reports, over all comparisons with a year before together.
FAMILY_ERROR = 0.05
# A share reliably worse that rose by this much or more is told even where it could be chance: five
# more of a hundred clients is what a director would want to know of. A convention of these pages
# and no clinical threshold.
LARGE_RISE = Decimal("0.05")
# Why a programme cannot be told: too few measured courses, or enough, but too small a part of the
# finished ones.
OBSTACLES = TOO_FEW, UNDER_MEASURED = "few", "under"
SIGNALS = (RISEN, FALLEN)
_SHARES = {"better": better_share, "worse": worse_share}


@dataclass(frozen=True)
class Moved:
    """A share now and what it is judged beside: the usual range of its chart, or a year before.

    `topic` is better or worse; `verdict` one of those of a chart.
    """

    topic: str
    verdict: str
    now: Share
    usual: Usual | None = None
    before: Share | None = None

    @property
    def is_signal(self) -> bool:
        """Whether it says more than noise."""
        return self.verdict in SIGNALS

    @property
    def is_bad(self) -> bool:
        """Whether it is a signal and bad news."""
        return self.verdict == (FALLEN if self.topic == "better" else RISEN)


@dataclass(frozen=True)
class ProgrammeChange:
    """What may be said about change in a programme, on its first measure that has a rule.

    `window` is the stretch that is judged, `has_chart` whether a chart judges it. Without any
    measure there is none of them. `obstacle` is why nothing can be said, empty where it can.
    """

    programme: Subject
    measure: Measure | None
    window: Window | None
    has_chart: bool
    better: Moved
    worse: Moved
    obstacle: str = ""

    @property
    def is_under_measured(self) -> bool:
        """Whether too small a part of the finished courses was measured, now or a year before."""
        years = (self.better.now, self.better.before)
        rates = [share.measured_rate for share in years if share is not None and share.n]
        return any(rate is not None and is_under_measured(rate) for rate in rates)

    @property
    def is_worse_by_much(self) -> bool:
        """Whether so many more got reliably worse than a year before, though it may be chance."""
        now, before = self.worse.now.rate, self.worse.before and self.worse.before.rate
        if self.worse.verdict != NO_CLEAR_CHANGE or now is None or before is None:
            return False
        return Decimal(str(now)) - Decimal(str(before)) >= LARGE_RISE

    @property
    def signals(self) -> list[Moved]:
        """What has changed by more than chance, bad news first."""
        found = [moved for moved in (self.better, self.worse) if moved.is_signal]
        return sorted(found, key=lambda moved: not moved.is_bad)

    @property
    def verdict(self) -> str:
        """That of its signal, else whether there is no clear change or it is too small to say."""
        return next((moved.verdict for moved in self.signals), self.better.verdict)


def programme_changes(
    figures: Figures, kind: str, minimums: Minimums, words: Wording
) -> dict[str, ProgrammeChange]:
    """Programme → what changed in the report's month, quarter or year (`kind`), by their names.

    Empty where there are no two programmes: one alone is the clinic.
    """
    programmes = figures.subjects_at("programme")
    if len(programmes) < 2:
        return {}
    found: dict[str, ProgrammeChange] = {}
    for programme in programmes:
        measures = [one for one in figures.measures(programme.key) if one.has_reliable_change]
        change = _by_chart(figures, programme, measures, kind, words)
        found[programme.subject_id] = change or _by_year(figures, programme, measures, kind, words)
    return _judged_by_year(found, minimums)


def _by_chart(
    figures: Figures, programme: Subject, measures: list[Measure], kind: str, words: Wording
) -> ProgrammeChange | None:
    """By its own chart; None where it has none, or one that cannot tell yet."""
    if not measures or kind not in (MONTH, QUARTER):
        return None
    charted = headline_kind(figures, measures, programme.key)
    if charted == ROLLING:
        return None
    if kind == QUARTER:
        charted = QUARTER
    now, measure = window(figures, charted, words), measures[0]
    row = figures.outcome(measure, programme.key, now.kind, now.end_on)

    def moved(topic: str, found: Trend | None) -> Moved:
        return Moved(topic, verdict_of(found), _SHARES[topic](row), usual=usual_range(found, words))

    trends = {
        topic: trend(figures, measure, kind=now.kind, words=words, subject=programme.key)
        for topic, trend in (("better", better_trend), ("worse", worse_trend))
    }
    better, worse = (moved(topic, found) for topic, found in trends.items())
    if better.verdict == CANNOT_TELL:
        return None
    return ProgrammeChange(programme, measure, now, True, better, worse)


def _by_year(
    figures: Figures, programme: Subject, measures: list[Measure], kind: str, words: Wording
) -> ProgrammeChange:
    """Its shares now and a year before, not judged yet."""
    if not measures:
        better, worse = (Moved(topic, CANNOT_TELL, of(None)) for topic, of in _SHARES.items())
        return ProgrammeChange(programme, None, None, False, better, worse)
    kind = ROLLING if kind in (MONTH, QUARTER) else kind
    now, before = window(figures, kind, words), window(figures, kind, words, years_back=1)
    rows: list[Record | None] = [
        figures.outcome(measures[0], programme.key, each.kind, each.end_on)
        for each in (now, before)
    ]
    better, worse = (
        Moved(topic, CANNOT_TELL, share(rows[0]), before=share(rows[1]))
        for topic, share in _SHARES.items()
    )
    return ProgrammeChange(programme, measures[0], now, False, better, worse)


def _judged_by_year(
    found: Mapping[str, ProgrammeChange], minimums: Minimums
) -> dict[str, ProgrammeChange]:
    obstacles = {
        name: _obstacle(change, minimums) for name, change in found.items() if not change.has_chart
    }
    n_comparable = sum(not obstacle for obstacle in obstacles.values())
    z = NormalDist().inv_cdf(1 - FAMILY_ERROR / 2 / max(2 * n_comparable, 1))
    judged = dict(found)
    for name, obstacle in obstacles.items():
        change = found[name]
        judged[name] = (
            replace(change, obstacle=obstacle)
            if obstacle
            else replace(
                change,
                better=beside_the_year_before(change.better, z),
                worse=beside_the_year_before(change.worse, z),
            )
        )
    return judged


def _obstacle(change: ProgrammeChange, minimums: Minimums) -> str:
    """Whether a year has too few measured courses, or too few of the finished ones measured."""
    years = (change.better.now, change.better.before)
    if any(
        share is None or share.x is None or (share.n or 0) < minimums.comparison for share in years
    ):
        return TOO_FEW
    return UNDER_MEASURED if change.is_under_measured else ""


def clinic_beside_the_year_before(figures: Figures, measure: Measure, words: Wording) -> Moved:
    """The clinic's share reliably better in a calendar year beside the one before, at 95 %.

    It cannot tell where a year has too few courses for a comparison, or none.
    """
    shares = [
        better_share(figures.outcome(measure, CLINIC, YEAR, each.end_on))
        for each in (window(figures, YEAR, words, years_back=back) for back in (0, 1))
    ]
    moved = Moved("better", CANNOT_TELL, shares[0], before=shares[1])
    least = figures.policy["minimum_pairs_for_comparison"]
    if any((share.n or 0) < least for share in shares):
        return moved
    return beside_the_year_before(moved, Z_95)


def beside_the_year_before(moved: Moved, z: float) -> Moved:
    """The same, judged by whether the interval of the difference leaves out none at all."""
    now, before = moved.now, moved.before
    if before is None or None in (now.x, before.x):
        return moved
    lower, upper = difference_limits((now.x or 0, now.n or 0), (before.x or 0, before.n or 0), z)
    verdict = RISEN if lower > 0 else FALLEN if upper < 0 else NO_CLEAR_CHANGE
    return Moved(moved.topic, verdict, now, before=before)


def difference_limits(
    now: tuple[int, int], before: tuple[int, int], z: float
) -> tuple[float, float]:
    """Limits of the difference of two shares, each as (x, n).

    Example: 56 of 70 and 48 of 80, at 95 %: 0.0524 to 0.3339.
    Source: Newcombe (1998), Statistics in Medicine 17, 873-890, method 10.
    """
    (x, n), (x_before, n_before) = now, before
    lower, upper = (float(limit) for limit in wilson(x, n, z))
    lower_before, upper_before = (float(limit) for limit in wilson(x_before, n_before, z))
    rate, rate_before = x / n, x_before / n_before
    difference = rate - rate_before
    return (
        difference - hypot(rate - lower, upper_before - rate_before),
        difference + hypot(upper - rate, rate_before - lower_before),
    )
