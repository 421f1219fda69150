"""`ref_released_counts`: the public counts that were released; later pages must agree with them."""

import json
from datetime import date
from pathlib import Path

import polars

from pipelines.reporting.disclosure import PUBLIC
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
    found: list[tuple[tuple[str, int], list[dict[str, object]]]] = []
    for path in home_reports.glob(f"*/v*/{PUBLIC}/{DATA_FILE}"):
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["head"]["state"] == "released":
            order = (content["head"]["month"], content["head"]["version"])
            found.append((order, content.get("counts", [])))
    rows = [
        {**row, "period_start_on": date.fromisoformat(str(row["period_start_on"]))}
        for _, counts in sorted(found, key=lambda one: one[0])
        for row in counts
    ]
    frame = polars.DataFrame(rows, schema=_SCHEMA, orient="row")
    return frame.unique(_KEY, keep="last", maintain_order=True).sort(_KEY)
