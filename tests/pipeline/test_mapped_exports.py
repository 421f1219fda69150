"""Exports of other layouts, checked, landed and run as a person would."""

import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from pipelines.errors import DeliveryError, SettingsError
from pipelines.home import Home
from pipelines.ingest.landing import land
from pipelines.source_settings import SHIPPED_MAPPINGS, add_source
from pipelines.warehouse.rehearsal import check_delivery
from tests import mapped_exports
from tests.pipeline.homes import SHARED_DATA, new_home, records, succeed_here, words_of

SYNTHEA = SHARED_DATA / "csv-export-synthea"
TOLD = Path(__file__).parent / "told" / "synthea_csv.txt"
FATES = ("n_accepted", "n_superseded", "n_withdrawn", "n_quarantined")


def mapped_home(root: Path, mapping: str) -> Home:
    home = new_home(root)
    add_source(home.root / "clinic.toml", "ehr", mapping)
    return Home(home.root)


def test_an_export_of_another_layout_goes_from_file_to_report(tmp_path: Path) -> None:
    export = mapped_exports.write_practice_csv(tmp_path / "2026-06-30")
    # A status that the mapping does not know.
    path = export / "Appointments.csv"
    lines = path.read_text(encoding="utf-8").split("\n")
    lines[3] = ",".join([*lines[3].split(",")[:-1], "Shown up"])
    path.write_text("\n".join(lines), encoding="utf-8")
    home = mapped_home(tmp_path / "home", "practice_csv")
    succeed_here("land", "--home", home.root, "--source", "ehr", export)
    succeed_here("run", "--home", home.root)

    per_file: dict[str, Counter[str]] = {}
    for row in records(home, "mart_deliveries"):
        assert sum(row[fate] for fate in FATES) == row["n_delivered"], row
        per_file.setdefault(row["file_name"], Counter())[row["table_name"]] = row["n_delivered"]
    n_visits = mapped_exports.N_CLIENTS * mapped_exports.N_VISITS
    assert per_file["Appointments.csv"]["sessions"] == n_visits
    assert per_file["Appointments.csv"]["left_out"] == 1

    listed = json.loads(succeed_here("quarantine", "--home", home.root, "--list", "--json"))
    refused = [row for row in listed if row["table"] == "attendances"]
    assert [(row["file"], row["line"]) for row in refused] == [("Appointments.csv", 4)]

    page = words_of(home.reports / "2026-06" / "v1" / "director" / "index.html")
    assert "PHQ-9" in page
    outcomes = [row for row in records(home, "int_response_scores") if row["scale"] == "total"]
    assert len(outcomes) == sum(visit.status == "attended" for visit in mapped_exports.visits())


def test_what_check_says_of_an_export_of_others(tmp_path: Path) -> None:
    if not SYNTHEA.is_dir():
        pytest.skip(f"the export of others is not beside this clone: {SYNTHEA}")
    found = check_delivery(
        SYNTHEA,
        home=None,
        mode=None,
        delivered_on=date(2024, 12, 31),
        mapping=SHIPPED_MAPPINGS / "synthea_csv.yaml",
    )
    assert "\n".join(found.lines()) + "\n" == TOLD.read_text(encoding="utf-8")
    assert found.is_clean


def test_a_column_of_notes_is_refused_before_a_byte_is_copied(tmp_path: Path) -> None:
    export = mapped_exports.write_practice_csv(tmp_path / "2026-06-30")
    path = export / "Clients.csv"
    path.write_text(
        path.read_text(encoding="utf-8").replace("First Name", "Progress Notes"), encoding="utf-8"
    )
    home = mapped_home(tmp_path / "home", "practice_csv")
    with pytest.raises(DeliveryError, match="notes about clients") as caught:
        land(home, [export], source="ehr")
    assert "Progress Notes" in caught.value.found
    assert not home.landed_files.exists() or list(home.landed_files.iterdir()) == []


def test_a_mapping_that_reads_none_of_the_files_says_so(tmp_path: Path) -> None:
    export = mapped_exports.write_practice_csv(tmp_path / "2026-06-30")
    home = mapped_home(tmp_path / "home", "workbook")
    with pytest.raises(DeliveryError, match="a file that the mapping reads") as caught:
        land(home, [export], source="ehr")
    assert "*.xlsx [Clients]" in caught.value.expected


def test_a_source_whose_mapping_is_missing_says_which_there_are(tmp_path: Path) -> None:
    export = mapped_exports.write_practice_csv(tmp_path / "2026-06-30")
    home = mapped_home(tmp_path / "home", "elsewhere")
    with pytest.raises(SettingsError, match="no such mapping") as caught:
        land(home, [export], source="ehr")
    assert "practice_csv" in caught.value.expected


def test_a_clinics_own_mapping_goes_before_a_shipped_one_of_its_name(tmp_path: Path) -> None:
    home = mapped_home(tmp_path / "home", "practice_csv")
    home.mappings.mkdir()
    own = home.mappings / "practice_csv.yaml"
    shipped = (SHIPPED_MAPPINGS / "practice_csv.yaml").read_text(encoding="utf-8")
    before = Home(home.root).settings
    own.write_text(shipped.replace("client*.csv", "people*.csv"), encoding="utf-8")
    after = Home(home.root).settings
    (source,) = [each for each in after.sources if each.name == "ehr"]
    assert source.mapping == own
    assert after.digest != before.digest


def test_a_full_delivery_without_one_of_its_files_withdraws_nothing(tmp_path: Path) -> None:
    home = mapped_home(tmp_path / "home", "practice_csv")
    export = mapped_exports.write_practice_csv(tmp_path / "2026-06-30")
    land(home, [export], source="ehr")
    later = mapped_exports.write_practice_csv(tmp_path / "2026-07-31")
    appointments = (later / "Appointments.csv").read_text(encoding="utf-8")
    (later / "Appointments.csv").write_text(
        appointments.replace("Clinician,", "Seen By,"), encoding="utf-8"
    )
    found = check_delivery(later, home=home, mode=None, delivered_on=None, source="ehr")
    (refusal,) = found.unusable_files
    assert "columns Clinician" in refusal
    # Its courses and visits are not there, and still count: only what was read is superseded.
    assert {table.table for table in found.tables} >= {"clients", "responses", "left_out"}
    assert {rule.rule_id for rule in found.rules} == {"file.unusable"}
