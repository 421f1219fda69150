"""The data dictionary: every public table and what its columns mean, from the contracts."""

from collections.abc import Mapping

from pipelines.contracts.mart_contracts import MartColumn, MartContract
from pipelines.reporting.context import column, text_cell
from pipelines.reporting.model import Cell, Page, Row, Section, Table
from pipelines.reporting.wording import Wording


def dictionary_page(contracts: Mapping[str, MartContract], words: Wording, *, clinic: str) -> Page:
    """One section per table, in the order of their names."""
    return Page(
        title=words.say("dictionary.title"),
        clinic=clinic,
        lead=words.say("dictionary.lead", n=words.count(len(contracts))),
        language=words.language,
        sections=(
            _index(contracts, words),
            *(_section(contracts[name], words) for name in sorted(contracts)),
        ),
    )


def _index(contracts: Mapping[str, MartContract], words: Wording) -> Section:
    """What each table is for, in one line."""
    return Section(
        section_id="all-tables",
        title=words.say("dictionary.index"),
        paragraphs=(words.say("dictionary.index_lead"),),
        tables=(
            Table(
                table_id="all-tables-table",
                caption=words.say("dictionary.index"),
                columns=tuple(
                    column(key, words.say(f"dictionary.{key}"), is_number=False)
                    for key in ("table", "purpose")
                ),
                rows=tuple(
                    Row((text_cell(name), text_cell(contracts[name].purpose)))
                    for name in sorted(contracts)
                ),
            ),
        ),
    )


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
