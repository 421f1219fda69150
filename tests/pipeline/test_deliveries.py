"""Which deliveries there are decides; how, when, in which order and by whom they land does not."""

import shutil
import subprocess
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from pipelines.audit import ledger
from pipelines.home import Home
from pipelines.ingest.landing import land
from pipelines.ingest.manifest import deliveries
from pipelines.warehouse.accounts import ACCOUNT_TABLES
from pipelines.warehouse.build_run import BuildRun
from pipelines.warehouse.rehearsal import judge
from tests.pipeline.homes import COMMAND, ROOT, SECONDS_AT_MOST, environment, unfinished_files

CLIENTS = "client_id,registered_on\nC1,2024-01-01\n"


def staged(home: Home) -> tuple[dict[str, str], dict[str, int]]:
    """The content of every staged table and account, and the rows of each table's counts."""
    run = BuildRun(home)
    try:
        judge(run, [])
        statuses = run.engine.rows(
            "select row_status, sum(n_rows) from read_parquet($path) group by 1",
            {"path": str(run.table_path("stg_row_counts"))},
        )
        return {name: table.content for name, table in run.built.items()}, dict(statuses)
    finally:
        run.close()


def landed_home(root: Path, folders: Sequence[Path]) -> Home:
    home = Home.create(root, name="Made-up Clinic", salt="test")
    for folder in folders:
        land(home, [folder], source="inbox")
    return home


def test_every_table_is_the_same_in_whatever_order_and_packing_deliveries_land(
    tmp_path: Path, tiny_deliveries: Path
) -> None:
    folders = sorted(path for path in tiny_deliveries.iterdir() if path.is_dir())
    for day, table, content in (
        ("2030-01-01", "clients", f"{CLIENTS}C2,soon\n"),
        ("2030-01-02", "deletions", "table,key,deleted_on,reason\nclients,C1,2030-01-02,example\n"),
    ):
        folders.append(tmp_path / day)
        folders[-1].mkdir()
        (folders[-1] / f"{table}.csv").write_text(content, encoding="utf-8")
        (folders[-1] / "delivery.toml").write_text('mode = "incremental"\n', encoding="utf-8")
    contents, statuses = staged(landed_home(tmp_path / "in-order", folders))
    # All tables are there, and rows that were corrected, taken back and turned away.
    assert {f"stg_{table}" for table in ("deletions", "consents", "licences")} <= set(contents)
    assert set(ACCOUNT_TABLES) <= set(contents)
    assert all(
        statuses[each] > 0 for each in ("accepted", "superseded", "withdrawn", "quarantined")
    )

    packed = tmp_path / f"{folders[0].name}.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in folders[0].iterdir():
            archive.write(path, path.name)
    backwards = landed_home(tmp_path / "backwards", [*folders[:0:-1], packed])
    assert [each.delivery_id for each in deliveries(backwards)] == [
        each.delivery_id for each in deliveries(Home(tmp_path / "in-order"))
    ]
    assert staged(backwards) == (contents, statuses)


def test_the_same_bytes_again_under_other_names_change_no_row_in_use(tmp_path: Path) -> None:
    home = Home.create(tmp_path / "home", salt="test")
    for name in ("clients.csv", "Clients.CSV", "again/clients.csv"):
        folder = tmp_path / name.replace("/", "-")
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(CLIENTS, encoding="utf-8")
        before = staged(home)[0] if deliveries(home) else None
        land(home, [folder], source="inbox", delivered_on=date(2024, 2, 1))
        after, statuses = staged(home)
        assert before is None or after["stg_clients"] == before["stg_clients"]
        assert statuses["accepted"] == 1
    assert len(deliveries(home)) == 3
    assert statuses == {"accepted": 1, "superseded": 2}


def test_deliveries_that_are_landed_at_once_are_each_landed_once(
    tmp_path: Path, tiny_deliveries: Path
) -> None:
    home = Home.create(tmp_path / "home", salt="test")
    first, second = sorted(path for path in tiny_deliveries.iterdir() if path.is_dir())[:2]
    copy = tmp_path / first.name
    shutil.copytree(first, copy)
    processes = [
        subprocess.Popen(
            [*COMMAND, "land", str(folder), "--home", str(home.root)],
            cwd=ROOT,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for folder in (first, second, copy)
    ]
    told = [process.communicate(timeout=SECONDS_AT_MOST)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], told
    # One of the two that landed the same was first.
    assert sorted("Landed before" in each for each in told) == [False, False, True]
    assert [each.delivered_on.isoformat() for each in deliveries(home)] == [first.name, second.name]
    landed = [event for event in ledger.events(home) if event["event"] == "landed"]
    assert len(landed) == 2
    assert landed[1]["previous"] == landed[0]["hash"]
    assert unfinished_files(home) == []
