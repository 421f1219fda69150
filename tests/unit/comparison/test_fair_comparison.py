"""What must hold of a whole comparison before anybody is called above or below, and what then."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from scipy.stats import binom

from pipelines.comparison.build import compare
from pipelines.comparison_settings import ComparisonSettings
from tests.bench.known_truth import PRIORS, PROBLEMS, SETTINGS, Made, World, make, tables

Tables = Mapping[str, pl.DataFrame]
OUTCOMES = ("improved", "points")
Z_95, Z_998 = 1.959964, 3.090232


def clinic_of(seed: int, *cases: int, **world: Any) -> Made:
    return make(World(n_units=len(cases), cases=cases, **world), np.random.default_rng(seed))


def compared(given: Tables, settings: ComparisonSettings = SETTINGS) -> Tables:
    return compare(dict(given).__getitem__, settings)


def of(frame: pl.DataFrame, outcome: str, **where: str) -> pl.DataFrame:
    return frame.filter(outcome=outcome, **where)


def first_of(found: Tables, outcome: str) -> dict[str, Any]:
    return of(found["mart_comparison"], outcome, subject_id="t0000").to_dicts()[0]


def finished(clinic: Made, *numbers: int) -> Tables:
    """The clinic's tables with the first units' numbers of finished courses."""
    given = tables([clinic])
    units = given["int_comparison_units"]
    own = units["n_finished"].to_list()
    own[: len(numbers)] = numbers
    return {**given, "int_comparison_units": units.with_columns(n_finished=pl.Series(own))}


def flagged(clinic: Made, column: str, marked: NDArray[np.bool_]) -> Tables:
    """The clinic's tables with some courses of a kind."""
    given = tables([clinic])
    parts = [
        tables([Made(clinic.unit[kept], clinic.cell[kept], clinic.points[kept], clinic.effects)])
        for kept in (~marked, marked)
    ]
    left, own = (part["int_comparison_counts"] for part in parts)
    counts = pl.concat([left, own.with_columns(pl.lit(value=True).alias(column))])
    return {**given, "int_comparison_counts": counts}


@pytest.mark.parametrize(
    ("n_finished", "verdict", "reason"),
    [(100, "below", "outside_99_8"), (101, "cannot_tell", "pair_rate_too_low")],
)
def test_seven_tenths_must_be_measured(n_finished: int, verdict: str, reason: str) -> None:
    found = compared(finished(clinic_of(1, *(70,) * 12, marked=(-9.0,)), n_finished))
    for outcome in OUTCOMES:
        row = first_of(found, outcome)
        assert (row["verdict"], row["reason"]) == (verdict, reason)
        assert (row["lower_998"] is None) == (verdict == "cannot_tell")
        (spread,) = of(found["mart_comparison_spread"], outcome).to_dicts()
        assert spread["n_compared"] == (12 if verdict == "below" else 11)
        assert spread["n_unjudged"] == 12 - spread["n_compared"]


@pytest.mark.parametrize("n_enough", [9, 10])
@pytest.mark.parametrize("is_measured", [True, False], ids=["too few pairs", "too few measured"])
def test_ten_must_be_compared(n_enough: int, *, is_measured: bool) -> None:
    # The others have a pair too few, or a pair in hundred too few of their courses.
    short = 12 - n_enough
    enough = (70,) * (n_enough - 1) + (30,)
    cases = enough + (29 if is_measured else 70,) * short
    clinic = clinic_of(1, *cases, marked=(-9.0,))
    ends = enough + (29 if is_measured else 101,) * short
    found = compared(finished(clinic, *ends))
    for outcome in OUTCOMES:
        rows = of(found["mart_comparison"], outcome)
        (spread,) = of(found["mart_comparison_spread"], outcome).to_dicts()
        assert spread["n_compared"] == n_enough
        told = set(rows["reason"].head(n_enough))
        if n_enough == 10:
            assert rows["verdict"][0] == "below"
            assert told == {"outside_99_8", "within_limits"}
        else:
            assert set(rows["verdict"]) == {"cannot_tell"}
            assert told == {"too_few_units"}
            assert (spread["phi"], spread["tau2"]) == (None, None)
        own = "too_few_pairs" if is_measured else "pair_rate_too_low"
        assert set(rows["reason"].tail(short)) == {own}
    n_variants = found["mart_comparison_sensitivity"]["variant"].n_unique()
    assert n_variants == (4 if n_enough == 10 else 0)


def test_without_a_model_nobody_is_called_below_however_far_out() -> None:
    clinic = clinic_of(1, *(70,) * 12, marked=(-9.0,))
    refused = replace(SETTINGS, cases_per_parameter=10**6, events_per_parameter=10**6)
    found = compared(tables([clinic]), refused)
    for outcome in OUTCOMES:
        rows = of(found["mart_comparison"], outcome)
        assert set(rows["reason"]) == {"no_case_mix_model"}
        assert set(rows["verdict"]) == {"cannot_tell"}
        assert not rows["is_adjusted"].any()
        row = first_of(found, outcome)
        assert row["adjusted"] == pytest.approx(row["observed"], rel=1e-8)
        assert row["adjusted"] < row["lower_998"]
        assert first_of(compared(tables([clinic])), outcome)["verdict"] == "below"


