"""The tables that the comparison makes, with their columns, types and keys.

Their contracts in `data_contracts/marts/` say what each column means; a convention test holds the
two against each other.
"""

import polars as pl

from pipelines.comparison.columns import Columns

_MEASURE = {
    "instrument_id": pl.String,
    "scale": pl.String,
    "respondent": pl.String,
}
_PERIOD = {
    "period_kind": pl.String,
    "period_start_on": pl.Date,
    "period_end_on": pl.Date,
}
_UNIT = {"level": pl.String, "subject_id": pl.String, **_MEASURE, "outcome": pl.String, **_PERIOD}
_MEASURE_KEY = ("instrument_id", "scale", "respondent")
_PERIOD_KEY = ("period_kind", "period_start_on")
_UNIT_KEY = ("level", "subject_id", *_MEASURE_KEY, "outcome", *_PERIOD_KEY)

SCHEMAS: dict[str, dict[str, pl.DataType | type[pl.DataType]]] = {
    "int_case_mix_expected": {
        **_MEASURE,
        **_PERIOD,
        "cell_key": pl.String,
        "expected_rate": pl.Float64,
        "expected_points": pl.Float64,
        "severity_rate": pl.Float64,
    },
    "mart_case_mix": {
        **_MEASURE,
        "outcome": pl.String,
        **_PERIOD,
        "n_cases": pl.Int64,
        "n_improved": pl.Int64,
        "overall": pl.Float64,
        "model": pl.String,
        "is_fitted": pl.Boolean,
        "reason": pl.String,
        "n_parameters": pl.Int64,
        "covariates": pl.String,
        "r_squared": pl.Float64,
        "auc": pl.Float64,
        "brier": pl.Float64,
        "calibration_intercept": pl.Float64,
        "calibration_slope": pl.Float64,
    },
    "mart_case_mix_terms": {
        **_MEASURE,
        "outcome": pl.String,
        **_PERIOD,
        "term": pl.String,
        "estimate": pl.Float64,
        "standard_error": pl.Float64,
    },
    "mart_case_mix_calibration": {
        **_MEASURE,
        "outcome": pl.String,
        **_PERIOD,
        "tenth": pl.Int64,
        "n_cases": pl.Int64,
        "observed": pl.Float64,
        "expected": pl.Float64,
    },
    "mart_comparison": {
        **_UNIT,
        "n_clients": pl.Int64,
        "n_finished": pl.Int64,
        "n_pairs": pl.Int64,
        "paired_rate": pl.Float64,
        "n_improved": pl.Int64,
        "n_shared": pl.Int64,
        "n_concurrent": pl.Int64,
        "observed": pl.Float64,
        "observed_lower": pl.Float64,
        "observed_upper": pl.Float64,
        "expected": pl.Float64,
        "adjusted": pl.Float64,
        "adjusted_lower": pl.Float64,
        "adjusted_upper": pl.Float64,
        "overall": pl.Float64,
        "is_adjusted": pl.Boolean,
        "shrunken": pl.Float64,
        "shrunken_lower": pl.Float64,
        "shrunken_upper": pl.Float64,
        "reliability": pl.Float64,
        "n_still_needed": pl.Int64,
        "lower_95": pl.Float64,
        "upper_95": pl.Float64,
        "lower_998": pl.Float64,
        "upper_998": pl.Float64,
        "verdict": pl.String,
        "reason": pl.String,
        "explanations": pl.String,
    },
    "mart_comparison_spread": {
        "level": pl.String,
        **_MEASURE,
        "outcome": pl.String,
        **_PERIOD,
        "n_units": pl.Int64,
        "n_compared": pl.Int64,
        "n_pairs": pl.Int64,
        "mean_pairs": pl.Float64,
        "between_variance": pl.Float64,
        "within_variance": pl.Float64,
        "icc": pl.Float64,
        "icc_latent": pl.Float64,
        "design_effect": pl.Float64,
        "n_needed": pl.Int64,
        "phi": pl.Float64,
        "tau2": pl.Float64,
        "n_above": pl.Int64,
        "n_below": pl.Int64,
        "n_within": pl.Int64,
        "n_unjudged": pl.Int64,
        "n_false_alarms_expected": pl.Float64,
        "chance_of_a_false_alarm": pl.Float64,
    },
    "mart_comparison_sensitivity": {
        **_UNIT,
        "variant": pl.String,
        "n_pairs": pl.Int64,
        "observed": pl.Float64,
        "expected": pl.Float64,
        "adjusted": pl.Float64,
        "verdict": pl.String,
        "reason": pl.String,
        "is_changed": pl.Boolean,
    },
}
KEYS: dict[str, tuple[str, ...]] = {
    "int_case_mix_expected": (*_MEASURE_KEY, *_PERIOD_KEY, "cell_key"),
    "mart_case_mix": (*_MEASURE_KEY, "outcome", *_PERIOD_KEY),
    "mart_case_mix_terms": (*_MEASURE_KEY, "outcome", *_PERIOD_KEY, "term"),
    "mart_case_mix_calibration": (*_MEASURE_KEY, "outcome", *_PERIOD_KEY, "tenth"),
    "mart_comparison": _UNIT_KEY,
    "mart_comparison_spread": ("level", *_MEASURE_KEY, "outcome", *_PERIOD_KEY),
    "mart_comparison_sensitivity": (*_UNIT_KEY, "variant"),
}
GRAINS = {
    "int_case_mix_expected": "one row per instrument, scale, respondent, window and kind of case",
    "mart_case_mix": "one row per instrument, scale, respondent, outcome and window with a case",
    "mart_case_mix_terms": "one row per fitted model and term",
    "mart_case_mix_calibration": "one row per fitted model and tenth of its expected outcomes",
    "mart_comparison": "one row per level, subject, instrument, scale, respondent, outcome and"
    " window with a finished course",
    "mart_comparison_spread": "one row per level, instrument, scale, respondent, outcome and window"
    " with a finished course",
    "mart_comparison_sensitivity": "one row per row of mart_comparison whose level has enough units"
    " to compare, and variant",
}
PURPOSES = {
    "int_case_mix_expected": "What was to be expected of a case, from what was known before.",
    "mart_case_mix": "The case-mix models: what they rest on and how well they tell.",
    "mart_case_mix_terms": "The coefficients of the case-mix models.",
    "mart_case_mix_calibration": "Observed and expected outcomes by tenths of the expected ones.",
    "mart_comparison": "Therapists and groups beside what was expected of their caseload.",
    "mart_comparison_spread": "How much therapists or groups differ beyond chance.",
    "mart_comparison_sensitivity": "What a comparison says without one kind of course.",
}
_CASE_MIX = "Peduzzi et al., J Clin Epidemiol 1996;49:1373-1379 (events per parameter)"
_SHRINKAGE = (
    "Patterson & Thompson, Biometrika 1971;58:545-554 (REML); Robinson, Stat Sci 1991;6:15-32"
    " (shrunken estimates); Yusuf et al., Prog Cardiovasc Dis 1985;27:335-371 (log odds of rates)"
)
_FUNNEL = "Spiegelhalter, Stat Med 2005;24:1185-1202 (funnel limits, overdispersion)"
SOURCES: dict[str, str] = {
    "mart_case_mix": _CASE_MIX,
    "mart_comparison": f"{_SHRINKAGE}; {_FUNNEL}",
    "mart_comparison_spread": f"{_SHRINKAGE}; {_FUNNEL}",
    "mart_comparison_sensitivity": _FUNNEL,
}


def empty_tables() -> dict[str, Columns]:
    """A gatherer for each table."""
    return {name: Columns(schema, KEYS[name]) for name, schema in SCHEMAS.items()}
