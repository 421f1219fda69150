"""Deliveries through landing, checking and staging, in a home that is thrown away."""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from pipelines.contracts.odcs import load_contracts
from pipelines.engine import Engine, quoted
from pipelines.home import SETTINGS_FILE, Home
from pipelines.ingest.landing import land
from pipelines.ingest.manifest import deliveries as landed_deliveries
from pipelines.instruments.catalogue import load_catalogue
from pipelines.warehouse.accounts import ACCOUNT_TABLES
from pipelines.warehouse.build_run import BuildRun
from pipelines.warehouse.staging import CATALOGUE_TABLES
from tests.property.settling_export import COLUMNS, KEYS, Delivery

# Reading these takes longer than settling a small delivery.
_contracts, _catalogue = cache(load_contracts), cache(load_catalogue)


@dataclass(frozen=True)
class Built:
    """What a run over a set of deliveries left: `order` are their positions, as they count.

    `warned_rows` are the rows in use that break a warning, by table, delivery and line; of answers,
    which have no table of their own, there are only the counts of `warnings`.
    """

    order: list[int]
    statuses: dict[str, dict[tuple[int, int], str]]
    counts: Counter[tuple[int, str, str]]
    quarantine: dict[tuple[str, int, int], frozenset[str]]
    warnings: Counter[tuple[int, str, str]]
    warned_rows: dict[tuple[str, int, int], frozenset[str]]
    staged: dict[str, list[dict[str, Any]]]
    contents: dict[str, str]


def write_delivery(folder: Path, delivery: Delivery) -> Path:
    """The delivery as CSV files."""
    folder.mkdir()
    for table, rows in delivery.files.items():
        with (folder / f"{table}.csv").open("w", newline="", encoding="utf-8") as handle:
            writer = csv.DictWriter(handle, list(COLUMNS[table]), restval="")
            writer.writeheader()
            writer.writerows(rows)
    return folder


def build(
    delivered: Sequence[Delivery],
    landing_order: Sequence[int] | None = None,
    *,
    max_lost_share: float = 1.0,
) -> Built:
    """Land the deliveries, in their order or another, in a home of their own and stage them."""
    with TemporaryDirectory(prefix="settling-") as folder:
        home = Home.create(Path(folder) / "home", name="Made-up Clinic", salt="test")
        with (home.root / SETTINGS_FILE).open("a", encoding="utf-8") as handle:
            handle.write(f"\n[deliveries]\nmax_lost_share = {max_lost_share}\n")
        numbers = {}
        for number in range(len(delivered)) if landing_order is None else landing_order:
            each = delivered[number]
            landed = land(
                home,
                [write_delivery(Path(folder) / f"delivery-{number}", each)],
                source="inbox",
                mode="full" if each.is_full else "incremental",
                delivered_on=each.delivered_on,
            )
            numbers[landed.delivery_id] = number
        order = [numbers[each.delivery_id] for each in landed_deliveries(home)]
        run = BuildRun(home)
        run.contracts, run.catalogue = _contracts(), _catalogue()
        try:
            return _stage(run, order, {name: order.index(n) for name, n in numbers.items()})
        finally:
            run.close()


def _stage(run: BuildRun, order: list[int], ranks: dict[str, int]) -> Built:
    statuses: dict[str, dict[tuple[int, int], str]] = {}
    warned: dict[tuple[str, int, int], frozenset[str]] = {}
    execute = Engine.execute

    def watch(engine: Engine, sql: str, *arguments: Any, **named: Any) -> Any:
        # A table's rows with their status live only until its staging is done.
        if sql.startswith("drop table raw_"):
            table = sql.removeprefix("drop table raw_")
            sent = f"select delivery_rank, line, row_status, row_warnings from {sql[11:]}"
            found = execute(engine, sent).fetchall()
            statuses[table] = {(rank, line): status for rank, line, status, _ in found}
            warned.update(
                ((table, rank, line), frozenset(warnings))
                for rank, line, status, warnings in found
                if status == "accepted" and warnings
            )
            assert len(statuses[table]) == len(found), f"{table} has a row twice"
        return execute(engine, sql, *arguments, **named)

    run.reference(CATALOGUE_TABLES)
    with patch.object(Engine, "execute", watch):
        run.stage([*(name for name in run.models if name.startswith("stg_")), *ACCOUNT_TABLES])

    def rows(name: str) -> list[dict[str, Any]]:
        result = run.engine.execute(
            f"select * from read_parquet({quoted(str(run.table_path(name)))})"
        )
        names = [column[0] for column in result.description or []]
        return [dict(zip(names, values, strict=True)) for values in result.fetchall()]

    quarantine = rows("quarantine")
    found = {
        (row["table_name"], ranks[row["delivery_id"]], row["line"]): frozenset(row["reasons"])
        for row in quarantine
    }
    assert len(found) == len(quarantine), "the quarantine has a row twice"
    counts, warnings = Counter(), Counter()
    for row in rows("stg_row_counts"):
        counts[ranks[row["delivery_id"]], row["table_name"], row["row_status"]] += row["n_rows"]
    for row in rows("stg_warning_counts"):
        warnings[ranks[row["delivery_id"]], row["table_name"], row["rule_id"]] += row["n_rows"]
    tables = [table for table in KEYS if table != "response_items"]
    return Built(
        order=order,
        statuses=statuses,
        counts=counts,
        quarantine=found,
        warnings=warnings,
        warned_rows=warned,
        staged={table: rows(f"stg_{table}") for table in tables},
        contents={name: table.content for name, table in run.built.items()},
    )
