"""The compliance page: whether rules were kept, for an auditor; no outcome and no client is on it.

Licences, consents and safety are figures of the period, from published tables. What the gates
found, who released what, who took rows out and what is kept tell of the clinic up to the writing of
the page, from the landed deliveries and the ledger.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from pipelines.ingest.manifest import Delivery
from pipelines.months import years_before
from pipelines.reporting.context import Context, column, text_cell
from pipelines.reporting.figures.quality import Quality, read_quality
from pipelines.reporting.model import Cell, Report, Row, Section, Sentence, Table
from pipelines.reporting.pages.data_quality_page import FAILED
from pipelines.reporting.pages.head import report_head
from pipelines.reporting.sections.lost_rows import turned_away_words
from pipelines.reporting.sections.method_section import provenance_table
from pipelines.reporting.sections.trust_section import rule_sentence

Record = Mapping[str, Any]
LEVELS = ("clinic", "programme", "therapist")
LICENCES = (
    "n_attended", "n_licensed", "n_not_licensed", "n_state_unknown",
    "n_without_licence_records", "n_by_residence",
)  # fmt: skip
CONSENTS = (
    "n_courses", "n_consent_in_force", "n_consent_missing", "n_consent_withdrawn",
    "n_without_consent_records", "n_substance_use", "n_may_disclose", "n_may_not_disclose",
)  # fmt: skip
SAFETY = (
    "n_risk_answers", "n_acted_in_time", "n_acted_late", "n_actions_overdue", "n_actions_open",
    "n_without_action_records",
)  # fmt: skip
_FOLDED = ("landed-files", "licences-table", "consents-table", "safety-table")
# Events of the ledger that the page tells of.
APPROVALS, EXPORT, STOPPED = ("release_proposed", "release"), "export", "run_failed"


@dataclass(frozen=True)
class Kept:
    """What a clinic keeps: its deliveries in their order, its ledger, and for how many years.

    `retention_years` is 0 where the clinic has set no period.
    """

    deliveries: Sequence[Delivery]
    events: Sequence[Record]
    retention_years: int


def compliance_report(
    connection: duckdb.DuckDBPyConnection, context: Context, kept: Kept, *, version: int = 1
) -> Report:
    """The report of a period for an auditor, from the published tables of a connection."""
    writer = _Writer(
        context,
        kept,
        read_quality(connection, context.figures.audience),
        {
            name: _rows(connection, f"pub_{name}", context)
            for name in ("licences", "consents", "safety")
        },
    )
    return Report(
        head=report_head(context, version=version),
        in_short=writer.in_short(),
        key_figures=(),
        look_at=(),
        sections=(
            writer.licences(),
            writer.consents(),
            writer.safety(),
            writer.retention(),
            writer.gates(),
            writer.approvals(),
            writer.exports(),
            writer.provenance(),
        ),
        provenance=context.provenance,
    )


def _rows(connection: duckdb.DuckDBPyConnection, table: str, context: Context) -> list[Record]:
    result = connection.execute(
        f"select * from {table} where audience = $audience and period_kind = $kind"
        " and period_end_on = $end_on order by all",
        {
            "audience": context.figures.audience,
            "kind": context.period.kind,
            "end_on": context.figures.month_end_on,
        },
    )
    names = [each[0] for each in result.description or ()]
    return [dict(zip(names, values, strict=True)) for values in result.fetchall()]


@dataclass(frozen=True)
class _Writer:
    context: Context
    kept: Kept
    quality: Quality
    rows: Mapping[str, Sequence[Record]]

    def _say(self, key: str, **values: object) -> str:
        return self.context.words.say(f"compliance.{key}", **values)

    def _sum(self, table: str, name: str) -> int:
        return sum(row[name] for row in self.rows[table] if row["level"] == "clinic")

    def in_short(self) -> tuple[Sentence, ...]:
        found = [
            self._judged(
                "licences", "n_attended", ("n_not_licensed",), "n_without_licence_records"
            ),
            self._judged(
                "consents",
                "n_courses",
                ("n_consent_missing", "n_consent_withdrawn"),
                "n_without_consent_records",
            ),
            self._judged(
                "safety", "n_risk_answers", ("n_actions_overdue",), "n_without_action_records"
            ),
        ]
        failed = sum(row["rule_outcome"] == FAILED for row in self._latest_results())
        count = self.context.words.count
        stopped = count(len(self._events(STOPPED)))
        text = self._say("short.gates", n=count(failed), stopped=stopped)
        found.append(Sentence(text, "compliance.gates", "gates"))
        if lost := self._turned_away("deletions"):
            found.append(Sentence(lost, "compliance.deletions", "gates"))
        if not self.kept.retention_years:
            text = self._say("retention.no_period")
            found.append(Sentence(text, "compliance.retention", "retention"))
        return tuple(found)

    def _turned_away(self, table: str) -> str:
        return turned_away_words(self.context.figures.deliveries, table, self.context.words)

    def _judged(self, table: str, all_: str, wrong: Sequence[str], unknown: str) -> Sentence:
        n, n_unknown = self._sum(table, all_), self._sum(table, unknown)
        case = "none" if not n else "not_recorded" if n_unknown == n else "found"
        if case == "found" and table == "consents" and not self._sum(table, wrong[-1]):
            case = "missing"
        count = self.context.words.count
        text = self._say(
            f"short.{table}.{case}",
            n=count(n),
            x=count(sum(self._sum(table, name) for name in wrong)),
            period=self.context.period.words,
        )
        return Sentence(text, f"compliance.{table}.{case}", table)

    def licences(self) -> Section:
        rows = self.rows["licences"]
        wrong = [row for row in rows if row["level"] == "therapist" and row["n_not_licensed"]]
        # By name: where rules were not kept is no list of the worst.
        wrong.sort(key=lambda row: (self._name(row).text, row["subject_id"], row["state"]))
        tables = [
            self._table(
                "not-licensed",
                ("therapist", "state", "n_not_licensed", "n_in_state"),
                [
                    Row(
                        (
                            self._name(row),
                            text_cell(row["state"]),
                            self._count(row["n_not_licensed"]),
                            self._count(row["n_attended"]),
                        )
                    )
                    for row in wrong
                ],
            )
        ]
        summed: dict[tuple[str, str], Counter[str]] = {}
        for row in rows:
            counts = summed.setdefault((row["level"], row["subject_id"]), Counter())
            counts.update({name: row[name] for name in LICENCES})
        lines = [
            {"level": level, "subject_id": subject_id, **{name: counts[name] for name in LICENCES}}
            for (level, subject_id), counts in summed.items()
        ]
        tables.append(self._by_subject("licences-table", LICENCES, lines))
        text = "licences.found" if wrong else "licences.none_found"
        lost = self._turned_away("licences")
        return self._section("licences", tables, self._say(text), lost, self._say("licences.rule"))

    def consents(self) -> Section:
        table = self._by_subject("consents-table", CONSENTS, self.rows["consents"])
        notes = (
            self._turned_away("consents"),
            self._say("consents.rule"),
            self._say("consents.disclosure"),
        )
        return self._section("consents", [table], *notes)

    def safety(self) -> Section:
        table = self._by_subject("safety-table", SAFETY, self.rows["safety"])
        # A course has one programme, so that what is in none of them is in no course.
        outside = self._sum("safety", "n_risk_answers") - sum(
            row["n_risk_answers"] for row in self.rows["safety"] if row["level"] == "programme"
        )
        said = self._say("safety.outside", n=self.context.words.count(outside))
        notes = (
            self._turned_away("safety_actions"),
            self._say("safety.rule"),
            said if outside > 0 else "",
        )
        return self._section("safety", [table], *notes)

    def retention(self) -> Section:
        words, years = self.context.words, self.kept.retention_years
        days = [each.delivered_on for each in self.kept.deliveries]
        if not days:
            return self._section("retention", [], self._say("retention.nothing"))
        oldest = self._say("retention.oldest", day=words.day(min(days)), n=words.count(len(days)))
        if not years:
            return self._section("retention", [], oldest, self._say("retention.no_period"))
        first_kept = years_before(max(days), years)
        over = [each for each in self.kept.deliveries if each.delivered_on < first_kept]
        said = self._say(
            "retention.over", n=words.count(len(over)), years=years, day=words.day(first_kept)
        )
        return self._section("retention", [self._deliveries("old-deliveries", over)], oldest, said)

    def _latest_results(self) -> list[Record]:
        return [row for table in self.quality.tables for row in self.quality.latest(table)]

    def gates(self) -> Section:
        words = self.context.words
        failed = [row for row in self._latest_results() if row["rule_outcome"] == FAILED]
        rules = [
            Row(
                (
                    text_cell(rule_sentence(row["rule_id"], words)),
                    text_cell(row["table_name"]),
                    self._count(row["n_rows_broken"]),
                    self._count(row["n_rows_judged"]),
                    Cell(
                        words.percent(row["tolerated_rate"] or 0, n=None),
                        row["tolerated_rate"],
                    ),
                )
            )
            for row in failed
        ]
        stops = [
            Row(
                (
                    text_cell(self._day(event)),
                    text_cell(self._gate(str(event["details"].get("gate", "")))),
                    text_cell(str(event["details"].get("where", ""))),
                )
            )
            for event in self._events(STOPPED)
        ]
        columns = ("rule", "table", "n_broken", "n_judged", "tolerated")
        tables = [
            self._table("failed-rules", columns, rules),
            self._table("stops", ("day", "gate", "where"), stops),
        ]
        return self._section("gates", tables, self._say("gates.rule"))

    def _gate(self, kind: str) -> str:
        words = self.context.words
        return words.say(f"gates.{kind}" if words.has(f"gates.{kind}") else "gates.other")

    def approvals(self) -> Section:
        rows = [
            Row(
                (
                    text_cell(self._day(event)),
                    text_cell(self._say(f"event.{event['event']}")),
                    text_cell(event["details"]["period"]),
                    self._count(event["details"]["version"]),
                    text_cell(event["details"]["by"]),
                    text_cell(event["details"].get("approved_by", "")),
                    text_cell(event["details"].get("note", "")),
                )
            )
            for event in self._events(*APPROVALS)
        ]
        columns = ("day", "event", "period", "version", "by", "approved_by", "note")
        table = self._table("approvals-table", columns, rows)
        return self._section("approvals", [table], self._say("approvals.rule"))

    def exports(self) -> Section:
        rows = [
            Row(
                (
                    text_cell(self._day(event)),
                    text_cell(event["details"]["table"]),
                    text_cell(event["details"].get("purpose") or ""),
                )
            )
            for event in self._events(EXPORT)
        ]
        table = self._table("exports-table", ("day", "table", "purpose"), rows)
        return self._section("exports", [table], self._say("exports.rule"))

    def provenance(self) -> Section:
        tables = [
            provenance_table(self.context),
            self._deliveries("landed-files", self.kept.deliveries),
        ]
        return self._section("provenance", tables)

    def _events(self, *names: str) -> list[Record]:
        return [event for event in self.kept.events if event["event"] in names]

    def _day(self, event: Record) -> str:
        return self.context.words.day(date.fromisoformat(event["at"][:10]))

    def _deliveries(self, table_id: str, deliveries: Sequence[Delivery]) -> Table:
        rows = [
            Row(
                (
                    text_cell(self.context.words.day(each.delivered_on)),
                    text_cell(each.source),
                    text_cell(file.name),
                    text_cell(file.file_id),
                )
            )
            for each in deliveries
            for file in each.files
        ]
        return self._table(table_id, ("day", "source", "file", "sha256"), rows)

    def _by_subject(self, table_id: str, names: Sequence[str], rows: Sequence[Record]) -> Table:
        ordered = sorted(
            (row for row in rows if row["level"] in LEVELS),
            key=lambda row: (LEVELS.index(row["level"]), self._name(row).text, row["subject_id"]),
        )
        lines = [
            Row(
                (
                    self._name(row),
                    text_cell(self._say(f"level.{row['level']}")),
                    *(self._count(row[name]) for name in names),
                ),
                is_total=row["level"] == "clinic",
            )
            for row in ordered
        ]
        return self._table(table_id, ("subject", "level_of", *names), lines)

    def _name(self, row: Record) -> Cell:
        for subject in self.context.figures.subjects:
            if subject.key == (row["level"], row["subject_id"]):
                return text_cell(subject.name)
        return text_cell(row["subject_id"])

    def _count(self, n: int) -> Cell:
        return Cell(self.context.words.count(n), n)

    def _table(self, table_id: str, names: Sequence[str], rows: Sequence[Row]) -> Table:
        numbers = {name for name in names if name.startswith("n_")} | {"tolerated", "version"}
        return Table(
            table_id=table_id,
            caption=self._say(f"table.{table_id.replace('-', '_')}"),
            columns=tuple(
                column(name, self._say(f"column.{name}"), is_number=name in numbers)
                for name in names
            ),
            rows=tuple(rows),
            is_sortable=False,
            # What stands by itself in a sentence or another table before it; a release never does.
            is_folded_when_long=table_id in _FOLDED,
        )

    def _section(self, name: str, tables: Sequence[Table], *paragraphs: str) -> Section:
        return Section(
            section_id=name,
            title=self._say(f"title.{name}"),
            paragraphs=tuple(text for text in paragraphs if text)
            + (() if any(table.rows for table in tables) or not tables else (self._say("empty"),)),
            tables=tuple(table for table in tables if table.rows),
        )
