"""A file that cannot be used holds up nobody; answers that were all turned away leave no score."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from pipelines.home import Home
from pipelines.ingest.landing import land
from pipelines.warehouse.accounts import ACCOUNT_TABLES
from pipelines.warehouse.build_run import BuildRun
from pipelines.warehouse.staging import CATALOGUE_TABLES

CLIENTS = "client_id,registered_on\nC1,2024-01-01\nC2,2024-01-01\n"
THERAPISTS = "therapist_id,display_name,employed_from\nT1,Amber Testcase,2020-01-01\n"
RESPONSES = (
    "response_id,client_id,instrument_id,administered_at,respondent,total_score\n"
    "R1,C1,phq9,2024-02-01T10:00:00,client,12\n"
    "R2,C2,phq9,2024-02-01T10:00:00,client,9\n"
)


def deliver(home: Home, folder: Path, day: date, tables: Mapping[str, str]) -> None:
    folder.mkdir()
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    land(home, [folder], source="inbox", delivered_on=day)


def staged(home: Home) -> BuildRun:
    run = BuildRun(home)
    run.reference(CATALOGUE_TABLES)
    run.stage([*(name for name in run.models if name.startswith("stg_")), *ACCOUNT_TABLES])
    return run


def counted(run: BuildRun) -> dict[tuple[str, str], int]:
    path = run.table_path("stg_row_counts")
    rows = run.engine.rows(
        "select table_name, row_status, sum(n_rows) from read_parquet($path) group by all",
        {"path": str(path)},
    )
    return {(table, status): int(n) for table, status, n in rows}


def test_an_unusable_file_is_set_aside_and_withdraws_nothing(tmp_path: Path) -> None:
    home = Home.create(tmp_path / "home", salt="s")
    tables = {"clients": CLIENTS, "therapists": THERAPISTS}
    deliver(home, tmp_path / "one", date(2024, 3, 1), tables)
    semicolons = THERAPISTS.replace(",", ";")
    deliver(home, tmp_path / "two", date(2024, 4, 1), {**tables, "therapists": semicolons})
    run = staged(home)
    assert counted(run)["therapists", "accepted"] == 1
    assert counted(run)["therapists", "quarantined"] == 1
    (refusal,) = run.refusals
    assert "therapists.csv" in refusal
    assert "2024-04-01" in refusal
    assert "Amber" not in refusal
    run.close()


def test_a_usable_copy_that_comes_later_ends_the_refusal(tmp_path: Path) -> None:
    home = Home.create(tmp_path / "home", salt="s")
    deliver(home, tmp_path / "one", date(2024, 3, 1), {"clients": "", "therapists": THERAPISTS})
    (refusal,) = BuildRun(home).refusals
    assert "The file is empty" in refusal
    deliver(home, tmp_path / "two", date(2024, 3, 2), {"clients": CLIENTS})
    run = staged(home)
    assert run.refusals == []
    assert counted(run)["clients", "accepted"] == 2
    run.close()


def test_a_required_table_that_never_came_is_told(tmp_path: Path) -> None:
    home = Home.create(tmp_path / "home", salt="s")
    deliver(home, tmp_path / "one", date(2024, 3, 1), {"clients": CLIENTS})
    (told,) = BuildRun(home).refusals
    assert "never delivered: therapists" in told


def test_where_all_answers_were_turned_away_the_total_does_not_stand_in(tmp_path: Path) -> None:
    home = Home.create(tmp_path / "home", salt="s")
    answers = "response_id,item,value\n" + "".join(f"R1,{item},4\n" for item in range(1, 10))
    answers += "R2,one,1\n"
    tables = {"clients": CLIENTS, "therapists": THERAPISTS, "responses": RESPONSES}
    deliver(home, tmp_path / "one", date(2024, 3, 1), {**tables, "response_items": answers})
    run = staged(home)
    assert counted(run)["response_items", "quarantined"] == 10
    path = {"path": str(run.table_path("stg_responses"))}
    rows = run.engine.rows(
        "select response_id, items, has_answers from read_parquet($path) order by 1", path
    )
    assert rows == [("R1", None, True), ("R2", None, True)]
    run.close()
