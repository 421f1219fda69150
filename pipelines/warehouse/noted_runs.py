"""The ledger's line about a run, once for every set of tables that was published."""

from collections.abc import Mapping

from pipelines.audit import ledger
from pipelines.files import sha256_text
from pipelines.home import Home
from pipelines.warehouse.snapshot import current_snapshot
from pipelines.warehouse.store import BuiltTable

RUN = "run"


def note_run(
    home: Home,
    tables: Mapping[str, BuiltTable],
    *,
    built: Mapping[str, BuiltTable],
    dagster_run: str,
) -> None:
    """Note a run that has published these tables, some of which it has built."""
    ledger.append(
        home,
        RUN,
        {
            "dagster_run": dagster_run,
            "tables": {name: table.content for name, table in sorted(built.items())},
            "tables_hash": _tables_hash(tables),
        },
    )


def note_cut_off_run(home: Home) -> None:
    """Note the published set where its run was killed between publishing it and saying so."""
    tables = current_snapshot(home).tables
    noted = {
        event["details"]["tables_hash"] for event in ledger.events(home) if event["event"] == RUN
    }
    if _tables_hash(tables) not in noted:
        with home.writer_lock("noting a run"):
            note_run(home, tables, built=tables, dagster_run="")


def _tables_hash(tables: Mapping[str, BuiltTable]) -> str:
    return sha256_text(*(f"{name} {table.content}" for name, table in sorted(tables.items())))
