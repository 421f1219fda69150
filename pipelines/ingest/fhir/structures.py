"""Which parts of each resource type are read, and the table that holds them.

One `json_transform` per line reads all of them in a single parse; what has another shape than
FHIR says becomes null and is judged by the contract. Every table has `file_no`, `line` and `id`.
"""

import json
from dataclasses import dataclass

Shape = dict[str, "Shape | str | list[Shape] | list[str]"]

_CODING: Shape = {"system": "VARCHAR", "code": "VARCHAR", "display": "VARCHAR"}
_CONCEPT: Shape = {"coding": [_CODING], "text": "VARCHAR"}
_IDENTIFIER: Shape = {"system": "VARCHAR", "value": "VARCHAR"}
_REFERENCE: Shape = {"reference": "VARCHAR", "type": "VARCHAR", "identifier": _IDENTIFIER}
_PERIOD: Shape = {"start": "VARCHAR", "end": "VARCHAR"}
_WEIGHTED_CODING: Shape = {
    "system": "VARCHAR",
    "code": "VARCHAR",
    "extension": [{"url": "VARCHAR", "valueDecimal": "VARCHAR", "valueInteger": "VARCHAR"}],
}
VALUE: Shape = {
    "valueQuantity": {"value": "VARCHAR"},
    "valueInteger": "VARCHAR",
    "valueDecimal": "VARCHAR",
    "valueString": "VARCHAR",
    "valueBoolean": "VARCHAR",
    "valueCoding": _WEIGHTED_CODING,
    "valueCodeableConcept": {"coding": [_WEIGHTED_CODING]},
}
RESPONSE_ITEMS = json.dumps(
    [{"linkId": "VARCHAR", "answer": [{**VALUE, "item": "JSON"}], "item": "JSON"}]
)
QUESTIONNAIRE_ITEMS = json.dumps(
    [
        {
            "linkId": "VARCHAR",
            "code": [_CODING],
            "answerOption": [
                {
                    "valueCoding": _WEIGHTED_CODING,
                    "extension": _WEIGHTED_CODING["extension"],
                }
            ],
            "item": "JSON",
        }
    ]
)
_DIAGNOSES: Shape = {"condition": _REFERENCE, "use": _CONCEPT, "rank": "INTEGER"}

_VALUE_COLUMNS = "struct_pack({})".format(
    ", ".join(f'"{name}" := r."{name}"' for name in VALUE),
)


