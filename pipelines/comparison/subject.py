"""What one comparison is about: an outcome of one level, measure and window, and its units."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.comparison.measures import Units
from pipelines.comparison.units import Placement
from pipelines.comparison.verdicts import Verdict, judge
from pipelines.comparison_settings import ComparisonSettings

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Subject:
    """One outcome of one level, measure and window: its key, and the units that it is about."""

    key: dict[str, Any]
    outcome: str
    units: Units
    has_threshold: bool
    is_fitted: bool
    settings: ComparisonSettings

    @property
    def paired_rate(self) -> FloatArray:
        """Pairs of finished courses, of each unit."""
        return self.units.n_pairs / self.units.n_finished

    def judge(
        self, n_pairs: FloatArray, placement: Placement | None, unadjusted: Placement | None = None
    ) -> list[Verdict]:
        """The verdict on each unit, from where it lies.

        Units that are alike in all that a verdict depends on are judged once: a clinic has few
        kinds of them, a service of twenty thousand therapists too.
        """
        units, settings, rates = self.units, self.settings, self.paired_rate
        none = np.zeros(n_pairs.size, dtype=np.int64)
        side = none if placement is None else placement.side
        plain = none if unadjusted is None else unadjusted.side
        kinds = np.stack(
            [
                side,
                plain,
                n_pairs < settings.minimum_pairs,
                rates < settings.minimum_pair_rate,
                2 * units.n_shared > n_pairs,
                2 * units.n_concurrent > n_pairs,
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
                n_shared=int(units.n_shared[place]),
                n_concurrent=int(units.n_concurrent[place]),
                unadjusted_side=None if unadjusted is None else int(plain[place]),
            )
            for place in examples.tolist()
        ]
        return [verdicts[place] for place in kind.ravel().tolist()]
