"""Can we trust this month: whose measures are missing, what was delivered, what was turned away."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from pipelines.contracts.odcs import Contract, load_contracts
from pipelines.ingest.fhir import REASONS
from pipelines.reporting.context import Context, column, share_cell, subject_cell, text_cell
from pipelines.reporting.figures.figures import ROLLING, Record
from pipelines.reporting.model import Cell, Row, Section, Table
from pipelines.reporting.sections.care_section import derived_ends
from pipelines.reporting.sections.completeness_chart import completeness_chart
from pipelines.reporting.sections.lost_rows import much_lost_words
from pipelines.reporting.sections.missing_measures import missing_sentences
from pipelines.reporting.sentences import Share, measured_share, share_of
from pipelines.reporting.wording import Wording

_ENDINGS = ("n_accepted", "n_superseded", "n_withdrawn", "n_quarantined")
_DELIVERY_COLUMNS = ("n_delivered", *_ENDINGS)
LATEST_DELIVERIES = 6
LISTED_RULES = 15


def trust_section(context: Context) -> Section:
    """The section: who is missing, what was delivered, turned away or odd, and what was derived."""
    words = context.words
    deliveries = context.figures.deliveries
    used = [row for row in deliveries if is_used(row)]
    not_used = _sum(deliveries, "n_delivered") - _sum(used, "n_delivered")
    lead = words.say(
        "trust.lead_not_used" if not_used else "trust.lead",
        rows=words.count(_sum(deliveries, "n_delivered")),
        quarantined=words.count(_sum(used, "n_quarantined")),
        not_used=words.count(not_used),
    )
    return Section(
        section_id="trust",
        title=words.say("section.trust"),
        paragraphs=tuple(filter(None, (lead, _newest_lost(context)))),
        parts=(
            _completeness_part(context),
            _deliveries_part(context),
            _quarantine_part(context),
            _warnings_part(context),
            _origin_part(context),
        ),
    )


def _newest_lost(context: Context) -> str:
    """What small tables lost of the newest delivery: of all rows it is too little to show."""
    words, newest = context.words, newest_used(context.figures.deliveries)
    return (
        much_lost_words(newest, words, day=words.day(newest[0]["delivered_on"])) if newest else ""
    )


def done_share(row: Record | None) -> Share:
    """Measures given, of those due."""
    return share_of(row, count="n_done", denominator="n_due", rate="done_rate")


@cache
def load_contracts_once() -> Mapping[str, Contract]:
    """The contracts by their tables."""
    return load_contracts()


@cache
def _rule_sentences() -> dict[str, str]:
    of_contracts = {
        rule.rule_id: rule.sentence
        for contract in load_contracts_once().values()
        for rule in contract.rules
    }
    return {**REASONS, **of_contracts}


def rule_sentence(rule_id: str, words: Wording) -> str:
    """What a rule says; its id where an older contract had it."""
    if words.has(f"broken.{rule_id}"):
        return words.say(f"broken.{rule_id}")
    return words.translated(_rule_sentences().get(rule_id, rule_id))


def newest_used(deliveries: Sequence[Record]) -> list[Record]:
    """The files of the newest delivery that figures are made from."""
    newest = max((row["delivered_on"] for row in deliveries), default=None)
    return [row for row in deliveries if row["delivered_on"] == newest and is_used(row)]


def is_used(row: Record) -> bool:
    """Whether a delivered row is of a kind that the figures are made from."""
    return row["table_name"] in load_contracts_once()


def _completeness_part(context: Context) -> Section:
    words = context.words
    clinic = context.figures.completeness(context.subject, ROLLING, context.year.end_on)
    share = done_share(clinic)
    paragraphs = [each.text for each in missing_sentences(context, by_name=True)]
    if share.n and share.rate is not None:
        paragraphs.append(
            words.say(
                "trust.completeness_lead",
                period=context.year.words,
                done=words.count(share.x or 0),
                due=words.count(share.n),
                rate=words.percent(share.rate, n=share.n),
            )
        )
    elif not share.is_withheld:
        paragraphs.append(words.say("trust.completeness_none"))
    if clinic is not None and clinic["n_unscorable"]:
        paragraphs.append(
            words.say(
                "trust.unscorable",
                x=words.count(clinic["n_unscorable"]),
                n=words.count(clinic["n_responses"]),
                period=context.year.words,
            )
        )
    if clinic is not None and clinic["n_without_episode"]:
        paragraphs.append(
            words.say(
                "trust.without_episode",
                n=words.count(clinic["n_without_episode"]),
                period=context.year.words,
            )
        )
    tables = [_completeness_table(context, level) for level in ("programme", "therapist")]
    return Section(
        section_id="completeness",
        title=words.say("trust.completeness"),
        paragraphs=tuple(paragraphs),
        charts=tuple(filter(None, (completeness_chart(context),))),
        tables=tuple(table for table in tables if table.rows),
    )


def _completeness_table(context: Context, level: str) -> Table:
    words, minimums = context.words, context.minimums
    rows = []
    for subject in context.figures.subjects_at(level):
        row = context.figures.completeness(subject.key, ROLLING, context.year.end_on)
        if row is None or not (row["n_due"] or row["n_finished"] or row["withheld_figures"]):
            continue
        rows.append(
            Row(
                (
                    subject_cell(context, subject),
                    share_cell(done_share(row), minimums, words, has_interval=False),
                    share_cell(measured_share(row), minimums, words, has_interval=False),
                )
            )
        )
    head = "outcomes.programme" if level == "programme" else "people.therapist"
    return Table(
        table_id=f"completeness-{level}s",
        caption=words.say(f"trust.{level}_table", period=context.year.words),
        columns=(
            column("name", words.say(head), is_number=False),
            column("done", words.say("trust.done")),
            column("paired", words.say("trust.paired")),
        ),
        rows=tuple(rows),
        is_sortable=level != "therapist",
    )


def _deliveries_part(context: Context) -> Section:
    words = context.words
    deliveries = context.figures.deliveries
    rest = _sum(deliveries, "n_delivered") - sum(_sum(deliveries, name) for name in _ENDINGS)
    by_table: dict[Any, list[Record]] = defaultdict(list)
    by_delivery: dict[Any, list[Record]] = defaultdict(list)
    for row in deliveries:
        by_table[row["table_name"] if is_used(row) else ""].append(row)
        by_delivery[row["delivered_on"], row["source"], row["delivery_id"]].append(row)
    counts = tuple(
        column(name, words.say(f"trust.{name.removeprefix('n_')}")) for name in _DELIVERY_COLUMNS
    )
    total = Row((text_cell(words.say("trust.total")), *_sums(deliveries, context)), is_total=True)
    latest = sorted(by_delivery, reverse=True)[:LATEST_DELIVERIES]
    tables = (
        Table(
            table_id="deliveries-by-table",
            caption=words.say("trust.delivery_table"),
            columns=(column("table", words.say("trust.table"), is_number=False), *counts),
            rows=(
                *(
                    Row((text_cell(name or words.say("trust.not_used")), *_sums(rows, context)))
                    for name, rows in sorted(
                        by_table.items(), key=lambda item: (not item[0], item[0])
                    )
                ),
                total,
            ),
            note=words.say("trust.adds_not", n=words.count(rest))
            if rest
            else words.say("trust.adds_up"),
        ),
        Table(
            table_id="deliveries",
            caption=words.say("trust.by_delivery_table"),
            columns=(
                column("delivered_on", words.say("trust.delivery"), is_number=False),
                column("source", words.say("trust.source"), is_number=False),
                *counts,
            ),
            rows=tuple(
                Row(
                    (
                        text_cell(words.day(key[0])),
                        text_cell(key[1]),
                        *_sums(by_delivery[key], context),
                    )
                )
                for key in latest
            ),
        ),
    )
    return Section(
        section_id="deliveries-part",
        title=words.say("trust.deliveries"),
        paragraphs=(words.say("trust.restated"), *_turned_back(context)),
        tables=tables if deliveries else (),
    )


def _turned_back(context: Context) -> Iterator[str]:
    """A sentence for each source that delivers reversed items already turned."""
    words = context.words
    for source in context.provenance.get("sources", ()):
        turned = source.get("turned_instruments", ())
        names = sorted(context.figures.instruments[one].name for one in turned)
        if names:
            yield words.say("trust.turned", source=source["name"], instruments=words.listed(names))


def _quarantine_part(context: Context) -> Section:
    words = context.words
    rows = _rows_by_rule(context.figures.quarantine, words)
    return Section(
        section_id="quarantine",
        title=words.say("trust.quarantine"),
        paragraphs=() if rows else (words.say("trust.no_quarantine"),),
        tables=(_rule_table("quarantine", rows, words),) if rows else (),
    )


def _warnings_part(context: Context) -> Section:
    """What is odd about rows that are in use all the same."""
    words = context.words
    rows = _rows_by_rule(context.figures.warnings, words)
    return Section(
        section_id="warnings",
        title=words.say("trust.warnings"),
        paragraphs=(words.say("trust.warnings_lead" if rows else "trust.no_warnings"),),
        tables=(_rule_table("warnings", rows, words),) if rows else (),
    )


def _rows_by_rule(counted: Iterable[Record], words: Wording) -> list[Row]:
    """The rules that most rows break, and one line for the others."""
    rules: dict[str, int] = defaultdict(int)
    for row in counted:
        if is_used(row):
            rules[row["rule_id"]] += row["n_rows"]
    ordered = sorted(rules.items(), key=lambda item: (-item[1], item[0]))
    rows = [
        Row((Cell(rule_sentence(name, words), name, small=name), Cell(words.count(n), n)))
        for name, n in ordered[:LISTED_RULES]
    ]
    others = ordered[LISTED_RULES:]
    if others:
        n = sum(count for _, count in others)
        text = words.say("trust.other_rules", n=words.count(len(others)))
        rows.append(Row((text_cell(text), Cell(words.count(n), n)), is_total=True))
    return rows


def _rule_table(name: str, rows: list[Row], words: Wording) -> Table:
    return Table(
        table_id=f"{name}-table",
        caption=words.say(f"trust.{name}_table"),
        columns=(
            column("rule", words.say("trust.rule"), is_number=False),
            column("rows", words.say("trust.rows")),
        ),
        rows=tuple(rows),
    )


def _origin_part(context: Context) -> Section:
    """Whether courses were delivered or derived, and what was left out as out of scope."""
    words = context.words
    sources = context.provenance.get("sources", ())
    derived = [source for source in sources if source.get("episode_gap_days")]
    paragraphs = [
        words.say(
            "trust.derived_gap",
            source=source["name"],
            days=words.count(source["episode_gap_days"]),
        )
        for source in derived
    ]
    if not derived:
        paragraphs.append(words.say("trust.derived_none"))
    n, ended = derived_ends(context)
    if n:
        paragraphs.append(
            words.say(
                "trust.derived_ends",
                n=words.count(n),
                ended=words.count(ended),
                period=context.year.words,
            )
        )
    for source in sources:
        for kind, rows in sorted(source.get("out_of_scope", {}).items()):
            paragraphs.append(
                words.say(
                    "trust.out_of_scope", n=words.count(rows), source=source["name"], kind=kind
                )
            )
    return Section(
        section_id="origin", title=words.say("trust.derived"), paragraphs=tuple(paragraphs)
    )


def _sum(rows: Iterable[Record], name: str) -> int:
    return sum(row[name] or 0 for row in rows)


def _sums(rows: Iterable[Record], context: Context) -> list[Cell]:
    listed = list(rows)
    sums = [_sum(listed, name) for name in _DELIVERY_COLUMNS]
    return [Cell(context.words.count(n), n) for n in sums]
