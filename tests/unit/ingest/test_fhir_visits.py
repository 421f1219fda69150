"""Sessions, attendances and episodes from FHIR, and whom a reference means."""

import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.unit.ingest.fhir_builders import (
    Resource,
    convert_resources,
    encounter,
    patient,
    practitioner,
    reference,
)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("finished", "attended"),
        ("in-progress", "attended"),
        ("completed", "attended"),
        ("cancelled", "cancelled"),
        ("noshow", "no_show"),
        ("no-show", "no_show"),
        ("postponed", "postponed"),
    ],
)
def test_a_status_says_who_came(tmp_path: Path, status: str, expected: str) -> None:
    converted = convert_resources(tmp_path, patient(), encounter("s", status=status))
    row = converted.one("attendances")
    assert (row["session_id"], row["client_id"], row["status"]) == ("s", "client-1", expected)


def test_planned_is_a_session_only_and_errors_are_none(tmp_path: Path) -> None:
    converted = convert_resources(
        tmp_path,
        patient(),
        encounter("s1", status="planned"),
        encounter("s2", status="entered-in-error"),
    )
    assert converted.one("sessions")["session_id"] == "s1"
    assert converted.rows("attendances") == []
    assert converted.reasons() == {"fhir.entered_in_error": 1}


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ("2024-03-04T11:15:00Z", "75"),
        ("2024-03-04T10:00:00Z", "50"),
        (None, "50"),
        ("2024-03-04T10:00:10Z", "1"),
        ("2024-03-04T12:00:00+01:00", "60"),
        ("2024-03-04T09:00:00Z", "-60"),
    ],
)
def test_duration_is_in_whole_minutes(tmp_path: Path, end: str | None, expected: str) -> None:
    start = "2024-03-04T10:00:00Z"
    period = {"start": start, **({"end": end} if end else {})}
    converted = convert_resources(tmp_path, encounter("s", period=period))
    row = converted.one("sessions")
    assert (row["scheduled_at"], row["duration_minutes"]) == (start, expected)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"class": {"code": "AMB"}}, "in_person"),
        ({"class": {"code": "VR"}}, "video"),
        ({"class": [{"coding": [{"code": "VR"}]}]}, "video"),
        ({"class": {"code": "VR"}, "type": [{"text": "Telephone encounter"}]}, "phone"),
        ({"type": [{"coding": [{"display": "Telehealth visit"}]}]}, "video"),
        ({"serviceType": {"text": "Saxophone lesson"}}, "in_person"),
    ],
)
def test_setting_comes_from_class_type_and_service(
    tmp_path: Path, parts: Resource, expected: str
) -> None:
    assert (
        convert_resources(tmp_path, encounter("s", **parts)).one("sessions")["setting"] == expected
    )


def test_a_date_alone_is_midnight(tmp_path: Path) -> None:
    converted = convert_resources(tmp_path, encounter("s", "2024-03-04"))
    assert converted.one("sessions")["scheduled_at"] == "2024-03-04T00:00:00"


NPI = {"system": "http://hl7.org/fhir/sid/us-npi", "value": "999"}
ROLE = {
    "resourceType": "PractitionerRole",
    "id": "role-1",
    "practitioner": {"identifier": NPI},
    "specialty": [{"text": "Psychotherapy"}],
    "period": {"start": "2020-01-15"},
}


@pytest.mark.parametrize(
    "individual",
    [
        {"reference": "Practitioner/therapist-1"},
        {"reference": "https://ehr.example/fhir/Practitioner/therapist-1/_history/3"},
        {"reference": "Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|999"},
        {"reference": "Practitioner?identifier=http%3A%2F%2Fhl7.org%2Ffhir%2Fsid%2Fus-npi%7C999"},
        {"reference": "Practitioner?identifier=999"},
        {"identifier": NPI},
        {"type": "Practitioner", "identifier": NPI},
        {"reference": "PractitionerRole/role-1"},
    ],
)
def test_every_kind_of_reference_finds_the_therapist(tmp_path: Path, individual: Resource) -> None:
    seen = encounter("s", participant=[{"individual": individual}])
    converted = convert_resources(tmp_path, seen, practitioner(identifier=[NPI]), ROLE)
    assert converted.one("sessions")["therapist_id"] == "therapist-1"
    row = converted.one("therapists")
    assert (row["display_name"], row["discipline"], row["employed_from"]) == (
        "Ada Testperson",
        "Psychotherapy",
        "2020-01-15",
    )


