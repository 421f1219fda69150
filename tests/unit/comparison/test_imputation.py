"""Imputed rates: published pooling, exact limits, row by row judgement, and a known truth."""

import math
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest
from scipy.special import ndtr

from pipelines.comparison.imputation import (
    Draws,
    LastScoreModel,
    Scale,
    degrees_of_freedom,
    draw_last_scores,
    fit_last_scores,
    missing_information,
    pool_rates,
)

PHQ9 = Scale(lowest=0.0, highest=27.0, step=1.0, change=6.0)
# Of ten million clients of the kind that is drawn below.
TRUE_RATE = 0.3935


@pytest.mark.parametrize(
    ("between", "within", "total", "increase", "degrees", "missing"),
    [
        (0.056930, 0.954041, 1.022356, 0.071606, 25.549, 0.068898),
        (0.000811, 0.064496, 0.065469, 0.015084, 27.721, 0.014968),
        (0.922032, 3.269089, 4.375528, 0.338455, 15.753, 0.275664),
    ],
)
def test_pooling_agrees_with_a_published_table(
    between: float, within: float, total: float, increase: float, degrees: float, missing: float
) -> None:
    """SAS/STAT User's Guide, PROC MI, Getting Started: fitness of 31 men, five imputations.

    Oxygen, run time and run pulse: variances, relative increase, degrees of freedom and fraction
    of missing information, as printed.
    """
    extra = 1.2 * between
    share = extra / (within + extra)
    assert within + extra == pytest.approx(total, abs=2e-6)
    assert extra / within == pytest.approx(increase, rel=2e-3)
    # The printed variances of run time have three digits.
    shares, complete = np.array([share]), np.array([30.0])
    assert degrees_of_freedom(shares, 5, complete)[0] == pytest.approx(degrees, abs=5e-3)
    found = missing_information(np.array([extra / within]), shares, 5)
    assert found[0] == pytest.approx(missing, rel=2e-3)


class Pooled(NamedTuple):
    rate: float
    lower: float
    upper: float
    missing_information: float


def pooled_of(counts: np.ndarray, n: int, n_paired: int | None = None) -> Pooled:
    """One rate alone, which must be what it is among others."""
    own, paired = np.array([float(n)]), np.array([float(n if n_paired is None else n_paired)])
    alone = pool_rates(counts[None, :].astype(float), own, paired)
    others = np.stack([np.full(counts.size, 3.0), counts.astype(float)])
    beside = pool_rates(others, np.append(7.0, own), np.append(7.0, paired))
    names = Pooled._fields
    found = Pooled(*(float(getattr(alone, name)[0]) for name in names))
    assert found == Pooled(*(float(getattr(beside, name)[1]) for name in names))
    return found


@pytest.mark.parametrize(
    ("count", "n", "lower", "upper"),
    [(40, 50, 0.670, 0.888), (0, 10, 0, 0.278), (10, 10, 0.722, 1)],
)
def test_without_anything_missing_the_limits_are_wilsons(
    count: int, n: int, lower: float, upper: float
) -> None:
    found = pooled_of(np.full(20, float(count)), n)
    assert found.rate == count / n
    assert (found.lower, found.upper) == pytest.approx((lower, upper), abs=5e-4)
    assert found.missing_information == 0


def test_what_differs_between_imputations_widens_the_limits() -> None:
    plain = pooled_of(np.full(20, 50.0), 100)
    wider = pooled_of(np.array([40.0, 60.0] * 10), 100)
    assert wider.rate == plain.rate == 0.5
    assert wider.lower < plain.lower
    assert wider.upper > plain.upper
    # Within .0024, between .0105263 and a twentieth of it: of the variance 82.2 % is between.
    assert 0.8 < wider.missing_information < 0.9
    assert pooled_of(np.array([0.0, 1.0] * 10), 2).lower >= 0


def test_where_nothing_varies_the_measured_ones_alone_give_the_limits() -> None:
    # None worse of 100 measured, and none imputed of 100 missing: 0 of 100, not of 200.
    found = pooled_of(np.zeros(20), 200, n_paired=100)
    assert found.rate == 0
    assert (found.lower, found.upper) == pytest.approx((0, 0.0370), abs=5e-5)
    assert found.missing_information == 0.5


