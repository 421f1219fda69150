"""XmR charts by the rule set of NHS Making Data Count: each rule on both sides of its boundary.

NHSRplotthedots missed falling runs (its issue 167), joined points on opposite sides (143) and told
a trend by its side of the mean (171); each has its test here, against the rules as written.
"""

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
    xmr,
)

# Twelve points with mean 10 and moving ranges of 2: limits 10 ± 5.32, two thirds at 10 ± 3.547.
BASELINE = [9.0, 11.0] * 6


def chart(*more: float | None) -> ControlChart:
    found = xmr([*BASELINE, *more])
    assert found is not None
    return found


def test_limits_are_the_mean_and_2_66_mean_moving_ranges() -> None:
    found = chart()
    assert (found.centre, found.lower, found.upper) == (
        10,
        pytest.approx(4.68),
        pytest.approx(15.32),
    )
    assert found.n_baseline == 12
    assert not found.is_trial


def test_limits_rest_on_the_first_twelve_points_alone() -> None:
    assert chart(30.0, 40.0).upper == chart().upper


def test_fewer_than_twelve_points_give_trial_limits() -> None:
    found = xmr(BASELINE[:11])
    assert found is not None
    assert found.is_trial


def test_one_value_has_no_limits() -> None:
    assert xmr([1.0]) is None
    assert xmr([None, 1.0, None]) is None


def test_one_step_that_is_an_outlier_does_not_widen_the_limits() -> None:
    # Steps 1 ×10 and one of 30: mean 40/11 = 3.64, three times and more below 30.
    values = [float(place % 2) for place in range(11)] + [30.0]
    found = xmr(values)
    assert found is not None
    assert found.upper - found.centre == pytest.approx(2.66)


@pytest.mark.parametrize(
    ("value", "rules", "verdict"),
    [
        (15.32, (), NO_CLEAR_CHANGE),
        (15.33, (OUTSIDE,), RISEN),
        (4.68, (), NO_CLEAR_CHANGE),
        (4.67, (OUTSIDE,), FALLEN),
    ],
)
def test_a_point_outside_the_limits_is_a_signal(
    value: float, rules: tuple[str, ...], verdict: str
) -> None:
    found = chart(value)
    assert found.points[-1].rules == rules
    assert found.verdict == verdict


@pytest.mark.parametrize(("n", "is_signal"), [(6, False), (7, True)])
def test_seven_on_one_side_are_a_signal_and_six_are_not(n: int, is_signal: bool) -> None:
    # A point at 9 first, so that the baseline's last point does not join the run.
    found = chart(9.0, *([10.5, 10.4] * 4)[:n])
    assert (SHIFT in found.points[-1].rules) == is_signal
    assert (found.verdict == RISEN) == is_signal


def test_a_point_on_the_mean_breaks_the_run() -> None:
    found = chart(9.0, 10.5, 10.4, 10.5, 10.0, 10.5, 10.4, 10.5, 10.4)
    assert SHIFT not in found.points[-1].rules


@pytest.mark.parametrize(("values", "is_signal"), [
    ([8.0, 8.5, 9.0, 9.5, 10.5, 11.0], False),
    ([8.0, 8.5, 9.0, 9.5, 10.5, 11.0, 11.5], True),
    ([8.0, 8.5, 9.0, 9.0, 10.5, 11.0, 11.5], False),
])  # fmt: skip
def test_seven_rising_points_are_a_signal_and_a_tie_ends_them(
    values: list[float], is_signal: bool
) -> None:
    found = chart(*values)
    assert (TREND in found.points[-1].rules) == is_signal


@pytest.mark.parametrize(
    ("values", "is_signal"),
    [
        ([13.55, 10.5, 13.55], True),
        ([13.54, 10.5, 13.55], False),
        ([13.55, 9.5, 13.55], False),
        ([13.55, 13.55, 10.5], False),
    ],
)
def test_two_of_three_near_a_limit_with_all_three_on_its_side(
    values: list[float], is_signal: bool
) -> None:
    found = chart(9.0, *values)
    assert (TWO_OF_THREE in found.points[-1].rules) == is_signal


def test_missing_values_are_passed_over_and_never_zero() -> None:
    found = xmr([9.0, None, 11.0, *BASELINE[2:]])
    assert found is not None
    assert (found.centre, found.points[1].value) == (10, None)


def test_a_missing_last_value_has_no_verdict() -> None:
    assert chart(None).verdict == NO_VALUE


def test_five_points_cannot_tell() -> None:
    found = xmr([9.0, 11.0, 9.0, 11.0, 40.0])
    assert found is not None
    assert found.verdict == CANNOT_TELL


