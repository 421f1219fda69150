"""From sums to tables: adjusted figures against fits that see every case, verdicts, variants."""

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from pipelines.comparison.build import compare
from pipelines.comparison.columns import Columns, rounded
from pipelines.comparison.tables import KEYS
from tests.bench.known_truth import (
    N_CELLS,
    PRIORS,
    PROBLEMS,
    RELIABLE,
    SETTINGS,
    Made,
    World,
    make,
    tables,
)

Tables = Mapping[str, pl.DataFrame]
WORLD = World(n_units=24, icc=0.05, has_own_mix=True, marked=(-9.0, 0.0), cases=(120, 29))


@pytest.fixture(scope="module")
def clinic() -> Made:
    return make(WORLD, np.random.default_rng(3))


@pytest.fixture(scope="module")
def found(clinic: Made) -> Tables:
    return compare(tables([clinic]).__getitem__, SETTINGS)


def of(frame: pl.DataFrame, outcome: str) -> pl.DataFrame:
    return frame.filter(pl.col("outcome") == outcome)


def matrix_of(clinic: Made) -> NDArray[np.float64]:
    """The model's columns case by case: score, problem and earlier courses, the usual ones out."""
    rest, prior = np.divmod(clinic.cell, PRIORS.size)
    score, problem = np.divmod(rest, PROBLEMS.size)
    columns = [np.ones(score.size), score, *(problem == each for each in (1, 2, 3))]
    return np.stack([*columns, prior == 1, prior == 2], axis=1).astype(float)


def means_by_unit(clinic: Made, values: NDArray[Any]) -> NDArray[np.float64]:
    return np.bincount(clinic.unit, weights=values) / np.bincount(clinic.unit)


