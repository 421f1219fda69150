"""The published state of a home: one set of tables that belong together.

`warehouse/snapshots.json` names the current and the previous set, with paths relative to the home.
The two catalogues (`vault.duckdb`, `warehouse.duckdb`) are views over the current set; they hold
absolute paths, are caches, and are replaced by one rename each. A reader that has one open keeps
the state it opened.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from pipelines.engine import identifier, path_list, quoted
from pipelines.errors import BusyError
from pipelines.files import move_into_place, temporary_beside, write_atomic
from pipelines.home import Home
from pipelines.warehouse.store import BuiltTable, Store

WAREHOUSE_LAYERS = ("ref_", "int_", "mart_", "pub_")
# An analyst's own DuckDB, or that of a viewer, is rarely as new as ours. The catalogues hold views
# alone, which need nothing of a newer file, and older versions read the Parquet files as well.
READABLE_SINCE = "v1.0.0"
RESPONSE_ITEMS_VIEW = (
    "create view stg_response_items as"
    " select response_id, response_key, unnest(items) as item, unnest(answers) as value"
    " from stg_responses"
)


@dataclass(frozen=True)
class Snapshot:
    """What is published: tables by name, checked files by raw table, and what they came from.

    `inputs` is the fingerprint of everything the whole set depends on; empty when only a part of
    it was rebuilt. `facts` are printable values such as `as_of_on`.
    """

    tables: Mapping[str, BuiltTable] = field(default_factory=dict)
    raw: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    inputs: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


def _from_json(content: Mapping[str, Any]) -> Snapshot:
    return Snapshot(
        tables={name: BuiltTable(**table) for name, table in content["tables"].items()},
        raw={name: tuple(files) for name, files in content["raw"].items()},
        inputs=content["inputs"],
        facts=content["facts"],
    )


def _snapshots_file(home: Home) -> Path:
    return home.warehouse / "snapshots.json"


def read_snapshots(home: Home) -> list[Snapshot]:
    """The current set first, then the one before; empty before the first run."""
    try:
        content = json.loads(_snapshots_file(home).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    return [_from_json(snapshot) for snapshot in content]


def current_snapshot(home: Home) -> Snapshot:
    """The published set, empty before the first run."""
    found = read_snapshots(home)
    return found[0] if found else Snapshot()


def publish(home: Home, snapshot: Snapshot) -> None:
    """Make a set the published one. Only for whoever holds the writer's lock.

    The list of sets is replaced first: a process killed between the renames leaves catalogues of
    the old set, which `ensure_catalogues` replaces.
    """
    kept = [earlier for earlier in read_snapshots(home) if earlier.tables != snapshot.tables]
    listed = [asdict(state) for state in (snapshot, *kept[:1])]
    write_atomic(_snapshots_file(home), json.dumps(listed, indent=1, sort_keys=True))
    write_catalogues(home, snapshot)
    store = Store(home.warehouse)
    store.remove_all_but(
        {(table.table, table.content) for state in (snapshot, *kept[:1]) for table in _all(state)}
    )


def _all(snapshot: Snapshot) -> list[BuiltTable]:
    return list(snapshot.tables.values())


def write_catalogues(home: Home, snapshot: Snapshot) -> None:
    """Write both catalogues of views and swap them in. Only for whoever holds the writer's lock."""
    store = Store(home.warehouse)
    vault: list[str] = []
    warehouse: list[str] = []
    for table in sorted(snapshot.raw):
        paths = [home.checked / name / "rows.parquet" for name in snapshot.raw[table]]
        if paths:
            vault.append(
                f"create view {identifier('raw_' + table)} as"
                " select * exclude (line, file_row_number, filename),"
                " coalesce(line, file_row_number + 2) as line, filename as checked_file"
                f" from read_parquet({path_list(paths)}, filename = true, file_row_number = true)"
            )
    for name, built in sorted(snapshot.tables.items()):
        target = warehouse if name.startswith(WAREHOUSE_LAYERS) else vault
        target.append(
            f"create view {identifier(name)} as select * from"
            f" read_parquet({quoted(str(store.path(built.table, built.content)))})"
        )
    if "stg_responses" in snapshot.tables:
        vault.append(RESPONSE_ITEMS_VIEW)
    stamp = f"create table catalogue_stamp as select {quoted(_stamp(home, snapshot))} as stamp"
    for final, statements in (
        (home.vault_catalogue, vault),
        (home.warehouse_catalogue, warehouse),
    ):
        # Nobody else writes one now: what lies there is of a process that was killed.
        for left in final.parent.glob(f"{final.name}.*.tmp*"):
            left.unlink(missing_ok=True)
        temporary = temporary_beside(final)
        try:
            with duckdb.connect(
                str(temporary), config={"storage_compatibility_version": READABLE_SINCE}
            ) as connection:
                for statement in (*statements, stamp):
                    connection.execute(statement)
            move_into_place(temporary, final)
        finally:
            temporary.unlink(missing_ok=True)
            temporary.with_name(temporary.name + ".wal").unlink(missing_ok=True)


def ensure_catalogues(home: Home) -> None:
    """Rewrite the catalogues when they are missing, of an older set, or the home was moved.

    Whoever is writing to the home will publish both, so then there is nothing to do.
    """
    if _are_current(home, current_snapshot(home)):
        return
    try:
        with home.writer_lock("rewriting the catalogues", timeout=0):
            snapshot = current_snapshot(home)
            if not _are_current(home, snapshot):
                write_catalogues(home, snapshot)
    except BusyError:
        return


def _are_current(home: Home, snapshot: Snapshot) -> bool:
    wanted = _stamp(home, snapshot)
    catalogues = (home.vault_catalogue, home.warehouse_catalogue)
    return not snapshot.tables or all(_read_stamp(each) == wanted for each in catalogues)


def _stamp(home: Home, snapshot: Snapshot) -> str:
    names = ",".join(f"{name}={table.content}" for name, table in sorted(snapshot.tables.items()))
    return f"{home.root}|{READABLE_SINCE}|{names}"


def _read_stamp(catalogue: Path) -> str:
    if not catalogue.exists():
        return ""
    try:
        with duckdb.connect(str(catalogue), read_only=True) as connection:
            found = connection.execute("select stamp from catalogue_stamp").fetchone()
    except duckdb.Error:
        return ""
    return str(found[0]) if found else ""