def test_limits_of_a_share_stay_between_none_and_all() -> None:
    found = xmr([0.05, 0.3, 0.02, 0.4, 0.01, 0.3], minimum=0, maximum=1)
    assert found is not None
    assert found.lower == 0


MIRRORED = [
    ([15.33], OUTSIDE),
    ([9.0, *[10.5, 10.4] * 3, 10.5], SHIFT),
    ([8.0, 8.5, 9.0, 9.5, 10.5, 11.0, 11.5], TREND),
    ([9.0, 13.55, 10.5, 13.55], TWO_OF_THREE),
]


@pytest.mark.parametrize(("values", "rule"), MIRRORED)
def test_every_rule_works_downwards_too(values: list[float], rule: str) -> None:
    up, down = chart(*values), chart(*(20 - value for value in values))
    assert rule in up.points[-1].rules
    assert [point.rules for point in up.points] == [point.rules for point in down.points]
    assert (up.verdict, down.verdict) == (RISEN, FALLEN)


def test_all_seven_of_a_run_are_marked_and_the_ones_before_are_not() -> None:
    found = chart(9.0, *[10.5, 10.4] * 3, 10.5)
    assert [SHIFT in point.rules for point in found.points[-8:]] == [False] + [True] * 7


def test_seven_falling_points_above_the_mean_have_fallen() -> None:
    found = chart(9.0, 13.0, 12.8, 12.6, 12.4, 12.2, 12.0, 11.8)
    assert found.points[-1].rules == (TREND, SHIFT)
    assert found.verdict == FALLEN


def test_two_near_opposite_limits_are_no_signal() -> None:
    found = chart(9.0, 13.55, 6.45, 13.55)
    assert all(TWO_OF_THREE not in point.rules for point in found.points)


def test_two_of_three_counts_a_point_beyond_the_limit() -> None:
    # Beyond two thirds of the way is beyond, however far: the tool left such points out.
    found = chart(9.0, 16.0, 13.55)
    assert found.points[-1].rules == ()
    found = chart(9.0, 11.0, 16.0, 13.55)
    assert found.points[-1].rules == (TWO_OF_THREE,)


def test_on_two_thirds_of_the_way_is_not_beyond() -> None:
    # Moving ranges of 3: limits 10 ± 7.98, two thirds 5.32.
    base = [8.5, 11.5] * 6
    on, beyond = xmr([*base, 8.5, 15.32, 10.5, 15.32]), xmr([*base, 8.5, 15.33, 10.5, 15.33])
    assert on is not None
    assert beyond is not None
    assert TWO_OF_THREE not in on.points[-1].rules
    assert TWO_OF_THREE in beyond.points[-1].rules


def test_values_that_never_moved_make_any_other_a_signal() -> None:
    found = xmr([5.0] * 12 + [5.1])
    assert found is not None
    assert (found.lower, found.upper, found.verdict) == (5, 5, RISEN)


def test_limits_start_anew_where_they_are_told_to() -> None:
    found = xmr([*BASELINE, *[value + 20 for value in BASELINE]], rebase_at=[12])
    assert found is not None
    assert (found.centre, found.n_baseline, found.verdict) == (30, 12, NO_CLEAR_CHANGE)
    assert [point.segment for point in found.points] == [0] * 12 + [1] * 12
    assert (found.points[11].centre, found.points[12].centre) == (10, 30)
    assert all(not point.rules for point in found.points)


def test_no_rule_reaches_over_the_place_where_limits_start_anew() -> None:
    rising = [8.0, 8.5, 9.0, 9.5, 10.5, 11.0, 11.5]
    found = xmr([*BASELINE, *rising], rebase_at=[len(BASELINE) + 3])
    assert found is not None
    assert all(TREND not in point.rules for point in found.points)


@pytest.mark.parametrize(("n", "cannot_tell"), [(1, True), (5, True), (6, False)])
def test_limits_that_start_anew_are_provisional_again(n: int, cannot_tell: bool) -> None:
    found = xmr([*BASELINE, *[9.0, 11.0, 9.0, 11.0, 9.0, 11.0][:n]], rebase_at=[12])
    assert found is not None
    assert found.is_trial
    assert found.n_baseline == n
    assert found.verdict == (CANNOT_TELL if cannot_tell else NO_CLEAR_CHANGE)


@pytest.mark.parametrize("place", [0, -1, 12, 99])
def test_a_place_outside_the_series_changes_nothing(place: int) -> None:
    assert xmr(BASELINE, rebase_at=[place]) == xmr(BASELINE)
