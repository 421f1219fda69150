"""The data dictionary, from the contracts: what is delivered, and every public table made of it."""

from collections.abc import Mapping

from pipelines.contracts.mart_contracts import MartColumn, MartContract
from pipelines.contracts.odcs import DELIVERY_KINDS, Column, Contract, Rule
from pipelines.reporting.context import column, text_cell
from pipelines.reporting.model import Cell, Page, Row, Section, Table
from pipelines.reporting.wording import Wording


def dictionary_page(
    contracts: Mapping[str, MartContract],
    delivered: Mapping[str, Contract],
    words: Wording,
    *,
    clinic: str,
) -> Page:
    """One section per table in the order of their names, the public ones before the delivered."""
    return Page(
        title=words.say("dictionary.title"),
        clinic=clinic,
        lead=words.say(
            "dictionary.lead", n=words.count(len(contracts)), delivered=words.count(len(delivered))
        ),
        language=words.language,
        sections=(
            _index("all-tables", {name: each.purpose for name, each in contracts.items()}, words),
            *(_section(contracts[name], words) for name in sorted(contracts)),
            _index(
                "delivered-tables",
                {name: each.description for name, each in delivered.items()},
                words,
            ),
            *(_delivered_section(delivered[name], words) for name in sorted(delivered)),
        ),
    )


def _index(section_id: str, purposes: Mapping[str, str], words: Wording) -> Section:
    """What each table is for, in one line."""
    title = words.say(f"dictionary.index.{section_id}")
    rows = [(name, purposes[name]) for name in sorted(purposes)]
    return Section(
        section_id=section_id,
        title=title,
        paragraphs=(words.say(f"dictionary.index_lead.{section_id}"),),
        tables=(_table(f"{section_id}-table", title, ("table", "purpose"), rows, words),),
    )


def _table(
    table_id: str,
    caption: str,
    names: tuple[str, ...],
    rows: list[tuple[str, ...]],
    words: Wording,
) -> Table:
    """A table of texts under the dictionary's own heads."""
    return Table(
        table_id=table_id,
        caption=caption,
        columns=tuple(
            column(name, words.say(f"dictionary.{name}"), is_number=False) for name in names
        ),
        rows=tuple(Row(tuple(text_cell(text) for text in row)) for row in rows),
    )


def _delivered_section(contract: Contract, words: Wording) -> Section:
    """A table of the export: its columns, and every rule that a row of it is put to."""
    slug = contract.table.replace("_", "-")
    return Section(
        section_id=slug,
        title=contract.table,
        paragraphs=(
            contract.description,
            words.say("dictionary.key", columns=", ".join(contract.key)),
        ),
        tables=(
            _table(
                f"columns-{slug}",
                words.say("dictionary.columns", table=contract.table, version=contract.version),
                ("name", "meaning", "unit", "type", "filled", "allowed"),
                [_delivered_column(each, words) for each in contract.columns],
                words,
            ),
            _table(
                f"rules-{slug}",
                words.say("dictionary.rules", table=contract.table),
                ("rule", "broken", "what_to_do"),
                [
                    (rule.sentence, words.say(f"dictionary.fates.{_fate(rule)}"), rule.what_to_do)
                    for rule in contract.rules
                ],
                words,
            ),
        ),
    )


def _delivered_column(each: Column, words: Wording) -> tuple[str, ...]:
    filled = "always" if each.required else "where_known"
    return (
        each.name,
        each.description,
        each.unit,
        each.type,
        words.say(f"dictionary.fillings.{filled}"),
        ", ".join(each.allowed),
    )


def _fate(rule: Rule) -> str:
    return "delivery" if rule.kind in DELIVERY_KINDS else rule.severity


def _section(contract: MartContract, words: Wording) -> Section:
    return Section(
        section_id=contract.table.replace("_", "-"),
        title=contract.table,
        paragraphs=(
            contract.purpose,
            words.say("dictionary.grain", grain=contract.grain, columns=", ".join(contract.key)),
            contract.usage,
            contract.limitations,
        ),
        tables=(
            Table(
                table_id=f"columns-{contract.table.replace('_', '-')}",
                caption=words.say(
                    "dictionary.columns", table=contract.table, version=contract.version
                ),
                columns=tuple(
                    column(key, words.say(f"dictionary.{key}"), is_number=False)
                    for key in ("name", "meaning", "unit", "direction", "type")
                ),
                rows=tuple(Row(_cells(each, words)) for each in contract.columns),
            ),
        ),
    )


def _cells(each: MartColumn, words: Wording) -> tuple[Cell, ...]:
    return (
        text_cell(each.name),
        text_cell(each.description),
        text_cell(each.unit),
        text_cell(words.say(f"dictionary.directions.{each.direction}")),
        text_cell(each.physical_type.lower()),
    )
