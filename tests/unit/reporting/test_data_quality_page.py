"""The data quality page: rates, thresholds, outcomes, what to do, trend, quarantine, freshness."""

from datetime import date
from typing import Any

import duckdb
import pytest

from pipelines.contracts.odcs import load_contracts
from pipelines.reporting.figures.quality import Quality, read_quality
from pipelines.reporting.model import Page, Section, Table
from pipelines.reporting.output.html import render_page
from pipelines.reporting.pages.data_quality_page import _Writer, data_quality_page
from pipelines.reporting.sections.reversed_items_part import reversed_items_section
from pipelines.reporting.wording import load_wording

CONTRACTS = load_contracts()
JANUARY, FEBRUARY = (date(2025, 1, 31), "d1"), (date(2025, 2, 28), "d2")


def result(
    rule_id: str, outcome: str, x: int, n: int, delivery: tuple[date, str] = FEBRUARY
) -> dict[str, Any]:
    return {
        "table_name": rule_id.partition(".")[0],
        "rule_id": rule_id,
        "delivered_on": delivery[0],
        "delivery_id": delivery[1],
        "source": "inbox",
        "rule_position": 1,
        "dimension": "validity",
        "severity": "error",
        "n_rows_judged": n,
        "n_rows_broken": x,
        "broken_rate": x / n if n else None,
        "tolerated_rate": 0.01,
        "rule_outcome": outcome,
    }


def delivered(
    table: str, n: int, quarantined: int, delivery: tuple[date, str] = FEBRUARY
) -> dict[str, Any]:
    return {
        "table_name": table,
        "delivered_on": delivery[0],
        "delivery_id": delivery[1],
        "source": "inbox",
        "n_delivered": n,
        "n_quarantined": quarantined,
    }


QUALITY = Quality(
    results=[
        result("clients.sex.allowed", "passed", 0, 100, JANUARY),
        result("clients.sex.allowed", "failed", 30, 90),
        result("clients.birth_date.type", "failed", 2, 90),
        result("clients.state.two_letters", "not_applicable", 0, 0),
        result("therapists.display_name.required", "passed", 0, 5, JANUARY),
    ],
    deliveries=[
        delivered("clients", 100, 0, JANUARY),
        delivered("clients", 90, 31),
        delivered("therapists", 5, 0, JANUARY),
    ],
    quarantine=[
        {"table_name": "clients", "rule_id": "clients.sex.allowed", "n_rows": 30},
        {"table_name": "clients", "rule_id": "clients.birth_date.type", "n_rows": 2},
    ],
)


@pytest.fixture(scope="module")
def page() -> Page:
    return data_quality_page(
        QUALITY, CONTRACTS, load_wording(), clinic="Made-up Clinic", as_of_on=date(2025, 3, 8)
    )


def section(page: Page, name: str) -> Section:
    return next(each for each in page.sections if each.section_id == name)


def texts(table: Table) -> list[list[str]]:
    return [[cell.text.replace("\xa0", " ") for cell in row.cells] for row in table.rows]


@pytest.mark.parametrize(
    ("lost", "told"),
    [
        (
            {"groups": (5, 5), "clients": (9, 100)},
            "Whole tables were turned away: groups (5 of 5). No row of their latest delivery is"
            " in any figure. What earlier deliveries brought of groups stays in use. Mend these first.",
        ),
        (
            {"groups": (5, 5), "goal_ratings": (4, 40), "deletions": (4, 7)},
            "of groups stays in use. A tenth or more of these was turned away: deletions (4 of 7)"
            " and goal ratings (4 of 40). The rows turned away are in no figure. Mend these first.",
        ),
        ({"clients": (9, 100)}, "No table lost a tenth or more of its latest delivery."),
    ],
)
def test_in_short_begins_with_the_tables_that_were_refused(
    lost: dict[str, tuple[int, int]], told: str
) -> None:
    quality = Quality(
        results=[result(f"{table}.rule", "passed", 0, n) for table, (_, n) in lost.items()],
        deliveries=[
            *(delivered(table, n, 0, JANUARY) for table, (_, n) in lost.items()),
            *(delivered(table, n, x) for table, (x, n) in lost.items()),
        ],
        quarantine=[],
    )
    writer = _Writer(quality, CONTRACTS, load_wording(), date(2025, 3, 8))
    first = writer.in_short().paragraphs[0]
    assert told in first
    total = sum(n for _, n in lost.values())
    assert f"{sum(x for x, _ in lost.values())} of {total} rows" in first


@pytest.mark.parametrize(
    ("earlier", "is_in_use"), [([], False), ([(5, 5)], False), ([(5, 5), (4, 5)], True)]
)
def test_what_stays_in_use_is_told_of_whole_tables_that_had_good_rows_before(
    earlier: list[tuple[int, int]], is_in_use: bool
) -> None:
    # Of the other table a part is refused, and the rest of that very delivery is in use.
    lost = {"groups": (5, 5), "licences": (3, 8)}
    quality = Quality(
        results=[result(f"{table}.rule", "passed", 0, n) for table, (_, n) in lost.items()],
        deliveries=[
            *(
                delivered("groups", n, x, (date(2024, 1, day), f"d0{day}"))
                for day, (x, n) in enumerate(earlier, start=1)
            ),
            delivered("licences", 8, 0, JANUARY),
            *(delivered(table, n, x) for table, (x, n) in lost.items()),
        ],
        quarantine=[],
    )
    first = _Writer(quality, CONTRACTS, load_wording(), date(2025, 3, 8)).in_short().paragraphs[0]
    assert ("What earlier deliveries brought of groups stays in use." in first) == is_in_use
    assert "A tenth or more of these was turned away: licences (3 of 8)." in first
    assert first.count("stays in use") == is_in_use