@pytest.fixture(scope="module")
def differing() -> Tables:
    """Therapists who truly differ: chance alone would have many of them outside."""
    return compared(tables([clinic_of(4, *(90, 150) * 12, icc=0.15)]))


def test_rates_are_judged_by_limits_that_true_differences_widen(differing: Tables) -> None:
    rows = of(differing["mart_comparison"], "improved")
    (spread,) = of(differing["mart_comparison_spread"], "improved").to_dicts()
    n, expected = (rows[name].to_numpy() for name in ("n_pairs", "expected"))
    middle = np.arcsin(np.sqrt(expected))
    for name, z in (("95", Z_95), ("998", Z_998)):
        reach = z * np.sqrt(1 / (4 * n) + spread["tau2"])
        lower = np.sin(np.maximum(middle - reach, 0)) ** 2
        upper = np.sin(np.minimum(middle + reach, np.pi / 2)) ** 2
        scale = rows["overall"] / expected
        np.testing.assert_allclose(rows[f"lower_{name}"], lower * scale, rtol=1e-6)
        np.testing.assert_allclose(rows[f"upper_{name}"], upper * scale, rtol=1e-6)
    sides = [
        (row["adjusted"] > row["upper_998"]) - (row["adjusted"] < row["lower_998"])
        for row in rows.iter_rows(named=True)
    ]
    words = {-1: "below", 0: "within", 1: "above"}
    assert rows["verdict"].to_list() == [words[side] for side in sides]
    improved = rows["n_improved"].to_numpy()
    tails = np.minimum(binom.cdf(improved, n, expected), binom.sf(improved - 1, n, expected))
    assert (tails < 0.001).sum() > sum(side != 0 for side in sides)


def test_points_are_judged_by_limits_that_true_differences_widen(differing: Tables) -> None:
    rows = of(differing["mart_comparison"], "points")
    (spread,) = of(differing["mart_comparison_spread"], "points").to_dicts()
    chance = spread["within_variance"] / rows["n_pairs"].to_numpy()
    observed = rows["observed"].to_numpy()
    np.testing.assert_allclose(rows["observed_lower"], observed - Z_95 * np.sqrt(chance), rtol=1e-6)
    for name, z in (("95", Z_95), ("998", Z_998)):
        reach = z * np.sqrt(chance + spread["tau2"])
        np.testing.assert_allclose(rows[f"lower_{name}"], rows["overall"] - reach, rtol=1e-6)
        np.testing.assert_allclose(rows[f"upper_{name}"], rows["overall"] + reach, rtol=1e-6)
    far = np.abs((rows["adjusted"] - rows["overall"]).to_numpy())
    is_outside = rows["verdict"].is_in(["above", "below"]).to_numpy()
    np.testing.assert_array_equal(is_outside, far > Z_998 * np.sqrt(chance + spread["tau2"]))
    assert (far > Z_998 * np.sqrt(chance)).sum() > is_outside.sum()


def with_first(clinic: Made, score: int, problem: int, prior: int, values: NDArray[Any]) -> Made:
    """The clinic, its first unit with clients of one kind and such outcomes, over and over."""
    own = clinic.unit == 0
    cell, points = clinic.cell.copy(), clinic.points.copy()
    cell[own] = (score * PROBLEMS.size + problem) * PRIORS.size + prior
    points[own] = np.minimum(np.resize(values, own.sum()), score)
    return Made(clinic.unit, cell, points, clinic.effects)


