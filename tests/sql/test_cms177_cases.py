"""CMS177 on the measure's own test patients, with the counts that its authors expect.

The resources become staged rows here, as an export would carry them; which visits are counted and
assessed is the product's own SQL. The measure asks for a diagnosis of the visit, so each visit with
one is a course of its own that ends on its day; a visit without one belongs to a course without a
diagnosis. The few codes of the cases other than ICD-10-CM are translated in this file. An export's
session has one day: of a visit that goes on for days it is the first, and an assessment within it
names it; all other assessments name none. Like the authors' engine, the file reads only visits that
claim a profile of QI-Core; on one case (`85e6225c`, whose visit lies in the year although its
description says before) the count rests on that.
"""

import csv
import gzip
import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.builders import Bench
from tests.measure_decisions import SUICIDE_SCREEN
from tests.table_rows import Row

DATA = Path(__file__).parents[3] / "shared" / "data" / "ecqm-cms177-suicide-risk"
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the shared data sets lie beside a clone, not in it"
)
SUICIDE_RISK_ASSESSMENT = "225337009"
# Not a code of a visit: the case with it is about that.
NO_VISIT = "09214"
ICD10_OF_SNOMED = {
    "10811121000119102": "F32.9",
    "10811161000119107": "F32.9",
    "2618002": "F33.9",
    "832007": "F32.1",
    "79298009": "F32.0",
    # Psychoanalysis, a procedure in the place of a diagnosis.
    "28988002": "Z99.9",
}
WITHOUT_PROFILE = "85e6225c"
PERIOD = date(2025, 1, 1)


def moment_of(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=None)


def code_of(concept: dict[str, Any]) -> str:
    return concept["coding"][0]["code"]


class Case:
    """One patient's resources as staged rows; every id starts with the case's."""

    def __init__(self, case: str, resources: list[dict[str, Any]], *, any_profile: bool) -> None:
        self.case = case
        self.rows: dict[str, list[Row]] = {
            "stg_clients": [], "stg_episodes": [], "stg_sessions": [], "stg_attendances": [],
            "stg_diagnoses": [], "stg_responses": [],
        }  # fmt: skip
        self.long_visits: list[tuple[str, datetime, datetime]] = []
        by_kind: dict[str, list[dict[str, Any]]] = {}
        for resource in resources:
            by_kind.setdefault(resource["resourceType"], []).append(resource)
        (patient,) = by_kind["Patient"]
        birth_date = date.fromisoformat(patient["birthDate"])
        self.rows["stg_clients"].append({"client_id": case, "birth_date": birth_date})
        self.codes = {
            f"Condition/{one['id']}": code_of(one["code"]) for one in by_kind.get("Condition", [])
        }
        for encounter in by_kind.get("Encounter", []):
            is_visit = code_of(encounter["type"][0]) != NO_VISIT
            is_claimed = any_profile or "profile" in encounter.get("meta", {})
            if is_visit and is_claimed and encounter["status"] == "finished":
                self.take_visit(encounter)
        for procedure in by_kind.get("Procedure", []):
            is_assessment = code_of(procedure["code"]) == SUICIDE_RISK_ASSESSMENT
            if is_assessment and procedure["status"] == "completed":
                self.take_assessment(procedure)

    def take_visit(self, encounter: dict[str, Any]) -> None:
        number = len(self.rows["stg_sessions"])
        episode_id, session_id = f"{self.case}-e{number}", f"{self.case}-s{number}"
        start, end = (moment_of(encounter["period"][name]) for name in ("start", "end"))
        if end.date() > start.date():
            self.long_visits.append((session_id, start, end))
        self.rows["stg_episodes"].append(
            {
                "episode_id": episode_id,
                "client_id": self.case,
                "referred_on": start.date(),
                "ended_on": start.date(),
                "end_reason": "completed",
            }
        )
        session = {"session_id": session_id, "episode_id": episode_id, "scheduled_at": start}
        self.rows["stg_sessions"].append(session)
        self.rows["stg_attendances"].append({"session_id": session_id, "client_id": self.case})
        references = [one["condition"]["reference"] for one in encounter.get("diagnosis", [])]
        codes = [code_of(reason) for reason in encounter.get("reasonCode", [])]
        for code in {*codes, *(self.codes[reference] for reference in references)}:
            self.rows["stg_diagnoses"].append(
                {
                    "episode_id": episode_id,
                    "code": ICD10_OF_SNOMED.get(code, code),
                    "recorded_on": start.date(),
                }
            )

    def take_assessment(self, procedure: dict[str, Any]) -> None:
        period = procedure.get("performedPeriod", {})
        moment = moment_of(period.get("start") or procedure["performedDateTime"])
        named = [visit for visit, start, end in self.long_visits if start <= moment <= end]
        self.rows["stg_responses"].append(
            {
                "response_id": f"{self.case}-r{len(self.rows['stg_responses'])}",
                "client_id": self.case,
                "session_id": named[0] if named else None,
                "instrument_id": SUICIDE_SCREEN["instrument_id"],
                "administered_at": moment,
                "respondent": "therapist",
            }
        )


