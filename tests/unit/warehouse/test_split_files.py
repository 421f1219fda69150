"""How rows are cut into files and deliveries is of no account: the staged tables are the same."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from pipelines.contracts.odcs import load_contracts
from pipelines.home import Home
from pipelines.ingest.landing import land
from pipelines.warehouse.build_run import BuildRun
from pipelines.warehouse.staging import CATALOGUE_TABLES
from tests.pipeline.exports import Row, clinic_tables, write_export

MEASURED_ON = ("2025-01-06", "2025-02-03", "2025-03-03")
REFERENCES = (*CATALOGUE_TABLES, "ref_turned_items")


def with_answers() -> dict[str, list[Row]]:
    tables = clinic_tables(clients=6, measured_on=MEASURED_ON)
    tables["response_items"] = [
        {"response_id": row["response_id"], "item": str(item), "value": str(item % 4)}
        for row in tables["responses"]
        for item in range(1, 10)
    ]
    tables["responses"] = [{**row, "total_score": ""} for row in tables["responses"]]
    return tables


def staged(root: Path, parts: Sequence[dict[str, list[Row]]]) -> dict[str, str]:
    """The content of every staged table of a home to which these deliveries came on one day."""
    home = Home.create(root / "home", salt="s")
    for place, part in enumerate(parts):
        folder = write_export(root / f"part-{place}", part)
        land(home, [folder], source="inbox", mode="incremental", delivered_on=date(2025, 4, 1))
    run = BuildRun(home)
    try:
        run.reference(REFERENCES)
        names = [f"stg_{table}" for table in load_contracts() if table != "response_items"]
        return {built.table: built.content for built in run.stage(names)}
    finally:
        run.close()


def test_halves_in_two_deliveries_are_the_whole(tmp_path: Path) -> None:
    tables = with_answers()
    halves = [
        {name: rows[start::2] for name, rows in tables.items() if rows[start::2]}
        for start in (1, 0)
    ]
    # The answers of a response are one thing, and come together.
    for half in halves:
        known = {row["response_id"] for row in half["responses"]}
        half["response_items"] = [
            row for row in tables["response_items"] if row["response_id"] in known
        ]
    whole = staged(tmp_path / "whole", [tables])
    assert staged(tmp_path / "halves", halves) == whole
    assert len(whole) > 10
