"""What is expected of a unit: how much of it comes from itself, and for whose case mix it stands."""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from pipelines.comparison.build import compare
from pipelines.comparison.expectations import Expectations, expect
from pipelines.comparison.measures import MeasureSums, Window, read_measures
from tests.bench.known_truth import PRIORS, PROBLEMS, SETTINGS, Made, World, make, tables

Array = NDArray[np.float64]
Tables = Mapping[str, pl.DataFrame]
OUTCOMES = ("improved", "points")
HARDEST = 3


def clinic_of(first: int, *, others: int = 0) -> Made:
    """Twenty-four therapists, of whom the first alone has the hardest problem.

    `first` of a hundred cases of the first unit have it, and `others` of the second's.
    """
    made = make(World(n_units=24, cases=(100,) * 24), np.random.default_rng(3))
    rest, prior = np.divmod(made.cell, PRIORS.size)
    score, problem = np.divmod(rest, PROBLEMS.size)
    problem = np.where(problem == HARDEST, 0, problem)
    for unit, number in ((0, first), (1, others)):
        problem[np.flatnonzero(made.unit == unit)[:number]] = HARDEST
    cell = (score * PROBLEMS.size + problem) * PRIORS.size + prior
    return Made(made.unit, cell, made.points, made.effects)


def expected_of(given: Tables) -> tuple[MeasureSums, Window, Expectations]:
    (measure,) = read_measures(given.__getitem__)
    (window,) = measure.windows
    return measure, window, expect(measure, window, SETTINGS)


def own_parts(made: Made, outcome: str) -> Array:
    measure, window, expected = expected_of(tables([made]))
    return expected.own_part(outcome, measure.rows("therapist", window), 24)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_who_alone_has_such_cases_is_compared_with_himself(outcome: str) -> None:
    parts = own_parts(clinic_of(100), outcome)
    assert parts[0] == pytest.approx(1)
    # The others share what is left of the intercept and of the columns.
    assert (parts[1:] < 0.15).all()


def test_the_own_part_is_what_an_effect_moves_the_expectation_by() -> None:
    """By fits that see every case, with and without an effect of a unit."""
    made = clinic_of(60, others=10)
    rest, prior = np.divmod(made.cell, PRIORS.size)
    score, problem = np.divmod(rest, PROBLEMS.size)
    columns = [np.ones(score.size), score, *(problem == each for each in (1, 2, 3))]
    matrix = np.stack([*columns, prior == 1, prior == 2], axis=1).astype(float)
    parts = own_parts(made, "points")
    for unit in (0, 1, 7):
        own = made.unit == unit
        fit, *_ = np.linalg.lstsq(matrix, own.astype(float), rcond=None)
        assert parts[unit] == pytest.approx(float((matrix[own] @ fit).mean()), rel=1e-8)
    # For rates a case counts by its p (1 - p): close by, and not the same.
    assert own_parts(made, "improved")[0] == pytest.approx(parts[0], abs=0.1)


@pytest.mark.parametrize(
    ("first", "others", "is_own"),
    [(100, 0, True), (100, 60, True), (52, 0, True), (47, 0, False)],
)
def test_more_than_half_of_its_own_and_nobody_can_tell(
    first: int, others: int, is_own: bool
) -> None:
    made = clinic_of(first, others=others)
    found = compare(tables([made]).__getitem__, SETTINGS)["mart_comparison"]
    for outcome in OUTCOMES:
        told = found.filter(outcome=outcome)["reason"].to_list()
        assert (told[0] == "own_case_mix") is is_own
        assert "own_case_mix" not in told[2:]
        assert own_parts(made, outcome)[0] == pytest.approx(
            first / (first + others) * first / 100, abs=0.03
        )


def test_without_a_model_nothing_is_taken_for_case_mix() -> None:
    measure, window, expected = expected_of(tables([clinic_of(100)]))
    few = replace(SETTINGS, cases_per_parameter=10**6)
    plain = expect(measure, window, few)
    rows = measure.rows("therapist", window)
    places = np.arange(24)
    assert not plain.is_own_case_mix("points", rows, places).any()
    assert expected.is_own_case_mix("points", rows, places).tolist() == [True] + [False] * 23


