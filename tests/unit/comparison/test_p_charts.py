"""p-charts and p′-charts: limits by hand, rules on both sides, and what they are without spread."""

import math
from itertools import pairwise
from statistics import mean

import pytest

from pipelines.comparison.spc import (
    CANNOT_TELL,
    FALLEN,
    NO_CLEAR_CHANGE,
    NO_VALUE,
    OUTSIDE,
    RISEN,
    SHIFT,
    TREND,
    TWO_OF_THREE,
    ControlChart,
    Count,
    p_chart,
    xmr,
)

# Twelve months at one half in all: 15 or 21 of 36.
BASELINE: list[Count | None] = [(15, 36), (21, 36)] * 6


def p_of(*more: Count | None) -> ControlChart:
    found = p_chart([*BASELINE, *more], is_laney=False)
    assert found is not None
    return found


def laney_limits(counts: list[Count], n: int) -> tuple[float, float]:
    """The limits for n as Laney defines them, in plain steps and without any screening."""
    centre = sum(x for x, _ in counts) / sum(each for _, each in counts)
    deviates = [(x / each - centre) / math.sqrt(centre * (1 - centre) / each) for x, each in counts]
    sigma_z = mean(abs(b - a) for a, b in pairwise(deviates)) / 1.128
    reach = 3 * math.sqrt(centre * (1 - centre) / n) * sigma_z
    return max(0.0, centre - reach), min(1.0, centre + reach)


def test_limits_of_a_p_chart_follow_each_denominator() -> None:
    found = p_of((50, 100), (4, 9), (8, 16))
    # 3 x sqrt(1/4 / n): 0.25 for 36, 0.15 for 100, 0.5 for 9, 0.375 for 16.
    reaches = [0.25] * 12 + [0.15, 0.5, 0.375]
    assert found.points[-1].centre == 0.5
    for point, reach in zip(found.points, reaches, strict=True):
        assert (point.lower, point.upper) == pytest.approx((0.5 - reach, 0.5 + reach))


def test_the_centre_pools_the_counts_and_is_no_mean_of_shares() -> None:
    found = p_chart([(1, 10), (90, 100)])
    assert found is not None
    assert found.centre == pytest.approx(91 / 110)


def test_limits_of_a_p_prime_chart_follow_laney() -> None:
    counts: list[Count] = [(12, 30), (19, 41), (9, 28), (30, 55), (16, 37), (11, 26), (25, 50)]
    found = p_chart(counts)
    assert found is not None
    for point, (_, n) in zip(found.points, counts, strict=True):
        assert (point.lower, point.upper) == pytest.approx(laney_limits(counts, n))


def test_with_large_denominators_a_p_prime_chart_is_wider_than_a_p_chart() -> None:
    # Months that differ by 6 points of 10,000 appointments each: far beyond sampling.
    counts: list[Count | None] = [(8000, 10_000), (8600, 10_000)] * 6
    plain, laney = p_chart(counts, is_laney=False), p_chart(counts)
    assert plain is not None
    assert laney is not None
    assert all(OUTSIDE in point.rules for point in plain.points)
    assert all(not point.rules for point in laney.points)


def test_months_that_happen_to_be_alike_make_no_limits_narrower_than_sampling() -> None:
    # Shares of 40 as even as these would have Laney's limits at a third of sampling's.
    counts: list[Count | None] = [*[(20, 40), (21, 40)] * 6, (27, 40)]
    plain, laney = p_chart(counts, is_laney=False), p_chart(counts)
    assert plain is not None
    assert laney is not None
    assert (laney.lower, laney.upper) == (plain.lower, plain.upper)
    assert laney.verdict == NO_CLEAR_CHANGE


@pytest.mark.parametrize(
    ("rare", "verdict"),
    [
        # One of 90 in nine months, and then as few as ever: nobody has fallen.
        ([(0, 10)] * 4 + [(1, 10)] + [(0, 10)] * 8, NO_CLEAR_CHANGE),
        # As rare the other way round.
        ([(10, 10)] * 4 + [(9, 10)] + [(10, 10)] * 8, NO_CLEAR_CHANGE),
        # Eleven in twelve months are under one a month, twelve are one.
        ([(1, 10)] * 9 + [(2, 10)] + [(0, 10)] * 7, NO_CLEAR_CHANGE),
        ([(1, 10)] * 8 + [(2, 10)] * 2 + [(0, 10)] * 7, FALLEN),
        # What cannot be chance is told all the same.
        ([(0, 10)] * 4 + [(1, 10)] + [(0, 10)] * 7 + [(4, 10)], RISEN),
    ],
)
def test_seven_without_an_event_are_no_run_where_hardly_any_is_expected(
    rare: list[Count | None], verdict: str
) -> None:
    found = p_chart(rare)
    assert found is not None
    assert found.verdict == verdict


@pytest.mark.parametrize("is_turned", [False, True])
@pytest.mark.parametrize(("n", "is_signal"), [(6, False), (7, True), (24, True)])
def test_where_hardly_any_is_expected_seven_with_an_event_are_a_run(
    n: int, is_signal: bool, is_turned: bool
) -> None:
    # Five in twelve months of 30 each, and from then on one in every month.
    counts = [(int(month in (1, 3, 6, 8, 10)), 30) for month in range(12)] + [(1, 30)] * n
    found = p_chart([(of - x, of) for x, of in counts] if is_turned else counts)
    assert found is not None
    assert found.points[-1].rules == ((SHIFT,) if is_signal else ())
    assert found.verdict == ((FALLEN if is_turned else RISEN) if is_signal else NO_CLEAR_CHANGE)


