"""Imputed rates of every measure, for the clinic and its programmes, in each twelve months.

What the model of the last score rests on: the first score and, as categories, how the course ended,
how many sessions there were, the programme, age band and sex. These are taken in that order as long
as there are measured courses enough for each coefficient; with fewer of them than a comparison
needs nothing is imputed. Nor is it for a subject of whose missing courses too many are unlike the
measured ones, or for a programme that has too few measured courses of its own.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.comparison.columns import Columns
from pipelines.comparison.estimate_tables import IMPUTED, empty_table
from pipelines.comparison.estimates import INPUTS
from pipelines.comparison.imputation import (
    Draws,
    Scale,
    draw_last_scores,
    fit_last_scores,
    pool_rates,
)
from pipelines.comparison.imputation_design import (
    PROGRAMME_ID,
    ImputationDesign,
    make_imputation_design,
)
from pipelines.comparison_settings import ComparisonSettings

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

IMPROVED, DETERIORATED = "improved", "deteriorated"
CLINIC, PROGRAMME = "clinic", "programme"
_MEASURE = ["instrument_id", "scale", "respondent"]
_CATEGORIES = ("ending", "dose_doublings", PROGRAMME_ID, "age_band", "sex")
# Of the missing courses of a subject no more than this part may be unlike the measured ones, unless
# they are so few of all its courses that they cannot move its rate by a percentage point.
_MOST_UNLIKE = 0.05
_LEAST_MOVED = 0.01


@dataclass(frozen=True)
class _Conventions:
    n_imputations: int
    shifts: tuple[float, ...]


@dataclass(frozen=True)
class _Cells:
    """Cells of one measure in one window; `codes` are places in each category's values.

    Points are turned so that more is worse. `sums` and `squares` are of the last scores.
    """

    first: FloatArray
    codes: dict[str, IntArray]
    n: FloatArray
    n_paired: FloatArray
    n_improved: FloatArray
    n_deteriorated: FloatArray
    sums: FloatArray
    squares: FloatArray

    def __getitem__(self, kept: slice) -> "_Cells":
        return _Cells(
            self.first[kept],
            {name: codes[kept] for name, codes in self.codes.items()},
            *(
                values[kept]
                for values in (
                    self.n,
                    self.n_paired,
                    self.n_improved,
                    self.n_deteriorated,
                    self.sums,
                    self.squares,
                )
            ),
        )


def imputed_outcomes(
    read: Callable[[str], pl.DataFrame], settings: ComparisonSettings
) -> pl.DataFrame:
    """The table; `read` gives a table of its INPUTS whole."""
    cells, months, conventions = (read(name) for name in INPUTS[IMPUTED])
    known = {row["name"]: row["value"] for row in conventions.iter_rows(named=True)}
    chosen = _Conventions(
        int(known["imputations"]),
        (
            0.0,
            float(known["imputation_shift_small_sds"]),
            float(known["imputation_shift_large_sds"]),
        ),
    )
    windows = (
        months.filter(pl.col("period_kind") == "rolling_12m")
        .select("period_kind", "period_start_on", "period_end_on")
        .unique()
        .sort("period_end_on")
        .rows(named=True)
    )
    table = empty_table(IMPUTED)
    # Of the worst scores last, whichever way the scale runs: then a turned scale draws the same.
    turned = pl.when(pl.col("direction") == "higher_worse").then(1).otherwise(-1)
    order = ["month_start_on", turned * pl.col("first_points"), *_CATEGORIES]
    for part in cells.sort(*_MEASURE, *order).partition_by(_MEASURE, maintain_order=True):
        first = part.row(0, named=True)
        days = part["month_start_on"].to_physical().to_numpy()
        scale = _scale(first)
        sign = 1.0 if first["direction"] == "higher_worse" else -1.0
        programmes = part["programme_id"].unique().sort().to_list()
        all_cells = _cells(part, sign)
        for window in windows:
            ends = [_day(window["period_start_on"]), _day(window["period_end_on"]) + 1]
            start, end = (int(place) for place in np.searchsorted(days, ends))
            if start == end:
                continue
            key = {name: first[name] for name in _MEASURE}
            _add_window({**key, **window}, all_cells[start:end], scale, programmes, chosen,
                        settings, table)  # fmt: skip
    return table.frame()


def _scale(row: dict[str, Any]) -> Scale:
    ends = [
        None if row[name] is None else float(row[name]) for name in ("min_points", "max_points")
    ]
    if row["direction"] != "higher_worse":
        ends = [None if end is None else -end for end in reversed(ends)]
    step = row["step_points"]
    return Scale(
        ends[0], ends[1], None if step is None else float(step),
        float(row["reliable_change_points"]),
    )  # fmt: skip


def _cells(part: pl.DataFrame, sign: float) -> _Cells:
    def floats(name: str) -> FloatArray:
        return part[name].cast(pl.Float64).to_numpy()

    codes = {}
    for name in _CATEGORIES:
        values = part[name].cast(pl.String)
        names = values.unique().sort()
        codes[name] = values.cast(pl.Enum(names)).to_physical().cast(pl.Int64).to_numpy()
    return _Cells(
        first=sign * floats("first_points"),
        codes=codes,
        n=floats("n_courses"),
        n_paired=floats("n_paired"),
        n_improved=floats("n_improved"),
        n_deteriorated=floats("n_deteriorated"),
        sums=sign * floats("last_sum"),
        squares=floats("last_squares"),
    )


def _add_window(
    key: dict[str, Any],
    cells: _Cells,
    scale: Scale,
    programmes: list[str],
    chosen: _Conventions,
    settings: ComparisonSettings,
    table: Columns,
) -> None:
    imputed = _impute(key, cells, scale, chosen, settings)
    subjects = list(_subjects(cells, programmes))
    if isinstance(imputed, str):
        subjects = subjects[:1]
    # Subjects by cells, and by courses without a last score in the order in which they were drawn.
    own = np.array([mine for _, mine in subjects], dtype=np.float64)
    is_missing = own[:, np.repeat(np.arange(cells.n.size), _n_missing(cells))]
    n, n_paired = own @ cells.n, own @ cells.n_paired
    is_refused = np.zeros(len(subjects), dtype=bool)
    if not isinstance(imputed, str):
        n_unlike = own @ ((cells.n - cells.n_paired) * imputed.design.is_unlike)
        is_refused = (n_unlike > _MOST_UNLIKE * (n - n_paired)) & (n_unlike > _LEAST_MOVED * n)
        own_programme = [
            level == CLINIC or bool(imputed.design.has_own[programmes.index(subject_id)])
            for (level, subject_id), _ in subjects
        ]
        is_refused |= ~np.array(own_programme) & (n > n_paired)
    for outcome, found in ((IMPROVED, cells.n_improved), (DETERIORATED, cells.n_deteriorated)):
        n_with = own @ found
        with np.errstate(invalid="ignore"):
            paired_rate = n_with / n_paired
        for place, shift in enumerate(chosen.shifts):
            table.add(
                len(subjects),
                level=[level for (level, _), _ in subjects],
                subject_id=[subject_id for (_, subject_id), _ in subjects],
                **key,
                outcome=outcome,
                shift_sds=shift,
                n_courses=n,
                n_paired=n_paired,
                n_with_outcome=n_with,
                paired_outcome_rate=paired_rate,
                **(
                    {"no_rate_reason": imputed}
                    if isinstance(imputed, str)
                    else imputed.figures(
                        place, outcome, is_missing, n_with, n, n_paired, is_refused
                    )
                ),
            )


@dataclass(frozen=True)
class _Imputed:
    """The drawn results of one measure and window, one for each shift."""

    design: ImputationDesign
    shift_points: tuple[float, ...]
    draws: list[Draws]

    def figures(
        self,
        place: int,
        outcome: str,
        is_missing: FloatArray,
        n_with: FloatArray,
        n: FloatArray,
        n_paired: FloatArray,
        is_refused: NDArray[np.bool_],
    ) -> dict[str, Any]:
        """The pooled rates of subjects, of whose `n` courses `n_with` are known to have it."""
        draws = self.draws[place]
        drawn = draws.improved if outcome == IMPROVED else draws.worse
        counts = n_with[:, None] + is_missing @ drawn.T.astype(np.float64)
        pooled = pool_rates(counts, n, n_paired)
        numbers = {
            "imputed_rate": pooled.rate,
            "imputed_rate_lower": pooled.lower,
            "imputed_rate_upper": pooled.upper,
            "missing_information": pooled.missing_information,
            "shift_points": self.shift_points[place],
            "n_imputations": float(drawn.shape[0]),
        }
        rests_on = ", ".join(self.design.rests_on)
        return {
            **{name: np.where(is_refused, np.nan, value) for name, value in numbers.items()},
            "rests_on": [None if refused else rests_on for refused in is_refused],
            "no_rate_reason": ["too_few_like_them" if refused else None for refused in is_refused],
        }


def _impute(
    key: dict[str, Any],
    cells: _Cells,
    scale: Scale,
    chosen: _Conventions,
    settings: ComparisonSettings,
) -> _Imputed | str:
    """The draws, or why there are none."""
    n_paired = cells.n_paired.sum()
    if n_paired < settings.minimum_pairs:
        return "too_few_pairs"
    design = make_imputation_design(cells.first, cells.codes, cells.n, cells.n_paired, settings)
    if design is None:
        return "no_spread"
    squares = float(cells.squares.sum())
    model = fit_last_scores(design.matrix, cells.n_paired, cells.sums, squares)
    if model is None or model.variance <= 0:
        return "no_spread"
    mean = cells.sums.sum() / n_paired
    spread = float(np.sqrt((squares - n_paired * mean**2) / (n_paired - 1)))
    points = tuple(shift * spread for shift in chosen.shifts)
    missing = np.repeat(np.arange(cells.n.size), _n_missing(cells))
    draws = draw_last_scores(
        model,
        design.matrix[missing],
        cells.first[missing],
        scale,
        points,
        chosen.n_imputations,
        _seed(key),
    )
    return _Imputed(design, points, draws)


def _n_missing(cells: _Cells) -> IntArray:
    return (cells.n - cells.n_paired).astype(np.int64)


def _subjects(
    cells: _Cells, programmes: list[str]
) -> Iterator[tuple[tuple[str, str], NDArray[np.bool_]]]:
    """The clinic and each programme with a course, with their cells."""
    yield (CLINIC, CLINIC), np.ones(cells.n.size, dtype=bool)
    for code, programme in enumerate(programmes):
        own = cells.codes["programme_id"] == code
        if own.any():
            yield (PROGRAMME, programme), own


def _seed(key: dict[str, Any]) -> int:
    """The same for the same measure and window, whatever else is imputed."""
    text = "|".join(
        str(value.isoformat() if isinstance(value, date) else value) for value in key.values()
    )
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def _day(day: date) -> int:
    return (day - date(1970, 1, 1)).days
