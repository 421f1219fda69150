"""Where a report lands: `<month>/v<N>/<audience>/`, whole files, a released one never again."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import UsageError
from pipelines.files import write_atomic
from pipelines.reporting.model import Report

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
    """One report as the index shows it; `link` is relative to the folder of the reports."""

    clinic: str
    month: str
    month_name: str
    audience: str
    version: int
    state: str
    first_sentence: str
    link: str


def report_folder(home_reports: Path, *, month: str, version: int, audience: str) -> Path:
    """The folder of one version of a month's report for one audience."""
    return home_reports / month / f"v{version}" / audience


def write_report(
    home_reports: Path, report: Report, page: str, beside: Mapping[str, str | bytes] | None = None
) -> WrittenReport:
    """Put a report, its page and the files beside it in their folder, in place of a draft.

    `beside`: name in that folder → content. Data that only a former draft had is
    removed.

    Raises: UsageError when this version was released.
    """
    head = report.head
    folder = report_folder(
        home_reports, month=head.month, version=head.version, audience=head.audience
    )
    written = WrittenReport(page=folder / PAGE_FILE, data=folder / DATA_FILE)
    if written.data.is_file() and _state(written.data) != "draft":
        raise UsageError(
            "A released report is never written again.",
            where=f"{head.month}, version {head.version}, {head.audience}",
            expected="a draft, or a new version",
            found="a released version",
            todo="make a new version; the released one stays as it was read",
        )
    for path in (folder / DATA_FOLDER).glob("*"):
        if f"{DATA_FOLDER}/{path.name}" not in (beside or {}):
            path.unlink()
    for file, content in (beside or {}).items():
        write_atomic(folder / file, content)
    # The data last: what reads it may then rely on the page.
    write_atomic(written.page, page)
    write_atomic(written.data, report.to_json())
    return written


def next_version(home_reports: Path, month: str) -> int:
    """The version to write: the newest while all of it is a draft, else the one after."""
    versions: dict[int, set[str]] = {}
    for path in (home_reports / month).glob(f"v*/*/{DATA_FILE}"):
        number = path.parents[1].name.removeprefix("v")
        if number.isdigit():
            versions.setdefault(int(number), set()).add(_state(path))
    if not versions:
        return 1
    newest = max(versions)
    return newest if versions[newest] == {"draft"} else newest + 1


def _state(path: Path) -> str:
    return json.loads(path.read_text(encoding="utf-8"))["head"]["state"]


def index_entries(home_reports: Path) -> tuple[IndexEntry, ...]:
    """All reports on disk, newest month first, then newest version, then audience."""
    found = sorted(_entries(home_reports), key=lambda entry: entry.audience)
    return tuple(sorted(found, key=lambda entry: (entry.month, entry.version), reverse=True))


def _entries(home_reports: Path) -> Iterator[IndexEntry]:
    for path in home_reports.glob(f"*/v*/*/{DATA_FILE}"):
        content = json.loads(path.read_text(encoding="utf-8"))
        head, sentences = content["head"], content["in_short"]
        yield IndexEntry(
            clinic=head["clinic"],
            month=head["month"],
            month_name=head["month_name"],
            audience=head["audience"],
            version=head["version"],
            state=head["state"],
            first_sentence=sentences[0]["text"] if sentences else "",
            link=(path.parent.relative_to(home_reports) / PAGE_FILE).as_posix(),
        )


def write_index(home_reports: Path, page: str) -> Path:
    """Put the index of all reports in its place."""
    path = home_reports / PAGE_FILE
    write_atomic(path, page)
    return path
