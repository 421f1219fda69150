"""CMS159 on the measure's own test patients, with the counts that its authors expect.

The resources become staged rows here, as an export would carry them; who is counted, left out or
in remission is the product's own SQL. A FHIR source maps what is in an export's range only (its
diagnoses are ICD-10-CM), so the few SNOMED codes of the cases are translated in this file. Hospice
and palliative care comes to an export as a diagnosis, so orders, procedures, assessments and stays
with a status that counts become one, over their own days.
"""

import csv
import gzip
import json
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.builders import Bench
from tests.table_rows import Row

DATA = Path(__file__).parents[3] / "shared" / "data" / "ecqm-cms159-depression-remission"
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the shared data sets lie beside a clone, not in it"
)
PHQ9_TOTAL = "44261-6"
OFFICE_VISITS = {"90791"}
CARE_CODES = {
    "170935008", "170936009", "183452005", "305284002", "305336008", "385763009", "395669003",
    "45755-6", "71007-9", "G0182",
}  # fmt: skip
ICD10_OF_SNOMED = {
    "191611001": "F33.1",
    "15193003": "F33.2",
    "268621008": "F33.9",
    "1153575004": "F34.1",
    "191765005": "F60.3",
    "111482003": "F20.9",
    "231536004": "F84.0",
    "10981006": "F31.9",
    "170935008": "Z51.5",
}
DELIVERED = {
    "Encounter": {"finished"},
    "Observation": {"final", "amended", "corrected"},
    "Procedure": {"completed"},
    "ServiceRequest": {"active", "completed"},
}
TABLES = (
    "stg_clients", "stg_episodes", "stg_sessions", "stg_attendances", "stg_diagnoses",
    "stg_responses",
)  # fmt: skip


def day_of(moment: str) -> date:
    return datetime.fromisoformat(moment).date()


def code_of(concept: dict[str, Any]) -> str:
    return concept["coding"][0]["code"]


class Case:
    """One patient's resources as staged rows; every id starts with the case's."""

    def __init__(self, case: str, resources: list[dict[str, Any]]) -> None:
        self.case = case
        self.rows: dict[str, list[Row]] = {table: [] for table in TABLES}
        self.open_episode = self.add_episode(None, None)
        for resource in resources:
            kind = resource["resourceType"]
            if kind in DELIVERED and (
                resource["status"] not in DELIVERED[kind] or resource.get("doNotPerform")
            ):
                continue
            take = getattr(self, f"take_{kind.lower()}", None)
            if take is not None:
                take(resource)

    def add_episode(self, ended_on: date | None, end_reason: str | None) -> str:
        number = len(self.rows["stg_episodes"])
        episode_id = f"{self.case}-e{number}"
        self.rows["stg_episodes"].append(
            {
                "episode_id": episode_id,
                "client_id": self.case,
                "referred_on": date(2012, 1, 1),
                "ended_on": ended_on,
                "end_reason": end_reason,
            }
        )
        return episode_id

    def add_diagnosis(self, episode_id: str, code: str, recorded_on: date) -> None:
        self.rows["stg_diagnoses"].append(
            {"episode_id": episode_id, "code": code, "recorded_on": recorded_on}
        )

    def add_care(self, start: str, end: str) -> None:
        episode_id = self.add_episode(day_of(end), "other")
        self.add_diagnosis(episode_id, "Z51.5", day_of(start))

    def take_patient(self, resource: dict[str, Any]) -> None:
        self.rows["stg_clients"].append(
            {"client_id": self.case, "birth_date": day_of(resource["birthDate"])}
        )
        if "deceasedDateTime" in resource:
            self.add_episode(day_of(resource["deceasedDateTime"]), "deceased")

    def take_encounter(self, resource: dict[str, Any]) -> None:
        code, period = code_of(resource["type"][0]), resource["period"]
        if code in CARE_CODES:
            discharged = "hospitalization" in resource
            self.add_care(period["end"] if discharged else period["start"], period["end"])
        if code in OFFICE_VISITS:
            session_id = f"{self.case}-s{len(self.rows['stg_sessions'])}"
            self.rows["stg_sessions"].append(
                {
                    "session_id": session_id,
                    "episode_id": self.open_episode,
                    "scheduled_on": day_of(period["end"]),
                }
            )
            self.rows["stg_attendances"].append({"session_id": session_id, "client_id": self.case})

    def take_condition(self, resource: dict[str, Any]) -> None:
        verified = resource.get("verificationStatus")
        if verified is None or code_of(verified) != "confirmed":
            return
        code = code_of(resource["code"])
        self.add_diagnosis(
            self.open_episode, ICD10_OF_SNOMED.get(code, code), day_of(resource["onsetDateTime"])
        )

    def take_observation(self, resource: dict[str, Any]) -> None:
        code, moment = code_of(resource["code"]), resource["effectiveDateTime"]
        if code in CARE_CODES:
            self.add_care(moment, moment)
        elif code == PHQ9_TOTAL:
            self.rows["stg_responses"].append(
                {
                    "response_id": f"{self.case}-r{len(self.rows['stg_responses'])}",
                    "client_id": self.case,
                    "episode_id": self.open_episode,
                    "administered_at": datetime.fromisoformat(moment).replace(tzinfo=None),
                    "total_score": resource["valueInteger"],
                }
            )

    def take_procedure(self, resource: dict[str, Any]) -> None:
        if code_of(resource["code"]) in CARE_CODES:
            period = resource.get("performedPeriod", {})
            start = period.get("start") or resource["performedDateTime"]
            self.add_care(start, period.get("end") or start)

    def take_servicerequest(self, resource: dict[str, Any]) -> None:
        if code_of(resource["code"]) in CARE_CODES:
            self.add_care(resource["authoredOn"], resource["authoredOn"])


