"""Writing the pages of a report's subjects, each with its data beside it."""

from pathlib import Path

from pipelines.files import write_atomic
from pipelines.reporting.html import render_month
from pipelines.reporting.subject_pages import SubjectPage
from pipelines.reporting.write import DATA_FILE, PAGE_FILE


def write_page(folder: Path, page: SubjectPage) -> tuple[Path, Path]:
    """Put a page and its data into an audience's folder.

    A page that is its folder's index has its data in `report.json`, any other in a file of its own
    name.
    """
    path = folder / f"{page.stem}.html"
    data = path.with_name(DATA_FILE) if path.name == PAGE_FILE else path.with_suffix(".json")
    write_atomic(path, render_month(page.report))
    write_atomic(data, page.report.to_json())
    return path, data