def test_rates_are_adjusted_as_by_a_model_of_every_case(clinic: Made, found: Tables) -> None:
    from statsmodels.discrete.discrete_model import Logit

    improved = (clinic.points >= RELIABLE).astype(float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = Logit(improved, matrix_of(clinic)).fit(disp=0, tol=1e-12)
    rows = of(found["mart_comparison"], "improved")
    assert rows["is_adjusted"].all()
    observed, expected = means_by_unit(clinic, improved), means_by_unit(clinic, fit.predict())
    np.testing.assert_allclose(rows["observed"], observed, rtol=1e-9)
    np.testing.assert_allclose(rows["expected"], expected, rtol=1e-7)
    np.testing.assert_allclose(rows["adjusted"], observed / expected * improved.mean(), rtol=1e-7)
    (model,) = of(found["mart_case_mix"], "improved").to_dicts()
    assert model["covariates"] == "first_score, problem, prior_courses"
    assert (model["n_cases"], model["n_parameters"]) == (improved.size, 7)
    terms = of(found["mart_case_mix_terms"], "improved")
    names = ["first_score", "intercept", *(f"prior_courses: {each}" for each in "12")]
    names += [f"problem: problem {each}" for each in (1, 2, 3)]
    assert terms["term"].to_list() == names
    np.testing.assert_allclose(
        terms["estimate"], np.asarray(fit.params)[[1, 0, 5, 6, 2, 3, 4]], rtol=1e-6
    )


def test_points_are_adjusted_and_shrunken_as_by_models_of_every_case(
    clinic: Made, found: Tables
) -> None:
    from statsmodels.regression.mixed_linear_model import MixedLM

    matrix, points = matrix_of(clinic), clinic.points.astype(float)
    plain, *_ = np.linalg.lstsq(matrix, points, rcond=None)
    rows = of(found["mart_comparison"], "points")
    expected = means_by_unit(clinic, matrix @ plain)
    np.testing.assert_allclose(rows["expected"], expected, rtol=1e-7)
    adjusted = points.mean() + means_by_unit(clinic, points) - expected
    np.testing.assert_allclose(rows["adjusted"], adjusted, rtol=1e-7)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = MixedLM(points, matrix, clinic.unit).fit(method=["powell", "lbfgs"])
    effects = [np.ravel(fit.random_effects[each])[0] for each in range(WORLD.n_units)]
    shrunken = matrix.mean(axis=0) @ fit.fe_params + np.array(effects)
    np.testing.assert_allclose(rows["shrunken"], shrunken, atol=1e-3)
    (spread,) = of(found["mart_comparison_spread"], "points").to_dicts()
    between, within = float(np.ravel(fit.cov_re)[0]), fit.scale
    assert spread["between_variance"] == pytest.approx(between, rel=1e-3)
    assert spread["icc"] == pytest.approx(between / (between + within), rel=1e-3)
    mean_pairs = points.size / WORLD.n_units
    assert spread["mean_pairs"] == pytest.approx(mean_pairs)
    assert spread["design_effect"] == pytest.approx(1 + (mean_pairs - 1) * spread["icc"], rel=1e-6)
    icc = spread["icc"]
    n = rows["n_pairs"].to_numpy()
    np.testing.assert_allclose(rows["reliability"], n * icc / (1 + (n - 1) * icc), rtol=1e-7)
    np.testing.assert_array_equal(rows["n_still_needed"], np.maximum(spread["n_needed"] - n, 0))


def test_verdicts_and_their_counts(found: Tables) -> None:
    for outcome in ("improved", "points"):
        rows = of(found["mart_comparison"], outcome)
        first, second = rows.head(2).to_dicts()
        # Nine points worse than the others; and one with a pair too few.
        assert (first["verdict"], first["reason"]) == ("below", "outside_99_8")
        assert first["adjusted"] < first["lower_998"] < first["lower_95"] < first["overall"]
        assert (second["verdict"], second["reason"]) == ("cannot_tell", "too_few_pairs")
        assert second["lower_998"] is None
        (spread,) = of(found["mart_comparison_spread"], outcome).to_dicts()
        n_judged = rows.filter(pl.col("n_pairs") >= 30).height
        assert spread["n_compared"] == n_judged
        words = rows["verdict"].to_list()
        assert spread["n_below"] == words.count("below")
        assert spread["n_unjudged"] == words.count("cannot_tell") == WORLD.n_units - n_judged
        assert spread["n_false_alarms_expected"] == pytest.approx(0.002 * n_judged, abs=1e-8)
        assert spread["chance_of_a_false_alarm"] == pytest.approx(1 - 0.998**n_judged, abs=1e-8)
    names = found["mart_comparison"]["subject_id"].to_list()
    assert names == sorted(names)


def test_the_rate_of_each_cell_adds_up_to_what_is_expected(clinic: Made, found: Tables) -> None:
    cells = found["int_case_mix_expected"]
    key = {name: place for place, name in enumerate(cells["cell_key"])}
    place = np.array([key[f"{each * 2654435761 % 2**32:08x}"] for each in range(N_CELLS)
                      if f"{each * 2654435761 % 2**32:08x}" in key])  # fmt: skip
    _, used = np.unique(clinic.cell, return_inverse=True)
    rates = cells["expected_rate"].to_numpy()[place][used]
    rows = of(found["mart_comparison"], "improved")
    np.testing.assert_allclose(means_by_unit(clinic, rates), rows["expected"], rtol=1e-7)


def test_what_is_expected_for_gaps_does_not_know_who_the_client_is(clinic: Made) -> None:
    given = tables([clinic])
    cells = given["int_case_mix_cells"]
    none = pl.lit(None, dtype=pl.String)
    of_sexes = cells.with_columns(sex=pl.col("problem"), problem=none)
    known = compare({**given, "int_case_mix_cells": of_sexes}.__getitem__, SETTINGS)
    unknown = compare(
        {**given, "int_case_mix_cells": cells.with_columns(problem=none)}.__getitem__, SETTINGS
    )
    rates = known["int_case_mix_expected"]
    assert rates["severity_rate"].equals(unknown["int_case_mix_expected"]["expected_rate"])
    assert not rates["severity_rate"].equals(rates["expected_rate"])
    few = replace(SETTINGS, events_per_parameter=10_000)
    assert compare(given.__getitem__, few)["int_case_mix_expected"]["severity_rate"].is_null().all()


def test_variants_leave_out_or_weigh(clinic: Made) -> None:
    given = tables([clinic])
    # The first therapist's courses are half shared, each for half of the sessions.
    is_odd = pl.col("cell_key").str.tail(1).is_in(list("13579bdf"))
    is_marked = (pl.col("subject_id") == "t0000") & is_odd
    sums = ("share_sum", "share_improved", "share_points")
    counts = given["int_comparison_counts"].with_columns(
        is_shared=is_marked,
        **{
            name: pl.when(is_marked).then(pl.col(name) / 2).otherwise(pl.col(name)) for name in sums
        },
    )
    found = compare({**given, "int_comparison_counts": counts}.__getitem__, SETTINGS)
    rows = of(found["mart_comparison_sensitivity"], "improved")
    assert rows["variant"].unique().sort().to_list() == [
        "weighted_by_attribution",
        "without_concurrent",
        "without_group_members",
        "without_shared",
    ]
    base = of(found["mart_comparison"], "improved").head(1).to_dicts()[0]
    own = {row["variant"]: row for row in rows.to_dicts() if row["subject_id"] == "t0000"}
    left = counts.filter(~is_marked & (pl.col("subject_id") == "t0000"))
    alone = own["without_shared"]
    assert alone["n_pairs"] == left["n_cases"].sum() < base["n_pairs"]
    assert alone["observed"] == pytest.approx(left["n_improved"].sum() / alone["n_pairs"])
    weighed = counts.filter(pl.col("subject_id") == "t0000")
    assert own["weighted_by_attribution"]["n_pairs"] == round(weighed["share_sum"].sum())
    # Nothing was concurrent: the same figures again.
    same = own["without_concurrent"]
    for name in ("n_pairs", "observed", "expected", "adjusted"):
        assert same[name] == pytest.approx(base[name], rel=1e-7)
    assert (same["verdict"], same["is_changed"]) == (base["verdict"], False)


def test_keys_identify_rows_in_their_order(found: Tables) -> None:
    for name, key in KEYS.items():
        rows = found[name].select(key)
        assert rows.rows() == sorted(set(rows.rows())), name


def test_numbers_keep_ten_digits_and_nine_places() -> None:
    given = np.array([1 / 3, 2e5 / 3, -1 / 7, 0.1 + 0.2, 1e-15, 0.0, np.nan, 12345678.0])
    kept = [0.333333333, 66666.66667, -0.142857143, 0.3, 0.0, 0.0, 12345678.0]
    found = rounded(given).tolist()
    assert [*found[:6], found[7]] == kept
    assert np.isnan(found[6])


def test_columns_take_arrays_lists_and_single_values() -> None:
    columns = Columns({"name": pl.String, "n": pl.Int64, "share": pl.Float64}, ["name"])
    columns.add(2, name=["b", "a"], n=np.array([2.0, np.nan]), share=0.5)
    columns.add(1, name="c")
    assert columns.frame().rows() == [("a", None, 0.5), ("b", 2, 0.5), ("c", None, None)]
    with pytest.raises(KeyError, match="shares"):
        columns.add(1, shares=1)
