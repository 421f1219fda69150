"""A full delivery with fewer rows than the one before it is told, with numbers."""

from datetime import date
from pathlib import Path

import pytest

from pipelines.errors import LostRowsError
from pipelines.home import Home
from pipelines.ingest.landing import land
from pipelines.ingest.manifest import Delivery
from pipelines.warehouse.build_run import BuildRun
from pipelines.warehouse.fewer_rows import fewer_rows
from pipelines.warehouse.rehearsal import check_delivery

THERAPISTS = "therapist_id,display_name,employed_from\nT1,Amber Testcase,2020-01-01\n"


def clients(n_rows: int) -> str:
    rows = "".join(f"C{number},2024-01-01\n" for number in range(n_rows))
    return f"client_id,registered_on\n{rows}"


def deliver(home: Home, folder: Path, n_rows: int, month: int, mode: str = "full") -> Delivery:
    folder = folder / f"{month:02}-{mode}-{n_rows}"
    folder.mkdir()
    (folder / "clients.csv").write_text(clients(n_rows), encoding="utf-8")
    (folder / "therapists.csv").write_text(THERAPISTS, encoding="utf-8")
    (folder / "delivery.toml").write_text(f'mode = "{mode}"', encoding="utf-8")
    return land(home, [folder], source="inbox", delivered_on=date(2024, month, 1))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.create(tmp_path / "home", salt="test")


def warnings(home: Home, delivery_id: str | None = None) -> list[str]:
    run = BuildRun(home)
    try:
        return fewer_rows(run.files, delivery_id)
    finally:
        run.close()


def test_fewer_rows_are_told_with_numbers_whatever_the_order_of_landing(
    home: Home, tmp_path: Path
) -> None:
    later = deliver(home, tmp_path, 1_190, 3)
    assert warnings(home) == []
    # The one before it, and an incremental one between, which says nothing of what is absent.
    deliver(home, tmp_path, 1_200, 1)
    deliver(home, tmp_path, 5, 2, mode="incremental")
    told = (
        "The full delivery of 2024-03-01 has fewer rows of clients than the one of 2024-01-01.\n"
        "  found: 1,190 rows, 1,200 before (10 fewer)\n"
        "  what to do: if the export was cut short, land a whole one; what is gone from it counts"
        " no longer"
    )
    assert warnings(home) == [told]
    assert warnings(home, later.delivery_id) == [told]
    # A whole one that comes after it ends the warning, but not what was found of the short one.
    whole = deliver(home, tmp_path, 1_200, 4)
    assert warnings(home) == []
    assert warnings(home, later.delivery_id) == [told]
    assert warnings(home, whole.delivery_id) == []


def test_check_warns_of_fewer_rows_and_stops_beyond_the_share(home: Home, tmp_path: Path) -> None:
    deliver(home, tmp_path, 100, 1)
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "clients.csv").write_text(clients(80), encoding="utf-8")
    found = check_delivery(folder, home=home, mode="full", delivered_on=date(2024, 2, 1))
    assert found.is_clean
    assert "    found: 80 rows, 100 before (20 fewer)" in found.lines()
    (folder / "clients.csv").write_text(clients(79), encoding="utf-8")
    with pytest.raises(LostRowsError, match="no longer has many") as caught:
        check_delivery(folder, home=home, mode="full", delivered_on=date(2024, 2, 1))
    assert "20% of 100 keys fewer" in caught.value.expected
    assert caught.value.found == "21 keys fewer"
