"""How the layout of a delivery drifted: against its contract and the last delivery of its source.

Told before anything is loaded, from counts that are kept with every checked file: never a cell. The
one exception are unknown codes of an operational column that look like the contract's own: words
in small letters, each in at least `MIN_ROWS` rows, where at most `MAX_CODES` codes are unknown.
More are no code list that grew, but another column's values in this one's place.

A share jumped when it moved by `JUMP` and by more than chance explains. What is compared are the
newest deliveries that could be read, not dated after this one. Shares of empty cells are compared
in a delivery of the same mode alone: what is new or changed is filled otherwise than all there is.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt
from pathlib import Path

from pipelines.contracts.odcs import Column, Contract
from pipelines.contracts.settle import CheckedFile
from pipelines.drafting.column_facts import MAX_CODE_LETTERS, MAX_CODES, MIN_ROWS
from pipelines.engine import Engine, identifier, path_list, quoted
from pipelines.ingest.manifest import Delivery
from pipelines.ingest.resembling import did_you_mean
from pipelines.warehouse.text_kinds import KINDS, text_kinds

# A tenth of the rows: below it a change is what months differ by, above it figures move with it.
JUMP = 0.10
# Three standard errors: of a thousand columns that did not change, at most three are told.
STANDARD_ERRORS = 3
_CODE = re.compile(r"[a-z]+(?:_[a-z]+)*")


@dataclass(frozen=True)
class Drift:
    """One change of a layout. `likely` is the column that a renamed one is most likely called now.

    `kind` is `new`, `missing`, `renamed`, `retyped`, `unknown codes`, `emptier` or `fuller`;
    without a `column` it is the whole table. `n_rows` are the rows in which it shows now.
    """

    table: str
    column: str
    kind: str
    was: str
    now: str
    what_to_do: str
    n_rows: int
    likely: str = ""

    def lines(self) -> list[str]:
        """Where, what was, what is, what to do."""
        place = f"{self.table}.{self.column}" if self.column else f"table {self.table}"
        return [
            f"{self.kind}: {place}",
            f"  was: {self.was}",
            f"  is: {self.now}",
            f"  what to do: {self.what_to_do}",
        ]


@dataclass(frozen=True)
class _Side:
    """A table as one delivery brought it, all its files together."""

    files: Sequence[CheckedFile]

    @property
    def n_rows(self) -> int:
        return sum(file.n_rows for file in self.files)

    @property
    def absent(self) -> frozenset[str]:
        return frozenset.intersection(*(frozenset(file.absent_columns) for file in self.files))

    @property
    def unknown(self) -> frozenset[str]:
        return frozenset(name for file in self.files for name in file.unknown_columns)

    @property
    def rows(self) -> list[Path]:
        return [file.rows for file in self.files if file.rows is not None]

    @property
    def delivered_on(self) -> date:
        return self.files[0].delivered_on

    @property
    def rank(self) -> int:
        return self.files[0].delivery_rank

    def filled(self, column: str) -> int:
        return sum(file.profile.filled.get(column, 0) for file in self.files)

    def broken(self, rule_id: str) -> int:
        return sum(file.profile.broken.get(rule_id, 0) for file in self.files)


def drift(
    files: Mapping[str, Sequence[CheckedFile]],
    delivery: Delivery,
    contracts: Mapping[str, Contract],
    engine: Engine,
) -> list[Drift]:
    """What changed in this delivery's tables, by table and in the order of their columns."""
    found = []
    last = _newest(
        [
            file
            for each in files.values()
            for file in each
            if file.is_full and _is_earlier(file, delivery)
        ]
    )
    for table, contract in contracts.items():
        of_table = [file for file in files.get(table, ()) if not file.refusal]
        now = _Side([file for file in of_table if file.delivery_id == delivery.delivery_id])
        earlier = [file for file in of_table if _is_earlier(file, delivery)]
        before = _newest(earlier)
        if now.files:
            found += _unknown_codes(contract, now, before, engine)
        if now.files and before:
            found += _layout(table, before, now)
            found += _retyped(contract, before, now)
            found += _other_texts(contract, before, now, engine)
        if now.files and (alike := _newest(earlier, is_full=now.files[0].is_full)):
            found += _filled(contract, alike, now)
        # Deletions are events: a delivery without any says that nothing was deleted.
        if (
            before
            and last
            and before.rank >= last.rank
            and delivery.mode == "full"
            and table != "deletions"
            and not _is_there(files, table, delivery)
        ):
            found += _gone(table, before)
    return found


