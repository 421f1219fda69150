"""Judging a delivery without taking it: everything happens in a home that is thrown away."""

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.contracts.row_rules import explain
from pipelines.contracts.table_order import table_order
from pipelines.engine import quoted
from pipelines.home import SETTINGS_FILE, Home
from pipelines.ingest.landing import land
from pipelines.ingest.manifest import Delivery, Mode
from pipelines.ingest.mapped.mapping_file import source_mapping
from pipelines.ingest.reasons import LEFT_OUT, reading_reasons
from pipelines.ingest.recognition import CANONICAL_TABLES
from pipelines.ingest.resembling import did_you_mean
from pipelines.source_settings import add_source
from pipelines.warehouse.accounts import ACCOUNT_TABLES, FILES_TABLE
from pipelines.warehouse.build_run import BuildRun
from pipelines.warehouse.check_hints import other_zone, repeated_keys, todos_left, words_of_no_list
from pipelines.warehouse.checked_deliveries import convert_delivery
from pipelines.warehouse.drift import Drift, drift
from pipelines.warehouse.fewer_rows import fewer_rows
from pipelines.warehouse.mapped_deliveries import likely_columns
from pipelines.warehouse.staging import CATALOGUE_TABLES
from pipelines.warehouse.turned_twice import REVERSED_ITEMS_TABLE, turned_twice

# What their contracts say of themselves; every other table may be absent.
MUST_BE_DELIVERED = ("clients", "therapists")
SHOWN_COLUMNS = 30
SHOWN_CHANGES = 30


@dataclass(frozen=True)
class TableFinding:
    """One table of the delivery: rows by how they would end, and columns that do not fit.

    `did_you_mean` has for an unknown column the absent one that it resembles.
    """

    table: str
    files: list[str]
    n_delivered: int
    n_quarantined: int
    unknown_columns: list[str]
    absent_columns: list[str]
    did_you_mean: dict[str, str]


@dataclass(frozen=True)
class RuleFinding:
    """One broken rule: how many rows, the first lines that break it, what to do.

    `severity` is `error` (the rows are turned away), `warning` (they stay in use), `info` (of rows
    with one key the last counts) or `left out` (they are none of the tables' rows, no defect).
    """

    rule_id: str
    severity: str
    n_rows: int
    first_lines: list[str]
    expected: str
    what_to_do: str


@dataclass(frozen=True)
class Findings:
    """What `outcomes check` prints; counts, lines and columns, never a cell.

    `missing_tables` must be delivered, and neither the delivery nor the home has them. `warnings`
    are for somebody to look at, and turn no row away.
    """

    kind: str
    mode: str
    delivered_on: str
    tables: list[TableFinding]
    rules: list[RuleFinding]
    not_taken: list[str]
    missing_tables: list[str]
    unusable_files: list[str]
    warnings: list[str]
    drift: list[Drift]
    likely_columns: dict[str, dict[str, str]]

    @property
    def is_clean(self) -> bool:
        """No row would be turned away, no file is unusable and no table is missing."""
        has_errors = any(rule.severity == "error" for rule in self.rules)
        return not self.missing_tables and not self.unusable_files and not has_errors

    def _verdict(self) -> str:
        if self.is_clean:
            return "No row would be turned away."
        if self.missing_tables or self.unusable_files:
            return "Mend and check again."
        n_turned_away = sum(
            table.n_quarantined for table in self.tables if table.table in CANONICAL_TABLES
        )
        return (
            f"Mend and check again, or land it as it is: {n_turned_away:,} {_rows(n_turned_away)}"
            " would wait in quarantine and the rest would count, unless too many of a table are"
            " turned away."
        )

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {**asdict(self), "is_clean": self.is_clean}

    def lines(self) -> list[str]:
        """For people."""
        article = "An" if self.mode == "incremental" else "A"
        found = [f"{article} {self.mode} {self.kind} delivery of {self.delivered_on}", ""]
        for table in self.tables:
            end = "would be turned away" if table.table in CANONICAL_TABLES else "left out"
            found.append(
                f"  {table.table:16} {table.n_delivered:>9,} {_rows(table.n_delivered):4}"
                f" {table.n_quarantined:>7,} {end}"
            )
            for label, names in (
                ("columns nobody knows", [_asked(table, each) for each in table.unknown_columns]),
                ("optional columns not there", table.absent_columns),
            ):
                if names:
                    more = len(names) - SHOWN_COLUMNS
                    shown = ", ".join(names[:SHOWN_COLUMNS])
                    shown += f" and {more:,} more" if more > 0 else ""
                    found.append(f"  {'':16} {label}: {shown}")
        found += [f"  not taken: {name}" for name in self.not_taken]
        found += [
            f"  {table:16} is missing: this table must be delivered"
            for table in self.missing_tables
        ]
        if self.missing_tables:
            found.append(
                f"  {'':16} what to do: add it to the delivery, or judge the delivery beside a home"
                " that has it (--home)"
            )
        for refusal in [*self.unusable_files, *self.warnings]:
            found += ["", *(f"  {line}" for line in refusal.splitlines())]
        for change in self.drift[:SHOWN_CHANGES]:
            found += ["", *(f"  {line}" for line in change.lines())]
        if len(self.drift) > SHOWN_CHANGES:
            found += ["", f"  and {len(self.drift) - SHOWN_CHANGES:,} more changes (--json)"]
        for file_name, likely in self.likely_columns.items():
            found += ["", f"  renamed: columns of {file_name} that the mapping does not know"]
            found += [f"    {name} (did you mean {meant}?)" for name, meant in likely.items()]
            found.append(
                "    what to do: correct the names in the mapping, where they are the same"
            )
        if self.rules:
            found.append("")
        for rule in self.rules:
            breaks = "row breaks" if rule.n_rows == 1 else "rows break"
            if rule.severity == "left out":
                breaks = f"{_rows(rule.n_rows)}:"
            found.append(f"  {rule.severity:8}{rule.n_rows:>7,} {breaks} {rule.rule_id}")
            if rule.expected:
                found.append(f"  {'':15} {rule.expected}")
            if rule.first_lines:
                found.append(f"  {'':15} first at {', '.join(rule.first_lines)}")
            if rule.what_to_do:
                found.append(f"  {'':15} what to do: {rule.what_to_do}")
        found += ["", self._verdict()]
        return found


