"""What was turned away: counted, listed by its place, and for few as it was delivered.

Counts and places are for everyone who keeps the data. Rows, and the list of what each clinician's
rows want mended, name people by their ids: they need a purpose, which the ledger keeps.
"""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb

from pipelines.audit import ledger
from pipelines.audit.landed_lines import landed_rows
from pipelines.audit.owners import Owners, published
from pipelines.contracts.odcs import Contract, load_contracts
from pipelines.contracts.row_rules import explain
from pipelines.engine import quoted
from pipelines.errors import UsageError
from pipelines.files import write_atomic
from pipelines.home import Home
from pipelines.ingest.manifest import deliveries, landed_path
from pipelines.ingest.reasons import LEFT_OUT, reading_reasons
from pipelines.warehouse.snapshot import ensure_catalogues

SHOWN_FILES = 3
NOBODY = "(nobody known)"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Chosen:
    """Which rows are meant; what is not given chooses all. `delivery` is an id or a day."""

    table: str | None = None
    rule: str | None = None
    source: str | None = None
    delivery: str | None = None

    def condition(self, home: Home) -> str:
        """The rows as a SQL condition over the quarantine."""
        parts = ["true"]
        if self.table is not None:
            parts.append(f"table_name = {quoted(self.table)}")
        if self.rule is not None:
            parts.append(f"list_contains(reasons, {quoted(self.rule)})")
        if self.delivery is not None:
            asked = quoted(self.delivery)
            parts.append(f"{asked} in (delivery_id, cast(delivered_on as varchar))")
        if self.source is not None:
            ids = [each.delivery_id for each in deliveries(home) if each.source == self.source]
            parts.append(f"delivery_id in ({', '.join(map(quoted, ids)) or 'null'})")
        return " and ".join(parts)


EVERYTHING = Chosen()


def quarantine_summary(home: Home, chosen: Chosen = EVERYTHING) -> list[dict[str, Any]]:
    """Rows in quarantine by table and reason: what was expected, what to do, the first files."""
    found = _rows(
        home,
        "select table_name, reason, count(*), count(distinct (file_name, delivered_on)),"
        " list(distinct (delivered_on, file_name) order by (delivered_on, file_name))"
        f"[:{SHOWN_FILES}]"
        " from (select table_name, file_name, cast(delivered_on as varchar) as delivered_on,"
        " unnest(reasons) as reason from {source} where {condition})"
        " where {rule} group by 1, 2 order by 1, 2",
        chosen,
    )
    meanings = _meanings()
    return [
        {
            "table": name,
            "n_rows": n_rows,
            "reason": reason,
            "expected": meanings.get(reason, ("", ""))[0],
            "what_to_do": meanings.get(reason, ("", ""))[1],
            "n_files": n_files,
            "first_files": [
                {"file": file, "delivered_on": delivered_on} for delivered_on, file in first
            ],
        }
        for name, reason, n_rows, n_files, first in found
    ]


def quarantine_by_delivery(home: Home, chosen: Chosen = EVERYTHING) -> list[dict[str, Any]]:
    """Rows in quarantine by source, delivery and table."""
    sources = {each.delivery_id: each.source for each in deliveries(home)}
    found = _rows(
        home,
        "select cast(delivered_on as varchar), delivery_id, table_name, count(*) from {source}"
        " where {condition} group by all order by all",
        chosen,
    )
    return [
        {
            "source": sources.get(delivery_id, ""),
            "delivered_on": delivered_on,
            "delivery_id": delivery_id,
            "table": table,
            "n_rows": n_rows,
        }
        for delivered_on, delivery_id, table, n_rows in found
    ]


