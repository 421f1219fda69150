"""A total that its form cannot give is in use as delivered, and counted."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipelines.home import Home
from pipelines.ingest.landing import land
from pipelines.warehouse.build_run import BuildRun
from pipelines.warehouse.staging import CATALOGUE_TABLES

CLIENTS = "client_id,registered_on\nC1,2024-01-01\n"
THERAPISTS = "therapist_id,display_name,employed_from\nT1,Amber Testcase,2020-01-01\n"
TOTALS = (
    ("phq9", "15.3182", True),
    ("phq9", "15", False),
    ("phq9", "", False),
    # Four of five answers, prorated; and a total that no answers give.
    ("wsas", "17.5", False),
    ("wsas", "17.6", True),
    # Marks of the ORS lie a tenth apart.
    ("ors", "19.8", False),
    ("ors", "19.85", True),
    # Its tables of T-scores differ by form: any number in the range may be one.
    ("promis_depression", "61.3", False),
)


def test_a_total_that_the_form_cannot_give_is_counted_and_used(tmp_path: Path) -> None:
    home = Home.create(tmp_path / "home", salt="s")
    folder = tmp_path / "delivery"
    folder.mkdir()
    rows = "".join(
        f"R{place},C1,{name},2024-02-0{place}T10:00:00,client,{total}\n"
        for place, (name, total, _) in enumerate(TOTALS, start=1)
    )
    head = "response_id,client_id,instrument_id,administered_at,respondent,total_score\n"
    for table, text in (
        ("clients", CLIENTS), ("therapists", THERAPISTS), ("responses", head + rows),
    ):  # fmt: skip
        (folder / f"{table}.csv").write_text(text, encoding="utf-8")
    land(home, [folder], source="inbox", delivered_on=date(2024, 3, 1))
    run = BuildRun(home)
    run.reference(CATALOGUE_TABLES)
    run.stage([*(name for name in run.models if name.startswith("stg_")), "stg_warning_counts"])

    def read(table: str, select: str) -> list[tuple[Any, ...]]:
        path = {"path": str(run.table_path(table))}
        return run.engine.rows(f"select {select} from read_parquet($path)", path)

    assert read("stg_warning_counts", "rule_id, n_rows") == [
        ("responses.total_score.on_steps", sum(is_odd for *_, is_odd in TOTALS))
    ]
    assert dict(read("stg_responses", "response_id, total_score")) == {
        f"R{place}": Decimal(total) if total else None
        for place, (_, total, _) in enumerate(TOTALS, start=1)
    }
    run.close()
