"""The pages beside a report: how everything is counted, and what every column means."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import yaml

from pipelines.comparison.made_tables import KEYS as MADE_TABLES
from pipelines.contracts.mart_contracts import load_mart_contracts
from pipelines.contracts.odcs import load_contracts
from pipelines.reporting.output.html import render_page
from pipelines.reporting.pages.dictionary_page import dictionary_page
from pipelines.reporting.pages.methods_page import methods_page
from pipelines.reporting.sections.tools_part import DEPARTURES, tools_section
from pipelines.reporting.wording import load_wording
from pipelines.warehouse.model_file import Model
from tests.table_columns import DDL

WORDS = load_wording()
TOOLS = Path(__file__).parents[3] / "reports" / "wording" / "en" / "tools.yaml"
SOURCES = {"mart_x": "A paper", "mart_z": "", "stg_y": ""}


def model(name: str, source: str = "") -> Model:
    """A model file as far as the methods page reads it."""
    return Model(name, Path(name), f"What {name} counts.", "one row per thing.", ("a",), source, "")


def settings(model: Model) -> dict[str, Any]:
    """What a clinic has set: nothing that most models name."""
    values = {"mart_z": {"window_days": 7, "share": None, "bands": [18, 30]}}
    return values.get(model.name, {})


def rules(rows: str) -> duckdb.DuckDBPyConnection:
    """A warehouse with one table of rules, one of codes, and the rules in force."""
    connection = duckdb.connect()
    connection.execute(
        "create table pub_outcome_rules (instrument_id varchar, points decimal(9, 4),"
        " is_active boolean, aliases varchar[], note varchar, source varchar)"
    )
    connection.execute(f"insert into pub_outcome_rules values {rows}")
    connection.execute("create table ref_codes as select 'no source' as code")
    connection.execute(
        "create table ref_thresholds as select 'x' as instrument_id, 'unverified' as status,"
        " 'A book' as source"
    )
    return connection


def test_methods_list_every_rule_with_its_source_and_every_definition() -> None:
    connection = rules("('phq9', 6.5, true, ['a', 'b'], null, 'Somebody 1999')")
    page = methods_page(
        connection,
        {name: model(name, source) for name, source in SOURCES.items()},
        WORDS,
        clinic="C",
        parameters=settings,
    )
    in_force, thresholds, policies, charts, tools, evidence, definitions = page.sections
    assert (tools.section_id, evidence.section_id) == ("tools", "evidence")
    assert (policies.section_id, charts.section_id) == ("policies", "charts")
    assert [each.label for each in in_force.tables[0].columns] == [
        "instrument id", "points", "is active", "aliases", "source",
    ]  # fmt: skip
    assert [cell.text for cell in in_force.tables[0].rows[0].cells] == [
        "phq9", "6.5", "yes", "a, b", "Somebody 1999",
    ]  # fmt: skip
    assert [(each.title, each.paragraphs) for each in definitions.parts] == [
        ("mart_x", ("What mart_x counts.", "Holds one row per thing.", "Source: A paper")),
        (
            "mart_z",
            (
                "What mart_z counts.",
                "Holds one row per thing.",
                "Settings it was computed by: window_days: 7; share: not set; bands: 18, 30.",
            ),
        ),
    ]
    assert thresholds.tables[0].rows[0].cells[1].text == "unverified"


def test_a_table_that_no_sql_makes_is_defined_by_its_contract_with_its_source() -> None:
    contracts = load_mart_contracts()
    made = [each for name, each in contracts.items() if name in MADE_TABLES]
    page = methods_page(
        rules("('phq9', 6, null, [], '', 's')"),
        {},
        WORDS,
        clinic="C",
        parameters=settings,
        made=made,
    )
    parts = {part.title: part.paragraphs for part in page.sections[-1].parts}
    assert set(parts) == {name for name in MADE_TABLES if name.startswith("mart_")}
    purpose, limits, grain, source = parts["mart_imputed_outcomes"]
    assert (purpose, limits) == (
        contracts["mart_imputed_outcomes"].purpose,
        contracts["mart_imputed_outcomes"].limitations,
    )
    assert grain.startswith("Holds one row per clinic or programme")
    assert source.startswith("Source: Rubin")
    assert parts["mart_growth_changes"][-1].startswith("Source: Laird & Ware")


def test_methods_say_where_a_published_tool_does_otherwise() -> None:
    (table,) = tools_section(WORDS).tables
    assert set(DEPARTURES) == set(yaml.safe_load(TOOLS.read_bytes())["tools"]["rows"])
    told = {row.cells[0].text: [cell.text for cell in row.cells] for row in table.rows}
    assert len(told) == len(DEPARTURES)
    assert told["Growth model in the appendix of change methods"][-1] == (
        "HAMD of 40 patients, Claus (2020): 11 better, 20 unchanged, 9 worse there; 33, 7 and 0"
        " here."
    )


def test_limits_that_start_anew_are_listed_with_the_change_and_the_day() -> None:
    connection = rules("('phq9', 6, null, [], '', 's')")
    connection.execute(f"create table ref_rebases ({DDL['ref_rebases']})")
    pages = []
    for _ in range(2):
        page = methods_page(connection, {}, WORDS, clinic="C", parameters=settings)
        pages.append({section.section_id: section for section in page.sections})
        connection.execute(
            "insert into ref_rebases by name select 'attended' as figure, date '2025-06-01' as"
            " from_month_on, 'Made-up reminders' as source, date '2025-07-01' as decided_on"
        )
    assert "ref-rebases" not in pages[0]
    (row,) = pages[1]["ref-rebases"].tables[0].rows
    texts = {cell.text for cell in row.cells}
    assert texts == {"attended", "2025-06-01", "Made-up reminders", "2025-07-01"}


def test_a_whole_number_is_written_without_an_exponent() -> None:
    page = methods_page(
        rules("('phq9', 100, null, [], '', 's')"), {}, WORDS, clinic="C", parameters=settings
    )
    assert page.sections[0].tables[0].rows[0].cells[1].text == "100"
    assert Decimal("1E+2") == 100


def test_a_table_of_rules_without_rows_is_left_out() -> None:
    connection = rules("('phq9', 6, null, [], '', 's')")
    connection.execute("delete from pub_outcome_rules")
    page = methods_page(connection, {}, WORDS, clinic="C", parameters=settings)
    assert [each.section_id for each in page.sections] == [
        "ref-thresholds", "policies", "charts", "tools", "evidence", "definitions",
    ]  # fmt: skip


def test_the_dictionary_has_every_column_of_every_table_and_every_rule() -> None:
    contracts, delivered = load_mart_contracts(), load_contracts()
    page = dictionary_page(contracts, delivered, WORDS, clinic="Example <Clinic>")
    n_public = len(contracts) + 1
    index, *tables = page.sections[:n_public]
    assert [row.cells[0].text for row in index.tables[0].rows] == sorted(contracts)
    assert [each.title for each in tables] == sorted(contracts)
    for section in tables:
        names = [row.cells[0].text for row in section.tables[0].rows]
        assert names == [column.name for column in contracts[section.title].columns]
    index, *tables = page.sections[n_public:]
    assert [row.cells[0].text for row in index.tables[0].rows] == sorted(delivered)
    assert [each.title for each in tables] == sorted(delivered)
    for section in tables:
        contract = delivered[section.title]
        columns, rules = section.tables
        assert [row.cells[0].text for row in columns.rows] == [c.name for c in contract.columns]
        assert [(row.cells[0].text, row.cells[2].text) for row in rules.rows] == [
            (rule.sentence, rule.what_to_do) for rule in contract.rules
        ]
    html = render_page(page)
    assert "Example &lt;Clinic&gt;" in html
    assert "<Clinic>" not in html


def test_the_dictionary_says_what_a_cell_may_hold_and_what_becomes_of_a_row() -> None:
    page = dictionary_page({}, load_contracts(), WORDS, clinic="Example")
    (section,) = [each for each in page.sections if each.title == "sessions"]
    columns, rules = section.tables
    cells = {row.cells[0].text: [cell.text for cell in row.cells[2:]] for row in columns.rows}
    assert cells["setting"] == ["", "string", "always", "video, in_person, phone"]
    assert cells["duration_minutes"] == ["minutes", "integer", "always", ""]
    assert cells["group_id"][2] == "where known"
    fates = {row.cells[0].text: row.cells[1].text for row in rules.rows}
    assert fates["Every session has its id."] == "the row is turned away"
    assert fates["The duration is at most 720 minutes."] == "the row is used, and counted"
    assert fates["A delivery holds something of its last 31 days."] == "the delivery is told of"
