"""From sums to the tables of the comparison: every measure, every window, therapists and groups.

What belongs here: the order of the work, and which row holds what. The arithmetic is in the modules
beside this one, the meaning of each column in `data_contracts/marts/`.
"""

from collections.abc import Callable, Collection
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.comparison import funnel, shrinkage
from pipelines.comparison.columns import Columns
from pipelines.comparison.expectations import Expectations, expect
from pipelines.comparison.measures import LEVELS, Measure, MeasureSums, Window, read_measures
from pipelines.comparison.sensitivity import variants
from pipelines.comparison.subject import Subject
from pipelines.comparison.tables import empty_tables
from pipelines.comparison.units import (
    IMPROVED,
    OUTCOMES,
    POINTS,
    Placement,
    Shrinkage,
    UnitSums,
    shrink_means,
    shrink_rates,
    wilson,
)
from pipelines.comparison.verdicts import ABOVE, BELOW, CANNOT_TELL, WITHIN, Verdict, explained
from pipelines.comparison_settings import FIRST_SCORE, ComparisonSettings


def compare(
    read: Callable[[str], pl.DataFrame],
    settings: ComparisonSettings,
    left_out: Collection[tuple[Measure, Window]] = (),
) -> dict[str, pl.DataFrame]:
    """All tables of the comparison by name. `read` gives a table of `measures.INPUTS` whole.

    Windows that are `left_out` have no rows: whoever asks has them already (`carried.py`).
    """
    tables = empty_tables()
    for measure in read_measures(read):
        for window in measure.windows:
            if (measure.measure, window) not in left_out:
                _compare_window(measure, window, settings, tables)
    return {name: columns.frame() for name, columns in tables.items()}


def _compare_window(
    measure: MeasureSums,
    window: Window,
    settings: ComparisonSettings,
    tables: dict[str, Columns],
) -> None:
    instrument_id, scale, respondent = measure.measure
    key = {
        "instrument_id": instrument_id,
        "scale": scale,
        "respondent": respondent,
        "period_kind": window.period_kind,
        "period_start_on": window.start_on,
        "period_end_on": window.end_on,
    }
    expected = expect(measure, window, settings)
    _add_models(key, measure, expected, settings, tables)
    for level in LEVELS:
        units = measure.units(level, window)
        if units is None:
            continue
        for outcome in OUTCOMES:
            has_threshold = outcome == POINTS or measure.has_threshold
            model = expected.models.get(outcome)
            subject = Subject(
                key={**key, "level": level, "outcome": outcome},
                outcome=outcome,
                units=units,
                has_threshold=has_threshold,
                is_fitted=model is not None and model.is_fitted,
                settings=settings,
                own_case_mix=None
                if model is None
                else expected.is_own_case_mix(outcome, measure.rows(level, window), units.place),
            )
            if model is None:
                _add_uncompared(subject, tables)
            else:
                _add_compared(subject, measure, window, expected, tables)


def _add_models(
    key: dict[str, Any],
    measure: MeasureSums,
    expected: Expectations,
    settings: ComparisonSettings,
    tables: dict[str, Columns],
) -> None:
    rates = expected.models.get(IMPROVED)
    points = expected.models.get(POINTS)
    if points is not None:
        tables["int_case_mix_expected"].add(
            expected.cells.size,
            **key,
            cell_key=measure.cell_keys[expected.cells],
            expected_rate=None if rates is None else rates.expected,
            expected_points=points.expected,
            severity_rate=expected.severity_rate,
        )
    for outcome, model in sorted(expected.models.items()):
        own = {**key, "outcome": outcome}
        tables["mart_case_mix"].add(
            1,
            **own,
            n_cases=model.n_cases,
            n_improved=model.n_events,
            overall=expected.overall[outcome],
            model=model.model,
            is_fitted=model.is_fitted,
            reason=model.reason,
            n_parameters=model.n_parameters,
            covariates=", ".join((FIRST_SCORE, *settings.covariates)),
            r_squared=model.r_squared,
            auc=model.auc,
            brier=model.brier,
            calibration_intercept=model.calibration_intercept,
            calibration_slope=model.calibration_slope,
        )
        tables["mart_case_mix_terms"].add(
            len(model.terms),
            **own,
            term=model.terms,
            estimate=model.coefficients,
            standard_error=model.standard_errors,
        )
        if model.tenths is not None:
            tables["mart_case_mix_calibration"].add(
                model.tenths.n_cases.size,
                **own,
                tenth=np.arange(1, model.tenths.n_cases.size + 1),
                n_cases=model.tenths.n_cases,
                observed=model.tenths.observed,
                expected=model.tenths.expected,
            )