def test_in_short_counts_four_outcomes_and_names_what_is_late(page: Page) -> None:
    said = section(page, "in-short").paragraphs
    assert "1 passed, 2 failed and 0 could not be made. 1 had no row" in said[1]
    assert "therapists lies more than 35 days before 8 March 2025" in said[3]


def test_what_to_do_lists_failed_rules_largest_share_first(page: Page) -> None:
    (table,) = section(page, "to-do").tables
    first, second = texts(table)
    assert first[1:5] == ["clients", "30 of 90", "33.3 %", "1.0 %"]
    assert first[5] == CONTRACTS["clients"].rule("clients.sex.allowed").what_to_do
    assert table.rows[0].cells[0].small == "clients.sex.allowed"
    assert second[2:4] == ["2 of 90", "2.2 %"]
    assert not table.is_folded_when_long


def test_each_table_has_freshness_size_and_quarantine_beside_the_months_before(page: Page) -> None:
    (table,) = section(page, "tables").tables
    assert texts(table) == [
        ["clients", "28 February 2025", "8", "90", "100", "34.4 %", "2"],
        ["therapists", "31 January 2025", "36", "5", "–", "0.0 %", "0"],
    ]


def test_the_trend_has_a_column_for_each_delivery_oldest_first(page: Page) -> None:
    quarantined, size, failed = section(page, "trend").tables
    assert [each.label for each in size.columns][1:] == ["31 January 2025", "28 February 2025"]
    assert texts(quarantined)[0][1:] == ["0.0 %", "34.4 %"]
    assert texts(size) == [["clients", "100", "90"], ["therapists", "5", "–"]]
    assert texts(failed)[0][1:] == ["0", "2"]


def test_quarantine_is_told_by_source_and_by_rule(page: Page) -> None:
    by_source, by_rule = section(page, "quarantine").tables
    assert texts(by_source) == [["inbox", "clients", "16.3 %"]]
    assert [row[2] for row in texts(by_rule)] == ["30", "2"]


def test_every_rule_has_numerator_denominator_threshold_outcome_and_history(page: Page) -> None:
    clients, therapists = section(page, "all-rules").tables
    allowed = next(row for row in clients.rows if row.cells[0].value == "clients.sex.allowed")
    assert [cell.text.replace("\xa0", " ") for cell in allowed.cells][2:] == [
        "30 of 90", "33.3 %", "1.0 %", "failed", "1 of 2 passed",
    ]  # fmt: skip
    nothing = next(row for row in texts(clients) if row[2] == "0 of 0")
    assert nothing[3:6] == ["–", "1.0 %", "no row to judge"]
    assert len(therapists.rows) == 1


def test_without_anything_wrong_the_page_says_so_and_a_share_is_never_rounded_to_nothing() -> None:
    good = Quality(
        results=[result("clients.sex.allowed", "passed", 1, 100_000)],
        deliveries=[delivered("clients", 100_000, 0)],
        quarantine=[],
    )
    page = data_quality_page(
        good, CONTRACTS, load_wording(), clinic="C", as_of_on=date(2025, 2, 28)
    )
    assert section(page, "to-do").tables == ()
    assert section(page, "quarantine").paragraphs == ("No row is turned away.",)
    (rules,) = section(page, "all-rules").tables
    assert texts(rules)[0][2:4] == ["1 of 100,000", "< 0.1 %"]


def test_an_audience_gets_its_own_rows_alone_and_the_page_can_be_drawn(page: Page) -> None:
    with duckdb.connect() as connection:
        for table in ("pub_rule_results", "pub_deliveries", "pub_quarantine", "pub_reversed_items"):
            connection.execute(
                f"create table {table} as select * from (values ('director', 1), ('public', 2))"
                " as rows (audience, n)"
            )
        found = read_quality(connection, "director")
    assert [row["n"] for row in found.results] == [1]
    assert "What to do" in render_page(page)


def reversed_row(source: str, is_suspicious: bool | None, correlation: float | None) -> Any:
    return {
        "source": source,
        "instrument_id": "core10",
        "n_forms": 1200,
        "correlation": correlation,
        "is_suspicious": is_suspicious,
    }


def test_a_source_whose_items_go_against_each_other_is_named_with_what_to_do() -> None:
    rows = [
        reversed_row("ehr", False, 0.61),
        reversed_row("paper", None, None),
        reversed_row("tablet", True, -0.43),
    ]
    found = reversed_items_section(rows, load_wording())
    _, told = found.paragraphs
    assert told.startswith("tablet delivers core10 in which they go against each other")
    assert "items_already_reversed of tablet in clinic.toml" in told
    (table,) = found.tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["ehr", "core10", "1,200", "0.61", "they go together"],
        ["paper", "core10", "1,200", "–", "too few different forms to tell"],
        ["tablet", "core10", "1,200", "−0.43", "they go against each other"],
    ]


def test_nothing_suspicious_and_nothing_to_look_at_are_told_apart() -> None:
    words = load_wording()
    (_, told) = reversed_items_section([reversed_row("ehr", False, 0.6)], words).paragraphs
    assert told == "They go against each other in no source."
    empty = reversed_items_section([], words)
    assert empty.paragraphs[1].startswith("No source delivered")
    assert empty.tables == ()
