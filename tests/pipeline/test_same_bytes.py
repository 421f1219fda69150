"""The same deliveries give the same bytes, whatever the machine and the order of things.

Compared byte for byte: landed files and manifests, checked files, every published table and every
report. Where rows are shuffled the files themselves differ, and with them what names a file or a
line; what is compared then is said there.
"""

import csv
import json
import random
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pipelines.contracts.odcs import load_contracts
from pipelines.home import Home
from pipelines.ingest.manifest import deliveries
from pipelines.warehouse.snapshot import current_snapshot
from tests.pipeline.homes import (
    assert_same,
    contents,
    fill_inbox,
    new_home,
    published,
    records,
    succeed,
    succeed_here,
)

# The home that it is compared with was made by one thread.
ELSEWHERE = {
    "TZ": "Asia/Kathmandu",
    "LC_ALL": "C",
    "PYTHONHASHSEED": "4711",
    "OUTCOMES_THREADS": "4",
}
# What names a file, a delivery (by the hash of its files) or a line.
PROVENANCE = {"delivery_id", "file_id", "line", "checked_file"}
HASH = re.compile(r"\b[0-9a-f]{12,64}\b")
CONTRACTS = load_contracts()


def test_another_machine_and_deliveries_landed_in_the_opposite_order_give_the_same_bytes(
    tmp_path: Path, tiny_deliveries: Path, never_killed: Home
) -> None:
    home = new_home(tmp_path / "home")
    folders = sorted(path for path in tiny_deliveries.iterdir() if path.is_dir())
    for folder in reversed(folders):
        succeed_here("land", "--home", home.root, folder)
    assert len(deliveries(home)) == len(folders)
    succeed("run", "--home", home.root, env=ELSEWHERE)
    assert_same(published(home), published(never_killed))


@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_a_repeated_key_or_a_broken_line_keeps_a_file_in_its_order(
    tiny_deliveries: Path, name: str
) -> None:
    for path in tiny_deliveries.glob(f"*/{name}.csv"):
        lines = may_shuffle(path)
        assert lines is None or len(set(lines)) == len(lines)


def may_shuffle(path: Path) -> list[str] | None:
    """The lines of a file whose order carries no meaning: whole rows, each key once."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    rows = list(csv.reader(lines))
    key = [rows[0].index(column) for column in CONTRACTS[path.stem].key]
    if len(rows) != len(lines) or any(len(row) != len(rows[0]) for row in rows):
        return None
    keys = Counter(tuple(row[position] for position in key) for row in rows[1:])
    return None if max(keys.values(), default=1) > 1 or not lines[-1].endswith("\n") else lines


def shuffle_deliveries(home: Home) -> int:
    """Shuffle the rows of every file that may be; returns how many changed."""
    changed = 0
    for number, path in enumerate(sorted(home.inbox.glob("*/*.csv"))):
        lines = may_shuffle(path)
        if lines is None:
            continue
        rows = lines[1:]
        random.Random(number).shuffle(rows)
        path.write_text("".join([lines[0], *rows]), encoding="utf-8")
        changed += rows != lines[1:]
    return changed


def test_shuffled_rows_give_the_same_tables_and_reports(
    tmp_path: Path, tiny_deliveries: Path, never_killed: Home
) -> None:
    reference = never_killed
    home = new_home(tmp_path / "home")
    fill_inbox(home, tiny_deliveries)
    assert shuffle_deliveries(home) > 20
    succeed("run", "--home", home.root, env={"OUTCOMES_THREADS": "4"})

    ours, theirs = contents(current_snapshot(home)), contents(current_snapshot(reference))
    assert ours.keys() == theirs.keys()
    differing = {name for name in ours if ours[name] != theirs[name]}
    for name in sorted(differing):
        found, meant = records(home, name), records(reference, name)
        # Byte for byte, unless a column names a file or a line: then as sets of rows without it.
        assert found, name
        assert PROVENANCE & set(found[0]), f"{name} differs and names no file"
        assert without_provenance(found) == without_provenance(meant), name
    figures = {name for name in ours if name.startswith(("ref_", "int_", "mart_", "pub_"))}
    assert differing & figures <= {
        "mart_deliveries",
        "mart_quarantine",
        "mart_rule_results",
        "mart_warnings",
        "pub_deliveries",
        "pub_quarantine",
        "pub_rule_results",
        "pub_warnings",
    }
    assert len(figures - differing) > 20
    assert reports_without_hashes(home) == reports_without_hashes(reference)


def without_provenance(rows: list[dict[str, Any]]) -> Counter[str]:
    return Counter(
        repr([(name, value) for name, value in row.items() if name not in PROVENANCE])
        for row in rows
    )


def reports_without_hashes(home: Home) -> dict[str, str]:
    pages = sorted([*home.reports.rglob("*.html"), *home.reports.rglob("report.json")])
    return {
        str(path.relative_to(home.reports)): HASH.sub("#", path.read_text(encoding="utf-8"))
        for path in pages
    }


def test_other_rows_do_give_other_bytes(
    tmp_path: Path, tiny_deliveries: Path, never_killed: Home
) -> None:
    """The comparison above sees a difference: one recorded session less is not the same."""
    report = json.loads(
        next(never_killed.reports.glob("*/v1/director/report.json")).read_text(encoding="utf-8")
    )
    assert HASH.search(json.dumps(report))
    rows = [{"delivery_id": "a", "n": 1}, {"delivery_id": "b", "n": 1}]
    assert without_provenance(rows) == without_provenance(rows[::-1])
    assert without_provenance(rows) != without_provenance(rows[:1])
