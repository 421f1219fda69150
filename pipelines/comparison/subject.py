"""What one comparison is about: an outcome of one level, measure and window, and its units."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.comparison.measures import Units
from pipelines.comparison.units import Placement, UnitSums, place_units
from pipelines.comparison.verdicts import Verdict, judge
from pipelines.comparison_settings import ComparisonSettings

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Subject:
    """One outcome of one level, measure and window: its key, and the units that it is about.

    `own_case_mix` marks the units whose courses are, for the greater part, of kinds that hardly
    anybody else has; None where nothing is known of that.
    """

    key: dict[str, Any]
    outcome: str
    units: Units
    has_threshold: bool
    is_fitted: bool
    settings: ComparisonSettings
    own_case_mix: BoolArray | None = None

    @property
    def paired_rate(self) -> FloatArray:
        """Pairs of finished courses, of each unit."""
        return self.units.n_pairs / self.units.n_finished

    @property
    def is_comparable(self) -> BoolArray:
        """The units that may be compared if they have enough pairs.

        A unit with few of its courses measured, or whose own courses make what is expected of it,
        neither counts among those compared nor says how far they lie apart.
        """
        is_measured = self.paired_rate >= self.settings.minimum_pair_rate
        return is_measured if self.own_case_mix is None else is_measured & ~self.own_case_mix

    def place(self, sums: UnitSums) -> Placement:
        """Where the units lie by these sums, which may be those of a variant."""
        return place_units(
            sums,
            self.is_comparable,
            minimum_pairs=self.settings.minimum_pairs,
            minimum_units=self.settings.minimum_units,
        )

    def judge(
        self, n_pairs: FloatArray, placement: Placement | None, unadjusted: Placement | None = None
    ) -> list[Verdict]:
        """The verdict on each unit, from where it lies.

        Units that are alike in all that a verdict depends on are judged once: a clinic has few
        kinds of them, a service of twenty thousand therapists too.
        """
        settings, rates = self.settings, self.paired_rate
        none = np.zeros(n_pairs.size, dtype=np.int64)
        own = none if self.own_case_mix is None else self.own_case_mix
        side = none if placement is None else placement.side
        plain = none if unadjusted is None else unadjusted.side
        kinds = np.stack(
            [
                side,
                plain,
                own,
                n_pairs < settings.minimum_pairs,
                rates < settings.minimum_pair_rate,
            ]
        )
        _, examples, kind = np.unique(kinds, axis=1, return_index=True, return_inverse=True)
        verdicts = [
            judge(
                side=int(side[place]),
                n_pairs=int(n_pairs[place]),
                paired_rate=float(rates[place]),
                n_compared=0 if placement is None else placement.n_compared,
                is_fitted=self.is_fitted,
                minimum_pairs=settings.minimum_pairs,
                minimum_units=settings.minimum_units,
                minimum_pair_rate=settings.minimum_pair_rate,
                has_threshold=self.has_threshold,
                own_case_mix=bool(own[place]),
                unadjusted_side=None if unadjusted is None else int(plain[place]),
            )
            for place in examples.tolist()
        ]
        return [verdicts[place] for place in kind.ravel().tolist()]
