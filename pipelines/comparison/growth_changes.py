"""Reliable change by the hierarchical model: one row per measure of the newest twelve months.

A course changed reliably where its own empirical-Bayes slope over its SD is beyond the critical
value. Where the slopes do not differ by more than noise can make, or the fit is singular, nobody is
judged: the SD of a slope goes to 0 with the variance of slopes, and everybody would have changed
as the mean line does. `n_better_than_mean` and `n_worse_than_mean` ask instead whether a course's
line is steeper than the mean one: so the R package clinicalsignificance counts, which takes lme4's
deviations for slopes.
"""

from collections.abc import Callable
from decimal import Decimal

import numpy as np
import polars as pl

from pipelines.comparison.estimate_tables import GROWTH, empty_table
from pipelines.comparison.estimates import INPUTS
from pipelines.comparison.funnel import Z_95
from pipelines.comparison.growth import CourseSums, GrowthFit, fit_growth
from pipelines.comparison_settings import ComparisonSettings

DAYS_PER_WEEK = 7
# Slopes differ between courses where one for all is less likely than this.
_CRITICAL_P = 0.05
_MEASURE = ["instrument_id", "scale", "respondent"]
_SUMS = ("n_scores", "days_sum", "days_squares", "points_sum", "days_points", "points_squares")


def growth_changes(
    read: Callable[[str], pl.DataFrame], settings: ComparisonSettings
) -> pl.DataFrame:
    """The table; `read` gives a table of its INPUTS whole."""
    courses, conventions = (read(name) for name in INPUTS[GROWTH])
    critical = _convention(conventions, "reliable_change_z")
    table = empty_table(GROWTH)
    # The order of the rows of one measure is that of what they hold, never of a client's key.
    for part in courses.sort(*_MEASURE, *_SUMS).partition_by(_MEASURE, maintain_order=True):
        first = part.row(0, named=True)
        size = {"n_clients": part["client_key"].n_unique(), "n_courses": part.height}
        values = {
            "level": "clinic",
            "subject_id": "clinic",
            **{name: first[name] for name in _MEASURE},
            "period_kind": first["period_kind"],
            "period_start_on": first["period_start_on"],
            "period_end_on": first["period_end_on"],
            **size,
            "n_scores": int(part["n_scores"].sum()),
            "critical_z": critical,
        }
        if part.height < settings.minimum_pairs:
            table.add(1, **values, no_counts_reason="too_few_courses")
            continue
        fit = fit_growth(_sums(part))
        if isinstance(fit, str):
            table.add(1, **values, no_counts_reason=fit)
            continue
        sign = -1.0 if first["direction"] == "higher_worse" else 1.0
        table.add(1, **values, **_figures(fit, sign), **_counts(fit, sign, critical))
    return table.frame()


def _convention(conventions: pl.DataFrame, name: str) -> float:
    (value,) = conventions.filter(pl.col("name") == name)["value"].to_list()
    return float(Decimal(value))


def _sums(part: pl.DataFrame) -> CourseSums:
    n, t, tt, y, ty, yy = (part[name].cast(pl.Float64).to_numpy() for name in _SUMS)
    weeks = float(DAYS_PER_WEEK)
    return CourseSums(n, t / weeks, tt / weeks**2, y, ty / weeks, yy)


def _figures(fit: GrowthFit, sign: float) -> dict[str, float | None]:
    reach = Z_95 * fit.slope_se
    return {
        "start_points": fit.intercept,
        "start_sd_points": fit.intercept_sd,
        "weekly_improvement_points": sign * fit.slope,
        "weekly_improvement_lower": sign * fit.slope - reach,
        "weekly_improvement_upper": sign * fit.slope + reach,
        "weekly_improvement_sd_points": fit.slope_sd,
        "start_slope_correlation": None if fit.correlation is None else sign * fit.correlation,
        "residual_sd_points": fit.residual_sd,
    }


def _counts(fit: GrowthFit, sign: float, critical: float) -> dict[str, int | str]:
    if fit.slope_sd == 0 or fit.p_one_slope >= _CRITICAL_P:
        return {"no_counts_reason": "one_slope_for_all"}
    if fit.is_singular:
        return {"no_counts_reason": "singular_fit"}
    own = sign * fit.slopes / fit.slope_sds
    beside_mean = sign * fit.deviations / fit.slope_sds
    n_improved, n_deteriorated = int(np.sum(own > critical)), int(np.sum(own < -critical))
    return {
        "n_improved": n_improved,
        "n_unchanged": own.size - n_improved - n_deteriorated,
        "n_deteriorated": n_deteriorated,
        "n_better_than_mean": int(np.sum(beside_mean > critical)),
        "n_worse_than_mean": int(np.sum(beside_mean < -critical)),
    }