def _add_uncompared(subject: Subject, tables: dict[str, Columns]) -> None:
    """Units of a measure without a pair in the window, or without a threshold."""
    verdicts = subject.judge(subject.units.n_pairs.astype(float), None)
    size = len(subject.units.names)
    tables["mart_comparison"].add(
        size,
        **_unit_values(subject),
        **_verdict_values(verdicts),
        # Without a pair none improved, if that can be told at all.
        n_improved=0 if subject.has_threshold and subject.outcome == IMPROVED else None,
        is_adjusted=False,
    )
    tables["mart_comparison_spread"].add(
        1,
        **subject.key,
        n_units=int((subject.units.n_pairs > 0).sum()),
        n_pairs=int(subject.units.n_pairs.sum()),
        n_above=0,
        n_below=0,
        n_within=0,
        n_unjudged=size,
    )


def _add_compared(
    subject: Subject,
    measure: MeasureSums,
    window: Window,
    expected: Expectations,
    tables: dict[str, Columns],
) -> None:
    settings, outcome = subject.settings, subject.outcome
    level = subject.key["level"]
    rows = measure.rows(level, window)
    places = subject.units.place
    n_names = int(places.max()) + 1
    sums = _of_units(expected.sums(outcome, rows, n_names), places)
    shrunken = _shrink(sums, expected, measure, window, level, settings)
    if outcome == POINTS and shrunken is not None:
        # What chance alone does to a mean is the spread within units.
        sums = UnitSums(
            outcome, sums.n, sums.observed, sums.expected,
            sums.n * shrunken.within_variance, sums.overall,
        )  # fmt: skip
    placement = subject.place(sums)
    plain = UnitSums(
        outcome, sums.n, sums.observed, sums.n * sums.overall, sums.chance, sums.overall
    )
    unadjusted = subject.place(plain) if subject.is_fitted else placement
    verdicts = subject.judge(sums.n, placement, unadjusted)
    if placement.n_compared >= settings.minimum_units:
        kept = dict(variants(level, sums, expected, rows, places))
        verdicts = _add_variants(subject, verdicts, kept, tables["mart_comparison_sensitivity"])
    _add_units(subject, sums, placement, shrunken, verdicts, tables["mart_comparison"])
    _add_spread(subject, sums, placement, shrunken, verdicts, tables["mart_comparison_spread"])


def _add_variants(
    subject: Subject, verdicts: list[Verdict], variants_sums: dict[str, UnitSums], table: Columns
) -> list[Verdict]:
    """The verdicts with the variants that do not bear them out."""
    found = {
        variant: subject.judge(sums.n, subject.place(sums))
        for variant, sums in variants_sums.items()
    }
    for variant, sums in variants_sums.items():
        table.add(
            sums.n.size,
            **subject.key,
            subject_id=subject.units.names,
            variant=variant,
            n_pairs=sums.n,
            observed=sums.observed_mean,
            expected=sums.expected_mean,
            adjusted=sums.adjusted(sums.observed_mean),
            verdict=[verdict.verdict for verdict in found[variant]],
            reason=[verdict.reason for verdict in found[variant]],
            is_changed=[
                one.verdict != other.verdict
                for one, other in zip(verdicts, found[variant], strict=True)
            ],
        )
    told = list(verdicts)
    for place, verdict in enumerate(verdicts):
        # Of many thousands few lie outside, and only they need to be explained.
        if verdict.verdict in (ABOVE, BELOW):
            told[place] = explained(
                verdict, {name: others[place] for name, others in found.items()}
            )
    return told


def _of_units(sums: UnitSums, places: NDArray[np.int64]) -> UnitSums:
    return UnitSums(
        sums.outcome,
        sums.n[places],
        sums.observed[places],
        sums.expected[places],
        sums.chance[places],
        sums.overall,
    )


def _shrink(
    sums: UnitSums,
    expected: Expectations,
    measure: MeasureSums,
    window: Window,
    level: str,
    settings: ComparisonSettings,
) -> Shrinkage | None:
    # A spread between units is a figure about all of them: it needs as many pairs as one of them.
    if sums.n.sum() < settings.minimum_pairs:
        return None
    if sums.outcome == IMPROVED:
        return shrink_rates(sums)
    rows = measure.rows(level, window)
    n_names = int(rows.unit.max()) + 1
    return shrink_means(sums, expected.mixed_sums(rows, n_names))