def summary_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The summary for people."""
    lines = []
    for row in rows:
        n_rows, more = row["n_rows"], row["n_files"] - len(row["first_files"])
        lines.append(
            f"{row['table']}  {n_rows:,} {'row' if n_rows == 1 else 'rows'}  {row['reason']}"
        )
        if row["expected"]:
            lines.append(f"  {row['expected']}")
        if row["what_to_do"]:
            lines.append(f"  what to do: {row['what_to_do']}")
        files = [f"{each['file']} of {each['delivered_on']}" for each in row["first_files"]]
        lines.append(f"  in {', '.join(files)}" + (f" and {more} more" if more else ""))
    return lines


def quarantine_rows(home: Home, chosen: Chosen = EVERYTHING) -> list[dict[str, Any]]:
    """Every row in quarantine by where it stands; never what is in it."""
    found = _rows(
        home,
        "select table_name, file_name, delivered_on, line, reasons from {source}"
        " where {condition} order by all",
        chosen,
    )
    names = ("table", "file", "delivered_on", "line", "reasons")
    return [dict(zip(names, row, strict=True)) for row in found]


def rows_as_delivered(home: Home, chosen: Chosen, *, purpose: str | None) -> list[dict[str, Any]]:
    """Every row in quarantine as it stands in the landed file, byte for byte where that is text.

    Where it is none (Parquet, a workbook) `as_delivered` has the cells as they were read, whose
    numbers and times may be written otherwise; `is_exact` is False then.

    Raises: UsageError without a purpose; with one it goes to the ledger before a row is handed out.
    """
    _need_purpose(purpose)
    found = _rows(
        home,
        "select table_name, file_name, cast(delivered_on as varchar), line, reasons, delivered_row,"
        " file_id, delivery_id from {source} where {condition} order by all",
        chosen,
    )
    kinds = {each.delivery_id: each.kind for each in deliveries(home)}
    wanted: dict[tuple[str, str], set[int]] = defaultdict(set)
    for *_, line, _, _, file_id, delivery_id in found:
        wanted[file_id, delivery_id].add(line)
    landed = {
        (file_id, line): text
        for (file_id, delivery_id), lines in wanted.items()
        for line, text in landed_rows(
            landed_path(home, file_id), lines, is_csv=kinds.get(delivery_id) != "fhir"
        ).items()
    }
    names = ("table", "file", "delivered_on", "line", "reasons", "as_delivered", "is_exact")
    _note(home, "rows as delivered", len(found), purpose)
    return [
        dict(
            zip(
                names,
                (*place, line, reasons, landed.get((file_id, line), cells),
                 (file_id, line) in landed),
                strict=True,
            )
        )
        for *place, line, reasons, cells, file_id, _ in found
    ]  # fmt: skip


def rows_to_fix(
    home: Home, chosen: Chosen, *, purpose: str | None, owner: str | None = None
) -> list[dict[str, Any]]:
    """For each row its clinician, its ids, and what to mend; never an answer, a score or a date.

    The clinician is who the row itself, its session, its episode or its group names, where that is
    known. One entry is one row and one rule.

    Raises: UsageError without a purpose; with one it goes to the ledger before a row is handed out.
    """
    _need_purpose(purpose)
    meanings, contracts = _meanings(), load_contracts()
    owners = Owners(home)
    if owner is not None and owner not in owners.clinicians:
        raise UsageError(
            "No therapist in use has this id.",
            where="--owner",
            expected="an id of the table therapists; without --owner each one's rows are listed"
            " below it",
            todo="correct the id",
        )
    entries = []
    for row in _rows(
        home,
        "select table_name, file_name, cast(delivered_on as varchar), line, reasons, delivered_row"
        " from {source} where {condition} order by all",
        chosen,
    ):
        table, file, delivered_on, line, reasons, delivered = row
        cells = _cells(delivered)
        known = owners.of(cells)
        if owner is not None and known != owner:
            continue
        entries += [
            {
                "owner": known or NOBODY,
                "table": table,
                "ids": _ids(contracts.get(table), cells),
                "file": file,
                "delivered_on": delivered_on,
                "line": line,
                "reason": reason,
                "expected": meanings.get(reason, ("", ""))[0],
                "what_to_do": meanings.get(reason, ("", ""))[1],
            }
            for reason in sorted(reasons)
            if chosen.rule in {None, reason} and reason not in LEFT_OUT
        ]
    entries = _latest_of_each(entries)
    entries.sort(key=lambda each: (each["owner"] == NOBODY, each["owner"]))
    _note(home, "what to fix", len(entries), purpose, owner=owner)
    return entries


def _latest_of_each(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is wrong with a row in every full delivery is to be mended once: that of the last."""
    latest = {
        (each["table"], each["ids"] or (each["file"], each["line"]), each["reason"]): place
        for place, each in sorted(enumerate(entries), key=lambda pair: pair[1]["delivered_on"])
    }
    kept = set(latest.values())
    return [each for place, each in enumerate(entries) if place in kept]


Rows = list[dict[str, Any]]


