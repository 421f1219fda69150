"""Which parts of each resource type are read, and the table that holds them.

DuckDB's reader takes them out of a line in a single parse, by their declared types; what has
another shape than FHIR says becomes null and is judged by the contract. Every table has `file_no`,
`line` and `id`.
"""

import json
from dataclasses import dataclass

from pipelines.engine import identifier, quoted

Shape = dict[str, "Shape | str | list[Shape] | list[str]"]

_CODING: Shape = {"system": "VARCHAR", "code": "VARCHAR", "display": "VARCHAR"}
_CONCEPT: Shape = {"coding": [_CODING], "text": "VARCHAR"}
_IDENTIFIER: Shape = {"system": "VARCHAR", "value": "VARCHAR"}
_REFERENCE: Shape = {"reference": "VARCHAR", "type": "VARCHAR", "identifier": _IDENTIFIER}
_PERIOD: Shape = {"start": "VARCHAR", "end": "VARCHAR"}
_ANY_RESOURCE: Shape = {
    "resourceType": "VARCHAR",
    "id": "VARCHAR",
    "meta": {"lastUpdated": "VARCHAR"},
}
_CODES: Shape = {"coding": [{"system": "VARCHAR", "code": "VARCHAR"}]}
_EXTENSIONS: Shape = {
    "extension": [{"url": "VARCHAR", "valueDecimal": "VARCHAR", "valueInteger": "VARCHAR"}]
}
_ANSWER_CODING: Shape = {"code": "VARCHAR", **_EXTENSIONS}
_VALUE: Shape = {
    "valueQuantity": {"value": "VARCHAR"},
    "valueInteger": "VARCHAR",
    "valueDecimal": "VARCHAR",
    "valueString": "VARCHAR",
    "valueBoolean": "VARCHAR",
    "valueCoding": _ANSWER_CODING,
    "valueCodeableConcept": {"coding": [{"system": "VARCHAR", **_ANSWER_CODING}]},
}
_RESPONSE_ITEMS: list[Shape] = [
    {"linkId": "VARCHAR", "answer": [{**_VALUE, "item": "JSON"}], "item": "JSON"}
]
RESPONSE_ITEMS = json.dumps(_RESPONSE_ITEMS)
QUESTIONNAIRE_ITEMS = json.dumps(
    [
        {
            "linkId": "VARCHAR",
            "code": [_CODING],
            "answerOption": [{"valueCoding": _ANSWER_CODING, **_EXTENSIONS}],
            "item": "JSON",
        }
    ]
)
_DIAGNOSES: Shape = {"condition": _REFERENCE, "use": _CONCEPT, "rank": "INTEGER"}


@dataclass(frozen=True)
class ResourceTable:
    """A table `name` of one resource type: the parts read and the columns made of them.

    `is_other` marks a line of another type; `shared` is found once, and columns are made of it.
    """

    resource_type: str
    name: str
    parts: Shape
    columns: str
    references: tuple[str, ...] = ()
    shared: str = ""

    @property
    def shape(self) -> Shape:
        """All parts that are read of a resource of this type."""
        return {**_ANY_RESOURCE, **self.parts}

    @property
    def types(self) -> str:
        """The shape as the `columns` of DuckDB's reader."""
        columns = (f"{quoted(name)}: {quoted(_type(part))}" for name, part in self.shape.items())
        return "{" + ", ".join(columns) + "}"

    def select(self, rows: str, *, file_no: int) -> str:
        """SELECT over a FROM item with `line` and the shape's parts as columns: all its rows."""
        return f"""
            select
                {file_no}::integer as file_no,
                r.line,
                r.resourceType is distinct from {quoted(self.resource_type)} as is_other,
                r.id,
                r.meta.lastUpdated as last_updated,
                {self.columns}
            from (select {self.shared or "null"} as shared, r.* from {rows} as r) as r
        """

    def select_json(self, lines: str, *, file_no: int) -> str:
        """The same over `lines`, a select of line and json."""
        shape = quoted(json.dumps(self.shape))
        return self.select(
            f"(select line, unnest(json_transform(json, {shape})) from ({lines}) as lines)",
            file_no=file_no,
        )


def _type(part: Shape | str | list[Shape] | list[str]) -> str:
    """A part's shape as a type."""
    if isinstance(part, str):
        return part
    if isinstance(part, list):
        return f"{_type(part[0])}[]"
    return f"STRUCT({', '.join(f'{identifier(name)} {_type(of)}' for name, of in part.items())})"


