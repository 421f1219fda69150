"""`outcomes check` on data by others: kind, tables, counts and the defects that its READMEs name."""

import gzip
import json
from datetime import date
from pathlib import Path

import pytest

from pipelines.errors import DeliveryError
from pipelines.ingest.recognition import recognise
from pipelines.warehouse.rehearsal import Findings, check_delivery

DATA = Path(__file__).parents[4] / "shared" / "data"
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the shared data sets lie beside a clone, not in it"
)
DAY = date(2026, 11, 29)

# Folder, then file: the numbers that its README states, and the first columns.
FOREIGN = {
    "beat-the-blues/btheb.csv": (9, 100, "subject, drug, length, treatment, bdi.pre"),
    "clinical-significance-claus2020/claus_2020.csv": (9, 172, "id, age, sex, treatment, time"),
    "clinical-significance-claus2020/antidepressants_fictional.csv": (4, 1_110, "patient"),
    "clinical-significance-claus2020/anxiety_fictional_complete.csv": (4, 580, "subject"),
    "clinical-significance-claus2020/anxiety_fictional_missing.csv": (4, 580, "subject"),
    "csv-export-synthea/patients.csv": (25, 27, "Id, BIRTHDATE, DEATHDATE"),
    "csv-export-synthea/encounters.csv": (15, 604, "Id, START, STOP, PATIENT"),
    "csv-export-synthea/observations.csv": (9, 990, "DATE, PATIENT, ENCOUNTER"),
    "csv-export-synthea/providers.csv": (12, 166, "Id, ORGANIZATION, NAME"),
    "ecqm-cms159-depression-remission/expected.csv": (10, 61, "case, group"),
    "ecqm-cms177-suicide-risk/expected.csv": (9, 37, "case, group"),
    "effect-size-reference/rouder2016.csv": (3, 2_500, "id, cond, rt"),
    "funnel-medpar/medpar.csv": (11, 1_495, "rownames, los, hmo, white"),
    "nhs-talking-therapies-annual/measures_annual.csv.gz": (12, 5_292, "reporting_period"),
    "nhs-talking-therapies-annual/proms_annual.csv.gz": (13, 146_580, "reporting_period"),
    "nhs-talking-therapies-annual/metadata_measures_annual.csv": (6, 174, "reporting_period"),
    "nhs-talking-therapies-annual/metadata_providers.csv": (10, 233, "org_code, org_name"),
    "rci-csc-reference/yp_core_csc_by_age_gender.csv": (4, 38, "ref, age, gender, csc"),
    "sudden-gains/sgdata.csv": (31, 43, "id, bdi_s0, bdi_s1"),
    "sudden-gains/sgdata_bad_names.csv": (31, 43, "id, bdi_intake, bdi1, wk2bdi"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_foreign_table_is_told_with_its_size_its_columns_and_what_to_do(
    name: str, tmp_path: Path
) -> None:
    n_columns, n_rows, columns = FOREIGN[name]
    path = DATA / name
    told = recognise(path, path.name, scratch=tmp_path)
    assert isinstance(told, str)
    assert told.startswith(f"a table of {n_columns} columns and {n_rows:,} rows, with commas")
    assert f"({columns}" in told
    assert told.endswith(f"`outcomes map {path.name}` drafts how to read it")


def test_a_folder_of_foreign_tables_is_refused_with_every_file_named() -> None:
    with pytest.raises(DeliveryError, match="Nothing in the delivery is data") as caught:
        check_delivery(DATA / "sudden-gains", home=None, mode=None, delivered_on=DAY)
    for path in (DATA / "sudden-gains").glob("*.csv"):
        assert f"{path.name}: a table of" in caught.value.found
    assert "outcomes map" in caught.value.todo


@pytest.mark.parametrize(
    ("folder", "n_cases"),
    [("ecqm-cms159-depression-remission", 61), ("ecqm-cms177-suicide-risk", 37)],
)
def test_test_cases_of_a_measure_are_told_as_such(
    folder: str, n_cases: int, tmp_path: Path
) -> None:
    told = recognise(DATA / folder / "cases.ndjson.gz", "cases.ndjson.gz", scratch=tmp_path)
    assert isinstance(told, str)
    assert told.startswith(f"{n_cases} JSON lines that each hold FHIR resources under `resources`")


def counted(found: Findings) -> dict[str, tuple[int, int]]:
    return {each.table: (each.n_delivered, each.n_quarantined) for each in found.tables}


def broken(found: Findings, severity: str) -> dict[str, int]:
    return {rule.rule_id: rule.n_rows for rule in found.rules if rule.severity == severity}


def check(path: Path) -> Findings:
    found = check_delivery(path, home=None, mode=None, delivered_on=DAY)
    assert found.kind == "fhir"
    assert found.unusable_files == []
    return found


def test_the_case_with_a_phq9_of_300_names_its_line(tmp_path: Path) -> None:
    cases = DATA / "ecqm-cms159-depression-remission" / "cases.ndjson.gz"
    with gzip.open(cases, "rt", encoding="utf-8") as lines:
        case, *_ = [
            case
            for case in map(json.loads, lines)
            if any(each.get("valueInteger") == 300 for each in case["resources"])
        ]
    path = tmp_path / "case.ndjson"
    path.write_text("\n".join(map(json.dumps, case["resources"])), encoding="utf-8")
    (line,) = [
        number
        for number, each in enumerate(case["resources"], start=1)
        if each.get("valueInteger") == 300
    ]
    found = check(path)
    (rule,) = [each for each in found.rules if each.rule_id.startswith("responses.total")]
    assert (rule.severity, rule.n_rows) == ("error", 1)
    assert rule.first_lines == [f"case.ndjson line {line}"]
    assert "300" not in " ".join(found.lines())
    assert counted(found)["responses"][1] == 1
    assert not found.is_clean


def test_examples_of_forms_name_the_people_that_are_missing() -> None:
    found = check(DATA / "fhir-phq9-examples")
    assert counted(found) == {
        "clients": (1, 0),
        "therapists": (1, 0),
        "responses": (6, 3),
        "response_items": (44, 26),
        "CareTeam": (1, 1),
        "Observation": (13, 13),
        "Questionnaire": (4, 4),
        "ValueSet": (2, 2),
    }
    assert broken(found, "error") == {
        "responses.client_id.required": 3,
        "response_items.response_id.reference": 26,
    }
    # One answer code and one link that nobody knows, and scores that contradict the form.
    assert broken(found, "warning") == {
        "fhir.answer_unknown": 1,
        "fhir.link_id_unknown": 2,
        "fhir.ordinal_value_conflicts": 1,
    }
    assert broken(found, "left out")["fhir.folded_into_response"] == 12
    assert all("LICENSE.md" in each for each in found.not_taken)


def test_a_synthetic_population_is_counted_and_nothing_of_it_is_turned_away() -> None:
    found = check(DATA / "fhir-bulk-pysynthea")
    counts = counted(found)
    assert {table: counts[table] for table in ("clients", "therapists", "sessions")} == {
        "clients": (20, 0),
        "therapists": (47, 0),
        "sessions": (2782, 0),
    }
    # Of 1,705 Observations 571 are totals of questionnaires; the others are told, not lost.
    assert counts["responses"] == (571, 0)
    assert counts["Observation"] == (1134, 1134)
    assert broken(found, "error") == {}
    assert broken(found, "left out")["fhir.condition_code_not_icd10cm"] == 2902
    assert found.is_clean


def test_a_bulk_export_without_observations_is_counted() -> None:
    found = check(DATA / "fhir-bulk-smart10")
    counts = counted(found)
    # Every Encounter finds its clinician by an identifier in place of an id.
    assert counts["sessions"] == (1215, 0)
    assert counts["clients"] == (13, 0)
    assert counts["therapists"] == (43, 0)
    assert "responses" not in counts
    assert sorted(each.split(" ")[0] for each in found.not_taken) == [
        "DocumentReference.000.ndjson.gz",
        "log.ndjson.gz",
    ]
    assert broken(found, "error") == {}