@cache
def expected() -> dict[str, Row]:
    with (DATA / "expected.csv").open(encoding="utf-8", newline="") as file:
        return {row["case"]: row for row in csv.DictReader(file)}


def clinic_of(*, any_profile: bool) -> Bench:
    """All cases as clients of one clinic: every id carries its case's, so none meets another."""
    bench = Bench({"as_of_on": date(2027, 12, 31)})
    tables: dict[str, list[Row]] = {}
    with gzip.open(DATA / "cases.ndjson.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            content = json.loads(line)
            case = Case(content["case"], content["resources"], any_profile=any_profile)
            for table, rows in case.rows.items():
                tables.setdefault(table, []).extend(rows)
    for table, rows in tables.items():
        bench.fill(table, rows)
    return bench


@pytest.fixture(scope="module")
def clinic() -> Iterator[Bench]:
    """The cases as their authors' engine reads them."""
    bench = clinic_of(any_profile=False)
    yield bench
    bench.close()


def counts(bench: Bench) -> dict[str, tuple[int, int]]:
    """Visits of the initial population and of the numerator, by case."""
    found = [
        row
        for row in bench.rows("int_measure_results")
        if row["measure_id"] == "cms177" and row["period_start_on"] == PERIOD
    ]
    visits = Counter(row["client_key"] for row in found)
    met = Counter(row["client_key"] for row in found if row["is_met"])
    return {case: (visits[case], met[case]) for case in expected()}


def published() -> dict[str, tuple[int, int]]:
    return {
        case: (int(row["initial-population"]), int(row["numerator"]))
        for case, row in expected().items()
    }


def test_every_case_is_counted_as_its_authors_expect(clinic: Bench) -> None:
    assert counts(clinic) == published()
    assert all(row["initial-population"] == row["denominator"] for row in expected().values())


def test_the_totals_are_the_published_ones(clinic: Bench) -> None:
    (row,) = (
        row
        for row in clinic.rows("mart_quality_measures")
        if (row["measure_id"], row["level"], row["stratum"]) == ("cms177", "clinic", "all")
        and row["period_start_on"] == PERIOD
    )
    assert len(expected()) == 37
    assert {name: row[name] for name in row if name.startswith("n_")} == {
        "n_clients": 14,
        "n_initial_population": 18,
        "n_denominator": 18,
        "n_exclusions": 0,
        "n_eligible": 18,
        "n_eligible_clients": 14,
        "n_numerator": 12,
        "n_not_yet_due": 0,
    }


def test_only_one_case_rests_on_the_profile() -> None:
    bench = clinic_of(any_profile=True)
    found = counts(bench)
    bench.close()
    different = {case[:8]: found[case] for case in found if found[case] != published()[case]}
    assert different == {WITHOUT_PROFILE: (1, 0)}
