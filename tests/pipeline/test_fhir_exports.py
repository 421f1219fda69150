"""FHIR bulk exports, landed and run as a person would: those of others, and a tiny one made here."""

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines.home import Home
from tests.pipeline.conftest import MadeOnce
from tests.pipeline.homes import SHARED_DATA, open_to_others, query, records, succeed_here, words_of

SMART10 = SHARED_DATA / "fhir-bulk-smart10"
PYSYNTHEA = SHARED_DATA / "fhir-bulk-pysynthea"
LOINC = "http://loinc.org"
TOTALS = {"70274-6": "gad7", "44261-6": "phq9"}
NO_QUESTIONNAIRE = "no questionnaire of the last twelve months was delivered"
DERIVED_COURSES = "delivers no courses of treatment. They are derived from its sessions"
ON_STEPS = "The total is one that the form can give; another one counts as it was delivered"
# Read off the export by eye: of whole points, and of those that nine answers cannot add up to.
HAND_CHECKED = (
    ("phq9", "3a6f5dc5-d5a5-486d-bc13-81d5015cf48c", "27"),
    ("phq9", "c5e616dd-c8f1-4bfc-afb7-73c48b71d731", "7"),
    ("phq9", "340bfff6-424e-4006-ba87-16e63c8abfb2", "19.0589"),
    ("phq9", "8c7226a4-2cc6-45ed-8828-0e737d3a3116", "15.3182"),
    ("gad7", "f05d9e36-d1a5-43a6-8131-e5e578169f3b", "11"),
    ("gad7", "0c51e4a9-7343-479a-b0e3-6b13b3312d2a", "0"),
)
FATES = ("n_accepted", "n_superseded", "n_withdrawn", "n_quarantined")


def lines_of(path: Path) -> Iterator[dict[str, Any]]:
    content = path.read_bytes()
    text = gzip.decompress(content) if path.suffix == ".gz" else content
    yield from (json.loads(line) for line in text.splitlines())


def land_and_run(export: Path, root: Path, *, delivered_on: str) -> Home:
    succeed_here("land", "--home", root, export, "--delivered-on", delivered_on)
    succeed_here("run", "--home", root)
    return Home(root)


@pytest.fixture(scope="module")
def smart10(made_once: MadeOnce) -> Home:
    if not SMART10.is_dir():
        pytest.skip(f"the export of others is not beside this clone: {SMART10}")
    return Home(
        made_once("smart10", lambda root: _land_whole(SMART10, root, delivered_on="2023-03-31"))
    )


@pytest.fixture(scope="module")
def pysynthea(made_once: MadeOnce) -> Home:
    if not PYSYNTHEA.is_dir():
        pytest.skip(f"the export of others is not beside this clone: {PYSYNTHEA}")
    return Home(
        made_once("pysynthea", lambda root: _land_whole(PYSYNTHEA, root, delivered_on="2024-12-31"))
    )


def _land_whole(export: Path, root: Path, *, delivered_on: str) -> None:
    land_and_run(export, root, delivered_on=delivered_on)


def page_of(home: Home, month: str) -> str:
    return words_of(home.reports / month / "v1" / "director" / "index.html")


def assert_every_line_is_accounted_for(home: Home, export: Path, *, left_out: set[str]) -> None:
    """Each line of each file is a row in use or in quarantine, or its file was not taken."""
    per_file: dict[str, Counter[str]] = {}
    for row in records(home, "mart_deliveries"):
        assert sum(row[fate] for fate in FATES) == row["n_delivered"], row
        per_file.setdefault(row["file_name"], Counter())[row["table_name"]] = row["n_delivered"]
    files = {path.name for path in export.iterdir() if ".ndjson" in path.name}
    assert set(per_file) == files - left_out
    for name, tables in per_file.items():
        n_lines = sum(1 for _ in lines_of(export / name))
        if name.startswith("Encounter"):
            # A visit is a session and who came; courses are derived from all of them.
            assert tables["sessions"] + tables["Encounter"] == n_lines
            assert tables["attendances"] == tables["sessions"]
        else:
            # Answers are parts of a line that is counted as a response.
            assert sum(tables.values()) - tables["response_items"] == n_lines, name


def scores(home: Home) -> dict[tuple[str, str], Decimal | None]:
    """Scores by instrument and the source's identifier of the response."""
    identifiers = dict(
        query(home.vault_catalogue, "select response_key, response_id from stg_responses")
    )
    return {
        (row["instrument_id"], identifiers[row["response_key"]]): row["score_points"]
        for row in records(home, "int_response_scores")
        if row["scale"] == "total"
    }


