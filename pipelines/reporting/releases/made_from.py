"""What a version of a report was made from, so that a later one can say what has changed since."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.files import sha256_text
from pipelines.home import SETTINGS_FILE
from pipelines.toml_sections import section_digests
from pipelines.warehouse.build_run import BuildRun
from pipelines.warehouse.checked_deliveries import episode_gaps
from pipelines.warehouse.inputs import code_fingerprint

CLAIMS = "claims/"
ROW_COUNTS = "stg_row_counts"


def made_from(run: BuildRun, inputs: str) -> dict[str, Any]:
    """The sources of all that a run writes: names, hashes and counts, never a value.

    `rows`: delivery → table → how its rows ended → how many.
    """
    rows: dict[str, dict[str, dict[str, int]]] = {}
    with run.engine.views({ROW_COUNTS: run.table_path(ROW_COUNTS)}):
        counted = run.engine.rows(
            "select delivery_id, table_name, row_status, sum(n_rows) from stg_row_counts"
            " group by all order by all"
        )
    for delivery_id, table, status, n_rows in counted:
        rows.setdefault(delivery_id, {}).setdefault(table, {})[status] = int(n_rows)
    settings = section_digests(run.home.root / SETTINGS_FILE)
    return {
        "inputs": inputs,
        "code": code_fingerprint(),
        "catalogue": run.catalogue.digest,
        "contracts": {name: each.version for name, each in sorted(run.contracts.items())},
        "settings": {**settings, CLAIMS: run.settings.claims_digest},
        "deliveries": {
            each.delivery_id: {"source": each.source, "on": each.delivered_on.isoformat()}
            for each in run.deliveries
        },
        "rows": rows,
    }


def provenance(run: BuildRun) -> dict[str, Any]:
    """What a report prints of its sources: versions, hashes, and what sources do not deliver."""
    gaps = episode_gaps(run.home, run.deliveries, run.contracts, run.catalogue)
    turned = run.settings.turned_instruments
    sources = []
    for source in sorted({file.source for files in run.files.values() for file in files}):
        out_of_scope = {
            kind: sum(file.n_delivered for file in files if file.source == source)
            for kind, files in sorted(run.files.items())
            if kind not in run.contracts
        }
        sources.append(
            {
                "name": source,
                "out_of_scope": {kind: n for kind, n in out_of_scope.items() if n},
                **({"episode_gap_days": gaps[source]} if source in gaps else {}),
                **({"turned_instruments": sorted(turned[source])} if source in turned else {}),
            }
        )
    return {
        "code_revision": code_fingerprint()[:12],
        "catalogue_digest": run.catalogue.digest,
        "contracts": {name: each.version for name, each in sorted(run.contracts.items())},
        "inputs_hash": sha256_text(
            *(f"{name} {table.content}" for name, table in sorted(run.tables.items()))
        ),
        "sources": sources,
    }


@dataclass(frozen=True)
class NewDelivery:
    """A delivery that came after a version was made; `n_rows` are all that it holds."""

    source: str
    delivered_on: str
    n_rows: int
    tables: tuple[str, ...]


@dataclass(frozen=True)
class Reasons:
    """What differs between the sources of two versions.

    `corrected`, `withdrawn`: table → rows that the older version used and a later delivery replaced
    or took back; `contracts`, `settings`: names of what changed.
    """

    deliveries: tuple[NewDelivery, ...]
    corrected: Mapping[str, int]
    withdrawn: Mapping[str, int]
    contracts: tuple[str, ...]
    settings: tuple[str, ...]
    has_new_catalogue: bool
    has_new_code: bool


def reasons(before: Mapping[str, Any], after: Mapping[str, Any]) -> Reasons:
    """Why a report that was made from the second may differ from one made from the first."""
    known = before["deliveries"]
    new = [
        NewDelivery(
            source=each["source"],
            delivered_on=each["on"],
            n_rows=sum(sum(ends.values()) for ends in after["rows"].get(name, {}).values()),
            tables=tuple(sorted(after["rows"].get(name, {}))),
        )
        for name, each in after["deliveries"].items()
        if name not in known
    ]
    return Reasons(
        deliveries=tuple(sorted(new, key=lambda each: (each.delivered_on, each.source))),
        corrected=_ended_since(before, after, "superseded"),
        withdrawn=_ended_since(before, after, "withdrawn"),
        contracts=_differing(before["contracts"], after["contracts"]),
        settings=_differing(before["settings"], after["settings"]),
        has_new_catalogue=before["catalogue"] != after["catalogue"],
        has_new_code=before["code"] != after["code"],
    )


def _ended_since(
    before: Mapping[str, Any], after: Mapping[str, Any], status: str
) -> dict[str, int]:
    """Rows of known deliveries that have ended this way since, by table."""
    found: dict[str, int] = {}
    for delivery_id, tables in before["rows"].items():
        for table, ends in tables.items():
            now = after["rows"].get(delivery_id, {}).get(table, {})
            more = now.get(status, 0) - ends.get(status, 0)
            if more > 0:
                found[table] = found.get(table, 0) + more
    return dict(sorted(found.items()))


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    names = sorted(before.keys() | after.keys())
    return tuple(name for name in names if before.get(name) != after.get(name))
