"""Where a report lands: `<period>/v<N>/<audience>/`, and the list of all of them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.files import write_atomic
from pipelines.reporting.figures.disclosure import AUDITOR, DIRECTOR, PUBLIC
from pipelines.reporting.model import Report
from pipelines.reporting.releases.versions import versions_of
from pipelines.reporting.sections.look_at import MORE

# In the order in which the index lists them.
AUDIENCES = (DIRECTOR, AUDITOR, PUBLIC)
# Rules of sentences that the index shows beside the first one.
LEADS = ("changes.", "public.may_publish", "public.may_not_publish", "public.cannot_tell")
DATA_FILE = "report.json"
DATA_FOLDER = "data"
PAGE_FILE = "index.html"
METHODS_FILE = "methods.html"
DICTIONARY_FILE = "dictionary.html"
DATA_QUALITY_FILE = "data_quality.html"


@dataclass(frozen=True)
class WrittenReport:
    """Where a report was put."""

    page: Path
    data: Path


@dataclass(frozen=True)
class IndexEntry:
    """One report as the index shows it; `link` is relative to the folder of the reports.

    `leading` are the sentences that stand for it, `to_look_at` the kinds of what asks for a look.
    """

    clinic: str
    month: str
    month_name: str
    audience: str
    version: int
    state: str
    leading: tuple[str, ...]
    to_look_at: tuple[str, ...]
    link: str


def write_report(
    version: Path, report: Report, page: str, beside: Mapping[str, str | bytes] | None = None
) -> WrittenReport:
    """Put a report, its page and the files beside it into the folder of a version.

    `beside`: name in the audience's folder → content.
    """
    folder = version / report.head.audience
    written = WrittenReport(page=folder / PAGE_FILE, data=folder / DATA_FILE)
    for file, content in (beside or {}).items():
        write_atomic(folder / file, content)
    # The data last: what reads it may then rely on the page.
    write_atomic(written.page, page)
    write_atomic(written.data, report.to_json())
    return written


def index_entries(home_reports: Path) -> tuple[IndexEntry, ...]:
    """All reports on disk, newest period first, then newest version, then audience."""
    found = sorted(_entries(home_reports), key=lambda entry: AUDIENCES.index(entry.audience))
    return tuple(
        sorted(found, key=lambda entry: (_ends_in(entry.month), entry.version), reverse=True)
    )


def _ends_in(period: str) -> tuple[str, int]:
    """The month that a period ends with, and how long it is: what orders `2026-Q3` and `2026`."""
    year, _, part = period.partition("-")
    if part.startswith("Q"):
        return (f"{year}-{3 * int(part[1:]):02}", 3)
    return (period, 1) if part else (f"{year}-12", 12)


def _entries(home_reports: Path) -> Iterator[IndexEntry]:
    paths = [
        path
        for period in home_reports.glob("*")
        for version in versions_of(period)
        for path in version.folder.glob(f"*/{DATA_FILE}")
    ]
    for path in paths:
        content = json.loads(path.read_text(encoding="utf-8"))
        head, sentences = content["head"], content["in_short"]
        yield IndexEntry(
            clinic=head["clinic"],
            month=head["month"],
            month_name=head["month_name"],
            audience=head["audience"],
            version=head["version"],
            state=head["state"],
            leading=tuple(_leading(sentences)),
            to_look_at=tuple(
                item["rule"].partition(".")[0]
                for item in content["look_at"]
                if item["rule"] not in ("none", MORE)
            ),
            link=(path.parent.relative_to(home_reports) / PAGE_FILE).as_posix(),
        )


def _leading(sentences: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """The first sentence, and the first that says which programmes changed or what may be said."""
    yield from (each["text"] for each in sentences[:1])
    yield from [each["text"] for each in sentences[1:] if each["rule"].startswith(LEADS)][:1]


def write_index(home_reports: Path, page: str) -> Path:
    """Put the index of all reports in its place."""
    path = home_reports / PAGE_FILE
    write_atomic(path, page)
    return path