@pytest.mark.parametrize(
    ("individual", "expected"),
    [
        ("Practitioner/nobody", "nobody"),
        ("PractitionerRole/nobody", "PractitionerRole/nobody"),
        ("Practitioner?identifier=x|0", "Practitioner?identifier=x|0"),
    ],
)
def test_a_reference_that_points_nowhere_keeps_its_text(
    tmp_path: Path, individual: str, expected: str
) -> None:
    converted = convert_resources(tmp_path, practitioner(), encounter("s", seen_by=individual))
    assert converted.one("sessions")["therapist_id"] == expected
    assert converted.one("therapists")["therapist_id"] == "therapist-1"


def test_the_primary_performer_is_the_therapist(tmp_path: Path) -> None:
    def taking_part(role: str, who: str) -> Resource:
        return {"type": [{"coding": [{"code": role}]}], "individual": reference(who)}

    seen = encounter(
        "s",
        participant=[
            taking_part("ATND", "Practitioner/b"),
            taking_part("PPRF", "RelatedPerson/c"),
            taking_part("PPRF", "Practitioner/a"),
        ],
    )
    assert convert_resources(tmp_path, seen).one("sessions")["therapist_id"] == "a"


def test_whoever_is_seen_by_nobody_is_seen_by_not_recorded(tmp_path: Path) -> None:
    converted = convert_resources(
        tmp_path,
        patient(),
        encounter("s1", "2024-03-04T10:00:00Z", seen_by=None),
        encounter("s2", "2024-02-04T10:00:00Z", seen_by=None),
    )
    row = converted.one("therapists")
    assert (row["therapist_id"], row["display_name"]) == ("not-recorded", "Not recorded")
    assert (row["employed_from"], row["file_name"], row["line"]) == (
        "2024-02-04",
        "Encounter.ndjson",
        1,
    )


def _derived(folder: Path, *encounters: Resource, **options: Any) -> list[tuple[str | None, ...]]:
    converted = convert_resources(folder, patient(), *encounters, **options)
    names = ("episode_id", "referred_on", "started_on", "ended_on", "end_reason")
    rows = converted.rows("episodes")
    assert converted.conversion.episodes_derived == bool(rows)
    by_session = {row["session_id"]: row["episode_id"] for row in converted.rows("sessions")}
    assert set(by_session.values()) - {None} == {row["episode_id"] for row in rows}
    return sorted(tuple(row[name] for name in names) for row in rows)


def test_a_gap_of_more_than_90_days_ends_a_derived_episode(tmp_path: Path) -> None:
    # 90 days after 1 January is 31 March (2024 is a leap year), one more is 1 April.
    joined = _derived(tmp_path, encounter("a", "2024-01-01T10:00Z"), encounter("b", "2024-03-31"))
    assert joined == [("derived/a", "2024-01-01", "2024-01-01", None, None)]
    parted = _derived(tmp_path, encounter("a", "2024-01-01T10:00Z"), encounter("b", "2024-04-01"))
    assert parted == [
        ("derived/a", "2024-01-01", "2024-01-01", "2024-01-01", "other"),
        ("derived/b", "2024-04-01", "2024-04-01", None, None),
    ]


def test_the_last_derived_episode_ends_when_its_gap_has_passed(tmp_path: Path) -> None:
    seen = encounter("a", "2024-01-01T10:00:00Z")
    day_90 = _derived(tmp_path, seen, exported_on=date(2024, 3, 31))
    day_91 = _derived(tmp_path, seen, exported_on=date(2024, 4, 1))
    assert [row[3:] for row in day_90] == [(None, None)]
    assert [row[3:] for row in day_91] == [("2024-01-01", "other")]