@cache
def expected() -> dict[str, Row]:
    with (DATA / "expected.csv").open(encoding="utf-8", newline="") as file:
        return {row["case"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def clinic() -> Iterator[Bench]:
    """All cases as clients of one clinic: every id carries its case's, so none meets another."""
    bench = Bench({"as_of_on": date(2026, 12, 31)})
    tables: dict[str, list[Row]] = {table: [] for table in TABLES}
    with gzip.open(DATA / "cases.ndjson.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            content = json.loads(line)
            for table, rows in Case(content["case"], content["resources"]).rows.items():
                tables[table] += rows
    for table, rows in tables.items():
        bench.fill(table, rows)
    yield bench
    bench.close()


def results(clinic: Bench) -> dict[str, Row]:
    return {
        row["client_key"]: row
        for row in clinic.rows("int_measure_results")
        if row["measure_id"] == "cms159" and row["period_start_on"] == date(2025, 1, 1)
    }


def test_every_case_is_counted_as_its_authors_expect(clinic: Bench) -> None:
    found = results(clinic)
    counts = {
        case: (
            int(case in found),
            int(case in found and found[case]["exclusion_reason"] is not None),
            int(case in found and found[case]["is_met"]),
        )
        for case in expected()
    }
    assert counts == {
        case: (
            int(row["initial-population"]),
            int(row["denominator-exclusion"]),
            int(row["numerator"]),
        )
        for case, row in expected().items()
    }


def test_the_totals_are_the_published_ones(clinic: Bench) -> None:
    (row,) = (
        row
        for row in clinic.rows("mart_quality_measures")
        if (row["measure_id"], row["level"], row["stratum"]) == ("cms159", "clinic", "all")
        and row["period_start_on"] == date(2025, 1, 1)
    )
    assert len(expected()) == 61
    assert {name: row[name] for name in row if name.startswith("n_")} == {
        "n_clients": 54,
        "n_initial_population": 54,
        "n_denominator": 54,
        "n_exclusions": 25,
        "n_eligible": 29,
        "n_eligible_clients": 29,
        "n_numerator": 10,
        "n_not_yet_due": 0,
    }
    reasons = [
        row
        for row in clinic.rows("mart_measure_exclusions")
        if (row["measure_id"], row["level"]) == ("cms159", "clinic")
        and row["period_start_on"] == date(2025, 1, 1)
    ]
    assert sum(row["n_exclusions"] for row in reasons) == 25
    assert {row["n_denominator"] for row in reasons} == {54}


@pytest.mark.parametrize(
    ("case", "stratum"),
    [
        ("8467758b", 12),  # turned 12 the day before the index
        ("d04323b4", 17),  # would turn 18 a year later
        ("3900270d", 17),
    ],
)
def test_the_age_is_that_at_the_index(clinic: Bench, case: str, stratum: int) -> None:
    (row,) = (row for key, row in results(clinic).items() if key.startswith(case))
    assert row["age_years"] == stratum