def test_who_is_below_only_by_the_adjustment_has_that_said() -> None:
    clinic = clinic_of(1, 160, *(100,) * 23)
    usual = clinic.points[clinic.unit > 0]
    spread_out = np.sort(usual)[:: usual.size // 160]
    # As good a result as the others', of clients of whom much more was to be expected.
    found = compared(tables([with_first(clinic, 26, 2, 0, spread_out)]))
    for outcome in OUTCOMES:
        row = first_of(found, outcome)
        assert row["observed"] == pytest.approx(row["overall"], rel=0.1)
        assert (row["verdict"], row["explanations"]) == ("below", "not_without_adjustment")


def test_who_is_below_only_unadjusted_is_not_called_below() -> None:
    clinic = clinic_of(1, 160, *(100,) * 23, has_hard_cases=True)
    found = compared(tables([clinic]))
    for outcome in OUTCOMES:
        row = first_of(found, outcome)
        assert row["observed"] < row["lower_998"] < row["adjusted"]
        assert (row["verdict"], row["explanations"]) == ("within", None)


def test_who_is_below_either_way_has_no_explanation() -> None:
    found = compared(tables([clinic_of(1, 160, *(100,) * 23, marked=(-9.0,))]))
    for outcome in OUTCOMES:
        row = first_of(found, outcome)
        assert (row["verdict"], row["explanations"]) == ("below", None)


@pytest.fixture(scope="module")
def partly_shared() -> tuple[Made, NDArray[np.bool_]]:
    """Shared courses went worse with everybody.

    They carry the whole deficit of the first unit (72 of its 160), are 12 of the 40 of the second,
    and few of the third's, which are no better without.
    """
    clinic = clinic_of(1, 160, 40, 100, *(100,) * 29, marked=(0.0, -9.0, -9.0))
    marked = np.zeros(clinic.unit.size, dtype=bool)
    points = clinic.points.copy()
    for unit, number in enumerate([72, 12, 20] + [6] * 29):
        own = np.flatnonzero(clinic.unit == unit)[:number]
        marked[own] = True
        points[own] = np.minimum(points[own], -3)
    return Made(clinic.unit, clinic.cell, points, clinic.effects), marked


@pytest.mark.parametrize(
    ("column", "variant"),
    [
        ("is_shared", "without_shared"),
        ("has_concurrent_group", "without_concurrent"),
        ("is_group_member", "without_group_members"),
    ],
)
def test_a_kind_of_course_that_carries_the_deficit_could_explain_it(
    partly_shared: tuple[Made, NDArray[np.bool_]], column: str, variant: str
) -> None:
    found = compared(flagged(partly_shared[0], column, partly_shared[1]))
    for outcome in OUTCOMES:
        rows = of(found["mart_comparison"], outcome)
        assert rows["verdict"].head(3).to_list() == ["below"] * 3
        said = [f"not_{variant}", f"unjudged_{variant}", None]
        assert rows["explanations"].head(3).to_list() == said
        own = of(found["mart_comparison_sensitivity"], outcome, variant=variant)
        assert own["n_pairs"].head(3).to_list() == [88, 28, 80]
        assert own["verdict"].head(3).to_list() == ["within", "cannot_tell", "below"]
        assert own["is_changed"].head(3).to_list() == [True, True, False]


def test_a_variant_is_brought_to_the_overall_outcome_of_its_courses(
    partly_shared: tuple[Made, NDArray[np.bool_]],
) -> None:
    given = flagged(partly_shared[0], "is_shared", partly_shared[1])
    found = compared(given)
    kept = given["int_comparison_counts"].filter(~pl.col("is_shared"))
    kept = kept.join(found["int_case_mix_expected"].select("cell_key", "expected_rate",
                                                           "expected_points"), on="cell_key")  # fmt: skip
    n = pl.col("n_cases").sum()
    totals = kept.select(
        n=n,
        improved=pl.col("n_improved").sum(),
        points=pl.col("improvement_points").sum(),
        rate=(pl.col("n_cases") * pl.col("expected_rate")).sum(),
        mean=(pl.col("n_cases") * pl.col("expected_points")).sum(),
    ).to_dicts()[0]
    units = kept.group_by("subject_id").agg(
        n=n,
        improved=pl.col("n_improved").sum() / n,
        points=pl.col("improvement_points").sum() / n,
        rate=(pl.col("n_cases") * pl.col("expected_rate")).sum() / n,
        mean=(pl.col("n_cases") * pl.col("expected_points")).sum() / n,
    ).sort("subject_id")  # fmt: skip
    overall = {name: totals[name] / totals["n"] for name in OUTCOMES}
    base = found["mart_comparison"]
    for outcome in OUTCOMES:
        # Without the courses that went worse everybody is better.
        assert overall[outcome] > of(base, outcome)["overall"][0] * 1.03
    rates = of(found["mart_comparison_sensitivity"], "improved", variant="without_shared")
    expected = units["rate"] * totals["improved"] / totals["rate"]
    np.testing.assert_allclose(rates["expected"], expected, rtol=1e-6)
    adjusted = units["improved"] / expected * overall["improved"]
    np.testing.assert_allclose(rates["adjusted"], adjusted, rtol=1e-6)
    means = of(found["mart_comparison_sensitivity"], "points", variant="without_shared")
    expected = units["mean"] + (totals["points"] - totals["mean"]) / totals["n"]
    np.testing.assert_allclose(means["expected"], expected, rtol=1e-6)
    adjusted = overall["points"] + units["points"] - expected
    np.testing.assert_allclose(means["adjusted"], adjusted, rtol=1e-6)


def test_groups_have_no_variants_about_therapists() -> None:
    given = tables([clinic_of(1, *(70,) * 12)])
    both = {
        name: pl.concat([frame, frame.with_columns(level=pl.lit("group"))])
        if "level" in frame.columns
        else frame
        for name, frame in given.items()
    }
    rows = compared(both)["mart_comparison_sensitivity"]
    shown = {
        level: set(rows.filter(level=level)["variant"].to_list())
        for level in ("therapist", "group")
    }
    assert shown["group"] == {"without_concurrent", "without_shared"}
    assert shown["therapist"] == shown["group"] | {
        "weighted_by_attribution",
        "without_group_members",
    }
