"""The methods page: every rule that a figure follows, with version, source and status.

It is generated: the rules from the `ref_` tables and from `pub_outcome_rules`, the definitions from
the headers of the SQL files that compute them, each with the settings that it was computed by, or
from the contract of a table that no SQL can make.
Nothing is repeated here that could then disagree.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import duckdb

from pipelines.comparison.made_tables import SOURCES
from pipelines.contracts.mart_contracts import MartContract
from pipelines.reporting.context import column, text_cell
from pipelines.reporting.model import Page, Row, Section, Table
from pipelines.reporting.sections.evidence_part import evidence_section
from pipelines.reporting.sections.page_rules_part import charts_section, policies_section
from pipelines.reporting.sections.tools_part import tools_section
from pipelines.reporting.wording import Wording
from pipelines.warehouse.model_file import Model

RULES_IN_FORCE = "pub_outcome_rules"
# A reference table is a table of rules when its rows say where they come from.
_SOURCE = "source"
_DEFINED_LAYERS = ("int_", "mart_")
# The values of the parameters that a model names: the clinic's settings.
Parameters = Callable[[Model], Mapping[str, Any]]


def methods_page(
    connection: duckdb.DuckDBPyConnection,
    models: Mapping[str, Model],
    words: Wording,
    *,
    clinic: str,
    parameters: Parameters,
    made: Iterable[MartContract] = (),
) -> Page:
    """Rules in force, every figure of the catalogue, the rules of the pages themselves, tools that
    do otherwise, simulations, and each table's definition.

    `made` are the contracts of tables that are made by models of statistics, not by SQL.
    """
    sections = [
        _rules(connection, RULES_IN_FORCE, words),
        *(_rules(connection, table, words) for table in _rule_tables(connection)),
        policies_section(words),
        charts_section(words),
        tools_section(words),
        evidence_section(words),
        # Last, as only who checks a figure needs them.
        _definitions(models.values(), made, words, parameters),
    ]
    return Page(
        title=words.say("methods.title"),
        clinic=clinic,
        lead=words.say("methods.lead"),
        language=words.language,
        sections=tuple(section for section in sections if section is not None),
    )


def _rule_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    query = (
        "select distinct table_name from information_schema.columns"
        " where starts_with(table_name, 'ref_') and column_name = ? order by table_name"
    )
    return [name for (name,) in connection.execute(query, [_SOURCE]).fetchall()]


def _definitions(
    models: Iterable[Model],
    made: Iterable[MartContract],
    words: Wording,
    parameters: Parameters,
) -> Section:
    """What each table counts, as the file says that computes it."""
    parts = {
        **{
            model.name: _defined(model, words, parameters(model))
            for model in models
            if model.name.startswith(_DEFINED_LAYERS)
        },
        **{contract.table: _promised(contract, words) for contract in made},
    }
    return Section(
        section_id="definitions",
        title=words.say("methods.definitions"),
        paragraphs=(words.say("methods.definitions_lead"),),
        parts=tuple(part for _, part in sorted(parts.items())),
    )


def _promised(contract: MartContract, words: Wording) -> Section:
    """A table as its contract describes it."""
    paragraphs = [
        contract.purpose,
        contract.limitations,
        words.say("methods.grain", grain=contract.grain),
    ]
    if source := SOURCES.get(contract.table):
        paragraphs.append(words.say("methods.source", source=source))
    return Section(
        section_id=f"table-{contract.table.replace('_', '-')}",
        title=contract.table,
        paragraphs=tuple(paragraphs),
    )


def _defined(model: Model, words: Wording, parameters: Mapping[str, Any]) -> Section:
    paragraphs = [model.purpose, words.say("methods.grain", grain=model.grain)]
    if parameters:
        values = "; ".join(
            words.say(
                "methods.setting",
                name=name,
                value=_written(value, words) or words.say("methods.not_set"),
            )
            for name, value in parameters.items()
        )
        paragraphs.append(words.say("methods.settings", values=values))
    if model.source:
        paragraphs.append(words.say("methods.source", source=model.source))
    return Section(
        section_id=f"table-{model.name.replace('_', '-')}",
        title=model.name,
        paragraphs=tuple(paragraphs),
    )


def _rules(connection: duckdb.DuckDBPyConnection, table: str, words: Wording) -> Section | None:
    """All rows of a table of rules; None without rows."""
    result = connection.execute(f"select * from {table} order by all")
    names = [each[0] for each in result.description or ()]
    rows = result.fetchall()
    if not rows:
        return None
    key = "rules_in_force" if table == RULES_IN_FORCE else table.partition("_")[2]
    title = words.say(f"methods.tables.{key}") if words.has(f"methods.tables.{key}") else table
    # A column in which no row says anything only pushes the others off the page.
    used = [place for place in range(len(names)) if any(_is_said(row[place]) for row in rows)]
    return Section(
        section_id=table.replace("_", "-"),
        title=title,
        tables=(
            Table(
                table_id=f"rules-{table.replace('_', '-')}",
                caption=words.say("methods.caption", table=table),
                columns=tuple(
                    column(names[place], names[place].replace("_", " "), is_number=False)
                    for place in used
                ),
                rows=tuple(
                    Row(
                        (
                            text_cell(_written(row[used[0]], words) or words.say("number.nothing")),
                            *(text_cell(_written(row[place], words)) for place in used[1:]),
                        )
                    )
                    for row in rows
                ),
                # One under another they would hide which there are; the headings say what is in it.
                is_folded=True,
            ),
        ),
    )


def _is_said(value: Any) -> bool:
    return value is not None and value != "" and value != []


def _written(value: Any, words: Wording) -> str:
    """A cell as text; empty where nothing is known."""
    if not _is_said(value):
        return ""
    if isinstance(value, bool):
        return words.say("methods.yes" if value else "methods.no")
    if isinstance(value, Decimal | float):
        return f"{Decimal(str(value)).normalize():f}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(_written(each, words) for each in value)
    return str(value)
