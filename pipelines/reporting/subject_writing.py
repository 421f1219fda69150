"""Writing the pages of a report's subjects, each with its PDF and its data beside it.

Where there are many they are made in processes of their own, which share nothing but the folder.
"""

import os
import threading
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from pathlib import Path, PurePosixPath

from pipelines.files import write_atomic
from pipelines.report_settings import OURS, ReportSettings
from pipelines.reporting.html import render_month
from pipelines.reporting.model import Companion, SubjectPage
from pipelines.reporting.pdf import render_pdf
from pipelines.reporting.wording import load_wording
from pipelines.reporting.write import DATA_FILE, PAGE_FILE

PROCESSES = 2
# Fewer pages are sooner made than a process is started.
MANY_PAGES = 48
# Pages that a process takes at a time.
AT_A_TIME = 8


def write_pages(
    version: Path,
    pages: Iterable[SubjectPage],
    *,
    paper: str | None,
    look: ReportSettings = OURS,
    many: int = MANY_PAGES,
) -> None:
    """Put pages with their PDFs and data into the folders of their audiences in a version.

    `paper` is that of the PDFs, None for none; from `many` pages with PDFs on, two processes share
    the work.

    Raises: ModelError naming the template, its line and what was expected.
    """
    write = partial(_write_into, version, paper=paper, look=look)
    if paper is None:
        for page in pages:
            write(page)
        return
    found = list(pages)
    if len(found) < many:
        for page in found:
            write(page)
        return
    with ProcessPoolExecutor(
        PROCESSES, mp_context=get_context("spawn"), initializer=_end_with_parent
    ) as pool:
        # Asked for in full, as an error of a process is raised where its result is taken.
        list(pool.map(write, found, chunksize=AT_A_TIME))


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


def _write_into(
    version: Path, page: SubjectPage, *, paper: str | None, look: ReportSettings
) -> None:
    write_page(version / page.report.head.audience, page, paper=paper, look=look)


def _end_with_parent() -> None:
    """A run that is killed leaves no process behind: each ends as soon as its parent does."""
    parent = parent_process()
    assert parent is not None, "only processes that were started for pages come here"

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
