"""What a report says of the data that it was made from."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import duckdb
import pytest

from pipelines.reporting.model import Report
from pipelines.reporting.pages.view_model import build_report
from pipelines.reporting.sections import trust_section
from tests.unit.reporting.made_up_courses import Settings


def test_items_that_a_source_delivers_turned_are_said(
    connection_of: Callable[[str], duckdb.DuckDBPyConnection],
) -> None:
    def texts(*sources: Mapping[str, Any]) -> str:
        report = build_report(
            connection_of("activity only"),
            month=date(2026, 10, 1),
            audience="director",
            settings=Settings(),
            provenance={"sources": sources},
        )
        return " ".join(report.texts())

    said = texts({"name": "ehr", "turned_instruments": ["phq9", "gad7"]}, {"name": "inbox"})
    assert "ehr delivers the reversed items of GAD-7 and PHQ-9 already turned." in said
    assert "inbox delivers the reversed items" not in said
    assert "already turned" not in texts({"name": "ehr"})


def test_rows_in_use_that_break_a_warning_are_said_with_the_reason(
    report_of: Callable[[str, str], Report],
) -> None:
    text = " ".join(report_of("usual", "director").texts())
    assert "These rows are in the figures." in text
    assert "The total is one that the form can give; another one counts" in text
    assert "These rows are in the figures." not in " ".join(report_of("usual", "public").texts())


def test_a_clinic_without_a_warning_says_so(report_of: Callable[[str, str], Report]) -> None:
    text = " ".join(report_of("activity only", "director").texts())
    assert "No row in use breaks a rule." in text


def test_a_table_that_lost_much_is_said_beside_the_sum_that_hides_it(
    connection_of: Callable[[str], duckdb.DuckDBPyConnection], monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = {
        "table_name": "groups", "n_delivered": 5, "n_quarantined": 5,
        "delivered_on": date(2026, 11, 2),
    }  # fmt: skip
    monkeypatch.setattr(trust_section, "newest_used", lambda _: [lost])
    report = build_report(
        connection_of("activity only"),
        month=date(2026, 10, 1),
        audience="director",
        settings=Settings(),
        provenance={},
    )
    (trust,) = (each for each in report.sections if each.section_id == "trust")
    assert "rows were delivered in all" in trust.paragraphs[0]
    # The sum is of all deliveries, and this of one.
    assert (
        trust.paragraphs[1]
        .replace("\xa0", " ")
        .startswith(
            "Of the delivery of 2 November 2026, the tables that lost most: groups (5 of 5)."
        )
    )


def test_only_files_of_the_newest_delivery_that_figures_are_made_from_are_newest() -> None:
    first, last = date(2026, 10, 1), date(2026, 11, 1)
    rows = [
        {"table_name": name, "delivered_on": day}
        for name, day in (("groups", first), ("groups", last), ("unheard_of", last))
    ]
    assert trust_section.newest_used(rows) == [rows[1]]
    assert trust_section.newest_used([]) == []
