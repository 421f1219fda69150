"""The columns of a case-mix model: the first score, and one column per category of a covariate.

The rule for what is missing is in the data already: "not recorded" is a category like any other.
Here small categories are put together, so that no column rests on a handful of courses.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.comparison.grouped import sums_by

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

INTERCEPT = "intercept"
OTHER = "other"
# A column of which the ones before it leave less than this part is one of them in disguise.
_LEAST_OWN_PART = 1e-9


@dataclass(frozen=True)
class Covariate:
    """One covariate over cells: `codes` are places in `names`, which are in order."""

    names: tuple[str, ...]
    codes: IntArray


@dataclass(frozen=True)
class Design:
    """The columns of a model over cells; the first is the intercept.

    Shape:  `matrix` cells x terms. `terms` name the columns: "first_score", "sex: male".
    """

    terms: tuple[str, ...]
    matrix: FloatArray


def make_design(
    first_score: FloatArray,
    covariates: Mapping[str, Covariate],
    n: FloatArray,
    minimum_cases: int,
) -> Design:
    """The columns for cells of `n` cases each.

    Every category but the most frequent has a column. A column that says nothing new (a therapy
    programme that has one modality, say) is left out.
    """
    terms = [INTERCEPT, "first_score"]
    columns = [np.ones(n.size), first_score]
    for name, covariate in covariates.items():
        names, codes, reference = merge_small(covariate, n, minimum_cases)
        for code, category in enumerate(names):
            if category != reference:
                terms.append(f"{name}: {category}")
                columns.append((codes == code).astype(float))
    matrix = np.stack(columns, axis=1)
    kept = independent_columns(matrix.T @ (matrix * n[:, None]))
    return Design(tuple(terms[place] for place in kept), np.ascontiguousarray(matrix[:, kept]))


def merge_small(
    covariate: Covariate, n: FloatArray, minimum_cases: int
) -> tuple[tuple[str, ...], IntArray, str]:
    """The categories that are left, each cell's place among them, and the most frequent one.

    Categories with fewer cases than the minimum become "other"; where these are too few together
    as well, they join the most frequent category. Categories without any case are gone.
    """
    totals = sums_by(covariate.codes, n, len(covariate.names))
    # The first of equals: names are in order.
    most = int(np.argmax(totals))
    is_small = (totals < minimum_cases) & (np.arange(totals.size) != most)
    known = list(covariate.names)
    if OTHER not in known:
        known.append(OTHER)
        totals, is_small = np.append(totals, 0.0), np.append(is_small, False)
    other = known.index(OTHER)
    target = np.arange(len(known))
    target[is_small] = other
    if 0 < totals[other] * (not is_small[other]) + totals[is_small].sum() < minimum_cases:
        target[is_small] = most
        target[other] = most
    merged = target[covariate.codes]
    used, codes = np.unique(merged[n > 0], return_inverse=True)
    places = np.zeros(n.size, dtype=np.int64)
    places[n > 0] = codes
    names = tuple(known[place] for place in used)
    left = sums_by(codes, n[n > 0], used.size)
    return names, places, names[int(np.argmax(left))]


def independent_columns(products: FloatArray) -> list[int]:
    """The columns, in order, that are no combination of those before them; from X'X."""
    kept: list[int] = []
    basis = np.zeros_like(products)
    for place in range(products.shape[0]):
        row = np.zeros(products.shape[0])
        for index, earlier in enumerate(kept):
            row[index] = (products[place, earlier] - basis[earlier, :index] @ row[:index]) / basis[
                earlier, index
            ]
        own = products[place, place] - row @ row
        if own > _LEAST_OWN_PART * products[place, place]:
            row[len(kept)] = np.sqrt(own)
            basis[place] = row
            kept.append(place)
    return kept