def _add_units(
    subject: Subject,
    sums: UnitSums,
    placement: Placement,
    shrunken: Shrinkage | None,
    verdicts: list[Verdict],
    table: Columns,
) -> None:
    settings = subject.settings
    observed = sums.observed_mean
    if subject.outcome == IMPROVED:
        limits = wilson(sums.observed, sums.n)
    else:
        with np.errstate(divide="ignore", invalid="ignore"):
            reach = funnel.Z_95 * np.sqrt(sums.chance) / sums.n
        limits = (observed - reach, observed + reach)
    values: dict[str, Any] = {}
    if shrunken is not None:
        needed = shrinkage.cases_needed(
            shrunken.icc, settings.reliability_wanted, settings.minimum_pairs
        )
        values = {
            "shrunken": shrunken.shrunken,
            "shrunken_lower": shrunken.lower,
            "shrunken_upper": shrunken.upper,
            "reliability": np.where(
                sums.n > 0, shrinkage.reliability(np.maximum(sums.n, 1), shrunken.icc), np.nan
            ),
            "n_still_needed": None if needed is None else np.maximum(needed - sums.n, 0),
        }
    table.add(
        sums.n.size,
        **_unit_values(subject),
        n_improved=sums.observed if subject.outcome == IMPROVED else None,
        observed=observed,
        observed_lower=limits[0],
        observed_upper=limits[1],
        expected=sums.expected_mean,
        adjusted=sums.adjusted(observed),
        adjusted_lower=sums.adjusted(limits[0]),
        adjusted_upper=sums.adjusted(limits[1]),
        overall=sums.overall,
        is_adjusted=subject.is_fitted,
        lower_95=placement.lower_95,
        upper_95=placement.upper_95,
        lower_998=placement.lower_998,
        upper_998=placement.upper_998,
        **values,
        **_verdict_values(verdicts),
    )


def _unit_values(subject: Subject) -> dict[str, Any]:
    units = subject.units
    return {
        **subject.key,
        "subject_id": units.names,
        "n_clients": units.n_clients,
        "n_finished": units.n_finished,
        "n_pairs": units.n_pairs,
        "paired_rate": subject.paired_rate,
        "n_shared": units.n_shared,
        "n_concurrent": units.n_concurrent,
    }


def _verdict_values(verdicts: list[Verdict]) -> dict[str, Any]:
    return {
        "verdict": [verdict.verdict for verdict in verdicts],
        "reason": [verdict.reason for verdict in verdicts],
        "explanations": [", ".join(verdict.explanations) or None for verdict in verdicts],
    }


def _add_spread(
    subject: Subject,
    sums: UnitSums,
    placement: Placement,
    shrunken: Shrinkage | None,
    verdicts: list[Verdict],
    table: Columns,
) -> None:
    n_units, n_pairs = int((sums.n > 0).sum()), float(sums.n.sum())
    words = [verdict.verdict for verdict in verdicts]
    n_judged = len(words) - words.count(CANNOT_TELL)
    values: dict[str, Any] = {}
    if shrunken is not None:
        settings = subject.settings
        values = {
            "between_variance": shrunken.between_variance,
            "within_variance": shrunken.within_variance,
            "icc": shrunken.icc,
            "icc_latent": shrinkage.latent_icc(shrunken.icc, shrunken.within_variance)
            if subject.outcome == IMPROVED
            else None,
            "design_effect": shrinkage.design_effect(n_pairs / n_units, shrunken.icc),
            "n_needed": shrinkage.cases_needed(
                shrunken.icc, settings.reliability_wanted, settings.minimum_pairs
            ),
        }
    table.add(
        1,
        **subject.key,
        n_units=n_units,
        n_compared=placement.n_compared,
        n_pairs=n_pairs,
        mean_pairs=n_pairs / n_units if n_units else None,
        phi=placement.phi,
        tau2=placement.tau2,
        n_above=words.count(ABOVE),
        n_below=words.count(BELOW),
        n_within=words.count(WITHIN),
        n_unjudged=words.count(CANNOT_TELL),
        n_false_alarms_expected=2 * funnel.TAIL_998 * n_judged,
        chance_of_a_false_alarm=funnel.chance_of_any(n_judged, 2 * funnel.TAIL_998),
        **values,
    )