def test_an_export_without_questionnaires_gives_a_report_of_activity_alone_that_says_so(
    smart10: Home,
) -> None:
    page = page_of(smart10, "2023-03")
    assert NO_QUESTIONNAIRE in page
    assert DERIVED_COURSES in page
    attended = [
        row["n_attended"]
        for row in records(smart10, "mart_activity")
        if row["level"] == "clinic" and row["period_kind"] == "month"
    ]
    assert sum(attended) == sum(1 for _ in lines_of(SMART10 / "Encounter.000.ndjson.gz"))
    assert records(smart10, "mart_outcomes") == []
    assert records(smart10, "int_response_scores") == []


def test_every_landed_line_of_an_export_with_conditional_references_is_accounted_for(
    smart10: Home,
) -> None:
    assert_every_line_is_accounted_for(
        smart10, SMART10, left_out={"DocumentReference.000.ndjson.gz", "log.ndjson.gz"}
    )
    (therapists,) = query(
        smart10.vault_catalogue,
        "select count(*), count(therapist_id) filter (where therapist_id in"
        " (select therapist_id from stg_therapists)) from stg_sessions",
    )
    assert therapists[0] == therapists[1], "`Practitioner?identifier=` finds its practitioner"


def test_every_landed_line_of_an_export_with_observations_is_accounted_for(
    pysynthea: Home,
) -> None:
    assert_every_line_is_accounted_for(pysynthea, PYSYNTHEA, left_out=set())


def test_every_phq9_and_gad7_total_of_the_source_is_the_score(pysynthea: Home) -> None:
    meant: dict[tuple[str, str], Decimal | None] = {}
    for observation in lines_of(PYSYNTHEA / "Observation.ndjson.gz"):
        for coding in observation["code"]["coding"]:
            instrument = TOTALS.get(coding["code"]) if coding["system"] == LOINC else None
            if instrument is not None:
                key = (instrument, f"Observation/{observation['id']}")
                points = Decimal(str(observation["valueQuantity"]["value"]))
                meant[key] = points.quantize(Decimal("0.0001"))
    found = {key: points for key, points in scores(pysynthea).items() if key[0] in TOTALS.values()}
    assert Counter(instrument for instrument, _ in meant) == {"gad7": 179, "phq9": 11}
    assert found == meant


@pytest.mark.parametrize(("instrument_id", "identifier", "points"), HAND_CHECKED)
def test_a_hand_checked_sample_of_scores_is_that_of_the_source(
    pysynthea: Home, instrument_id: str, identifier: str, points: str
) -> None:
    assert scores(pysynthea)[instrument_id, f"Observation/{identifier}"] == Decimal(points)


def test_totals_that_the_form_cannot_give_are_counted_and_said(pysynthea: Home) -> None:
    odd = [
        observation
        for observation in lines_of(PYSYNTHEA / "Observation.ndjson.gz")
        if any(coding["code"] in TOTALS for coding in observation["code"]["coding"])
        and not float(observation["valueQuantity"]["value"]).is_integer()
    ]
    assert len(odd) == 3
    warned = query(
        pysynthea.vault_catalogue,
        "select sum(n_rows) from stg_warning_counts"
        " where rule_id = 'responses.total_score.on_steps'",
    )
    assert warned[0][0] >= len(odd)
    assert ON_STEPS in page_of(pysynthea, "2024-12")


def test_an_export_with_questionnaires_does_not_say_that_there_are_none(pysynthea: Home) -> None:
    page = page_of(pysynthea, "2024-12")
    assert NO_QUESTIONNAIRE not in page
    assert DERIVED_COURSES in page


# ---------------------------------------------------------------------- a tiny export of our own

PHQ9_ITEMS = ("44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5")
PHQ9_LAST_ITEMS = ("44253-3", "44260-8")
ANSWERS = ("LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9")
DAYS = ("2024-03-04", "2024-03-11", "2024-03-18")


def patient(identifier: str) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": identifier, "birthDate": "1990-01-01"}


def visit(identifier: str, day: str, who: str, therapist: str | None) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "resourceType": "Encounter",
        "id": identifier,
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": {"reference": f"Patient/{who}"},
        "period": {"start": f"{day}T10:00:00Z", "end": f"{day}T10:50:00Z"},
    }
    if therapist is not None:
        resource["participant"] = [{"individual": {"reference": therapist}}]
    return resource


def total(identifier: str, day: str, code: str, points: float) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": identifier,
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "subject": {"reference": "Patient/ann"},
        "effectiveDateTime": f"{day}T10:00:00Z",
        "valueQuantity": {"value": points},
    }


