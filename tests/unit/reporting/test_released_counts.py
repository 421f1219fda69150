"""What released public pages show is found again; a draft binds nothing."""

import json
from collections.abc import Callable
from pathlib import Path

from pipelines.reporting.model import Report
from pipelines.reporting.releases.released_counts import COLUMNS, released_counts
from pipelines.reporting.releases.versions import SEAL_FILE

ReportOf = Callable[[str, str], Report]


def put(reports: Path, version: str, content: str, *, on: str | None) -> None:
    folder = reports / version / "public"
    folder.mkdir(parents=True)
    (folder / "report.json").write_text(content, encoding="utf-8")
    if on is not None:
        seal = json.dumps({"release": {"on": on}})
        (folder.parent / SEAL_FILE).write_text(seal, encoding="utf-8")


def test_the_counts_of_a_released_page_are_all_found(report_of: ReportOf, tmp_path: Path) -> None:
    report = report_of("badly measured", "public")
    put(tmp_path, "2026-10/v1", report.to_json(), on="2026-11-02")
    found = released_counts(tmp_path)
    assert found.height == len(report.counts) > 0
    assert found["n_clients"].null_count() == sum(row["n_clients"] is None for row in report.counts)


def test_a_draft_binds_nothing_and_the_newest_release_counts(
    report_of: ReportOf, tmp_path: Path
) -> None:
    report = report_of("badly measured", "public")
    assert released_counts(tmp_path).columns == list(COLUMNS)
    put(tmp_path, "2026-10/v1", report.to_json(), on="2026-11-02")
    later = json.loads(report.to_json())
    for row in later["counts"]:
        row["n_clients"] = 35
    put(tmp_path, "2026-09/v2", json.dumps(later), on="2026-11-03")
    put(tmp_path, "2026-11/v1", report.to_json(), on=None)
    assert set(released_counts(tmp_path)["n_clients"]) == {35}
