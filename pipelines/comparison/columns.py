"""Rows of a table gathered in pieces: arrays go in, one frame comes out.

A piece has as many rows as its arrays; a single value stands for all of them. What a model has
estimated keeps ten significant digits and nine places: beyond these the arithmetic of another
machine's linear algebra may differ, and the same inputs should give the same bytes. Plain means and
rates are exact divisions and stay as they are.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

SIGNIFICANT_DIGITS = 10
MOST_PLACES = 9
# One division of whole numbers or decimals, the same everywhere.
EXACT = frozenset({"mean_pairs", "observed", "overall", "paired_rate"})


class Columns:
    """The rows of one table. `schema` are its columns and types, `key` those that order it."""

    def __init__(self, schema: Mapping[str, Any], key: Sequence[str]) -> None:
        self._schema = dict(schema)
        self._key = list(key)
        self._pieces: dict[str, list[Any]] = {name: [] for name in schema}
        self._sizes: list[int] = []

    def add(self, size: int, **values: Any) -> None:
        """Add `size` rows. What is left out is null; nan in an array is null."""
        unknown = set(values) - set(self._schema)
        if unknown:
            raise KeyError(", ".join(sorted(unknown)))
        self._sizes.append(size)
        for name, pieces in self._pieces.items():
            pieces.append(values.get(name))

    def frame(self) -> pl.DataFrame:
        """All rows in the order of the key."""
        columns = [
            self._series(name, kind, self._pieces[name]) for name, kind in self._schema.items()
        ]
        # In one piece: a sort leaves as many as it had threads, and the file would show them.
        return pl.DataFrame(columns).sort(self._key).rechunk()

    def _series(self, name: str, kind: Any, pieces: list[Any]) -> pl.Series:
        if kind in (pl.Float64, pl.Int64):
            parts = [
                value if isinstance(value, np.ndarray) else np.full(size, _number(value))
                for size, value in zip(self._sizes, pieces, strict=True)
            ]
            numbers = np.concatenate(parts).astype(np.float64) if parts else np.empty(0)
            if kind == pl.Float64 and name not in EXACT:
                numbers = rounded(numbers)
            return pl.Series(name, numbers).fill_nan(None).cast(kind)
        cells: list[Any] = []
        for size, value in zip(self._sizes, pieces, strict=True):
            if isinstance(value, (list, tuple)):
                cells.extend(value)
            elif isinstance(value, np.ndarray):
                cells.extend(value.tolist())
            else:
                cells.extend([value] * size)
        return pl.Series(name, cells, dtype=kind)


def rounded(numbers: FloatArray) -> FloatArray:
    """Numbers with ten significant digits and at most nine places; nan stays."""
    size = np.abs(numbers)
    with np.errstate(divide="ignore", invalid="ignore"):
        places = np.minimum(SIGNIFICANT_DIGITS - 1 - np.floor(np.log10(size)), MOST_PLACES)
    # Exact powers of ten only: then the division gives the double next to the decimal.
    is_usual = np.isfinite(places) & (places >= 0)
    scale = 10.0 ** np.where(is_usual, places, 0)
    found = np.where(is_usual, np.round(numbers * scale) / scale, numbers)
    # A rounded negative is no negative zero.
    return np.where(found == 0, 0.0, found)


def _number(value: Any) -> float:
    return np.nan if value is None else float(value)
