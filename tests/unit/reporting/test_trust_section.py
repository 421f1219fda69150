"""What a report says of the data that it was made from."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import duckdb

from pipelines.reporting.model import Report
from pipelines.reporting.view_model import build_report
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