def _rows(n_rows: int) -> str:
    return "row" if n_rows == 1 else "rows"


def _asked(table: TableFinding, column: str) -> str:
    meant = table.did_you_mean.get(column)
    return f"{column} (did you mean {meant}?)" if meant else column


def check_delivery(
    path: Path,
    *,
    home: Home | None,
    mode: Mode | None,
    delivered_on: date | None,
    source: str = "inbox",
    mapping: Path | None = None,
) -> Findings:
    """Judge one delivery as a run would, beside what `home` has, or alone.

    It comes from `source`, and is read by that one's mapping, or by `mapping`.

    Raises: DeliveryError when the delivery could not even be landed; SettingsError when its mapping
        cannot be used.
    """
    if home is not None and mapping is None:
        # A mapping that cannot be used is told with its own place, not with that of the copy below.
        source_mapping(home, source)
    with tempfile.TemporaryDirectory(prefix="outcomes-check-") as folder:
        rehearsal = _copy_of(home, Path(folder) / "home")
        if mapping is not None:
            source = "rehearsed"
            add_source(rehearsal.root / SETTINGS_FILE, source, str(mapping.absolute()))
        delivery = land(rehearsal, [path], source=source, mode=mode, delivered_on=delivered_on)
        run = BuildRun(rehearsal)
        try:
            return judge(run, [delivery])[0]
        finally:
            run.close()


def judge(run: BuildRun, delivered: Sequence[Delivery]) -> list[Findings]:
    """Stage all that has been landed and say of each of these deliveries how its rows end."""
    reversed_items = run.models[REVERSED_ITEMS_TABLE]
    references = {name for name in reversed_items.inputs if name.startswith("ref_")}
    run.reference({*CATALOGUE_TABLES, "ref_turned_items", *references})
    staged = [name for name in run.models if name.startswith("stg_")]
    run.stage([*staged, *ACCOUNT_TABLES, FILES_TABLE])
    run.build([REVERSED_ITEMS_TABLE])
    return [_findings(run, delivery) for delivery in delivered]


def _findings(run: BuildRun, delivery: Delivery) -> Findings:
    own = f"delivery_id = {quoted(delivery.delivery_id)}"
    mapping = source_mapping(run.home, delivery.source) if delivery.kind == "mapped" else None
    return Findings(
        kind=delivery.kind,
        mode=delivery.mode,
        delivered_on=delivery.delivered_on.isoformat(),
        tables=_tables(run, delivery.delivery_id),
        rules=[*_rules(run, own), *_repeats(run, delivery), *_oddities(run, delivery)],
        not_taken=[f"{file.name} ({file.reason})" for file in delivery.unrecognised],
        missing_tables=_missing(run, delivery),
        unusable_files=[
            file.refusal
            for files in run.files.values()
            for file in files
            if file.refusal and file.delivery_id == delivery.delivery_id
        ],
        warnings=[
            *fewer_rows(run.files, delivery.delivery_id),
            *other_zone(run, [delivery]),
            *(words_of_no_list(mapping, run.contracts) if mapping else ()),
            *(todos_left(run, delivery) if mapping else ()),
            *turned_twice(run, delivery.source),
        ],
        drift=drift(run.files, delivery, run.contracts, run.engine),
        likely_columns=likely_columns(run.home, delivery),
    )


