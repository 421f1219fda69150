"""Clients, diagnoses and groups from FHIR."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.ingest.fhir_builders import (
    Resource,
    convert_resources,
    encounter,
    patient,
    reference,
)


def test_a_patient_becomes_a_client(tmp_path: Path) -> None:
    us_core = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
    category = {"url": "ombCategory", "valueCoding": {"display": "Asian"}}
    converted = convert_resources(
        tmp_path,
        patient(
            gender="female",
            address=[{"use": "work", "state": "TX"}, {"use": "home", "state": "Massachusetts"}],
            communication=[
                {"language": {"coding": [{"code": "en"}]}},
                {"language": {"coding": [{"code": "es"}]}, "preferred": True},
            ],
            extension=[
                {"url": us_core + "race", "extension": [category]},
                {
                    "url": us_core + "ethnicity",
                    "extension": [{"url": "text", "valueString": "Not Hispanic"}],
                },
                {
                    "url": "http://hl7.org/fhir/StructureDefinition/individual-genderIdentity",
                    "extension": [{"url": "value", "valueCodeableConcept": {"text": "Female"}}],
                },
            ],
        ),
        encounter("planned", "2025-01-01", status="planned"),
        encounter("s", "2024-03-04"),
    )
    row = converted.one("clients")
    assert row.pop("file_name") == "Patient.ndjson"
    assert row == {
        "client_id": "client-1",
        "birth_date": "1980-02-29",
        "sex": "female",
        "gender_identity": "Female",
        "ethnicity": "Asian; Not Hispanic",
        "state": "MA",
        "language": "es",
        "registered_on": "2024-03-04",
        "line": 1,
    }


@pytest.mark.parametrize(
    ("parts", "encounters", "expected"),
    [
        ({"meta": {"lastUpdated": "2024-05-01T00:00:00Z"}}, [], "2024-05-01"),
        ({}, [encounter("other", "2024-06-01", client="client-2")], "2024-06-01"),
        ({}, [encounter("unborn", "1979-01-01"), encounter("s", "1990-01-01")], "1990-01-01"),
        ({}, [], "1980-02-29"),
    ],
)
def test_registration_is_the_first_day_in_care(
    tmp_path: Path, parts: Resource, encounters: list[Resource], expected: str
) -> None:
    row = convert_resources(tmp_path, patient(**parts), *encounters).one("clients")
    assert row["registered_on"] == expected
    assert row["birth_date"] <= row["registered_on"]


@pytest.mark.parametrize(
    ("birth_date", "expected", "n_findings"),
    [("1980", None, 1), ("1980-02", None, 1), ("29.02.1980", "29.02.1980", 0)],
)
def test_a_partial_birth_date_is_not_recorded(
    tmp_path: Path, birth_date: str, expected: str | None, n_findings: int
) -> None:
    converted = convert_resources(tmp_path, patient(birthDate=birth_date))
    assert converted.one("clients")["birth_date"] == expected
    assert converted.findings().get("fhir.partial_date", 0) == n_findings


def _condition(condition_id: str, code: str | None = "F33.1", **parts: Any) -> Resource:
    coding = [{"system": "http://snomed.info/sct", "code": "370143000"}]
    if code:
        coding.append({"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": code})
    return {
        "resourceType": "Condition",
        "id": condition_id,
        "code": {"coding": coding},
        "subject": reference("Patient/client-1"),
        **parts,
    }


def test_conditions_become_diagnoses_of_episodes(tmp_path: Path) -> None:
    ranked = [
        {"condition": reference("Condition/c1"), "rank": 1},
        {"condition": reference("Condition/c2"), "rank": 2},
    ]
    converted = convert_resources(
        tmp_path,
        patient(),
        encounter("s", "2024-03-04", diagnosis=ranked),
        _condition("c1", encounter=reference("Encounter/s"), recordedDate="2024-03-05"),
        _condition("c2", "F41.1", encounter=reference("Encounter/s")),
        _condition("c3", "F10.10", recordedDate="2024-04-01"),
        _condition("c4", None, recordedDate="2024-04-01"),
        _condition("c5", recordedDate="2024-01-01"),
        _condition("c6", verificationStatus={"coding": [{"code": "refuted"}]}),
        _condition("c7", verificationStatus={"coding": [{"code": "entered-in-error"}]}),
    )
    names = ("episode_id", "code", "role", "recorded_on", "line")
    assert [tuple(row[name] for name in names) for row in converted.rows("diagnoses")] == [
        ("derived/s", "F33.1", "primary", "2024-03-05", 1),
        ("derived/s", "F41.1", "secondary", "2024-03-04", 2),
        ("derived/s", "F10.10", "secondary", "2024-04-01", 3),
    ]
    assert converted.reasons() == {
        "fhir.condition_code_not_icd10cm": 1,
        "fhir.condition_outside_episodes": 1,
        "fhir.condition_refuted": 1,
        "fhir.entered_in_error": 1,
    }


def test_a_group_that_meets_is_a_therapy_group(tmp_path: Path) -> None:
    member = {"entity": reference("Patient/client-1"), "period": {"start": "2024-03-01"}}
    meeting = encounter("g1", "2024-03-05T18:00:00Z", client=None)
    converted = convert_resources(
        tmp_path,
        patient(),
        {"resourceType": "Group", "id": "cohort", "type": "person", "actual": True},
        {
            "resourceType": "Group",
            "id": "skills",
            "type": "person",
            "actual": True,
            "name": "Skills",
            "quantity": 8,
            "member": [member],
        },
        encounter("s", "2024-02-20"),
        {**meeting, "subject": reference("Group/skills")},
    )
    row = converted.one("groups")
    assert (row["group_id"], row["name"], row["capacity"]) == ("skills", "Skills", "8")
    assert (row["lead_therapist_id"], row["starts_on"]) == ("therapist-1", "2024-03-01")
    joined = converted.one("memberships")
    assert (joined["group_id"], joined["client_id"]) == ("skills", "client-1")
    assert (joined["episode_id"], joined["joined_on"]) == ("derived/s", "2024-03-01")
    sessions = {row["session_id"]: row for row in converted.rows("sessions")}
    assert (sessions["g1"]["group_id"], sessions["g1"]["episode_id"]) == ("skills", None)
    assert [row["session_id"] for row in converted.rows("attendances")] == ["s"]
    assert converted.reasons() == {"fhir.group_not_a_therapy_group": 1}


def test_goals_and_care_teams_are_out_of_scope_and_say_why(tmp_path: Path) -> None:
    converted = convert_resources(
        tmp_path, {"resourceType": "Goal", "id": "g"}, {"resourceType": "CareTeam", "id": "c"}
    )
    assert converted.reasons() == {
        "fhir.goal_without_rating_scale": 1,
        "fhir.care_team_not_used": 1,
    }
