"""What SQL has summed up about each scale, as arrays: cells, and the rows of therapists and groups.

A measure is an instrument, a scale and a respondent. Rows are in the order of their months, so that
a window of months is one stretch of them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.comparison.case_mix import N_FOLDS
from pipelines.comparison.design import Covariate
from pipelines.comparison_settings import COVARIATES

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

LEVELS = ("therapist", "group")
# Every case has one therapist, so the therapists' rows are everybody's.
EVERYBODY = "therapist"
INPUTS = ("int_case_mix_cells", "int_comparison_counts", "int_comparison_units")
NOT_RECORDED = "not_recorded"
MEASURE = ["instrument_id", "scale", "respondent"]
_SUMS = (
    "n_cases",
    "n_improved",
    "improvement_points",
    "improvement_squares",
    "share_sum",
    "share_improved",
    "share_points",
)
_FLAGS = ("is_group_member", "is_shared", "has_concurrent_group")

Measure = tuple[str, str, str]


@dataclass(frozen=True)
class Window:
    """The twelve months that are compared; both ends are included."""

    period_kind: str
    start_on: date
    end_on: date


@dataclass(frozen=True)
class Rows:
    """Sums of one level, a row per unit, month, cell and flags.

    `unit` and `cell` are places in the units' names and in the cells. Units: points of the scale;
    the shares are parts of a course.
    """

    unit: IntArray
    cell: IntArray
    flags: dict[str, BoolArray]
    sums: dict[str, FloatArray]

    def __getitem__(self, kept: slice | BoolArray) -> "Rows":
        return Rows(
            self.unit[kept],
            self.cell[kept],
            {name: values[kept] for name, values in self.flags.items()},
            {name: values[kept] for name, values in self.sums.items()},
        )


@dataclass(frozen=True)
class Units:
    """The therapists or groups of one window, and their courses; in the order of their names."""

    names: tuple[str, ...]
    place: IntArray
    n_clients: IntArray
    n_finished: IntArray
    n_pairs: IntArray
    n_shared: IntArray
    n_concurrent: IntArray


@dataclass(frozen=True)
class MeasureSums:
    """All that is known of one measure. `folds` split the cells for judging a model."""

    measure: Measure
    cell_keys: NDArray[np.object_]
    first_score: FloatArray
    covariates: dict[str, Covariate]
    folds: IntArray
    has_threshold: bool
    windows: tuple[Window, ...]
    _rows: dict[str, tuple[IntArray, Rows]]
    _units: dict[tuple[str, Window], Units]

    def rows(self, level: str, window: Window) -> Rows:
        """The rows of one level in one window."""
        months, rows = self._rows[level]
        ends = np.array([_day(window.start_on), _day(window.end_on) + 1])
        first, last = np.searchsorted(months, ends)
        return rows[first:last]

    def units(self, level: str, window: Window) -> Units | None:
        """The units of one level in one window; None where there is none."""
        return self._units.get((level, window))


def read_measures(read: Callable[[str], pl.DataFrame]) -> Iterator[MeasureSums]:
    """Every measure with a unit in a window, in order. `read` gives a table of INPUTS whole."""
    cells, counts, units = (_by_measure(read(name)) for name in INPUTS)
    for measure in sorted(units):
        yield _measure(measure, cells.get(measure), counts.get(measure), units[measure])


def _by_measure(frame: pl.DataFrame) -> dict[Measure, pl.DataFrame]:
    parts = frame.partition_by(MEASURE, as_dict=True, maintain_order=True, include_key=False)
    return {(str(one), str(two), str(three)): part for (one, two, three), part in parts.items()}


def _measure(
    measure: Measure,
    cells: pl.DataFrame | None,
    counts: pl.DataFrame | None,
    units: pl.DataFrame,
) -> MeasureSums:
    names = {level: _names(units, level) for level in LEVELS}
    windows = (
        units.select("period_kind", "period_start_on", "period_end_on").unique().sort(pl.all())
    )
    if cells is None or counts is None:
        # Finished courses, and not one pair.
        keys: NDArray[np.object_] = np.empty(0, dtype=object)
        score, covariates, rows = np.empty(0), {}, {level: _no_rows() for level in LEVELS}
    else:
        keys = cells["cell_key"].to_numpy()
        score = cells["first_points"].cast(pl.Float64).to_numpy()
        # A covariate that is not in the settings is null throughout.
        covariates = {
            name: _covariate(cells[name].fill_null(NOT_RECORDED))
            for name in COVARIATES
            if cells[name].null_count() < cells.height
        }
        placed = counts.join(
            cells.select("cell_key").with_row_index("cell"),
            on="cell_key",
            how="left",
            maintain_order="left",
        )
        rows = {level: _rows(placed, level, names[level]) for level in LEVELS}
    return MeasureSums(
        measure=measure,
        cell_keys=keys,
        first_score=score,
        covariates=covariates,
        folds=np.array([int(key[-8:], 16) % N_FOLDS for key in keys], dtype=np.int64),
        has_threshold=bool(units["has_threshold"][0]),
        windows=tuple(Window(*row) for row in windows.iter_rows()),
        _rows=rows,
        _units=_units(units, names),
    )


def _names(units: pl.DataFrame, level: str) -> list[str]:
    return units.filter(pl.col("level") == level)["subject_id"].unique().sort().to_list()


def _covariate(values: pl.Series) -> Covariate:
    names = values.unique().sort()
    codes = values.cast(pl.Enum(names)).to_physical().cast(pl.Int64).to_numpy()
    return Covariate(tuple(names.to_list()), codes)


def _rows(counts: pl.DataFrame, level: str, names: list[str]) -> tuple[IntArray, Rows]:
    # A case that ended in a month that is not complete yet may be the first one of its unit.
    is_known = (pl.col("level") == level) & pl.col("subject_id").is_in(names)
    own = counts.filter(is_known).sort("month_start_on", maintain_order=True)
    units = own["subject_id"].cast(pl.Enum(names)).to_physical().cast(pl.Int64).to_numpy()
    return (
        own["month_start_on"].to_physical().cast(pl.Int64).to_numpy(),
        Rows(
            unit=units,
            cell=own["cell"].cast(pl.Int64).to_numpy(),
            flags={name: own[name].to_numpy() for name in _FLAGS},
            sums={name: own[name].cast(pl.Float64).fill_null(0).to_numpy() for name in _SUMS},
        ),
    )


def _no_rows() -> tuple[IntArray, Rows]:
    none = np.empty(0, dtype=np.int64)
    return none, Rows(
        none,
        none,
        {name: np.empty(0, dtype=bool) for name in _FLAGS},
        {name: np.empty(0) for name in _SUMS},
    )


def _units(units: pl.DataFrame, names: dict[str, list[str]]) -> dict[tuple[str, Window], Units]:
    places = {level: {name: place for place, name in enumerate(names[level])} for level in LEVELS}
    key = ["level", "period_kind", "period_start_on", "period_end_on"]
    parts = units.sort("subject_id").partition_by(key, as_dict=True, include_key=False)
    found = {}
    for (level, kind, start_on, end_on), part in parts.items():
        subjects = part["subject_id"].to_list()
        found[level, Window(kind, start_on, end_on)] = Units(
            names=tuple(subjects),
            place=np.array([places[level][name] for name in subjects], dtype=np.int64),
            **{
                name: part[name].to_numpy()
                for name in ("n_clients", "n_finished", "n_pairs", "n_shared", "n_concurrent")
            },
        )
    return found


def _day(day: date) -> int:
    return (day - date(1970, 1, 1)).days
