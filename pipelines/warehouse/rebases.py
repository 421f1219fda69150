"""Series whose limits start anew, as the table `ref_rebases`, which every page reads them from."""

from collections.abc import Collection, Sequence

import polars as pl

from pipelines.errors import SettingsError
from pipelines.rebase_settings import Rebase


def rebase_table(rebases: Sequence[Rebase], instruments: Collection[str]) -> pl.DataFrame:
    """`ref_rebases`: one row per series and month in which its limits start anew.

    Raises: SettingsError when an entry names no instrument of the catalogue.
    """
    for one in rebases:
        if one.instrument_id is not None and one.instrument_id not in instruments:
            raise SettingsError(
                "The catalogue has no such instrument.",
                where=f"{one.place} instrument",
                expected=", ".join(sorted(instruments)),
                found=one.instrument_id,
                todo="correct the name, or remove the line to start every questionnaire anew",
            )
    schema = {
        "figure": pl.String, "instrument_id": pl.String, "from_month_on": pl.Date,
        "source": pl.String, "decided_on": pl.Date,
    }  # fmt: skip
    rows = [
        (one.figure, one.instrument_id, one.from_month, one.reason, one.decided_on)
        for one in rebases
    ]
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.sort("figure", "instrument_id", "from_month_on")