def test_where_all_variance_is_between_imputations_there_are_no_limits() -> None:
    alone = pool_rates(np.array([[0.0, 4.0] * 10]), np.array([4.0]), np.array([1.0]))
    assert alone.rate[0] == 0.5
    assert alone.missing_information[0] == 1
    assert np.isnan(alone.lower[0])
    assert np.isnan(alone.upper[0])


@pytest.mark.parametrize(
    ("first", "change", "step", "below", "above"),
    [
        (15, 6, 1.0, 9.5, 20.5),
        # A change that no score can have exactly: 8.24 and 21.76 lie between scores.
        (15, 6.76, 1.0, 8.5, 21.5),
        (15, 6, None, 9, 21),
        (5, 6, 1.0, -math.inf, 10.5),
        (6, 6, 1.0, 0.5, 11.5),
        (21, 6, 1.0, 15.5, 26.5),
        (22, 6, 1.0, 16.5, math.inf),
    ],
)
def test_the_limits_of_a_reliable_change_on_both_sides(
    first: float, change: float, step: float | None, below: float, above: float
) -> None:
    scale = Scale(0.0, 27.0, step, change)
    assert scale.improved_up_to(np.array([first]))[0] == pytest.approx(below)
    assert scale.worse_from(np.array([first]))[0] == pytest.approx(above)


@pytest.mark.parametrize(
    ("lowest", "highest", "step", "change"),
    [
        # CORE-OM: ten times the mean of 34 items from 0 to 4. BRS: the mean of six from 1 to 5.
        (0, 40, Fraction(10, 34), "5"),
        (0, 40, Fraction(10, 34), "2.9412"),
        (0, 40, Fraction(10, 34), "4.8"),
        (1, 5, Fraction(1, 6), "0.5"),
        (1, 5, Fraction(1, 6), "0.8333"),
        (1, 5, Fraction(1, 6), "0.8334"),
        (1, 5, Fraction(1, 6), "0.7"),
    ],
)
def test_every_pair_of_scores_of_a_mean_is_judged_as_by_the_rule(
    lowest: int, highest: int, step: Fraction, change: str
) -> None:
    """The rule in force takes the difference of two scores of four places."""
    n_steps = (highest - lowest) / step
    exact = [lowest + place * step for place in range(int(n_steps) + 1)]
    assert exact[-1] == highest
    scores = [Decimal(each.numerator) / Decimal(each.denominator) for each in exact]
    scores = [each.quantize(Decimal("0.0001")) for each in scores]
    fall = np.array([[first - last >= Decimal(change) for last in scores] for first in scores])
    first, last = np.array([float(each) for each in scores]), np.array([float(e) for e in exact])
    as_is = Scale(lowest, highest, float(step), float(change))
    turned = Scale(-highest, -lowest, float(step), float(change))
    # What is drawn anywhere around a score is judged as that score.
    for aside in (-0.499, 0.0, 0.499):
        drawn = (last + aside * float(step))[None, :]
        assert ((drawn < as_is.improved_up_to(first)[:, None]) == fall).all()
        assert ((drawn >= as_is.worse_from(first)[:, None]) == fall.T).all()
        assert ((-drawn < turned.improved_up_to(-first)[:, None]) == fall.T).all()
        assert ((-drawn >= turned.worse_from(-first)[:, None]) == fall).all()


def design(first: np.ndarray) -> np.ndarray:
    return np.stack([np.ones(first.size), first], axis=1)


def model_of(first: np.ndarray, last: np.ndarray) -> LastScoreModel:
    found = fit_last_scores(design(first), np.ones(first.size), last, float((last**2).sum()))
    assert found is not None
    return found


