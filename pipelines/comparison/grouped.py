"""Sums by group, in the order of the rows: the same rows give the same bits."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def sums_by(place: IntArray, values: FloatArray, size: int) -> FloatArray:
    """The sum of the values at each of `size` places; 0 where there is none."""
    return np.bincount(place, weights=values, minlength=size).astype(np.float64)