@pytest.mark.parametrize("hardest_only", [False, True], ids=["all kinds", "kinds missing"])
def test_groups_shrunken_figures_are_told_for_everybodys_case_mix(*, hardest_only: bool) -> None:
    """Groups of sicker clients, as good as the others: shrunken near the clinic's, not their own."""
    made = make(World(n_units=60, has_own_mix=True), np.random.default_rng(3))
    given = tables([made])
    score = made.cell // (PROBLEMS.size * PRIORS.size)
    mean = np.bincount(made.unit, weights=score) / np.bincount(made.unit)
    names = [f"t{unit:04}" for unit in np.argsort(mean)[:20]]
    groups = {
        name: frame.filter(pl.col("subject_id").is_in(names)).with_columns(level=pl.lit("group"))
        for name, frame in given.items()
        if "level" in frame.columns
    }
    if hardest_only:
        # No group has a client of the usual problem, nor of the second.
        cells = given["int_case_mix_cells"]
        kept = cells.filter(pl.col("problem").is_in(["problem 2", "problem 3"]))["cell_key"]
        counts = groups["int_comparison_counts"]
        groups["int_comparison_counts"] = counts.filter(pl.col("cell_key").is_in(kept.to_list()))
    both = {**given, **{name: pl.concat([given[name], frame]) for name, frame in groups.items()}}
    found = compare(both.__getitem__, SETTINGS)["mart_comparison"]
    rows = found.filter(pl.col("outcome") == "points", pl.col("level") == "group")
    overall = rows["overall"][0]
    observed, adjusted, shrunken = (
        float(np.average(rows[name].fill_null(0), weights=rows["n_pairs"]))
        for name in ("observed", "adjusted", "shrunken")
    )
    assert observed < overall - 0.5
    assert adjusted == pytest.approx(overall, abs=0.4)
    assert shrunken == pytest.approx(adjusted, abs=0.25)


def test_a_window_of_one_kind_of_case_has_nothing_to_adjust_for() -> None:
    given = tables([make(World(n_units=3, cases=(150,) * 3), np.random.default_rng(3))])
    counts = given["int_comparison_counts"]
    key = given["int_case_mix_cells"]["cell_key"][0]
    alike = {**given, "int_comparison_counts": counts.with_columns(cell_key=pl.lit(key))}
    found = compare(alike.__getitem__, SETTINGS)
    for model in found["mart_case_mix"].iter_rows(named=True):
        assert (model["is_fitted"], model["reason"]) == (False, "nothing_to_adjust_for")
        assert (model["n_parameters"], model["calibration_slope"]) == (1, None)
    assert not found["mart_comparison"]["is_adjusted"].any()


def test_a_covariate_that_one_cell_lacks_still_counts() -> None:
    given = tables([clinic_of(100)])
    cells = given["int_case_mix_cells"]
    gap = pl.when(pl.int_range(pl.len()) < 40).then(None).otherwise(pl.col("problem"))
    lacking = {**given, "int_case_mix_cells": cells.with_columns(problem=gap)}
    measure, _, expected = expected_of(lacking)
    assert "not_recorded" in measure.covariates["problem"].names
    assert "problem: not_recorded" in expected.design.terms
    assert "age_band" not in measure.covariates


def test_shrunken_rates_keep_what_their_caseload_can_carry() -> None:
    """The icc, and each rate's distance that is kept, from log odds by hand."""
    made = make(World(n_units=30, icc=0.1), np.random.default_rng(8))
    found = compare(tables([made]).__getitem__, SETTINGS)
    (spread,) = found["mart_comparison_spread"].filter(outcome="improved").to_dicts()
    rates = found["int_case_mix_expected"].select("cell_key", "expected_rate")
    p = pl.col("expected_rate")
    n = pl.col("n_cases")
    units = (
        tables([made])["int_comparison_counts"]
        .join(rates, on="cell_key")
        .group_by("subject_id")
        .agg(
            n.sum(),
            observed=pl.col("n_improved").sum(),
            expected=(n * p).sum(),
            chance=(n * p * (1 - p)).sum(),
        )
        .sort("subject_id")
        .to_dicts()
    )
    effects = [(row["observed"] - row["expected"]) / row["chance"] for row in units]
    between = 0.1
    for _ in range(5000):
        weights = [1 / (1 / row["chance"] + between) for row in units]
        mean = math.fsum(w * e for w, e in zip(weights, effects, strict=True)) / sum(weights)
        gain = math.fsum(
            w * w * ((e - mean) ** 2 - 1 / row["chance"])
            for w, e, row in zip(weights, effects, units, strict=True)
        )
        between = gain / sum(w * w for w in weights) + 1 / sum(weights)
    case = sum(row["chance"] for row in units) / sum(row["n_cases"] for row in units)
    assert spread["within_variance"] == pytest.approx(case, rel=1e-6)
    assert spread["between_variance"] == pytest.approx(between * case**2, rel=1e-5)
    icc = between * case / (1 + between * case)
    assert spread["icc"] == pytest.approx(icc, rel=1e-5)
    assert spread["icc_latent"] == pytest.approx(between / (between + math.pi**2 / 3), rel=1e-5)
    rows = found["mart_comparison"].filter(outcome="improved").to_dicts()
    for row, unit, effect in zip(rows, units, effects, strict=True):
        kept = between / (between + 1 / unit["chance"])
        own = mean + kept * (effect - mean)
        rate = row["overall"] * (1 + own * unit["chance"] / unit["expected"])
        assert row["shrunken"] == pytest.approx(rate, rel=1e-5)
        size = unit["n_cases"]
        assert row["reliability"] == pytest.approx(size * icc / (1 + (size - 1) * icc), rel=1e-5)