def test_missed_encounters_join_the_course_beside_them(tmp_path: Path) -> None:
    rows = _derived(
        tmp_path,
        encounter("before", "2023-12-20", status="noshow"),
        encounter("a", "2024-01-01"),
        encounter("after", "2024-02-01", status="cancelled"),
        encounter("alone", "2024-09-01", status="cancelled"),
        encounter("planned", "2024-09-20", status="planned"),
    )
    assert rows == [
        ("derived/a", "2023-12-20", "2024-01-01", "2024-01-01", "other"),
        ("derived/alone", "2024-09-01", None, None, None),
    ]


def test_a_day_is_a_local_day(tmp_path: Path) -> None:
    rows = _derived(tmp_path, encounter("a", "2024-01-01T02:00:00Z"), time_zone="America/New_York")
    assert rows == [("derived/a", "2023-12-31", "2023-12-31", None, None)]


def test_death_within_the_gap_is_the_end_reason(tmp_path: Path) -> None:
    converted = convert_resources(
        tmp_path,
        patient(deceasedDateTime="2024-02-01T00:00:00Z"),
        encounter("a", "2024-01-01"),
        exported_on=date(2025, 1, 1),
    )
    assert converted.one("episodes")["end_reason"] == "deceased"


def test_a_derived_episode_has_the_therapist_seen_most(tmp_path: Path) -> None:
    converted = convert_resources(
        tmp_path,
        encounter("a", "2024-01-01", seen_by="Practitioner/c"),
        encounter("b", "2024-01-02", seen_by="Practitioner/b"),
        encounter("c", "2024-01-03", seen_by=None),
        encounter("d", "2024-01-04", seen_by=None),
    )
    assert converted.one("episodes")["therapist_id"] == "b"


def test_episodes_of_care_are_taken_where_there_are_any(tmp_path: Path) -> None:
    care = {
        "resourceType": "EpisodeOfCare",
        "id": "care-1",
        "status": "finished",
        "statusHistory": [
            {"status": "waitlist", "period": {"start": "2024-01-05"}},
            {"status": "active", "period": {"start": "2024-02-01"}},
        ],
        "patient": reference("Patient/client-1"),
        "careManager": reference("Practitioner/manager"),
        "period": {"start": "2024-02-01", "end": "2024-06-30"},
    }
    converted = convert_resources(
        tmp_path,
        patient(),
        care,
        encounter("linked", "2024-08-01", episodeOfCare=[reference("EpisodeOfCare/care-1")]),
        encounter("by-day", "2024-03-01"),
    )
    assert not converted.conversion.episodes_derived
    assert converted.conversion.episode_rule is None
    assert {row["episode_id"] for row in converted.rows("sessions")} == {"care-1"}
    row = converted.one("episodes")
    assert (row["programme_id"], row["therapist_id"]) == ("unassigned", "manager")
    assert (row["referred_on"], row["started_on"]) == ("2024-01-05", "2024-02-01")
    assert (row["ended_on"], row["end_reason"]) == ("2024-06-30", "other")


def test_an_open_episode_of_care_has_no_end(tmp_path: Path) -> None:
    care = {
        "resourceType": "EpisodeOfCare",
        "id": "care-1",
        "status": "active",
        "patient": reference("Patient/client-1"),
        "period": {"start": "2024-02-01"},
    }
    outside = encounter("outside", "2023-01-01")
    converted = convert_resources(tmp_path, care, encounter("s", "2024-03-01"), outside)
    rows = {row["episode_id"]: row for row in converted.rows("episodes")}
    assert rows["care-1"]["ended_on"] is None
    assert rows["care-1"]["started_on"] == "2024-03-01"
    assert set(rows) == {"care-1", "derived/outside"}


def test_threads_and_machine_zone_change_no_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resources = [patient(), practitioner()] + [
        encounter(f"s{number}", f"2024-{number % 12 + 1:02}-03T10:00:00Z") for number in range(40)
    ]
    found = []
    for threads, zone in (("1", "UTC"), ("4", "Asia/Tokyo")):
        monkeypatch.setenv("OUTCOMES_THREADS", threads)
        monkeypatch.setitem(os.environ, "TZ", zone)
        folder = tmp_path / threads
        folder.mkdir()
        found.append(convert_resources(folder, *resources).contents())
    assert found[0] == found[1]
