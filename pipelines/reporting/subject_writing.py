"""Writing the page of one of a report's subjects, with its PDF and its data beside it."""

from dataclasses import replace
from pathlib import Path, PurePosixPath

from pipelines.files import write_atomic
from pipelines.report_settings import OURS, ReportSettings
from pipelines.reporting.model import Companion, SubjectPage
from pipelines.reporting.output.html import render_month
from pipelines.reporting.output.pdf import render_pdf
from pipelines.reporting.wording import load_wording
from pipelines.reporting.write import DATA_FILE, PAGE_FILE


def data_name(page: SubjectPage) -> str:
    """The file of a page's data, in the folder of its audience."""
    path = PurePosixPath(f"{page.stem}.html")
    data = path.with_name(DATA_FILE) if path.name == PAGE_FILE else path.with_suffix(".json")
    return data.as_posix()


def write_page(
    folder: Path, page: SubjectPage, *, paper: str | None = None, look: ReportSettings = OURS
) -> tuple[Path, Path]:
    """Put a page and its data into an audience's folder, and its PDF where it has a `paper`.

    A page that is its folder's index has its data in `report.json`, any other in a file of its own
    name.
    """
    path, report = folder / f"{page.stem}.html", page.report
    data = folder / data_name(page)
    printed = path.with_suffix(".pdf")
    if paper is not None:
        name = load_wording(report.head.language).say("data.pdf")
        report = replace(report, companions=(*report.companions, Companion(name, printed.name)))
    write_atomic(path, render_month(report, look))
    if paper is not None:
        write_atomic(printed, render_pdf(report, paper=paper, look=look))
    write_atomic(data, report.to_json())
    return path, data