def test_drawn_scores_judged_one_by_one_are_judged_alike() -> None:
    """Each drawn score is rounded to the scale, kept inside it, and the rule applied to it."""
    rng = np.random.default_rng(4)
    first = rng.integers(0, 28, 200).astype(float)
    model = model_of(first, np.clip(np.round(0.6 * first + rng.normal(0, 5, 200)), 0, 27))
    missing = np.arange(28.0)
    shifts = (0.0, 1.3, 2.6)
    drawn = draw_last_scores(model, design(missing), missing, PHQ9, shifts, 20, 77)
    # The same stream of numbers, in the same order.
    stream = np.random.Generator(np.random.PCG64(77))
    spreads = np.sqrt(model.variance * model.degrees / stream.chisquare(model.degrees, 20))
    directions = stream.standard_normal((20, 2))
    noise = stream.standard_normal((20, 28))
    for place, shift in enumerate(shifts):
        for k in range(20):
            beta = model.coefficients + spreads[k] * (model.root @ directions[k])
            for c, start in enumerate(missing):
                score = beta[0] + beta[1] * start + spreads[k] * noise[k, c] + shift
                last = min(max(math.floor(score + 0.5), 0), 27)
                assert drawn[place].improved[k, c] == (start - last >= 6)
                assert drawn[place].worse[k, c] == (last - start >= 6)


def test_a_worse_shift_makes_nobody_better() -> None:
    rng = np.random.default_rng(5)
    first = rng.integers(5, 28, 100).astype(float)
    model = model_of(first, 0.6 * first + rng.normal(0, 5, 100))
    found = draw_last_scores(model, design(first), first, PHQ9, (0.0, 1.5, 3.0), 20, 1)
    for one, worse in pairwise(found):
        assert not (worse.improved & ~one.improved).any()
        assert not (one.worse & ~worse.worse).any()
        assert worse.improved.sum() < one.improved.sum()


def test_the_mean_of_many_imputations_is_the_closed_form() -> None:
    # Coefficients all but known: a drawn score is normal around 0.5 * first, with SD 4.
    first = np.array([12.0, 20.0])
    n = 1e9
    model = LastScoreModel(np.array([0.0, 0.5]), np.eye(2) / np.sqrt(n), 16.0, int(n), 2)
    (found,) = draw_last_scores(model, design(first), first, PHQ9, (0.0,), 20_000, 3)
    meant = ndtr((first - 5.5 - 0.5 * first) / 4)
    assert found.improved.mean(axis=0) == pytest.approx(meant, abs=0.015)


def test_the_truth_is_covered_where_the_measured_ones_mislead() -> None:
    """Who is worse at first comes less often to the last form: known, and so to be repaired."""
    rng = np.random.default_rng(12)
    n_inside, found, measured, truths = 0, [], [], []
    for seed in range(60):
        first = np.clip(np.round(rng.normal(14, 5, 300)), 0, 27)
        last = np.clip(np.round(2 + 0.55 * first + rng.normal(0, 4, 300)), 0, 27)
        is_better = first - last >= 6
        has_last = rng.random(300) < 1 / (1 + np.exp(0.35 * (first - 14)))
        model = model_of(first[has_last], last[has_last])
        missing = first[~has_last]
        (drawn,) = draw_last_scores(model, design(missing), missing, PHQ9, (0.0,), 20, seed)
        pooled = pooled_of(
            is_better[has_last].sum() + drawn.improved.sum(axis=1), 300, int(has_last.sum())
        )
        # The rate of all clients like these, not of these 300: their sampling counts, too.
        found.append(pooled.rate)
        measured.append(is_better[has_last].mean())
        truths.append(is_better.mean())
        n_inside += pooled.lower <= TRUE_RATE <= pooled.upper
    assert np.mean(truths) == pytest.approx(TRUE_RATE, abs=0.01)
    # Of 60 intervals of 95 % fewer than 52 hold the truth once in 400 times.
    assert n_inside >= 52
    assert np.mean(found) == pytest.approx(TRUE_RATE, abs=0.015)
    assert np.mean(measured) < TRUE_RATE - 0.1


def test_nothing_is_fitted_where_nothing_is_left_over() -> None:
    first = np.array([10.0, 12.0])
    assert fit_last_scores(design(first), np.ones(2), first, float((first**2).sum())) is None
    line = np.arange(8.0)
    assert model_of(line, 2 * line).variance == 0


def test_a_course_is_drawn_the_same_with_the_same_seed_alone() -> None:
    first = np.arange(10.0, 20.0)
    model = model_of(first, np.array([7.0, 9, 8, 12, 6, 11, 9, 14, 10, 13]))

    def drawn(seed: int) -> Draws:
        return draw_last_scores(model, design(first), first, PHQ9, (0.0,), 20, seed)[0]

    assert (drawn(1).improved == drawn(1).improved).all()
    assert (drawn(1).improved != drawn(2).improved).any()