@dataclass(frozen=True)
class ResourceTable:
    """A table `name` of one resource type: the parts read and the columns made of them."""

    resource_type: str
    name: str
    parts: Shape
    columns: str
    references: tuple[str, ...] = ()

    def select(self, source: str, *, file_no: int, unnamed: str) -> str:
        """SELECT over `source` (line, json): all lines, with what type and JSON they are.

        `unnamed` is the prefix of the id of a resource that has none.
        """
        shape = json.dumps(
            {
                "resourceType": "VARCHAR",
                "id": "VARCHAR",
                "meta": {"lastUpdated": "VARCHAR"},
                **self.parts,
            }
        )
        return f"""
            select
                {file_no}::integer as file_no,
                line,
                json is not null as is_json,
                r.resourceType as resource_type,
                coalesce(r.id, '{unnamed}' || line) as id,
                r.meta.lastUpdated as last_updated,
                {self.columns}
            from (
                select
                    line,
                    json,
                    json_transform(json, '{shape}') as r
                from ({source}) as lines
            ) as parsed
        """


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
        "item": "JSON",
    },
    """regexp_replace(r.questionnaire, '[|].*$', '') as questionnaire,
        r.status as status,
        reference_key(r.subject, 'Patient') as subject_key,
        reference_key(r.encounter, 'Encounter') as encounter_key,
        r.authored as authored_at,
        r.item as item""",
    ("subject_key", "encounter_key"),
)
OBSERVATION = ResourceTable(
    "Observation",
    "fhir_observation",
    {
        "status": "VARCHAR",
        "code": _CONCEPT,
        "subject": _REFERENCE,
        "encounter": _REFERENCE,
        "effectiveDateTime": "VARCHAR",
        "effectiveInstant": "VARCHAR",
        "effectivePeriod": _PERIOD,
        "issued": "VARCHAR",
        **VALUE,
        "component": [{"code": _CONCEPT, **VALUE}],
        "hasMember": [_REFERENCE],
        "derivedFrom": [_REFERENCE],
    },
    f"""r.status as status,
        loinc_codes(r.code.coding) as codes,
        reference_key(r.subject, 'Patient') as subject_key,
        reference_key(r.encounter, 'Encounter') as encounter_key,
        coalesce(
            r.effectiveDateTime, r.effectiveInstant, r.effectivePeriod.start, r.issued
        ) as effective_at,
        {_VALUE_COLUMNS} as value,
        r.component as component,
        list_concat(
            [reference_key(m, 'Observation') for m in r.hasMember],
            [reference_key(m, 'Observation') for m in r.derivedFrom]
        ) as linked_keys""",
    ("subject_key", "encounter_key"),
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

MACROS = (
    "create macro concept_text(c) as coalesce(c.text, c.coding[1].display)",
    "create macro concept_words(cs) as array_to_string([concept_text(c) for c in cs], ' ')",
    """create macro loinc_codes(codings) as
        [c.code for c in codings
            if c.code is not null and coalesce(c.system, 'http://loinc.org') = 'http://loinc.org']
    """,
    # A type and an id, whatever the base address and version; the query of a conditional or
    # logical reference; a `urn:` or `#` text as it is.
    """create macro reference_key(r, type_expected) as case
        when r.reference is null then
            coalesce(r.type, type_expected) || '?identifier='
            || coalesce(r.identifier.system || '|', '') || r.identifier.value
        when contains(r.reference, '?identifier=') then
            regexp_extract(url_decode(r.reference), '[A-Za-z]+[?]identifier=.*$')
        when starts_with(r.reference, 'urn:') or starts_with(r.reference, '#') then r.reference
        else coalesce(
            nullif(regexp_extract(
                r.reference, '([A-Za-z]+/[^/?#|]+)([|].*|/_history/[^/]+)?$', 1
            ), ''),
            r.reference
        )
    end""",
    # With and without the system: a conditional reference may leave it out.
    """create macro identifier_keys(resource_type, identifiers) as flatten([
        [
            resource_type || '?identifier=' || i.value,
            resource_type || '?identifier=' || coalesce(i.system || '|', '') || i.value,
        ] for i in identifiers if i.value is not null
    ])""",
    # The primary performer, else the attender, else the first clinician named.
    """create macro main_practitioner(participants) as coalesce(
        [p.key for p in participants
            if starts_with(p.key, 'Practitioner') and list_contains(p.role, 'PPRF')][1],
        [p.key for p in participants
            if starts_with(p.key, 'Practitioner') and list_contains(p.role, 'ATND')][1],
        [p.key for p in participants if starts_with(p.key, 'Practitioner')][1],
        [p.key for p in participants if starts_with(p.key, 'urn:')][1]
    )""",
    """create macro diagnosis_uses(diagnoses) as [{
        'condition_key': reference_key(d.condition, 'Condition'),
        'is_primary': coalesce(d.rank = 1, d.use.coding[1].code = 'CC', false),
    } for d in diagnoses]""",
    # An unresolved conditional, urn: or contained reference stays whole, as an id that points
    # nowhere, for the contract to name.
    """create macro id_of(key) as case
        when key is null then null
        when regexp_matches(key, '^[A-Za-z]+/[^/]+$') then split_part(key, '/', 2)
        else key
    end""",
    """create macro instant_of(t) as try_cast(t as timestamptz)""",
    """create macro day_of(t) as case
        when regexp_full_match(t, '[0-9]{4}-[0-9]{2}-[0-9]{2}') then try_cast(t as date)
        else cast(try_cast(t as timestamptz) as date)
    end""",
    # A FHIR dateTime may be a date alone; the export wants a time, and midnight keeps the day.
    """create macro at_text(t) as case
        when regexp_full_match(t, '[0-9]{4}-[0-9]{2}-[0-9]{2}') then t || 'T00:00:00'
        else t
    end""",
)
"""Macros in the order in which they build on each other."""
