"""Completed questionnaires from QuestionnaireResponses and Observations."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.ingest.fhir_builders import (
    PHQ9_ITEMS,
    Resource,
    answered,
    coded,
    convert_resources,
    encounter,
    form,
    observation,
    patient,
    phq9_answers,
    reference,
)

POINTS = (2, 2, 2, 2, 1, 1, 2, 0, 0)
TEXTS = [str(point) for point in POINTS]


def _item_observations(*points: int, prefix: str = "item", **parts: Any) -> list[Resource]:
    codes = ("LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9")
    return [
        observation(f"{prefix}-{item}", code, **coded(codes[point]), **parts)
        for item, (code, point) in enumerate(zip(PHQ9_ITEMS, points, strict=False), 1)
    ]


def _members(*observations: Resource) -> list[Resource]:
    return [reference(f"Observation/{found['id']}") for found in observations]


def test_a_form_gives_its_response_and_answers(tmp_path: Path) -> None:
    converted = convert_resources(
        tmp_path,
        patient(),
        encounter("s", "2024-03-04T10:00:00Z"),
        form(
            "f",
            [*phq9_answers(*POINTS), answered("/44261-6", valueDecimal=12)],
            encounter=reference("Encounter/s"),
        ),
    )
    row = converted.one("responses")
    assert row.pop("file_name") == "QuestionnaireResponse.ndjson"
    assert row == {
        "response_id": "f",
        "client_id": "client-1",
        "episode_id": "derived/s",
        "session_id": "s",
        "instrument_id": "phq9",
        "administered_at": "2024-03-04T10:05:00Z",
        "respondent": "client",
        "total_score": "12",
        "line": 1,
    }
    assert converted.answers("f") == TEXTS


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"valueCoding": {"code": "LA6570-1"}}, "2"),
        ({"valueInteger": 3}, "3"),
        ({"valueDecimal": 1.0}, "1.0"),
        ({"valueQuantity": {"value": 2}}, "2"),
        ({"valueString": "2"}, "2"),
        ({"valueString": "often"}, None),
        ({"valueCoding": {"code": "LA0000-0"}}, None),
        (
            {
                "valueCoding": {
                    "code": "x",
                    "extension": [
                        {
                            "url": "http://hl7.org/fhir/StructureDefinition/ordinalValue",
                            "valueDecimal": 3,
                        }
                    ],
                }
            },
            "3",
        ),
    ],
)
def test_an_answer_is_a_number_or_missing(
    tmp_path: Path, value: Resource, expected: str | None
) -> None:
    converted = convert_resources(tmp_path, form("f", [answered("/44250-9", **value)]))
    assert converted.answers("f") == [expected]
    assert converted.findings().get("fhir.answer_unknown", 0) == (expected is None)


def test_the_catalogue_beats_an_ordinal_value_sent_along(tmp_path: Path) -> None:
    weight = {"url": "http://hl7.org/fhir/StructureDefinition/ordinalValue", "valueDecimal": 2}
    coding = {"code": "LA6569-3", "extension": [weight]}
    converted = convert_resources(tmp_path, form("f", [answered("/44250-9", valueCoding=coding)]))
    assert converted.answers("f") == ["1"]
    assert converted.findings() == {"fhir.ordinal_value_conflicts": 1}


def test_questions_in_groups_and_under_answers_are_found(tmp_path: Path) -> None:
    first, second, third = phq9_answers(1, 2, 3)
    first["answer"][0]["item"] = [second]
    items = [{"linkId": "part", "item": [{"linkId": "page", "item": [first]}]}, third]
    assert convert_resources(tmp_path, form("f", items)).answers("f") == ["1", "2", "3"]


def test_the_questionnaire_in_the_delivery_gives_codes_and_weights(tmp_path: Path) -> None:
    weight = {"url": "http://hl7.org/fhir/StructureDefinition/ordinalValue", "valueDecimal": 3}
    questionnaire = {
        "resourceType": "Questionnaire",
        "id": "q",
        "url": "https://ehr.example/Questionnaire/mood",
        "code": [{"system": "http://loinc.org", "code": "44249-1"}],
        "item": [
            {
                "linkId": "page",
                "item": [
                    {
                        "linkId": "q1",
                        "code": [{"system": "http://loinc.org", "code": "44250-9"}],
                        "answerOption": [
                            {"valueCoding": {"code": "always"}, "extension": [weight]}
                        ],
                    }
                ],
            }
        ],
    }
    given = form(
        "f",
        [answered("q1", valueCoding={"code": "always"})],
        questionnaire="https://ehr.example/Questionnaire/mood|2.1",
    )
    converted = convert_resources(tmp_path, questionnaire, given)
    assert converted.one("responses")["instrument_id"] == "phq9"
    assert converted.answers("f") == ["3"]
    assert converted.reasons() == {"fhir.read_for_another_row": 1}


@pytest.mark.parametrize(
    ("questionnaire", "expected"),
    [
        ("http://example.org/Questionnaire/PHQ-9", "phq9"),
        ("http://example.org/Questionnaire/mii-qst-pro-phq-9", "phq9"),
        ("http://example.org/Questionnaire/phq9m", "phq9m"),
        ("http://example.org/Questionnaire/AUDIT-C|1.0", "audit_c"),
        ("http://loinc.org/q/69737-5", "gad7"),
        ("http://example.org/Questionnaire/intake", None),
        (None, None),
    ],
)
def test_a_form_without_readable_answers_is_known_by_its_name(
    tmp_path: Path, questionnaire: str | None, expected: str | None
) -> None:
    parts: dict[str, Any] = {"questionnaire": questionnaire} if questionnaire else {}
    converted = convert_resources(tmp_path, form("f", [answered("free", valueString="x")], **parts))
    assert [row["instrument_id"] for row in converted.rows("responses")] == [expected] * bool(
        expected
    )
    assert converted.reasons() == ({} if expected else {"fhir.questionnaire_unknown": 1})


def test_one_form_may_hold_two_instruments(tmp_path: Path) -> None:
    items = [*phq9_answers(*POINTS), answered("/70274-6", valueInteger=8)]
    rows = convert_resources(tmp_path, form("f", items)).rows("responses")
    assert {(row["response_id"], row["total_score"]) for row in rows} == {
        ("f/phq9", None),
        ("f/gad7", "8"),
    }


def test_two_items_with_a_phq2_total_are_phq2(tmp_path: Path) -> None:
    items = [*phq9_answers(1, 2), answered("/55758-7", valueInteger=3)]
    converted = convert_resources(tmp_path, form("f", items))
    assert converted.one("responses")["instrument_id"] == "phq2"
    assert converted.answers("f") == ["1", "2"]


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("in-progress", "fhir.questionnaire_not_completed"),
        ("stopped", "fhir.questionnaire_not_completed"),
        ("entered-in-error", "fhir.entered_in_error"),
    ],
)
def test_a_form_that_was_not_completed_gives_no_response(
    tmp_path: Path, status: str, reason: str
) -> None:
    converted = convert_resources(tmp_path, form("f", phq9_answers(*POINTS), status=status))
    assert converted.rows("responses") == []
    assert converted.reasons() == {reason: 1}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"valueQuantity": {"value": 12}}, "12"),
        ({"valueInteger": 12}, "12"),
        ({"valueString": "12"}, "12"),
        ({"valueString": "about 12"}, "about 12"),
        ({"valueQuantity": {"value": 300}}, "300"),
    ],
)
@pytest.mark.parametrize("code", ["44261-6", "44249-1"])
def test_a_total_is_taken_as_it_was_sent(
    tmp_path: Path, code: str, value: Resource, expected: str
) -> None:
    row = convert_resources(tmp_path, observation("o", code, **value)).one("responses")
    assert (row["response_id"], row["instrument_id"]) == ("Observation/o", "phq9")
    assert (row["total_score"], row["client_id"]) == (expected, "client-1")


def test_observations_without_use_say_why(tmp_path: Path) -> None:
    converted = convert_resources(
        tmp_path,
        observation("pain", "72514-3", valueInteger=3),
        observation("difficulty", "69722-7", **coded("LA6573-5")),
        observation("empty", "44261-6"),
        observation("begun", "44261-6", status="registered"),
        observation("wrong", "44261-6", status="entered-in-error", valueInteger=3),
    )
    assert converted.rows("responses") == []
    assert converted.reasons() == {
        "fhir.observation_code_unknown": 1,
        "fhir.question_not_scored": 1,
        "fhir.value_missing": 1,
        "fhir.observation_not_final": 1,
        "fhir.entered_in_error": 1,
    }


def test_a_panel_with_components_gives_items_and_total(tmp_path: Path) -> None:
    def component(code: str, **value: Any) -> Resource:
        return {"code": {"coding": [{"system": "http://loinc.org", "code": code}]}, **value}

    parts = [
        component(PHQ9_ITEMS[0], **coded("LA6571-9")),
        component(PHQ9_ITEMS[1], valueInteger=1),
    ]
    parts += [component("44261-6", valueInteger=4), component("72514-3", valueInteger=9)]
    converted = convert_resources(tmp_path, observation("p", "44249-1", component=parts))
    assert converted.one("responses")["total_score"] == "4"
    assert converted.answers("Observation/p") == ["3", "1"]


def test_members_of_a_panel_are_one_response(tmp_path: Path) -> None:
    # Not at the same instant, so that only the links hold them together.
    items = _item_observations(*POINTS)
    for number, item in enumerate(items):
        item["effectiveDateTime"] = f"2024-03-04T10:0{number}:00Z"
    total = observation("total", "44261-6", valueString="12")
    panel = observation("panel", "44249-1", hasMember=_members(*items, total))
    converted = convert_resources(tmp_path, *items, total, panel)
    row = converted.one("responses")
    assert (row["response_id"], row["total_score"], row["line"]) == ("Observation/panel", "12", 11)
    assert converted.answers("Observation/panel") == TEXTS
    assert converted.reasons() == {"fhir.folded_into_response": 1}


def test_a_total_derived_from_its_items_has_them(tmp_path: Path) -> None:
    items = _item_observations(*POINTS, at=None)
    total = observation("total", "44261-6", valueInteger=12, derivedFrom=_members(*items))
    converted = convert_resources(tmp_path, *items, total)
    assert converted.one("responses")["total_score"] == "12"
    assert converted.answers("Observation/total") == TEXTS


def test_items_alone_are_grouped_by_client_and_instant(tmp_path: Path) -> None:
    later = "2024-03-11T10:05:00Z"
    converted = convert_resources(
        tmp_path,
        *_item_observations(*POINTS),
        *_item_observations(1, 1, prefix="later", at=later),
        *_item_observations(3, prefix="other", client="client-2"),
    )
    assert converted.answers("items/client-1/phq9/2024-03-04T10:05:00Z") == TEXTS
    assert converted.answers(f"items/client-1/phq9/{later}") == ["1", "1"]
    assert len(converted.rows("responses")) == 3


def test_items_belong_to_the_total_of_the_same_instant(tmp_path: Path) -> None:
    total = observation("total", "44261-6", at="2024-03-04T11:05:00+01:00", valueInteger=12)
    converted = convert_resources(tmp_path, *_item_observations(*POINTS), total)
    assert converted.one("responses")["response_id"] == "Observation/total"
    assert converted.answers("Observation/total") == TEXTS


def test_two_totals_of_one_instant_stay_two(tmp_path: Path) -> None:
    totals = [observation(name, "44261-6", valueInteger=12) for name in ("a", "b")]
    rows = convert_resources(tmp_path, *totals).rows("responses")
    assert [row["response_id"] for row in rows] == ["Observation/a", "Observation/b"]


@pytest.mark.parametrize("is_linked", [True, False])
def test_a_form_and_its_observations_are_one_response(tmp_path: Path, is_linked: bool) -> None:
    parts: dict[str, Any] = (
        {"derivedFrom": [reference("QuestionnaireResponse/f")]} if is_linked else {}
    )
    at = "2024-03-04T10:06:00Z" if is_linked else "2024-03-04T10:05:00.000+00:00"
    items = _item_observations(*POINTS, at=at, **parts)
    total = observation("total", "44261-6", at=at, valueInteger=12, **parts)
    converted = convert_resources(tmp_path, *items, total, form("f", phq9_answers(*POINTS)))
    row = converted.one("responses")
    assert (row["response_id"], row["total_score"]) == ("f", "12")
    assert converted.answers("f") == TEXTS
    assert converted.reasons() == {"fhir.folded_into_response": 10}


def test_observations_of_a_form_that_is_not_there_carry_its_id(tmp_path: Path) -> None:
    source: dict[str, Any] = {"derivedFrom": [reference("QuestionnaireResponse/gone")]}
    items = _item_observations(*POINTS, **source)
    total = observation("total", "44261-6", valueInteger=12, **source)
    converted = convert_resources(tmp_path, *items, total)
    assert converted.one("responses")["response_id"] == "gone"
    assert converted.answers("gone") == TEXTS


def test_observations_that_name_each_other_do_not_loop(tmp_path: Path) -> None:
    first = observation("a", "44261-6", valueInteger=1, hasMember=[reference("Observation/b")])
    second = observation("b", "44249-1", valueInteger=2, hasMember=[reference("Observation/a")])
    row = convert_resources(tmp_path, first, second).one("responses")
    assert (row["response_id"], row["total_score"]) == ("Observation/b", "2")


def test_ids_that_point_nowhere_are_kept(tmp_path: Path) -> None:
    given = form("f", phq9_answers(*POINTS), client="nobody", encounter=reference("Encounter/none"))
    row = convert_resources(tmp_path, given).one("responses")
    assert (row["client_id"], row["session_id"], row["episode_id"]) == ("nobody", "none", None)
