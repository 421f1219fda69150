"""What an imputed last score rests on: the columns of its model, and for whom they speak.

Of each category so many measured courses are needed for a column of its own. The smaller ones share
a column, however few they are: the others are then not judged by them. A course is unlike the
measured ones where the small categories together are too few, where more courses of its small
category are missing than measured (others in the column would speak for it), or where a column that
the measured courses made superfluous would tell it apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.comparison.design import independent_columns
from pipelines.comparison.grouped import sums_by
from pipelines.comparison_settings import ComparisonSettings

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

FIRST_SCORE, PROGRAMME_ID = "first_score", "programme_id"
_FIRST_SCORE_PLACE = 1
# What a superfluous column may differ by from what it is made up of: rounding.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class ImputationDesign:
    """The columns, `rests_on` what has one, and of whom they tell too little.

    Shape:  matrix cells x terms; is_unlike cells; has_own programmes: whether a programme's results
            come from measured courses of its own.
    """

    rests_on: tuple[str, ...]
    matrix: FloatArray
    is_unlike: NDArray[np.bool_]
    has_own: NDArray[np.bool_]


def make_imputation_design(
    first: FloatArray,
    categories: Mapping[str, IntArray],
    n: FloatArray,
    n_paired: FloatArray,
    settings: ComparisonSettings,
) -> ImputationDesign | None:
    """The design over cells of `n` courses, `n_paired` of them measured; categories are codes.

    Categories are taken in their order as long as there are measured courses enough for each
    column. None where the first scores of the measured courses do not differ.
    """
    # From their mean: where a scale begins then moves no draw.
    centre = float(first @ n_paired) / float(n_paired.sum())
    matrix = np.stack([np.ones(n.size), first - centre], axis=1)
    owners = ["", FIRST_SCORE]
    is_unlike = np.zeros(n.size, dtype=bool)
    programmes = categories[PROGRAMME_ID]
    # Without a column for each: the only programme is like itself, one of several is like no one.
    has_own = np.full(int(programmes.max()) + 1, np.unique(programmes[n > 0]).size == 1)
    for name, codes in categories.items():
        size = int(codes.max()) + 1
        measured, missing = sums_by(codes, n_paired, size), sums_by(codes, n - n_paired, size)
        is_small = measured < settings.minimum_category_cases
        # The place after the last is that of all the small ones together.
        group = np.where(is_small, size, np.arange(size))
        totals = sums_by(group, measured, size + 1)
        found = np.flatnonzero(totals)
        kept = found[found != int(np.argmax(totals))]
        wider = np.concatenate([matrix, (group[codes][:, None] == kept).astype(np.float64)], axis=1)
        if n_paired.sum() < settings.cases_per_parameter * wider.shape[1]:
            break
        matrix = wider
        owners += [name] * kept.size
        are_few = totals[size] < settings.minimum_category_cases
        is_unlike |= (is_small & (are_few | (missing > measured)))[codes]
        if name == PROGRAMME_ID:
            has_own = ~is_small
    products = matrix.T @ (matrix * n_paired[:, None])
    kept_columns = independent_columns(products)
    if _FIRST_SCORE_PLACE not in kept_columns:
        return None
    names = dict.fromkeys(owners[place] for place in kept_columns if owners[place])
    own = np.ascontiguousarray(matrix[:, kept_columns])
    superfluous = sorted(set(range(len(owners))) - set(kept_columns))
    made_up_of = np.linalg.solve(
        products[np.ix_(kept_columns, kept_columns)], products[np.ix_(kept_columns, superfluous)]
    )
    gaps = np.abs(matrix[:, superfluous] - own @ made_up_of) > _ROUNDING
    return ImputationDesign(tuple(names), own, is_unlike | gaps.any(axis=1), has_own)
