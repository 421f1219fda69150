"""A FHIR delivery is converted and checked at once, and again only where a part of that is gone."""

import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.contracts.odcs import load_contracts
from pipelines.home import Home
from pipelines.ingest import fhir
from pipelines.ingest.landing import land
from pipelines.warehouse.build_run import BuildRun
from tests.unit.ingest.fhir_builders import form, observation, patient, phq9_answers

DAY = date(2026, 1, 31)
RESOURCES = (
    patient(),
    form("form-1", phq9_answers(0, 1, 2, 3, 0, 1, 2, 3, 0), authored="2024-05-06T10:00:00Z"),
    observation("total-1", "44261-6", valueString="high"),
    observation("total-2", "44261-6", at="2024-04-01T10:00:00Z", valueInteger=7),
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    export = tmp_path / "export"
    export.mkdir()
    for kind in {resource["resourceType"] for resource in RESOURCES}:
        lines = [json.dumps(each) for each in RESOURCES if each["resourceType"] == kind]
        (export / f"{kind}.ndjson").write_text("\n".join(lines) + "\n", encoding="utf-8")
    home = Home.create(tmp_path / "home", salt="kept")
    land(home, [export], source="inbox", delivered_on=DAY)
    return home


def _rows(home: Home, **changed: Any) -> dict[str, list[tuple[Any, ...]]]:
    run = BuildRun(home)
    try:
        run.contracts = {**run.contracts, **changed}
        return {
            f"{table} of {file.file_name}": duckdb.read_parquet(str(file.rows)).fetchall()
            for table, files in run.files.items()
            for file in files
            if file.rows is not None
        }
    finally:
        run.close()


def test_what_was_converted_is_taken_from_the_cache(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _rows(home)
    assert len(first["responses of Observation.ndjson"]) == 2
    assert len(first["response_items of QuestionnaireResponse.ndjson"]) == 9
    monkeypatch.setattr(fhir, "convert", None)
    assert _rows(home) == first


def test_a_checked_file_that_is_gone_is_made_again(home: Home) -> None:
    first = _rows(home)
    gone = [path for path in home.checked.iterdir() if (path / "rows.parquet").exists()]
    assert len(gone) == len(first)
    shutil.rmtree(gone[0])
    assert _rows(home) == first


def test_another_contract_judges_the_same_lines_anew(home: Home) -> None:
    table = "responses of Observation.ndjson"
    contract = load_contracts()["responses"]
    without = replace(contract, rules=(), digest=f"{contract.digest} without rules")
    strict, lax = _rows(home)[table], _rows(home, responses=without)[table]
    line, errors = len(contract.columns), len(contract.columns) + 1
    assert [(row[line], row[errors]) for row in strict] == [
        (1, ["responses.total_score.type"]),
        (2, None),
    ]
    assert [(row[line], row[errors]) for row in lax] == [(1, None), (2, None)]
