"""Made-up clinics of which the truth is known, as the tables that the comparison reads.

A client starts with a score from 1 to 27 (higher is worse). How much better he gets follows from
that score, his problem, his earlier courses, his therapist's true effect and chance; the last score
is what is left, rounded and kept within 0 to 27, so that, as in life, nobody can get better by more
than he has. The case-mix model knows none of this but the columns: it is wrong as models are wrong.

Numpy's generator is seeded, so that the same call makes the same clinics.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtr

from pipelines.comparison_settings import COVARIATES, ComparisonSettings

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

TOP = 27
# Improvement that counts as reliable, on this made-up scale.
RELIABLE = 6
NOISE = 5.5
PROBLEMS = np.array([0.0, -1.5, 1.0, -3.0])
PRIORS = np.array([0.0, -1.0, -2.0])
PROBLEM_SHARES = np.array([0.4, 0.3, 0.2, 0.1])
PRIOR_SHARES = np.array([0.6, 0.25, 0.15])
HARD_PROBLEM_SHARES = np.array([0.1, 0.2, 0.1, 0.6])
HARD_PRIOR_SHARES = np.array([0.2, 0.2, 0.6])
N_CELLS = (TOP + 1) * PROBLEMS.size * PRIORS.size
SETTINGS = ComparisonSettings(covariates=("problem", "prior_courses"))
MONTH = date(2026, 10, 1)
WINDOW = {
    "period_kind": "rolling_12m",
    "period_start_on": date(2025, 11, 1),
    "period_end_on": date(2026, 10, 31),
}
# Median and spread of caseloads, which are as skewed as those of therapists are.
MEDIAN_CASES = 45
CASES_SPREAD = 0.8


@dataclass(frozen=True)
class World:
    """What clinics are made like.

    `icc`: the part of the variance in improvement, given case mix, that lies between therapists.
    `has_own_mix`: therapists differ in how sick their clients are and in their problems.
    `marked`: true effects, in points, of the first therapists; the others are equals or by `icc`.
    `has_hard_cases`: the first therapist's clients mostly have the hardest problem and have been in
    treatment before.
    `cases`: caseloads of the first therapists; the others' are drawn.
    """

    n_units: int = 40
    icc: float = 0.0
    has_own_mix: bool = False
    marked: tuple[float, ...] = ()
    has_hard_cases: bool = False
    cases: tuple[int, ...] = ()

    @property
    def effect_sd(self) -> float:
        """Standard deviation of true effects, in points."""
        return float(np.sqrt(self.icc / (1 - self.icc))) * NOISE


@dataclass(frozen=True)
class Made:
    """One clinic: a row per course, and each therapist's true effect in points."""

    unit: IntArray
    cell: IntArray
    points: IntArray
    effects: FloatArray


def make(world: World, rng: np.random.Generator) -> Made:
    """One clinic."""
    n_units = world.n_units
    drawn = np.exp(rng.normal(np.log(MEDIAN_CASES), CASES_SPREAD, n_units))
    cases = np.clip(np.round(drawn), 5, 400).astype(np.int64)
    cases[: len(world.cases)] = world.cases
    effects = rng.normal(0.0, 1.0, n_units) * world.effect_sd
    effects[: len(world.marked)] = world.marked
    unit = np.repeat(np.arange(n_units), cases)
    n = unit.size
    start = np.full(n_units, 15.0)
    problems = np.tile(PROBLEM_SHARES, (n_units, 1))
    if world.has_own_mix:
        start = start + rng.normal(0.0, 2.5, n_units)
        problems = rng.dirichlet(4 * PROBLEM_SHARES, n_units)
    priors = np.tile(PRIOR_SHARES, (n_units, 1))
    if world.has_hard_cases:
        problems[0], priors[0] = HARD_PROBLEM_SHARES, HARD_PRIOR_SHARES
    first = np.clip(np.round(rng.normal(start[unit], 4.5)), 1, TOP).astype(np.int64)
    problem = _drawn(problems, unit, rng)
    prior = _drawn(priors, unit, rng)
    cell = (first * PROBLEMS.size + problem) * PRIORS.size + prior
    change = usual_change()[cell] + effects[unit] + rng.normal(0.0, NOISE, n)
    last = np.clip(np.round(first - change), 0, TOP).astype(np.int64)
    return Made(unit, cell, first - last, effects)


def _drawn(shares: FloatArray, unit: IntArray, rng: np.random.Generator) -> IntArray:
    """A category for each course, by its therapist's shares of them."""
    reached = np.cumsum(shares, axis=1)[unit][:, :-1]
    return (rng.random(unit.size)[:, None] > reached).sum(axis=1)


@cache
def _parts() -> tuple[IntArray, IntArray, IntArray]:
    """First score, problem and earlier courses of each cell."""
    rest, prior = np.divmod(np.arange(N_CELLS), PRIORS.size)
    first, problem = np.divmod(rest, PROBLEMS.size)
    return first, problem, prior


@cache
def usual_change() -> FloatArray:
    """The mean change of each cell's clients with a therapist like the others, in points."""
    first, problem, prior = _parts()
    change = 6 + 0.45 * (first - 15) + PROBLEMS[problem] + PRIORS[prior]
    return np.asarray(change, dtype=np.float64)