def jumped(n_before: int, of_before: int, n_now: int, of_now: int) -> bool:
    """Whether a share moved by `JUMP` and by more than chance explains; false of no rows."""
    if not of_before or not of_now:
        return False
    difference = abs(n_now / of_now - n_before / of_before)
    share = (n_before + n_now) / (of_before + of_now)
    chance = sqrt(share * (1 - share) * (1 / of_before + 1 / of_now))
    # Counts that lie a tenth apart may as decimals be a hair less.
    return difference >= JUMP - 1e-9 and difference > STANDARD_ERRORS * chance


def _is_earlier(file: CheckedFile, delivery: Delivery) -> bool:
    """Whether it came from the same source and by the day of this delivery."""
    return (
        file.source == delivery.source
        and file.delivery_id != delivery.delivery_id
        and file.delivered_on <= delivery.delivered_on
    )


def _newest(files: Sequence[CheckedFile], *, is_full: bool | None = None) -> _Side | None:
    files = [file for file in files if is_full in {None, file.is_full}]
    rank = max((file.delivery_rank for file in files), default=-1)
    newest = [file for file in files if file.delivery_rank == rank]
    return _Side(newest) if newest else None


def _is_there(files: Mapping[str, Sequence[CheckedFile]], table: str, delivery: Delivery) -> bool:
    """Whether the delivery has the table, or something unreadable that may be it."""
    return any(
        file.delivery_id == delivery.delivery_id and (file.table == table or file.refusal)
        for each in files.values()
        for file in each
    )


def _gone(table: str, before: _Side) -> list[Drift]:
    if not before.n_rows:
        return []
    return [
        Drift(
            table, "", "missing",
            was=f"{_rows(before.n_rows)} in the delivery of {before.delivered_on}",
            now="not in this full delivery",
            what_to_do="export it again; if it is no longer kept, what was delivered before stays"
            " in use",
            n_rows=0,
        )
    ]  # fmt: skip


def _layout(table: str, before: _Side, now: _Side) -> list[Drift]:
    """Columns that are new, missing or called otherwise."""
    on = f"in the delivery of {before.delivered_on}"
    missing = {
        name: n_filled
        for name in sorted(now.absent - before.absent)
        if (n_filled := before.filled(name))
    }
    new = sorted(now.unknown - before.unknown)
    renamed = {meant: name for name, meant in did_you_mean(new, list(missing)).items()}
    found = []
    for name, n_filled in missing.items():
        likely = renamed.get(name, "")
        found.append(
            Drift(
                table, name, "renamed" if likely else "missing",
                was=f"filled in {n_filled:,} of {before.n_rows:,} rows {on}",
                now=f"not there; most likely called {likely} now" if likely else "not there",
                what_to_do=f"if {likely} is the same, export it as {name} again"
                if likely
                else "export the column again; without it, it is empty in every row",
                n_rows=now.n_rows,
                likely=likely,
            )
        )  # fmt: skip
    found += [
        Drift(
            table, name, "new",
            was=f"not there {on}",
            now="a column that nobody knows, and nobody reads",
            what_to_do="nothing, if it is meant; if it took another column's place, export it under"
            " that one's name",
            n_rows=now.n_rows,
        )
        for name in new
        if name not in renamed.values()
    ]  # fmt: skip
    found += [
        Drift(
            table, name, "new",
            was=f"not there {on}",
            now=f"filled in {n_filled:,} of {now.n_rows:,} rows",
            what_to_do="nothing: the contract knows it, and it is read from now on",
            n_rows=n_filled,
        )
        for name in sorted(before.absent - now.absent)
        if (n_filled := now.filled(name))
    ]  # fmt: skip
    return found


def _retyped(contract: Contract, before: _Side, now: _Side) -> list[Drift]:
    """Columns of which more cells than before cannot be read as their type."""
    found = []
    for rule in contract.rules:
        if rule.kind != "type" or rule.columns[0] in now.absent | before.absent:
            continue
        column = rule.columns[0]
        n_before, n_now = before.broken(rule.rule_id), now.broken(rule.rule_id)
        of_before, of_now = n_before + before.filled(column), n_now + now.filled(column)
        if n_now / max(of_now, 1) > n_before / max(of_before, 1) and jumped(
            n_before, of_before, n_now, of_now
        ):
            found.append(
                Drift(
                    contract.table, column, "retyped",
                    was=f"{_of(n_before, of_before)} filled cells could not be read"
                    f" as {rule.expected} in the delivery of {before.delivered_on}",
                    now=f"{_of(n_now, of_now)} filled cells cannot be read so",
                    what_to_do=rule.what_to_do,
                    n_rows=n_now,
                )
            )  # fmt: skip
    return found


