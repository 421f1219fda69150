"""All that is written of one report: its page, the pages beside it, each as PDF too, and its data.

Every view is made from the same data and computes nothing; the page says which there are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from pipelines.report_settings import OURS, ReportSettings
from pipelines.reporting.model import Companion, Page, Report
from pipelines.reporting.output.data_files import DICTIONARY, data_files
from pipelines.reporting.output.flat_tables import flat_tables
from pipelines.reporting.output.html import render_month, render_page
from pipelines.reporting.output.pdf import render_pdf
from pipelines.reporting.output.workbook import workbook
from pipelines.reporting.wording import load_wording
from pipelines.reporting.write import DATA_FOLDER, write_report

PDF_FILE = "index.pdf"


@dataclass(frozen=True)
class Views:
    """A report that names what lies beside it, its page, and those files by their name."""

    report: Report
    page: str
    files: Mapping[str, str | bytes]


def views_of(
    report: Report, pages: Mapping[str, Page], *, paper: str | None, look: ReportSettings = OURS
) -> Views:
    """Every view of a report.

    `pages` are the HTML pages beside it, by the name of their file; `paper` is that of the PDFs,
    None for none, `look` what the clinic changed about its HTML pages.

    Raises: ModelError naming the template, its line and what was expected.
    """
    words = load_wording(report.head.language)
    book = f"{DATA_FOLDER}/{report.head.month}.xlsx"
    report = replace(
        report,
        companions=(
            *(Companion(page.title, file) for file, page in pages.items()),
            *((Companion(words.say("data.pdf"), PDF_FILE),) if paper else ()),
            Companion(words.say("data.workbook"), book),
            Companion(words.say("data.files"), f"{DATA_FOLDER}/{DICTIONARY}.csv"),
        ),
    )
    files: dict[str, str | bytes] = {}
    for file, page in pages.items():
        files[file], printed = _page_views(page, paper, look)
        if printed:
            files[printed_file(file)] = printed
    files |= data_files(flat_tables(report, words), words)
    files[book] = workbook(report, words)
    content = render_month(report, look)
    if paper:
        files[PDF_FILE] = render_pdf(report, paper=paper, look=look)
    return Views(report, content, files)


def write_views(
    version: Path,
    report: Report,
    pages: Mapping[str, Page],
    *,
    paper: str | None,
    look: ReportSettings = OURS,
) -> None:
    """Put every view of a report into the folder of a version.

    Raises: ModelError naming the template, its line and what was expected.
    """
    views = views_of(report, pages, paper=paper, look=look)
    write_report(version, views.report, views.page, views.files)


def printed_file(file: str) -> str:
    """The name of the PDF of an HTML page."""
    return f"{file.removesuffix('.html')}.pdf"


@lru_cache(maxsize=8)
def _page_views(page: Page, paper: str | None, look: ReportSettings) -> tuple[str, bytes]:
    """A page beside a report, which is the same beside those of other months; its PDF, if any."""
    return render_page(page, look), render_pdf(page, paper=paper, look=look) if paper else b""