def true_rates(cell: IntArray, effect: FloatArray) -> FloatArray:
    """The chance of reliable improvement of courses of a cell with such an effect."""
    first = _parts()[0][cell]
    can = first >= RELIABLE
    return can * ndtr((usual_change()[cell] + effect - RELIABLE + 0.5) / NOISE)


def true_points(cell: IntArray, effect: FloatArray) -> FloatArray:
    """The mean improvement of courses of a cell with such an effect, in points."""
    first = _parts()[0][cell]
    middle = (first - usual_change()[cell] - effect)[..., None]
    # The mean of a whole number is the sum of its chances to be at least 1, 2, 3, ...
    return first - ndtr((middle - np.arange(1, TOP + 1) + 0.5) / NOISE).sum(axis=-1)


@cache
def _population() -> IntArray:
    """The cells of many clients of equal case mix."""
    return make(World(n_units=400), np.random.default_rng(0)).cell


def usual_rate() -> float:
    """The rate of reliable improvement among equals."""
    return float(true_rates(_population(), np.zeros(1)).mean())


@cache
def effect_of(rate_change: float) -> float:
    """The true effect, in points, that moves the rate of an average caseload by so much."""
    cells = np.bincount(_population(), minlength=N_CELLS)
    effects = np.linspace(-15.0, 15.0, 601)
    rates = true_rates(np.arange(N_CELLS)[:, None], effects[None, :])
    return float(np.interp(usual_rate() + rate_change, cells @ rates / cells.sum(), effects))


def truths(made: Made, world: World) -> dict[str, FloatArray]:
    """What each therapist's adjusted rate and mean would be without chance.

    His own clients with him against the same clients with therapists in general, moved to the
    clinic's clients as the product does: as a ratio for rates, as a difference for points.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(15)
    weights = weights / weights.sum()
    everywhere = np.arange(N_CELLS)[:, None]
    effects = (nodes * world.effect_sd)[None, :]
    general = {
        "improved": (true_rates(everywhere, effects) @ weights)[made.cell],
        "points": (true_points(everywhere, effects) @ weights)[made.cell],
    }
    own_effects = made.effects[made.unit]
    own = {
        "improved": true_rates(made.cell, own_effects),
        "points": true_points(made.cell, own_effects),
    }
    sums = {
        (whose, outcome): np.bincount(made.unit, weights=values[outcome])
        for whose, values in (("own", own), ("general", general))
        for outcome in values
    }
    n = np.bincount(made.unit)
    return {
        "improved": sums["own", "improved"]
        / sums["general", "improved"]
        * float(general["improved"].mean()),
        "points": (sums["own", "points"] - sums["general", "points"]) / n
        + float(general["points"].mean()),
    }


def tables(clinics: Sequence[Made]) -> dict[str, pl.DataFrame]:
    """The tables that `compare` reads; each clinic is an instrument of its own, "0000" the first."""
    parts = [_sums(number, made) for number, made in enumerate(clinics)]
    counts = pl.concat([part[0] for part in parts])
    units = pl.concat([part[1] for part in parts])
    cells = counts.select("instrument_id", "scale", "respondent", "cell_key").unique()
    first, problem, prior = _parts()
    known = pl.DataFrame(
        {
            "cell_key": [_key(cell) for cell in range(N_CELLS)],
            "first_points": first,
            **{name: [None] * N_CELLS for name in COVARIATES},
            "problem": [f"problem {code}" for code in problem],
            "prior_courses": [str(code) for code in prior],
        },
        schema_overrides=dict.fromkeys(COVARIATES, pl.String),
    )
    keys = ["instrument_id", "scale", "respondent", "cell_key"]
    return {
        "int_case_mix_cells": cells.join(known, on="cell_key").sort(keys),
        "int_comparison_counts": counts,
        "int_comparison_units": units,
    }


def _key(cell: int) -> str:
    # Spread over the tenths that a model is judged by.
    return f"{cell * 2654435761 % 2**32:08x}"


def _sums(number: int, made: Made) -> tuple[pl.DataFrame, pl.DataFrame]:
    pairs, place = np.unique(made.unit * N_CELLS + made.cell, return_inverse=True)
    unit, cell = np.divmod(pairs, N_CELLS)
    n = np.bincount(place)

    def summed(values: NDArray[Any]) -> IntArray:
        return np.bincount(place, weights=values).astype(np.int64)

    better = summed(made.points >= RELIABLE)
    points = summed(made.points)
    measure = {"instrument_id": f"{number:04}", "scale": "total", "respondent": "client"}
    counts = pl.DataFrame(
        {
            "level": "therapist",
            "subject_id": [f"t{each:04}" for each in unit],
            **measure,
            "month_start_on": MONTH,
            "cell_key": [_key(int(each)) for each in cell],
            "is_group_member": False,
            "is_shared": False,
            "has_concurrent_group": False,
            "n_cases": n,
            "n_improved": better,
            "improvement_points": points,
            "improvement_squares": summed(made.points**2),
            "share_sum": n,
            "share_improved": better,
            "share_points": points,
        }
    )
    cases = np.bincount(made.unit)
    units = pl.DataFrame(
        {
            "level": "therapist",
            "subject_id": [f"t{each:04}" for each in range(cases.size)],
            **measure,
            **WINDOW,
            "has_threshold": True,
            "n_clients": cases,
            "n_finished": cases,
            "n_pairs": cases,
            "n_shared": 0,
            "n_concurrent": 0,
        }
    )
    return counts, units