def _copy_of(home: Home | None, root: Path) -> Home:
    """A home with the same settings and deliveries; landed bytes are linked, not copied."""
    if home is None:
        return Home.create(root, salt="check")
    root.mkdir(mode=0o700)
    shutil.copy(home.root / SETTINGS_FILE, root / SETTINGS_FILE)
    copy = Home.create(root)
    if home.mappings.is_dir():
        shutil.copytree(home.mappings, copy.mappings)
    if home.manifests.exists():
        shutil.copytree(home.manifests, copy.manifests)
        copy.landed_files.mkdir(parents=True, exist_ok=True)
        for file in home.landed_files.iterdir():
            try:
                os.link(file, copy.landed_files / file.name)
            except OSError:
                # Another file system: bytes have to be copied after all.
                shutil.copyfile(file, copy.landed_files / file.name)
    return copy


def _missing(run: BuildRun, delivery: Delivery) -> list[str]:
    if delivery.kind == "fhir":
        return []
    return [table for table in MUST_BE_DELIVERED if not run.files.get(table)]


def _tables(run: BuildRun, delivery_id: str) -> list[TableFinding]:
    counts = run.table_path("stg_row_counts")
    quarantined = dict(
        run.engine.rows(
            f"select table_name, sum(n_rows) from read_parquet({quoted(str(counts))})"
            " where delivery_id = $delivery_id and row_status = 'quarantined' group by table_name",
            {"delivery_id": delivery_id},
        )
    )
    found = []
    for table, files in run.files.items():
        own = [file for file in files if file.delivery_id == delivery_id]
        if own:
            unknown = sorted({name for file in own for name in file.unknown_columns})
            absent = sorted({name for file in own for name in file.absent_columns})
            found.append(
                TableFinding(
                    table=table,
                    files=[file.file_name for file in own],
                    n_delivered=sum(file.n_delivered for file in own),
                    n_quarantined=int(quarantined.get(table, 0)),
                    unknown_columns=unknown,
                    absent_columns=absent,
                    did_you_mean=did_you_mean(unknown, absent),
                )
            )
    return found


def _rules(run: BuildRun, own: str) -> list[RuleFinding]:
    meanings = reading_reasons()
    for contract in run.contracts.values():
        meanings |= {rule.rule_id: (explain(rule), rule.what_to_do) for rule in contract.rules}
    quarantine = quoted(str(run.table_path("quarantine")))
    warnings = quoted(str(run.table_path("stg_warning_counts")))
    files = quoted(str(run.table_path(FILES_TABLE)))
    broken = run.engine.rows(
        "select rule_id, 'error', count(*), list(distinct place order by place)[1:5]"
        " from (select unnest(reasons) as rule_id,"
        " file_name || ' line ' || lpad(cast(line as varchar), 9, ' ') as place"
        f" from read_parquet({quarantine}) where {own})"
        " group by rule_id order by rule_id"
    )
    warned = run.engine.rows(
        "select rule_id, 'warning', sum(n_rows), list_sort(flatten(list(list_transform(first_lines,"
        " lambda line: file_name || ' line ' || lpad(cast(line as varchar), 9, ' ')))))[1:5]"
        f" from read_parquet({warnings}) as w"
        f" inner join (select distinct file_id, file_name from read_parquet({files})"
        f" where {own}) as f using (file_id) where {own} group by rule_id order by rule_id"
    )
    # What is wrong with a row is told before the rows of other tables that are orphans by it.
    place = {table: number for number, table in enumerate(table_order(run.contracts))}

    def cause_first(row: tuple[Any, ...]) -> tuple[int, str]:
        return place.get(row[0].partition(".")[0], -1), row[0]

    return [
        RuleFinding(
            rule_id=rule_id,
            severity="left out" if rule_id in LEFT_OUT else severity,
            n_rows=int(n_rows),
            first_lines=[" ".join(place.split()) for place in places],
            expected=meanings.get(rule_id, ("", ""))[0],
            what_to_do=meanings.get(rule_id, ("", ""))[1],
        )
        for rule_id, severity, n_rows, places in sorted(broken, key=cause_first) + warned
    ]


def _repeats(run: BuildRun, delivery: Delivery) -> list[RuleFinding]:
    """Keys that come twice in a file: in use is the last row, and the others end as superseded."""
    found = []
    for repeat in repeated_keys(run, delivery):
        rule = run.contracts[repeat.rule_id.partition(".")[0]].rule(repeat.rule_id)
        keys = f"{repeat.n_keys:,} {'key comes' if repeat.n_keys == 1 else 'keys come'}"
        found.append(
            RuleFinding(
                rule_id=repeat.rule_id,
                severity="info",
                n_rows=repeat.n_rows,
                first_lines=repeat.first_places,
                expected=f"{explain(rule)}; {keys} more than once, and the last row counts;"
                f" the rows of {repeat.n_differing:,} differ",
                what_to_do=rule.what_to_do,
            )
        )
    return found


def _oddities(run: BuildRun, delivery: Delivery) -> list[RuleFinding]:
    """What an adapter found odd in lines that gave a row all the same."""
    if delivery.kind != "fhir":
        return []
    meanings = reading_reasons()
    converted = convert_delivery(run.home, delivery, run.contracts, run.catalogue)
    return [
        RuleFinding(code, "warning", n_lines, [], *meanings[code])
        for code, n_lines in converted.findings
    ]
