"""XmR charts with the rule set of NHS Making Data Count: is this month more than noise?

Everything is exact (fractions), so that a point on the mean is on the mean on every machine.

Source: NHSRplotthedots; Making Data Count, NHS England. Limits are mean ± 2.66 × mean moving range.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

LIMIT_FACTOR = Fraction("2.66")
OUTLIER_FACTOR = Fraction("3.267")
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


@dataclass(frozen=True)
class XmrPoint:
    """One value (None where there is none) and the rules by which it is a signal.

    `direction` is 1 when the signal is upwards, -1 downwards, 0 without a signal.
    """

    value: float | None
    rules: tuple[str, ...] = ()
    direction: int = 0


@dataclass(frozen=True)
class Xmr:
    """A chart's centre and limits, in the units of its values, and its points.

    `is_trial`: the limits rest on fewer than twelve points.
    """

    centre: float
    lower: float
    upper: float
    n_baseline: int
    is_trial: bool
    points: tuple[XmrPoint, ...]

    @property
    def verdict(self) -> str:
        """What the last point says, or that there is none, or too few to tell."""
        if not self.points or self.points[-1].value is None:
            return NO_VALUE
        if self.n_baseline < TRIAL_MINIMUM:
            return CANNOT_TELL
        return {1: RISEN, -1: FALLEN, 0: NO_CLEAR_CHANGE}[self.points[-1].direction]


def xmr(
    values: Sequence[float | None],
    *,
    baseline_points: int = BASELINE_POINTS,
    minimum: float | None = None,
    maximum: float | None = None,
) -> Xmr | None:
    """The chart of a series in order of time; None where fewer than two values are known.

    Limits rest on the first `baseline_points` known values and are cut at `minimum` and `maximum`,
    beyond which no value can lie. Missing values are passed over, never taken for zero.
    """
    known = [
        (place, Fraction(str(value))) for place, value in enumerate(values) if value is not None
    ]
    baseline = [value for _, value in known[:baseline_points]]
    if len(baseline) < 2:
        return None
    centre = sum(baseline, Fraction(0)) / len(baseline)
    reach = LIMIT_FACTOR * _mean_moving_range(baseline)
    lower, upper = centre - reach, centre + reach
    signals = _signals([value for _, value in known], centre=centre, reach=reach)
    by_place = {place: signal for (place, _), signal in zip(known, signals, strict=True)}
    points = tuple(
        XmrPoint(value=value, rules=rules, direction=direction)
        for value, (rules, direction) in (
            (value, by_place.get(place, ((), 0))) for place, value in enumerate(values)
        )
    )
    if minimum is not None:
        lower = max(lower, Fraction(str(minimum)))
    if maximum is not None:
        upper = min(upper, Fraction(str(maximum)))
    return Xmr(
        centre=float(centre),
        lower=float(lower),
        upper=float(upper),
        n_baseline=len(baseline),
        is_trial=len(baseline) < BASELINE_POINTS,
        points=points,
    )


def _mean_moving_range(baseline: Sequence[Fraction]) -> Fraction:
    """The mean step between neighbours, after one screening for steps that are outliers."""
    ranges = [abs(after - before) for before, after in pairwise(baseline)]
    mean = sum(ranges, Fraction(0)) / len(ranges)
    kept = [step for step in ranges if step <= OUTLIER_FACTOR * mean]
    return sum(kept, Fraction(0)) / len(kept)


def _signals(
    values: Sequence[Fraction], *, centre: Fraction, reach: Fraction
) -> list[tuple[tuple[str, ...], int]]:
    sides = [(value > centre) - (value < centre) for value in values]
    steps = [(b > a) - (b < a) for a, b in pairwise(values)]
    rules: list[list[str]] = [[] for _ in values]
    directions = [0] * len(values)

    def mark(places: Sequence[int], rule: str, direction: int) -> None:
        for place in places:
            if rule not in rules[place]:
                rules[place].append(rule)
            # The first rule found decides; a trend is judged last, as it may cross the mean.
            directions[place] = directions[place] or direction

    for place, value in enumerate(values):
        if abs(value - centre) > reach:
            mark([place], OUTSIDE, sides[place])
    for last in range(RUN_LENGTH - 1, len(values)):
        run = range(last - RUN_LENGTH + 1, last + 1)
        if abs(sum(sides[place] for place in run)) == RUN_LENGTH:
            mark(run, SHIFT, sides[last])
    for last in range(2, len(values)):
        three = range(last - 2, last + 1)
        if abs(sum(sides[place] for place in three)) == 3:
            near = [p for p in three if abs(values[p] - centre) > reach * Fraction(2, 3)]
            if len(near) >= 2:
                mark(near, TWO_OF_THREE, sides[last])
    for last in range(RUN_LENGTH - 2, len(steps)):
        six = steps[last - RUN_LENGTH + 2 : last + 1]
        if abs(sum(six)) == RUN_LENGTH - 1:
            mark(range(last - RUN_LENGTH + 2, last + 2), TREND, steps[last])
    return [(tuple(found), direction) for found, direction in zip(rules, directions, strict=True)]
