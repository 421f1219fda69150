"""`ref_released_counts`: the public counts that were released; later pages must agree with them."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars

from pipelines.reporting.figures.disclosure import PUBLIC
from pipelines.reporting.releases.versions import versions_of
from pipelines.reporting.write import DATA_FILE

TABLE = "ref_released_counts"
_SCHEMA = {
    "audience": polars.String,
    "basis": polars.String,
    "level": polars.String,
    "subject_id": polars.String,
    "period_start_on": polars.Date,
    "part": polars.String,
    "n_clients": polars.Int64,
}
COLUMNS = tuple(_SCHEMA)
_KEY = [name for name in COLUMNS if name != "n_clients"]


def released_counts(home_reports: Path) -> polars.DataFrame:
    """What the released public reports of a home show, of each count the newest release.

    A draft is nobody's to hand out and binds nothing.

    Shape:  one row per audience, basis, level, subject, year and part; `n_clients` null where the
            count was hidden.
    """
    versions = [
        version
        for period in sorted(home_reports.glob("*"))
        for version in versions_of(period)
        if version.is_released
    ]
    versions.sort(
        key=lambda one: (str(one.release.get("on", "")), one.folder.parent.name, one.number)
    )
    rows = [
        {**row, "period_start_on": date.fromisoformat(row["period_start_on"])}
        for version in versions
        for row in _counts(version.folder / PUBLIC / DATA_FILE)
    ]
    frame = polars.DataFrame(rows, schema=_SCHEMA, orient="row")
    return frame.unique(_KEY, keep="last", maintain_order=True).sort(_KEY)


def _counts(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    return json.loads(path.read_text(encoding="utf-8")).get("counts", [])
