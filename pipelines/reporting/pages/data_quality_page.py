"""The data quality page: what the contracts' rules found, for whoever cares for the data.

Rates with numerator, denominator, threshold and outcome; what to do about each rule that fails;
trend, quarantine, freshness and size of the last deliveries. From published tables alone, which
hold counts of rows and no value of a client.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from pipelines.contracts.odcs import Contract
from pipelines.reporting.context import column, text_cell
from pipelines.reporting.figures.quality import Quality, Record
from pipelines.reporting.model import Cell, Page, Row, Section, Table
from pipelines.reporting.sections.lost_rows import lost_tables, much_lost
from pipelines.reporting.sections.reversed_items_part import reversed_items_section
from pipelines.reporting.sections.trust_section import rule_sentence
from pipelines.reporting.wording import Wording

# A month and a few days: a monthly delivery is not late the day after.
LATE_AFTER_DAYS = 35
SHOWN_DELIVERIES = 6
PASSED, FAILED, ERROR, NOT_APPLICABLE = "passed", "failed", "error", "not_applicable"


def data_quality_page(
    quality: Quality,
    contracts: Mapping[str, Contract],
    words: Wording,
    *,
    clinic: str,
    as_of_on: date,
) -> Page:
    """The page; `as_of_on` is the day of the latest delivery."""
    writer = _Writer(quality, contracts, words, as_of_on)
    return Page(
        title=words.say("data_quality.title"),
        clinic=clinic,
        lead=words.say("data_quality.lead", day=words.day(as_of_on)),
        language=words.language,
        sections=(
            writer.in_short(),
            writer.to_do(),
            writer.by_table(),
            writer.trend(),
            writer.quarantine(),
            reversed_items_section(quality.reversed_items, words),
            writer.all_rules(),
        ),
    )


@dataclass(frozen=True)
class _Writer:
    quality: Quality
    contracts: Mapping[str, Contract]
    words: Wording
    as_of_on: date

    def _say(self, key: str, **values: object) -> str:
        return self.words.say(f"data_quality.{key}", **values)

    def in_short(self) -> Section:
        latest = [row for table in self.quality.tables for row in self.quality.latest(table)]
        outcomes = Counter(row["rule_outcome"] for row in latest)
        count = self.words.count
        said = [
            self._verdict(),
            self._say(
                "outcomes",
                n=count(len(latest)),
                **{each: count(outcomes[each]) for each in (PASSED, FAILED, ERROR, NOT_APPLICABLE)},
            ),
            self._say("outcome_rule"),
        ]
        late = [
            table
            for table in self.quality.tables
            if (self.as_of_on - self._newest(table)).days > LATE_AFTER_DAYS
        ]
        if late:
            said.append(
                self._say(
                    "late",
                    tables=self.words.listed(late),
                    days=LATE_AFTER_DAYS,
                    day=self.words.day(self.as_of_on),
                )
            )
        return Section("in-short", self._say("in_short"), paragraphs=tuple(said))

    def _verdict(self) -> str:
        """Which tables' latest delivery was refused, whole or a tenth or more, before any count.

        Such tables are small: of all rows they are too few to show.
        """
        words, rows = self.words, self._latest_counts()
        hit = much_lost(rows)
        whole = [each for each in hit if each[1] == each[2]]
        part = [each for each in hit if each[1] < each[2]]
        said = []
        if whole:
            said.append(self._say("verdict.whole", tables=lost_tables(whole, words)))
        if stays := [table.replace("_", " ") for table, *_ in whole if self._has_earlier(table)]:
            said.append(self._say("verdict.stays", tables=words.listed(stays)))
        if part:
            said.append(self._say("verdict.part", tables=lost_tables(part, words)))
        said.append(
            self._say(
                "verdict.mend" if hit else "verdict.none",
                n=words.count(sum(row["n_quarantined"] for row in rows)),
                total=words.count(sum(row["n_delivered"] for row in rows)),
            )
        )
        return " ".join(said)

    def _has_earlier(self, table: str) -> bool:
        """Whether a delivery of a table before its latest brought a row that was let in."""
        _, *earlier = self.quality.counts[table].values()
        return any(each["quarantined"] < each["delivered"] for each in earlier)

    def _latest_counts(self) -> list[Record]:
        """Rows delivered and turned away of each table's latest delivery."""
        found = []
        for table in self.quality.tables:
            counted = next(iter(self.quality.counts[table].values()))
            found.append(
                {
                    "table_name": table,
                    "n_delivered": counted["delivered"],
                    "n_quarantined": counted["quarantined"],
                }
            )
        return found

    def _newest(self, table: str) -> date:
        return next(iter(self.quality.by_delivery[table]))[0]

    def to_do(self) -> Section:
        failed = [
            row
            for table in self.quality.tables
            for row in self.quality.latest(table)
            if row["rule_outcome"] in {FAILED, ERROR}
        ]
        failed.sort(key=lambda row: (-(row["broken_rate"] or 1), row["rule_id"]))
        rows = [
            Row(
                (
                    self._rule(row),
                    text_cell(row["table_name"]),
                    *self._figures(row),
                    text_cell(self.contracts[row["table_name"]].rule(row["rule_id"]).what_to_do),
                )
            )
            for row in failed
        ]
        labels = ("rule", "table", "broken", "share", "tolerated", "what_to_do")
        return Section(
            "to-do",
            self._say("to_do"),
            paragraphs=(self._say("to_do_lead" if rows else "no_failed"),),
            tables=(self._table("failed-rules", "to_do_table", labels, rows, is_open=True),)
            if rows
            else (),
        )

    def by_table(self) -> Section:
        rows = []
        for table in self.quality.tables:
            (newest, counted), *earlier = self.quality.counts[table].items()
            usual = [each["delivered"] for _, each in earlier[:SHOWN_DELIVERIES]]
            n_failed = sum(row["rule_outcome"] == FAILED for row in self.quality.latest(table))
            days = (self.as_of_on - newest[0]).days
            rows.append(
                Row(
                    (
                        text_cell(table),
                        text_cell(self.words.day(newest[0])),
                        self._number(days),
                        self._number(counted["delivered"]),
                        self._number(int(median(usual))) if usual else self._nothing(),
                        self._share(counted["quarantined"], counted["delivered"]),
                        self._number(n_failed),
                    )
                )
            )
        labels = ("table", "delivery", "age", "rows", "usual", "quarantined", "failed")
        return Section(
            "tables",
            self._say("by_table"),
            paragraphs=(self._say("by_table_lead"),),
            tables=(self._table("tables-table", "fresh_table", labels, rows, is_open=True),),
        )

    def trend(self) -> Section:
        latest = sorted(
            {key for counted in self.quality.counts.values() for key in counted}, reverse=True
        )[:SHOWN_DELIVERIES]
        shown = latest[::-1]
        tables = []
        for name in ("quarantine_trend", "size_trend", "failed_trend"):
            rows = [
                Row((text_cell(table), *(self._trend_cell(name, table, key) for key in shown)))
                for table in self.quality.tables
            ]
            columns = (
                column("table", self._say("table"), is_number=False),
                *(
                    column(f"delivery-{place}", self.words.day(key[0]))
                    for place, key in enumerate(shown)
                ),
            )
            table_id = name.replace("_", "-")
            tables.append(Table(table_id, self._say(name), tuple(columns), tuple(rows)))
        return Section(
            "trend",
            self._say("trend"),
            paragraphs=(self._say("trend_lead"),),
            tables=tuple(tables),
        )

    def _trend_cell(self, name: str, table: str, key: tuple[date, str]) -> Cell:
        counted = self.quality.counts[table].get(key)
        results = self.quality.by_delivery[table].get(key)
        if counted is None or results is None:
            return self._nothing()
        match name:
            case "size_trend":
                return self._number(counted["delivered"])
            case "failed_trend":
                return self._number(sum(row["rule_outcome"] == FAILED for row in results))
            case _:
                return self._share(counted["quarantined"], counted["delivered"])

    def quarantine(self) -> Section:
        known = [row for row in self.quality.quarantine if row["table_name"] in self.contracts]
        if not known:
            return Section(
                "quarantine",
                self._say("quarantine"),
                paragraphs=(self._say("no_quarantine"),),
            )
        by_rule: Counter[tuple[str, str]] = Counter()
        for row in known:
            by_rule[row["table_name"], row["rule_id"]] += row["n_rows"]
        by_source: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for row in self.quality.deliveries:
            if row["table_name"] in self.contracts:
                counted = by_source[row["source"], row["table_name"]]
                counted["quarantined"] += row["n_quarantined"]
                counted["delivered"] += row["n_delivered"]
        sources = [
            Row(
                (
                    text_cell(source),
                    text_cell(table),
                    self._share(counted["quarantined"], counted["delivered"]),
                )
            )
            for (source, table), counted in sorted(by_source.items())
            if counted["quarantined"]
        ]
        rules = [
            Row(
                (
                    Cell(rule_sentence(rule_id, self.words), rule_id, small=rule_id),
                    text_cell(table),
                    self._number(n_rows),
                )
            )
            for (table, rule_id), n_rows in sorted(
                by_rule.items(), key=lambda each: (-each[1], each[0])
            )
        ]
        return Section(
            "quarantine",
            self._say("quarantine"),
            paragraphs=(self._say("quarantine_lead"),),
            tables=(
                self._table("by-source", "by_source", ("source", "table", "quarantined"), sources),
                self._table("by-rule", "by_rule", ("rule", "table", "rows"), rules),
            ),
        )

    def all_rules(self) -> Section:
        labels = ("rule", "about", "broken", "share", "tolerated", "outcome", "history")
        tables = []
        for table in self.quality.tables:
            rows = [
                Row(
                    (
                        self._rule(row),
                        text_cell(row["dimension"]),
                        *self._figures(row),
                        text_cell(self._say(f"outcome_words.{row['rule_outcome']}")),
                        text_cell(self._history(table, row["rule_id"])),
                    )
                )
                for row in self.quality.latest(table)
            ]
            version = self.contracts[table].version
            caption = self._say("of_table", table=table, version=version)
            tables.append(self._table(f"rules-{table}", caption, labels, rows, is_caption=True))
        return Section(
            "all-rules",
            self._say("all_rules"),
            paragraphs=(self._say("all_rules_lead", n=SHOWN_DELIVERIES),),
            tables=tuple(tables),
        )

    def _history(self, table: str, rule_id: str) -> str:
        outcomes = Counter(
            row["rule_outcome"]
            for results in list(self.quality.by_delivery[table].values())[:SHOWN_DELIVERIES]
            for row in results
            if row["rule_id"] == rule_id
        )
        return self._say("history_words", passed=outcomes[PASSED], n=outcomes.total())

    def _rule(self, row: Record) -> Cell:
        rule_id = row["rule_id"]
        return Cell(rule_sentence(rule_id, self.words), rule_id, small=rule_id)

    def _figures(self, row: Record) -> tuple[Cell, Cell, Cell]:
        n_judged, n_broken = row["n_rows_judged"], row["n_rows_broken"]
        count = self.words.count
        return (
            Cell(self._say("n_of", x=count(n_broken), n=count(n_judged)), n_broken),
            self._rate(row["broken_rate"]),
            self._rate(row["tolerated_rate"]),
        )

    def _share(self, x: int, n: int) -> Cell:
        if not n:
            return self._nothing()
        small = self._say("n_of", x=self.words.count(x), n=self.words.count(n))
        return Cell(self._rate(x / n).text, x / n, small=small)

    def _rate(self, rate: float | None) -> Cell:
        if rate is None:
            return self._nothing()
        # One row of many thousands is not none: shares of rows are told to a tenth of a per cent.
        least = self.words.percent(0.001, n=1000)
        is_less = 0 < rate < 0.001
        return Cell(f"< {least}" if is_less else self.words.percent(rate, n=1000), rate)

    def _number(self, n: int) -> Cell:
        return Cell(self.words.count(n), n)

    def _nothing(self) -> Cell:
        return Cell(self._say("no_rate"))

    def _table(
        self,
        table_id: str,
        caption: str,
        labels: Iterable[str],
        rows: Sequence[Row],
        *,
        is_caption: bool = False,
        is_open: bool = False,
    ) -> Table:
        in_words = {
            "rule", "table", "what_to_do", "about", "outcome", "history", "source", "delivery",
        }  # fmt: skip
        return Table(
            table_id=table_id,
            caption=caption if is_caption else self._say(caption),
            columns=tuple(
                column(label, self._say(label), is_number=label not in in_words) for label in labels
            ),
            rows=tuple(rows),
            is_folded_when_long=not is_open,
        )