PATIENT = ResourceTable(
    "Patient",
    "fhir_patient",
    {
        "identifier": [_IDENTIFIER],
        "birthDate": "VARCHAR",
        "gender": "VARCHAR",
        "deceasedDateTime": "VARCHAR",
        "extension": [
            {
                "url": "VARCHAR",
                "valueCodeableConcept": _CONCEPT,
                "extension": [
                    {
                        "url": "VARCHAR",
                        "valueString": "VARCHAR",
                        "valueCoding": _CODING,
                        "valueCodeableConcept": _CONCEPT,
                    }
                ],
            }
        ],
        "address": [{"use": "VARCHAR", "state": "VARCHAR", "period": _PERIOD}],
        "communication": [{"language": _CONCEPT, "preferred": "BOOLEAN"}],
    },
    """identifier_keys('Patient', r.identifier) as identifier_keys,
        r.birthDate as birth_date,
        r.gender as gender,
        r.deceasedDateTime as deceased_at,
        r.extension as extension,
        r.address as address,
        r.communication as communication""",
)
PRACTITIONER = ResourceTable(
    "Practitioner",
    "fhir_practitioner",
    {
        "identifier": [_IDENTIFIER],
        "name": [{"use": "VARCHAR", "text": "VARCHAR", "family": "VARCHAR", "given": ["VARCHAR"]}],
        "qualification": [{"code": _CONCEPT}],
    },
    """identifier_keys('Practitioner', r.identifier) as identifier_keys,
        r.name as name,
        concept_text(r.qualification[1].code) as qualification""",
)
PRACTITIONER_ROLE = ResourceTable(
    "PractitionerRole",
    "fhir_role",
    {
        "identifier": [_IDENTIFIER],
        "practitioner": _REFERENCE,
        "specialty": [_CONCEPT],
        "code": [_CONCEPT],
        "period": _PERIOD,
    },
    """identifier_keys('PractitionerRole', r.identifier) as identifier_keys,
        reference_key(r.practitioner, 'Practitioner') as practitioner_key,
        coalesce(concept_text(r.specialty[1]), concept_text(r.code[1])) as discipline,
        r.period.start as started_at,
        r.period.end as ended_at""",
    ("practitioner_key",),
)
ENCOUNTER = ResourceTable(
    "Encounter",
    "fhir_encounter",
    {
        "identifier": [_IDENTIFIER],
        "status": "VARCHAR",
        "class": "JSON",
        "type": [_CONCEPT],
        "serviceType": _CONCEPT,
        "subject": _REFERENCE,
        "period": _PERIOD,
        "participant": [{"type": [_CONCEPT], "individual": _REFERENCE, "actor": _REFERENCE}],
        "diagnosis": [_DIAGNOSES],
        "episodeOfCare": [_REFERENCE],
    },
    """identifier_keys('Encounter', r.identifier) as identifier_keys,
        r.status as status,
        coalesce(r.class ->> '$.code', r.class ->> '$[0].coding[0].code') as class_code,
        lower(concat_ws(' ',
            r.class ->> '$.display',
            concept_words(r.type),
            concept_text(r.serviceType)
        )) as words,
        reference_key(r.subject, 'Patient') as subject_key,
        r.period.start as started_at,
        r.period.end as ended_at,
        main_practitioner([{
            'role': list_transform(p.type, lambda t: t.coding[1].code),
            'key': coalesce(
                reference_key(p.individual, 'Practitioner'), reference_key(p.actor, 'Practitioner')
            ),
        } for p in r.participant]) as practitioner_key,
        diagnosis_uses(r.diagnosis) as diagnosis_uses,
        reference_key(r.episodeOfCare[1], 'EpisodeOfCare') as episode_key""",
    ("subject_key", "practitioner_key", "episode_key"),
)
EPISODE_OF_CARE = ResourceTable(
    "EpisodeOfCare",
    "fhir_episode",
    {
        "identifier": [_IDENTIFIER],
        "status": "VARCHAR",
        "statusHistory": [{"status": "VARCHAR", "period": _PERIOD}],
        "patient": _REFERENCE,
        "period": _PERIOD,
        "careManager": _REFERENCE,
        "diagnosis": [{"condition": _REFERENCE, "rank": "INTEGER"}],
    },
    """identifier_keys('EpisodeOfCare', r.identifier) as identifier_keys,
        r.status as status,
        r.statusHistory as status_history,
        reference_key(r.patient, 'Patient') as subject_key,
        r.period.start as started_at,
        r.period.end as ended_at,
        reference_key(r.careManager, 'Practitioner') as practitioner_key,
        [{
            'condition_key': reference_key(d.condition, 'Condition'),
            'is_primary': coalesce(d.rank = 1, false),
        } for d in r.diagnosis] as diagnosis_uses""",
    ("subject_key", "practitioner_key"),
)
CONDITION = ResourceTable(
    "Condition",
    "fhir_condition",
    {
        "verificationStatus": _CONCEPT,
        "code": _CONCEPT,
        "subject": _REFERENCE,
        "encounter": _REFERENCE,
        "onsetDateTime": "VARCHAR",
        "recordedDate": "VARCHAR",
    },
    """coalesce(r.verificationStatus.coding[1].code, r.verificationStatus.text) as status,
        [c.code for c in r.code.coding if c.system in (
            'http://hl7.org/fhir/sid/icd-10-cm', 'urn:oid:2.16.840.1.113883.6.90'
        )][1] as icd10cm_code,
        reference_key(r.subject, 'Patient') as subject_key,
        reference_key(r.encounter, 'Encounter') as encounter_key,
        r.onsetDateTime as onset_at,
        r.recordedDate as recorded_at""",
    ("subject_key", "encounter_key"),
)
GROUP = ResourceTable(
    "Group",
    "fhir_group",
    {
        "type": "VARCHAR",
        "actual": "VARCHAR",
        "name": "VARCHAR",
        "quantity": "VARCHAR",
        "managingEntity": _REFERENCE,
        "member": [{"entity": _REFERENCE, "period": _PERIOD}],
    },
    """r.type = 'person' and r.actual is distinct from 'false' as is_of_people,
        r.name as name,
        r.quantity as quantity,
        reference_key(r.managingEntity, 'Practitioner') as practitioner_key,
        [{
            'client_key': reference_key(m.entity, 'Patient'),
            'joined_at': m.period.start,
            'left_at': m.period.end,
        } for m in r.member] as members""",
    ("practitioner_key",),
)
QUESTIONNAIRE = ResourceTable(
    "Questionnaire",
    "fhir_questionnaire",
    {"url": "VARCHAR", "code": [_CODING], "item": "JSON"},
    "r.url as url, loinc_codes(r.code) as codes, r.item as item",
)
QUESTIONNAIRE_RESPONSE = ResourceTable(
    "QuestionnaireResponse",
    "fhir_response",
    {
        "questionnaire": "VARCHAR",
        "status": "VARCHAR",
        "subject": _REFERENCE,
        "encounter": _REFERENCE,
        "authored": "VARCHAR",
        "item": _RESPONSE_ITEMS,
    },
    """regexp_replace(r.questionnaire, '[|].*$', '') as questionnaire,
        r.status as status,
        reference_key(r.subject, 'Patient') as subject_key,
        reference_key(r.encounter, 'Encounter') as encounter_key,
        r.authored as authored_at,
        r.item as items""",
    ("subject_key", "encounter_key"),
)
# Far more lines than of any other type, so that what is found in a later pass would cost more.
OBSERVATION = ResourceTable(
    "Observation",
    "fhir_observation",
    {
        "status": "VARCHAR",
        "code": _CODES,
        "subject": _REFERENCE,
        "encounter": _REFERENCE,
        "effectiveDateTime": "VARCHAR",
        "effectiveInstant": "VARCHAR",
        "effectivePeriod": {"start": "VARCHAR"},
        "issued": "VARCHAR",
        **_VALUE,
        "component": [{"code": _CODES, **_VALUE}],
        "hasMember": [_REFERENCE],
        "derivedFrom": [_REFERENCE],
    },
    """r.shared.instrument_id as instrument_id,
        r.shared.item as item,
        r.shared.kind as kind,
        reference_key(r.subject, 'Patient') as subject_key,
        reference_key(r.encounter, 'Encounter') as encounter_key,
        coalesce(
            r.effectiveDateTime, r.effectiveInstant, r.effectivePeriod.start, r.issued
        ) as effective_at,
        instant_of(effective_at) as at_instant,
        answer_number(r) as answer_number,
        answer_code(r) as answer_code,
        answer_ordinal(r) as answer_ordinal,
        r.component as component,
        case when r.hasMember is not null or r.derivedFrom is not null then list_concat(
            observation_keys(r.hasMember), observation_keys(r.derivedFrom)
        ) end as linked_keys,
        case
            when r.status = 'entered-in-error' then 'fhir.entered_in_error'
            when r.status in ('cancelled', 'registered') then 'fhir.observation_not_final'
            when r.shared.kind is null then 'fhir.observation_code_unknown'
            when r.shared.kind = 'unscored' then 'fhir.question_not_scored'
            when r.shared.kind <> 'item' and answer_number is null
                and coalesce(len(r.component), 0) = 0 and coalesce(len(linked_keys), 0) = 0
            then 'fhir.value_missing'
        end as reason""",
    ("subject_key", "encounter_key"),
    "meaning_of(r.code.coding)",
)

RESOURCE_TABLES: dict[str, ResourceTable] = {
    table.resource_type: table
    for table in (
        PATIENT,
        PRACTITIONER,
        PRACTITIONER_ROLE,
        ENCOUNTER,
        EPISODE_OF_CARE,
        CONDITION,
        GROUP,
        QUESTIONNAIRE,
        QUESTIONNAIRE_RESPONSE,
        OBSERVATION,
    )
}
