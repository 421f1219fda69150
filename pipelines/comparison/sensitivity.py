"""The same comparison without one kind of course, or with each course weighted.

The case-mix model stays, so that a variant differs by its courses alone; what it expects is brought
to the overall outcome of the courses that are left, as it was for all of them.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipelines.comparison.expectations import Expectations
from pipelines.comparison.grouped import sums_by
from pipelines.comparison.measures import Rows
from pipelines.comparison.units import IMPROVED, UnitSums
from pipelines.comparison.verdicts import (
    WEIGHTED,
    WITHOUT_CONCURRENT,
    WITHOUT_GROUP_MEMBERS,
    WITHOUT_SHARED,
)

IntArray = NDArray[np.int64]

GROUP = "group"

WITHOUT = {
    WITHOUT_CONCURRENT: "has_concurrent_group",
    WITHOUT_GROUP_MEMBERS: "is_group_member",
    WITHOUT_SHARED: "is_shared",
}


def variants(
    level: str, sums: UnitSums, expected: Expectations, rows: Rows, places: IntArray
) -> Iterator[tuple[str, UnitSums]]:
    """Each variant's name and its units' sums, for the units at `places`.

    Groups have two variants: nothing is left of a group without its members, and a course's weight
    is the therapist's part in it.
    """
    n_units = int(places.max()) + 1
    is_group = level == GROUP
    for name, flag in WITHOUT.items():
        if is_group and name == WITHOUT_GROUP_MEMBERS:
            continue
        kept = expected.sums(sums.outcome, rows[~rows.flags[flag]], n_units)
        yield name, _calibrated(kept, places, sums)
    if not is_group:
        yield WEIGHTED, _calibrated(_weighted(sums.outcome, rows, expected, n_units), places, sums)


def _weighted(outcome: str, rows: Rows, expected: Expectations, n_units: int) -> UnitSums:
    """Every course counted as much as the therapist's part of its sessions."""
    rates = expected.models[outcome].expected[expected.place[rows.cell]]
    shares = rows.sums["share_sum"]
    observed = rows.sums["share_improved" if outcome == IMPROVED else "share_points"]
    n = sums_by(rows.unit, shares, n_units)
    # Exact limits need whole courses: as many as the parts make together, with the same means.
    whole = np.round(n)
    scale = np.divide(whole, n, out=np.zeros(n_units), where=n > 0)
    total = scale * sums_by(rows.unit, observed, n_units)
    return UnitSums(
        outcome,
        whole,
        np.minimum(np.round(total), whole) if outcome == IMPROVED else total,
        scale * sums_by(rows.unit, shares * rates, n_units),
        np.zeros(n_units),
        expected.overall[outcome],
    )


def _calibrated(kept: UnitSums, places: IntArray, base: UnitSums) -> UnitSums:
    n, observed, expected = kept.n[places], kept.observed[places], kept.expected[places]
    total = float(n.sum())
    if kept.outcome == IMPROVED:
        scale = float(observed.sum()) / float(expected.sum()) if expected.sum() > 0 else 1.0
        expected = np.minimum(scale * expected, n)
        chance = kept.chance[places]
    else:
        shift = float(observed.sum() - expected.sum()) / total if total > 0 else 0.0
        expected = expected + n * shift
        # The spread within units is the base's: points per course do not vary less for being fewer.
        per_case = float(base.chance.sum()) / float(base.n.sum())
        chance = n * per_case
    overall = float(observed.sum()) / total if total > 0 else base.overall
    return UnitSums(kept.outcome, n, observed, expected, chance, overall)
