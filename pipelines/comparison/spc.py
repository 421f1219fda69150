"""Control charts with the rule set of NHS Making Data Count: is this month more than noise?

XmR charts for single values; p-charts and Laney's p′-charts for shares whose denominators vary.
Every chart has the same four rules, and limits that are provisional below twelve points. Limits
start anew only at the places that the caller names: a documented change, never a look at the data.

Values are exact (fractions), so that a point on the mean is on the mean on every machine.

Source: NHSRplotthedots; Making Data Count, NHS England (XmR: mean ± 2.66 × mean moving range);
        Laney, Quality Engineering 2002;14:531-537 (p′).
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import sqrt

LIMIT_FACTOR = Fraction("2.66")
OUTLIER_FACTOR = Fraction("3.267")
# Mean range of two values from a normal distribution, in standard deviations.
RANGE_OF_TWO = Fraction("1.128")
SIGMAS = 3
BASELINE_POINTS = 12
RUN_LENGTH = 7
TRIAL_MINIMUM = 6

OUTSIDE = "outside_limits"
SHIFT = "seven_on_one_side"
TREND = "seven_rising_or_falling"
TWO_OF_THREE = "two_of_three_near_limit"

RISEN = "risen"
FALLEN = "fallen"
NO_CLEAR_CHANGE = "no_clear_change"
CANNOT_TELL = "cannot_tell"
NO_VALUE = "no_value"

Count = tuple[int, int]


@dataclass(frozen=True)
class ChartPoint:
    """One value (None where there is none), its limits, and the rules by which it is a signal.

    Where there is no value, limits are those of its stretch if they are the same for all points,
    else None. `direction` is 1 when the signal is upwards, -1 downwards, 0 without a signal.
    `segment` counts the stretches between two places where limits start anew.
    """

    value: float | None
    centre: float | None = None
    lower: float | None = None
    upper: float | None = None
    rules: tuple[str, ...] = ()
    direction: int = 0
    segment: int = 0


@dataclass(frozen=True)
class ControlChart:
    """A series with its limits, in the units of its values.

    Centre, limits and `n_baseline` are those of the newest stretch, the limits those of its newest
    value. `is_trial`: they rest on fewer than twelve points.
    """

    centre: float
    lower: float
    upper: float
    n_baseline: int
    is_trial: bool
    points: tuple[ChartPoint, ...]

    @property
    def verdict(self) -> str:
        """What the last point says, or that there is none, or too few to tell."""
        if not self.points or self.points[-1].value is None:
            return NO_VALUE
        if self.n_baseline < TRIAL_MINIMUM:
            return CANNOT_TELL
        return {1: RISEN, -1: FALLEN, 0: NO_CLEAR_CHANGE}[self.points[-1].direction]


@dataclass(frozen=True)
class _Limits:
    """What a stretch's first points say: its centre, and the reach of its limits by place.

    `squared` is the reach to the power of two, which is exact where the reach itself is a root.
    `silent_sides`: the sides of the centre (1, -1) on which points lie by themselves, so that a run
    there says nothing.
    """

    centre: Fraction
    squared: Callable[[int], Fraction]
    is_even: bool
    silent_sides: tuple[int, ...] = ()


_Fit = Callable[[Sequence[int], Sequence[Fraction]], _Limits]


def xmr(
    values: Sequence[float | None],
    *,
    baseline_points: int = BASELINE_POINTS,
    minimum: float | None = None,
    maximum: float | None = None,
    rebase_at: Collection[int] = (),
) -> ControlChart | None:
    """The chart of single values in order of time; None where fewer than two are known.

    Limits rest on the first `baseline_points` known values, and again on the first ones from each
    place of `rebase_at` on. They are cut at `minimum` and `maximum`, beyond which no value can
    lie. Missing values are passed over, never taken for zero.
    """
    exact = [None if value is None else Fraction(str(value)) for value in values]

    def fit(places: Sequence[int], baseline: Sequence[Fraction]) -> _Limits:
        squared = (LIMIT_FACTOR * _mean_moving_range(baseline)) ** 2
        return _Limits(sum(baseline, Fraction(0)) / len(baseline), lambda _: squared, is_even=True)

    return _chart(exact, fit, baseline_points, (minimum, maximum), rebase_at, shown=values)


def p_chart(
    counts: Sequence[Count | None],
    *,
    baseline_points: int = BASELINE_POINTS,
    rebase_at: Collection[int] = (),
    is_laney: bool = True,
) -> ControlChart | None:
    """The p′-chart of shares, each given as (x, n); None where fewer than two have a denominator.

    Centre: all x of the baseline over all its n. Limits of a point: centre ± 3 σ(n) σ(z), with
    σ(n) = sqrt(centre (1 - centre) / n) and σ(z) = mean moving range of the baseline's deviates
    (share - centre) / σ(n), over 1.128: what the months differ beyond sampling. It counts as 1 at
    least: with a baseline that happened to be even, limits narrower than sampling's would make
    signals out of chance.
    Without `is_laney`, σ(z) is 1: the classical p-chart, for counts that differ by sampling alone.

    Where under one event (or one without) is expected in a point, most points have none and lie on
    one side of the centre by themselves: seven in a row there are no signal, and seven on the other
    side are.

    Where the baseline is all 0 or all 1 nothing is known about noise: the limits lie on the centre
    and no point is outside them.
    """
    known = [count if count is not None and count[1] > 0 else None for count in counts]
    exact = [None if count is None else Fraction(*count) for count in known]

    def fit(places: Sequence[int], baseline: Sequence[Fraction]) -> _Limits:
        pairs = [count for place in places if (count := known[place]) is not None]
        centre = Fraction(sum(x for x, _ in pairs), sum(n for _, n in pairs))
        spread = centre * (1 - centre)
        factor = Fraction(SIGMAS)
        if is_laney and spread:
            deviates = [
                (share - centre) * Fraction(sqrt(n / spread))
                for share, (_, n) in zip(baseline, pairs, strict=True)
            ]
            factor *= max(Fraction(1), _mean_moving_range(deviates) / RANGE_OF_TWO)
        n_events, n_without = sum(x for x, _ in pairs), sum(n - x for x, n in pairs)
        rare = ((-1, n_events), (1, n_without))
        silent = tuple(side for side, n in rare if n < len(pairs))

        def squared(place: int) -> Fraction:
            count = known[place]
            return factor**2 * spread / count[1] if count else Fraction(0)

        return _Limits(centre, squared, is_even=False, silent_sides=silent)

    shown = [None if share is None else float(share) for share in exact]
    return _chart(exact, fit, baseline_points, (0, 1), rebase_at, shown=shown)


def _chart(
    values: Sequence[Fraction | None],
    fit: _Fit,
    baseline_points: int,
    ends: tuple[float | None, float | None],
    rebase_at: Collection[int],
    *,
    shown: Sequence[float | None],
) -> ControlChart | None:
    starts = sorted({0, *(place for place in rebase_at if 0 < place < len(values))})
    points: list[ChartPoint] = []
    newest: tuple[ChartPoint, int] | None = None
    for segment, (start, stop) in enumerate(pairwise([*starts, len(values)])):
        found, n_baseline = _stretch(
            values, range(start, stop), fit, baseline_points, ends, shown, segment
        )
        points += found
        charted = [point for point in found if point.value is not None and point.upper is not None]
        if charted:
            newest = (charted[-1], n_baseline)
        elif start and any(point.value is not None for point in found):
            # One value since limits started anew: there is nothing to hold it against yet.
            newest = newest and (newest[0], n_baseline)
    if newest is None:
        return None
    last, n_baseline = newest
    if last.centre is None or last.lower is None or last.upper is None:
        return None
    return ControlChart(
        centre=last.centre,
        lower=last.lower,
        upper=last.upper,
        n_baseline=n_baseline,
        is_trial=n_baseline < BASELINE_POINTS,
        points=tuple(points),
    )


def _stretch(
    values: Sequence[Fraction | None],
    places: range,
    fit: _Fit,
    baseline_points: int,
    ends: tuple[float | None, float | None],
    shown: Sequence[float | None],
    segment: int,
) -> tuple[list[ChartPoint], int]:
    """The points of one stretch and how many its limits rest on: no limits below two."""
    known = [(place, value) for place in places if (value := values[place]) is not None]
    baseline = known[:baseline_points]
    if len(baseline) < 2:
        return [ChartPoint(shown[place], segment=segment) for place in places], len(baseline)
    limits = fit([place for place, _ in baseline], [value for _, value in baseline])
    signals = dict(zip((place for place, _ in known), _signals(known, limits), strict=True))
    found = []
    for place in places:
        rules, direction = signals.get(place, ((), 0))
        has_limits = place in signals or limits.is_even
        lower, upper = _cut(limits, place, ends) if has_limits else (None, None)
        found.append(
            ChartPoint(
                value=shown[place],
                centre=float(limits.centre),
                lower=lower,
                upper=upper,
                rules=rules,
                direction=direction,
                segment=segment,
            )
        )
    return found, len(baseline)


def _cut(
    limits: _Limits, place: int, ends: tuple[float | None, float | None]
) -> tuple[float, float]:
    reach = sqrt(limits.squared(place))
    minimum, maximum = ends
    lower, upper = float(limits.centre) - reach, float(limits.centre) + reach
    return (
        lower if minimum is None else max(lower, float(minimum)),
        upper if maximum is None else min(upper, float(maximum)),
    )


def _mean_moving_range(baseline: Sequence[Fraction]) -> Fraction:
    """The mean step between neighbours, after one screening for steps that are outliers."""
    ranges = [abs(after - before) for before, after in pairwise(baseline)]
    mean = sum(ranges, Fraction(0)) / len(ranges)
    kept = [step for step in ranges if step <= OUTLIER_FACTOR * mean]
    return sum(kept, Fraction(0)) / len(kept)


def _signals(
    known: Sequence[tuple[int, Fraction]], limits: _Limits
) -> list[tuple[tuple[str, ...], int]]:
    """The rules that each known point breaks, and the direction of the first that it breaks.

    Outside a limit comes first, then the trend: seven falling points above the mean have fallen.
    NHSRplotthedots coloured them by their side of the mean, which made them good news.
    """
    values = [value for _, value in known]
    gaps = [value - limits.centre for value in values]
    reaches = [limits.squared(place) for place, _ in known]
    sides = [(gap > 0) - (gap < 0) for gap in gaps]
    steps = [(b > a) - (b < a) for a, b in pairwise(values)]
    rules: list[list[str]] = [[] for _ in values]
    directions = [0] * len(values)
    # Shares without spread have no noise to be outside of; single values that never moved do.
    is_judged = [limits.is_even or reach > 0 for reach in reaches]

    def mark(places: Collection[int], rule: str, direction: int) -> None:
        for place in places:
            if rule not in rules[place]:
                rules[place].append(rule)
            directions[place] = directions[place] or direction

    for place, gap in enumerate(gaps):
        if is_judged[place] and gap**2 > reaches[place]:
            mark([place], OUTSIDE, sides[place])
    for last in range(RUN_LENGTH - 2, len(steps)):
        six = steps[last - RUN_LENGTH + 2 : last + 1]
        if abs(sum(six)) == RUN_LENGTH - 1:
            mark(range(last - RUN_LENGTH + 2, last + 2), TREND, steps[last])
    for last in range(2, len(values)):
        three = range(last - 2, last + 1)
        if abs(sum(sides[place] for place in three)) == 3:
            near = [p for p in three if is_judged[p] and 9 * gaps[p] ** 2 > 4 * reaches[p]]
            if len(near) >= 2:
                mark(near, TWO_OF_THREE, sides[last])
    for last in range(RUN_LENGTH - 1, len(values)):
        run = range(last - RUN_LENGTH + 1, last + 1)
        is_one_sided = abs(sum(sides[place] for place in run)) == RUN_LENGTH
        if is_one_sided and sides[last] not in limits.silent_sides:
            mark(run, SHIFT, sides[last])
    return [(tuple(found), direction) for found, direction in zip(rules, directions, strict=True)]