def _other_texts(contract: Contract, before: _Side, now: _Side, engine: Engine) -> list[Drift]:
    """Columns of texts that look otherwise than before, such as ids without leading zeros."""
    names = [
        column.name
        for column in contract.columns
        if column.type == "string" and not column.allowed
        and column.name not in now.absent | before.absent
    ]  # fmt: skip
    kinds_before, kinds_now = (text_kinds(engine, side.rows, names) for side in (before, now))
    found = []
    for name in kinds_before.keys() & kinds_now.keys():
        was, now_is = kinds_before[name], kinds_now[name]
        of_before, of_now = sum(was.values()), sum(now_is.values())
        moved = [kind for kind in KINDS if jumped(was[kind], of_before, now_is[kind], of_now)]
        if not moved:
            continue
        grew = max(moved, key=lambda kind: now_is[kind] / of_now - was[kind] / of_before)
        shrank = min(moved, key=lambda kind: now_is[kind] / of_now - was[kind] / of_before)
        found.append(
            Drift(
                contract.table, name, "retyped",
                was=f"{shrank} in {_of(was[shrank], of_before)} cells that were looked at in the"
                f" delivery of {before.delivered_on}",
                now=f"{grew} in {_of(now_is[grew], of_now)} cells",
                what_to_do="export the column as text, as before: ids are compared byte for byte,"
                " and a spreadsheet drops leading zeros and writes long numbers as 1e5",
                n_rows=now_is[grew],
            )
        )  # fmt: skip
    return sorted(found, key=lambda each: names.index(each.column))


def _filled(contract: Contract, before: _Side, now: _Side) -> list[Drift]:
    """Columns whose share of empty cells jumped; an unreadable cell is not empty."""
    types = {rule.columns[0]: rule.rule_id for rule in contract.rules if rule.kind == "type"}
    found = []
    for column in contract.columns:
        name, rule_id = column.name, types.get(column.name, "")
        if name in now.absent | before.absent:
            continue
        empty = [side.n_rows - side.filled(name) - side.broken(rule_id) for side in (before, now)]
        if not jumped(empty[0], before.n_rows, empty[1], now.n_rows):
            continue
        is_emptier = empty[1] / now.n_rows > empty[0] / before.n_rows
        found.append(
            Drift(
                contract.table, name, "emptier" if is_emptier else "fuller",
                was=f"empty in {_of(empty[0], before.n_rows)} rows in the delivery of"
                f" {before.delivered_on}",
                now=f"empty in {_of(empty[1], now.n_rows)} rows",
                what_to_do="look whether the export lost values that the system still has"
                if is_emptier
                else "look whether something was filled in that nobody told",
                n_rows=empty[1],
            )
        )  # fmt: skip
    return found


def _unknown_codes(
    contract: Contract, now: _Side, before: _Side | None, engine: Engine
) -> list[Drift]:
    found = []
    for rule in contract.rules:
        n_now = now.broken(rule.rule_id)
        if rule.kind != "allowed" or not n_now:
            continue
        column = contract.column(rule.columns[0])
        was = "no earlier delivery of this source to compare with"
        if before:
            n_before = before.broken(rule.rule_id)
            was = f"in {_of(n_before, before.n_rows)} rows in the delivery of {before.delivered_on}"
        codes = _told_codes(column, now, engine)
        told = ", ".join(f"{code} in {n_rows:,}" for code, n_rows in codes)
        found.append(
            Drift(
                contract.table, column.name, "unknown codes",
                was=was,
                now=f"in {_of(n_now, now.n_rows)} rows" + (f": {told}" if told else ""),
                what_to_do=rule.what_to_do,
                n_rows=n_now,
            )
        )  # fmt: skip
    return found


def _told_codes(column: Column, now: _Side, engine: Engine) -> list[tuple[str, int]]:
    """The unknown codes that may be told, by the module's rule, the most frequent first."""
    if column.classification != "operational" or not now.rows:
        return []
    name = identifier(column.name)
    known = ", ".join(quoted(code) for code in column.allowed)
    counts = engine.rows(
        f"select {name}, count(*) from read_parquet({path_list(now.rows)})"
        f" where {name} is not null and {name} not in ({known})"
        f" group by {name} order by count(*) desc, {name} limit {MAX_CODES + 1}"
    )
    if len(counts) > MAX_CODES:
        return []
    return [
        (code, int(n_rows))
        for code, n_rows in counts
        if n_rows >= MIN_ROWS and len(code) <= MAX_CODE_LETTERS and _CODE.fullmatch(code)
    ]


def _rows(n: int) -> str:
    return "1 row" if n == 1 else f"{n:,} rows"


def _of(n: int, of: int) -> str:
    return f"{n:,} of {of:,}"
