"""The tables that rest on a model of single courses: growth lines, and imputed last scores.

Their contracts in `data_contracts/marts/` say what each column means; a convention test holds the
two against each other.
"""

import polars as pl

from pipelines.comparison.columns import Columns

_SUBJECT = {"level": pl.String, "subject_id": pl.String}
_MEASURE = {"instrument_id": pl.String, "scale": pl.String, "respondent": pl.String}
_PERIOD = {"period_kind": pl.String, "period_start_on": pl.Date, "period_end_on": pl.Date}
_SUBJECT_KEY = ("level", "subject_id", "instrument_id", "scale", "respondent")
_PERIOD_KEY = ("period_kind", "period_start_on")

GROWTH, IMPUTED = "mart_growth_changes", "mart_imputed_outcomes"
SCHEMAS: dict[str, dict[str, pl.DataType | type[pl.DataType]]] = {
    GROWTH: {
        **_SUBJECT,
        **_MEASURE,
        **_PERIOD,
        "n_clients": pl.Int64,
        "n_courses": pl.Int64,
        "n_scores": pl.Int64,
        "no_counts_reason": pl.String,
        "n_improved": pl.Int64,
        "n_unchanged": pl.Int64,
        "n_deteriorated": pl.Int64,
        "n_better_than_mean": pl.Int64,
        "n_worse_than_mean": pl.Int64,
        "start_points": pl.Float64,
        "start_sd_points": pl.Float64,
        "weekly_improvement_points": pl.Float64,
        "weekly_improvement_lower": pl.Float64,
        "weekly_improvement_upper": pl.Float64,
        "weekly_improvement_sd_points": pl.Float64,
        "start_slope_correlation": pl.Float64,
        "residual_sd_points": pl.Float64,
        "critical_z": pl.Float64,
    },
    IMPUTED: {
        **_SUBJECT,
        **_MEASURE,
        "outcome": pl.String,
        "shift_sds": pl.Float64,
        **_PERIOD,
        "n_courses": pl.Int64,
        "n_paired": pl.Int64,
        "n_with_outcome": pl.Int64,
        "paired_outcome_rate": pl.Float64,
        "imputed_rate": pl.Float64,
        "imputed_rate_lower": pl.Float64,
        "imputed_rate_upper": pl.Float64,
        "missing_information": pl.Float64,
        "shift_points": pl.Float64,
        "n_imputations": pl.Int64,
        "rests_on": pl.String,
        "no_rate_reason": pl.String,
    },
}
KEYS: dict[str, tuple[str, ...]] = {
    GROWTH: (*_SUBJECT_KEY, *_PERIOD_KEY),
    IMPUTED: (*_SUBJECT_KEY, "outcome", "shift_sds", *_PERIOD_KEY),
}
GRAINS = {
    GROWTH: "one row per instrument, scale and respondent with scores on three days in a course"
    " that finished in the newest twelve months; the clinic as a whole",
    IMPUTED: "one row per clinic or programme, instrument, scale, respondent, outcome, shift and"
    " twelve months with a finished course that has a first score",
}
PURPOSES = {
    GROWTH: "Reliable change by a straight line through all scores of each course.",
    IMPUTED: "Rates of better and worse if missing last scores were as the measured ones foretell.",
}
SOURCES = {
    GROWTH: "Laird & Ware, Biometrics 1982;38:963-974 (growth model); Robinson, Stat Sci"
    " 1991;6:15-32 (empirical-Bayes slopes); R package clinicalsignificance, which takes the"
    " deviations from the mean slope for slopes: here they have columns of their own",
    IMPUTED: "Rubin, Multiple Imputation for Nonresponse in Surveys, 1987; Barnard & Rubin,"
    " Biometrika 1999;86:948-955 (degrees of freedom); Lott & Reiter, Am Stat 2020;74:109-115"
    " (limits); number of imputations and shifts: ref_conventions",
}


def empty_table(name: str) -> Columns:
    """A gatherer for one table."""
    return Columns(SCHEMAS[name], KEYS[name])
