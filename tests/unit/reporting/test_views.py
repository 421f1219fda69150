"""What is written of a report: all of it from the same data, named on the page, none left over."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.home import Home
from pipelines.reporting.model import Page, Report, Section
from pipelines.reporting.releases.due_reports import reports_missing
from pipelines.reporting.releases.versions import MADE_FROM
from pipelines.reporting.views import Views, views_of
from pipelines.reporting.write import write_report
from tests.unit.reporting.test_html import Elements

ReportOf = Callable[[str, str], Report]
METHODS = Page("Methods", "Example", "Every rule.", "en", (Section("all", "All rules", ("One.",)),))


@pytest.fixture
def views(report_of: ReportOf) -> Views:
    """All views of a report with a page beside it."""
    return views_of(report_of("activity only", "director"), {"methods.html": METHODS}, paper="a4")


def test_the_page_leads_to_every_kind_of_file(views: Views) -> None:
    named = {companion.file for companion in views.report.companions}
    assert named == {"methods.html", "index.pdf", "data/2026-10.xlsx", "data/columns.csv"}
    assert named <= set(views.files)
    links = {str(link["href"]) for link in Elements(views.page).all("a")}
    assert named <= links
    assert {"methods.pdf", "data/flow-table.csv", "data/flow-table.parquet"} <= set(views.files)


def test_every_pdf_is_one(views: Views) -> None:
    printed = {name: content for name, content in views.files.items() if name.endswith(".pdf")}
    assert len(printed) == 2
    for content in printed.values():
        assert isinstance(content, bytes)
        assert content.startswith(b"%PDF-1.7")


def test_all_of_them_are_written(tmp_path: Path, views: Views) -> None:
    folder = write_report(tmp_path, views.report, views.page, views.files).page.parent
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == {*views.files, "index.html", "report.json"}


def test_a_report_that_lacks_a_file_is_made_again(tmp_path: Path) -> None:
    home = Home.create(tmp_path / "home")
    folder = home.reports / "2026-10" / "v1"
    printed = folder / "director" / "index.pdf"
    printed.parent.mkdir(parents=True)
    printed.touch()
    note = {"inputs": "same", "files": ["director/index.pdf"]}
    (folder / MADE_FROM).write_text(json.dumps(note))
    assert reports_missing(home, ["2026-10"], "same") == []
    assert reports_missing(home, ["2026-10"], "other") == ["2026-10"]
    printed.unlink()
    assert reports_missing(home, ["2026-10"], "same") == ["2026-10"]


def test_a_clinic_that_wants_no_pdf_gets_none_and_no_page_names_one(
    report_of: ReportOf,
) -> None:
    report = report_of("activity only", "director")
    views = views_of(report, {"methods.html": METHODS}, paper=None)
    assert not [name for name in views.files if name.endswith(".pdf")]
    assert ".pdf" not in views.page
    assert "methods.html" in views.files
