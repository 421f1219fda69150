"""Which clinician a row in quarantine belongs to, so that a list of what to mend can go to each."""

from collections.abc import Mapping

import duckdb

from pipelines.engine import quoted
from pipelines.home import Home
from pipelines.warehouse.snapshot import current_snapshot
from pipelines.warehouse.store import Store

# What a row names its clinician by, the nearest first: columns of the delivered row, the table
# that knows them, and the clinician's column there.
_OWNED_BY = (
    ("session_id", "stg_sessions", "therapist_id"),
    ("episode_id", "stg_episodes", "therapist_id"),
    ("group_id", "stg_groups", "lead_therapist_id"),
)
# Rows that lead to their episode or session through another table's row.
_THROUGH = (
    ("response_id", "stg_responses"),
    ("goal_id", "stg_goals"),
)


class Owners:
    """By what the staged tables know; `clinicians` are the ids of those in use."""

    def __init__(self, home: Home) -> None:
        self._known: dict[str, dict[str, str]] = {}
        for column, table, clinician in _OWNED_BY:
            self._known[column] = _pairs(home, table, column, clinician)
        self._parents = {
            (column, parent): _pairs(home, table, column, parent)
            for column, table in _THROUGH
            for parent in ("session_id", "episode_id")
            if (table, parent) != ("stg_goals", "session_id")
        }
        self.clinicians = frozenset(_pairs(home, "stg_therapists", "therapist_id", "therapist_id"))

    def of(self, cells: Mapping[str, str | None]) -> str | None:
        """The clinician's id, or None where nothing of the row leads to one."""
        own = cells.get("therapist_id")
        if own in self.clinicians:
            return own
        led = dict(cells)
        for (column, parent), known in self._parents.items():
            led[parent] = led.get(parent) or known.get(cells.get(column) or "")
        for column, known in self._known.items():
            if found := known.get(led.get(column) or ""):
                return found
        return None


def _pairs(home: Home, table: str, key: str, value: str) -> dict[str, str]:
    path = published(home, table)
    if path is None:
        return {}
    with duckdb.connect() as connection:
        return dict(
            connection.execute(
                f"select {key}, {value} from {path} where {value} is not null"
            ).fetchall()
        )


def published(home: Home, table: str) -> str | None:
    """A FROM item over a published table, None where there is none."""
    built = current_snapshot(home).tables.get(table)
    if built is None:
        return None
    return f"read_parquet({quoted(str(Store(home.warehouse).path(table, built.content)))})"