def answered_form(identifier: str, day: str, answers: tuple[int, ...]) -> dict[str, Any]:
    codes = (*PHQ9_ITEMS, *PHQ9_LAST_ITEMS)
    return {
        "resourceType": "QuestionnaireResponse",
        "id": identifier,
        "status": "completed",
        "questionnaire": "http://loinc.org/q/44249-1",
        "subject": {"reference": "Patient/ann"},
        "authored": f"{day}T10:00:00Z",
        "item": [
            {
                "linkId": f"/{code}",
                "answer": [{"valueCoding": {"system": LOINC, "code": ANSWERS[points]}}],
            }
            for code, points in zip(codes, answers, strict=True)
        ],
    }


TINY: dict[str, list[dict[str, Any]]] = {
    "Patient": [patient("ann"), patient("bob")],
    "Practitioner": [
        {
            "resourceType": "Practitioner",
            "id": "dr-one",
            "identifier": [{"system": "urn:made-up", "value": "1"}],
            "name": [{"family": "Made-up One"}],
        }
    ],
    "Encounter": [
        visit("v1", DAYS[0], "ann", "Practitioner/dr-one"),
        visit("v2", DAYS[1], "ann", "Practitioner?identifier=urn:made-up|1"),
        visit("v3", DAYS[2], "ann", None),
        visit("v4", DAYS[0], "bob", "Practitioner/nobody"),
        visit("v5", DAYS[0], "nobody", "Practitioner/dr-one"),
    ],
    "QuestionnaireResponse": [
        answered_form("form1", DAYS[0], (3, 2, 3, 2, 1, 2, 3, 1, 0)),
        answered_form("form2", DAYS[2], (1, 0, 1, 1, 0, 1, 1, 0, 0)),
    ],
    "Observation": [
        total("gad-first", DAYS[0], "70274-6", 15),
        total("gad-last", DAYS[2], "70274-6", 4),
        total("weight", DAYS[0], "29463-7", 70),
    ],
}


@pytest.fixture(scope="module")
def tiny(made_once: MadeOnce) -> Home:
    return Home(made_once("tiny-fhir", _make_tiny) / "home")


def _make_tiny(root: Path) -> None:
    export = root / "export"
    export.mkdir()
    for kind, resources in TINY.items():
        text = "".join(json.dumps(resource) + "\n" for resource in resources)
        if kind == "Patient":
            (export / f"{kind}.ndjson.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
        else:
            (export / f"{kind}.ndjson").write_text(text, encoding="utf-8")
    land_and_run(export, root / "home", delivered_on="2024-08-01")


def test_answers_and_totals_of_an_export_become_scores(tiny: Home) -> None:
    found = scores(tiny)
    assert {key: points for key, points in found.items() if points is not None} == {
        ("phq9", "form1"): Decimal(17),
        ("phq9", "form2"): Decimal(5),
        ("gad7", "Observation/gad-first"): Decimal(15),
        ("gad7", "Observation/gad-last"): Decimal(4),
    }


def test_a_visit_without_a_therapist_counts_and_one_whose_people_are_nowhere_is_an_orphan(
    tiny: Home,
) -> None:
    attended = Counter(row["therapist_id"] for row in records(tiny, "int_attendances"))
    assert attended == {"dr-one": 2, "not-recorded": 1}
    orphans = query(
        tiny.vault_catalogue,
        "select line, list_sort(reasons) from quarantine where table_name = 'episodes' order by 1",
    )
    assert orphans == [
        (4, ["episodes.therapist_id.reference"]),
        (5, ["episodes.client_id.reference"]),
    ]


def test_every_line_of_the_tiny_export_is_accounted_for(tiny: Home) -> None:
    assert_every_line_is_accounted_for(tiny, tiny.root.parent / "export", left_out=set())


def test_everything_that_was_made_of_an_export_is_for_its_owner_alone(tiny: Home) -> None:
    assert open_to_others(tiny) == []


def test_courses_derived_from_visits_are_ended_by_the_gap_and_paired(tiny: Home) -> None:
    (course,) = [
        row for row in records(tiny, "mart_episode_outcomes") if row["instrument_id"] == "phq9"
    ]
    assert (course["first_score"], course["last_score"]) == (Decimal(17), Decimal(5))
    assert course["n_attended"] == 3
    assert course["is_paired"]
    assert course["reliable_change"] == "improved"
    assert DERIVED_COURSES in page_of(tiny, "2024-07")