def ask(
    home: Home,
    *,
    view: str | None,
    owner: str | None,
    purpose: str | None,
    **chosen: str | None,
) -> tuple[Rows, Callable[[Rows], list[str]]]:
    """What a user asks for, by the name of the view, and how it is told to people.

    Raises: UsageError where a purpose is needed and missing.
    """
    which = Chosen(**chosen)
    if view == "rows":
        return rows_as_delivered(home, which, purpose=purpose), _delivered_lines
    if view == "to-fix":
        return rows_to_fix(home, which, purpose=purpose, owner=owner), _fix_lines
    if view == "list":
        return quarantine_rows(home, which), _listed
    if view == "by-delivery":
        return quarantine_by_delivery(home, which), _listed
    return quarantine_summary(home, which), summary_lines


def _delivered_lines(rows: Rows) -> list[str]:
    lines = []
    for row in rows:
        place = f"{row['file']} of {row['delivered_on']}, line {row['line']}"
        lines += [f"{row['table']}  {place}  {', '.join(row['reasons'])}"]
        lines += [f"  {text}" for text in str(row["as_delivered"] or "").split("\n")]
        if not row["is_exact"]:
            lines.append("  (as it was read: numbers and times may be written otherwise)")
    return lines


def _listed(rows: Rows) -> list[str]:
    return [
        "  ".join(", ".join(each) if isinstance(each, list) else str(each) for each in row.values())
        for row in rows
    ]


def _fix_lines(rows: Rows) -> list[str]:
    lines: list[str] = []
    for owner, entries in groupby(rows, key=lambda each: each["owner"]):
        lines.append(owner)
        for each in entries:
            place = f"{each['file']} of {each['delivered_on']}, line {each['line']}"
            lines.append(f"  {each['table']}  {each['ids'] or 'no ids'}  ({place})")
            lines += [f"    {text}" for text in (each["expected"], each["what_to_do"]) if text]
    return lines


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """The rows as a CSV file that only its owner can read, and that runs no formula."""
    target = io.StringIO(newline="")
    writer = csv.writer(target)
    if rows:
        writer.writerow(rows[0])
    for row in rows:
        cells = [" ".join(each) if isinstance(each, list) else each for each in row.values()]
        writer.writerow(
            f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
            for cell in cells
        )
    if not path.absolute().parent.is_dir():
        raise UsageError(
            "The folder to write to does not exist.",
            where=str(path.absolute().parent),
            todo="make the folder first, or correct --csv",
        )
    write_atomic(path.absolute(), target.getvalue())


def _cells(delivered: str | None) -> dict[str, str | None]:
    try:
        found = json.loads(delivered or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _ids(contract: Contract | None, cells: Mapping[str, str | None]) -> str:
    """The row's ids, as `column=id`: all columns that are named as ids are, and no other."""
    names = [column.name for column in contract.columns] if contract else []
    return "; ".join(
        f"{name}={cells[name]}" for name in names if name.endswith("_id") and cells.get(name)
    )


def _need_purpose(purpose: str | None) -> None:
    if not (purpose or "").strip():
        raise UsageError(
            "These are rows about single people.",
            where="quarantine",
            expected="--purpose with the reason for handing them out, which the ledger keeps",
            todo='say why, such as --purpose "to mend the records of May"',
        )


def _note(
    home: Home, what: str, n_rows: int, purpose: str | None, *, owner: str | None = None
) -> None:
    details: dict[str, Any] = {"table": "quarantine", "what": what, "n_rows": n_rows}
    if owner is not None:
        details["therapist"] = owner
    ledger.append(home, "export", {**details, "purpose": purpose})


def _meanings() -> dict[str, tuple[str, str]]:
    meanings = reading_reasons()
    for contract in load_contracts().values():
        meanings |= {rule.rule_id: (explain(rule), rule.what_to_do) for rule in contract.rules}
    return meanings


def _rows(home: Home, select: str, chosen: Chosen) -> list[tuple[Any, ...]]:
    ensure_catalogues(home)
    source = published(home, "quarantine")
    if source is None:
        raise UsageError(
            "Nothing has been run on this home yet.",
            where=str(home.root),
            todo="run `outcomes run` first",
        )
    rule = "true" if chosen.rule is None else f"reason = {quoted(chosen.rule)}"
    sql = select.format(source=source, condition=chosen.condition(home), rule=rule)
    with duckdb.connect() as connection:
        return connection.execute(sql).fetchall()
