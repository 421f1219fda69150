"""Windows whose sums are the same as they were: their rows are taken over, not fitted again.

A window's rows follow from the sums of its own months, the cells of these, and its units; beside
them only from the categories that the measure's cells have anywhere. Where all of these are the
same as those that the earlier tables were made from, its rows are too, to the bit.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from pipelines.comparison.measures import INPUTS, MEASURE, Measure, Window
from pipelines.comparison.tables import KEYS
from pipelines.comparison_settings import COVARIATES

Read = Callable[[str], pl.DataFrame]
MeasureWindow = tuple[Measure, Window]
_WINDOW = ["period_kind", "period_start_on", "period_end_on"]


@dataclass(frozen=True)
class _Inputs:
    """The comparison's inputs in parts that can be held against each other.

    `categories` of a measure are those of each covariate, `months` its sums by month with what
    their cells are, `units` its rows by window.
    """

    categories: Mapping[Measure, pl.DataFrame]
    months: Mapping[Measure, Mapping[date, pl.DataFrame]]
    units: Mapping[MeasureWindow, pl.DataFrame]


def unchanged_windows(earlier: Read, now: Read) -> frozenset[MeasureWindow]:
    """The windows of which both readers of INPUTS give the same."""
    before, after = _inputs(earlier), _inputs(now)
    return frozenset(
        (measure, window)
        for (measure, window), units in after.units.items()
        if _same(before.units.get((measure, window)), units)
        and _same(before.categories.get(measure), after.categories.get(measure))
        and _same_months(before.months.get(measure, {}), after.months.get(measure, {}), window)
    )


def with_carried(
    made: Mapping[str, pl.DataFrame], earlier: Read, windows: Collection[MeasureWindow]
) -> dict[str, pl.DataFrame]:
    """The tables with the earlier rows of these windows, in the order of their keys."""
    keys = pl.DataFrame(
        [(*measure, window.period_kind, window.start_on, window.end_on)
         for measure, window in sorted(windows, key=repr)],
        schema={
            **dict.fromkeys(MEASURE, pl.String),
            **dict(zip(_WINDOW, (pl.String, pl.Date, pl.Date), strict=True)),
        },
        orient="row",
    )  # fmt: skip
    return {
        name: pl.concat([frame, earlier(name).join(keys, on=keys.columns, how="semi")])
        .sort(KEYS[name])
        .rechunk()
        for name, frame in made.items()
    }


def _inputs(read: Read) -> _Inputs:
    cells, counts, units = (read(name) for name in INPUTS)
    sums = counts.join(cells, on=[*MEASURE, "cell_key"], how="left", maintain_order="left")
    months: dict[Measure, dict[date, pl.DataFrame]] = {}
    for (*measure, month), part in _parts(sums, [*MEASURE, "month_start_on"]).items():
        months.setdefault(_measure(measure), {})[month] = part
    return _Inputs(
        categories={
            _measure(measure): part.select(
                pl.col(name).unique().sort().implode() for name in COVARIATES
            )
            for measure, part in _parts(cells, MEASURE).items()
        },
        months=months,
        units={
            (_measure(measure), Window(kind, start_on, end_on)): part
            for (*measure, kind, start_on, end_on), part in _parts(
                units, [*MEASURE, *_WINDOW]
            ).items()
        },
    )


def _parts(frame: pl.DataFrame, by: list[str]) -> dict[tuple[Any, ...], pl.DataFrame]:
    return frame.partition_by(by, as_dict=True, maintain_order=True, include_key=False)


def _measure(names: Iterable[str]) -> Measure:
    instrument_id, scale, respondent = names
    return instrument_id, scale, respondent


def _same(one: pl.DataFrame | None, other: pl.DataFrame | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.schema == other.schema and one.equals(other)


def _same_months(
    before: Mapping[date, pl.DataFrame], after: Mapping[date, pl.DataFrame], window: Window
) -> bool:
    months = {month for month in {*before, *after} if window.start_on <= month <= window.end_on}
    return all(_same(before.get(month), after.get(month)) for month in months)
