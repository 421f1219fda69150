"""The estimates of single courses: how each table is made, and from what.

The arithmetic loads numerical libraries, which the code location does without: it is imported when
a table is made.
"""

from collections.abc import Callable, Mapping

import polars as pl

from pipelines.comparison.estimate_tables import GROWTH, IMPUTED
from pipelines.comparison_settings import ComparisonSettings

Estimate = Callable[[Callable[[str], pl.DataFrame], ComparisonSettings], pl.DataFrame]

INPUTS: Mapping[str, tuple[str, ...]] = {
    GROWTH: ("int_growth_sums", "ref_conventions"),
    IMPUTED: ("int_imputation_cells", "int_period_months", "ref_conventions"),
}


def _growth(read: Callable[[str], pl.DataFrame], settings: ComparisonSettings) -> pl.DataFrame:
    from pipelines.comparison.growth_changes import growth_changes

    return growth_changes(read, settings)


def _imputed(read: Callable[[str], pl.DataFrame], settings: ComparisonSettings) -> pl.DataFrame:
    from pipelines.comparison.imputed_outcomes import imputed_outcomes

    return imputed_outcomes(read, settings)


ESTIMATES: Mapping[str, Estimate] = {GROWTH: _growth, IMPUTED: _imputed}
