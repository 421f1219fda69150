"""FHIR by others: bulk exports and PHQ-9 examples whose READMEs state counts and totals."""

import gzip
import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.unit.ingest.fhir_builders import Converted, convert_files

DATA = Path(__file__).parents[4] / "shared" / "data"
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the shared data sets lie beside a clone, not in it"
)

PYSYNTHEA = {
    "Patient": 20,
    "Encounter": 2782,
    "Condition": 2902,
    "Procedure": 5401,
    "Observation": 1705,
    "MedicationRequest": 851,
    "CarePlan": 182,
    "CareTeam": 182,
    "Goal": 82,
    "Coverage": 56,
    "AllergyIntolerance": 24,
    "Practitioner": 47,
    "PractitionerRole": 47,
    "Organization": 22,
    "Location": 15,
}
SMART10 = {
    "Patient": 13,
    "Encounter": 1215,
    "Condition": 555,
    "Procedure": 2056,
    "MedicationRequest": 1745,
    "DocumentReference": 1215,
    "Immunization": 161,
    "Practitioner": 43,
    "PractitionerRole": 43,
    "Location": 44,
    "Organization": 43,
    "AllergyIntolerance": 11,
    "Device": 16,
    "log": 4,
}


def _bulk_files(name: str) -> list[Path]:
    return sorted((DATA / name).glob("*.ndjson.gz"))


def _n_rows(converted: Converted) -> Counter[str]:
    found: Counter[str] = Counter()
    for part in converted.conversion.tables:
        found[part.table] += part.n_rows
    return found


@pytest.mark.parametrize(
    ("name", "stated"), [("fhir-bulk-pysynthea", PYSYNTHEA), ("fhir-bulk-smart10", SMART10)]
)
def test_every_stated_line_is_accounted_for_once(
    tmp_path: Path, name: str, stated: dict[str, int]
) -> None:
    files = _bulk_files(name)
    converted = convert_files(tmp_path, files)
    lines = {
        (path.name, number)
        for path in files
        for number, _ in enumerate(gzip.decompress(path.read_bytes()).splitlines(), 1)
    }
    assert converted.accounted() == lines
    assert Counter(file_name.partition(".")[0] for file_name, _ in lines) == stated
    out_of_scope = sum(part.n_rows for part in converted.conversion.out_of_scope)
    with_rows = {
        (row["file_name"], row["line"])
        for table in {part.table for part in converted.conversion.tables}
        for row in converted.rows(table)
    }
    assert len(with_rows) + out_of_scope == len(lines)


def test_pysynthea_becomes_activity_and_scores(tmp_path: Path) -> None:
    converted = convert_files(tmp_path, _bulk_files("fhir-bulk-pysynthea"))
    n_rows = _n_rows(converted)
    assert n_rows["clients"] == 20
    assert n_rows["therapists"] == 47
    assert n_rows["sessions"] == n_rows["attendances"] == 2782
    assert converted.conversion.episodes_derived
    assert "90 days" in (converted.conversion.episode_rule or "")
    responses = converted.rows("responses")
    assert Counter(row["instrument_id"] for row in responses) == {
        "gad7": 179,
        "phq2": 165,
        "phq9m": 101,
        "dast10": 61,
        "audit_c": 54,
        "phq9": 11,
    }
    assert all(row["client_id"] and row["session_id"] and row["episode_id"] for row in responses)
    assert {row["state"] for row in converted.rows("clients")} == {"MA"}
    sessions = converted.rows("sessions")
    assert sum(row["duration_minutes"] == "50" for row in sessions) >= 2689


def test_smart10_resolves_conditional_references_and_has_no_response(tmp_path: Path) -> None:
    converted = convert_files(tmp_path, _bulk_files("fhir-bulk-smart10"))
    n_rows = _n_rows(converted)
    assert n_rows["responses"] == 0
    assert n_rows["sessions"] == n_rows["attendances"] == 1215
    therapists = {row["therapist_id"] for row in converted.rows("therapists")}
    assert len(therapists) == 43
    assert {row["therapist_id"] for row in converted.rows("sessions")} <= therapists
    for row in converted.rows("clients"):
        assert row["birth_date"] <= row["registered_on"]


def test_bulk_exports_give_the_same_bytes_in_any_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = _bulk_files("fhir-bulk-pysynthea")
    found = []
    for threads, ordered in (("1", files), ("4", files[::-1])):
        monkeypatch.setenv("OUTCOMES_THREADS", threads)
        found.append(convert_files(tmp_path / threads, ordered).contents())
    assert found[0] == found[1]


def _total(answers: list[str | None]) -> float:
    return sum(float(answer) for answer in answers if answer)


def test_us_core_items_add_up_to_the_stated_total(tmp_path: Path) -> None:
    converted = convert_files(
        tmp_path, sorted((DATA / "fhir-phq9-examples/us-core").glob("*.json"))
    )
    rows = {row["instrument_id"]: row for row in converted.rows("responses")}
    assert rows["phq9"]["response_id"] == "phq-9-example"
    assert rows["phq9"]["total_score"] == "12"
    assert converted.answers("phq-9-example") == ["2", "2", "2", "2", "1", "1", "2", "0", "0"]
    assert rows["audit_c"]["total_score"] == "0"
    assert len(rows) == len(converted.rows("responses")) == 2
    assert converted.reasons()["fhir.folded_into_response"] == 11
    assert converted.reasons()["fhir.question_not_scored"] == 1


def test_us_core_observations_alone_give_the_same_response(tmp_path: Path) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    for path in (DATA / "fhir-phq9-examples/us-core").glob("Observation-*.json"):
        shutil.copy(path, folder)
    converted = convert_files(tmp_path, sorted(folder.iterdir()))
    row = converted.one("responses")
    assert (row["response_id"], row["total_score"]) == ("phq-9-example", "12")
    assert _total(converted.answers("phq-9-example")) == 12


@pytest.mark.parametrize("with_form", [True, False])
def test_mii_answers_and_a_total_under_the_panel_code(tmp_path: Path, with_form: bool) -> None:
    files = sorted((DATA / "fhir-phq9-examples/mii-pro").glob("*.json"))
    if not with_form:
        files = [path for path in files if not path.name.startswith("QuestionnaireResponse")]
    converted = convert_files(tmp_path, files)
    row = converted.one("responses")
    assert (row["instrument_id"], row["total_score"]) == ("phq9", "27")
    assert converted.answers(row["response_id"]) == ["3"] * 9 * with_form


def test_lforms_answers_give_the_stated_total(tmp_path: Path) -> None:
    folder = DATA / "fhir-phq9-examples/lforms"
    converted = convert_files(tmp_path, sorted(folder.glob("*.json")))
    totals = {
        row["file_name"]: (row["total_score"], converted.answers(row["response_id"]))
        for row in converted.rows("responses")
    }
    plain = ["1", "2", "3", "1", "2", "3", "0", "1", "2"]
    assert totals["phq9-response.json"] == ("15", plain)
    # The answer codes say 15 too; the weights sent along with two of them would say 17.
    assert totals["phq9-response-with-embedded-scores.json"] == ("15", plain)
    # One question and one answer that nobody knows: two answers are missing.
    assert totals["phq9-response-with-unlinked-answers.json"] == (
        "15",
        ["2", None, "1", "2", "3", "0", "1", "2"],
    )
    assert converted.findings() == {
        "fhir.answer_unknown": 1,
        "fhir.link_id_unknown": 1,
        "fhir.ordinal_value_conflicts": 1,
    }
