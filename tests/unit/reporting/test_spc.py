"""XmR by the rule set of NHS Making Data Count, each rule on both sides of its boundary."""

import pytest

from pipelines.reporting.spc import (
    CANNOT_TELL,
    FALLEN,
    NO_CLEAR_CHANGE,
    NO_VALUE,
    OUTSIDE,
    RISEN,
    SHIFT,
    TREND,
    TWO_OF_THREE,
    Xmr,
    xmr,
)

# Twelve points with mean 10 and moving ranges of 2: limits 10 ± 5.32, two thirds at 10 ± 3.547.
BASELINE = [9.0, 11.0] * 6


def chart(*more: float | None) -> Xmr:
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