def test_with_equal_denominators_a_p_prime_chart_is_the_xmr_chart() -> None:
    # But for 3 / 1.128 being 2.6596 and not 2.66.
    counts: list[Count | None] = [(x, 40) for x in (20, 23, 19, 26, 22, 18, 21, 24, 20, 25, 19, 22)]
    laney = p_chart(counts)
    single = xmr([count[0] / count[1] for count in counts if count])
    assert laney is not None
    assert single is not None
    assert laney.centre == pytest.approx(single.centre)
    assert laney.upper - laney.centre == pytest.approx((single.upper - single.centre), rel=2e-4)


@pytest.mark.parametrize(
    ("count", "verdict"),
    [
        # On the limit of 0.5 + 0.25 exactly, and one of 36 beyond.
        ((27, 36), NO_CLEAR_CHANGE),
        ((28, 36), RISEN),
        ((9, 36), NO_CLEAR_CHANGE),
        ((8, 36), FALLEN),
        # The same shares of four times as many are beyond limits of half the width.
        ((108, 144), RISEN),
        # And of four of a ninth as many are well within.
        ((4, 4), NO_CLEAR_CHANGE),
    ],
)
def test_a_point_is_held_against_the_limits_of_its_own_denominator(
    count: Count, verdict: str
) -> None:
    found = p_of(count)
    assert found.verdict == verdict
    assert (OUTSIDE in found.points[-1].rules) == (verdict != NO_CLEAR_CHANGE)


@pytest.mark.parametrize(("n", "is_signal"), [(6, False), (7, True)])
def test_seven_on_one_side_whatever_their_denominators(n: int, is_signal: bool) -> None:
    found = p_of(
        (15, 36), *[(19, 36), (51, 100), (6, 11), (21, 40), (51, 101), (3, 5), (41, 80)][:n]
    )
    assert (SHIFT in found.points[-1].rules) == is_signal


def test_exactly_on_the_centre_breaks_the_run() -> None:
    found = p_of((15, 36), *[(19, 36)] * 3, (7, 14), *[(19, 36)] * 4)
    assert SHIFT not in found.points[-1].rules


@pytest.mark.parametrize(("n", "is_signal"), [(6, False), (7, True)])
def test_seven_rising_shares(n: int, is_signal: bool) -> None:
    rising: list[Count] = [(14, 36), (15, 36), (16, 36), (17, 36), (18, 36), (19, 36), (20, 36)]
    assert (TREND in p_of(*rising[7 - n :]).points[-1].rules) == is_signal


@pytest.mark.parametrize(
    ("first", "is_signal"),
    [
        # Two thirds of the way: 0.5 + 1/6 = 24 of 36, on it; 25 is beyond.
        ((25, 36), True),
        ((24, 36), False),
        # With a quarter of the courses the same share is nearer: two thirds are 0.5 + 1/3.
        ((6, 9), False),
        ((8, 9), True),
    ],
)
def test_two_of_three_near_their_own_limits(first: Count, is_signal: bool) -> None:
    found = p_of((15, 36), first, (19, 36), (25, 36))
    assert (TWO_OF_THREE in found.points[-1].rules) == is_signal


def test_a_month_without_anybody_is_passed_over() -> None:
    found = p_chart([None, (0, 0), *BASELINE, None])
    assert found is not None
    assert (found.centre, found.n_baseline, found.verdict) == (0.5, 12, NO_VALUE)
    assert [found.points[place].upper for place in (0, 1, -1)] == [None, None, None]
    assert p_chart([(3, 6), None, (0, 0)]) is None


@pytest.mark.parametrize("x", [0, 20])
def test_all_or_none_so_far_says_nothing_about_noise(x: int) -> None:
    found = p_chart([*[(x, 20)] * 12, (10, 20)])
    assert found is not None
    assert (found.lower, found.upper) == (x / 20, x / 20)
    assert found.verdict == NO_CLEAR_CHANGE


@pytest.mark.parametrize(
    ("n", "is_trial", "verdict"),
    [
        (5, True, CANNOT_TELL),
        (6, True, NO_CLEAR_CHANGE),
        (11, True, NO_CLEAR_CHANGE),
        (12, False, NO_CLEAR_CHANGE),
    ],
)
def test_below_twelve_points_limits_are_provisional(n: int, is_trial: bool, verdict: str) -> None:
    found = p_chart(BASELINE[:n])
    assert found is not None
    assert (found.is_trial, found.verdict) == (is_trial, verdict)


def test_limits_start_anew_where_they_are_told_to() -> None:
    after: list[Count | None] = [(30, 36), (33, 36)] * 6
    without, told = p_chart([*BASELINE, *after]), p_chart([*BASELINE, *after], rebase_at=[12])
    assert without is not None
    assert told is not None
    assert (without.verdict, told.verdict) == (RISEN, NO_CLEAR_CHANGE)
    assert told.centre == pytest.approx(31.5 / 36)
    assert told.points[11].centre == 0.5
