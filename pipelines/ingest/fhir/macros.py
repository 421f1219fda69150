"""SQL macros for the shapes that FHIR repeats: concepts, references, times, answers."""

from pipelines.engine import quoted

_ORDINAL_URLS = (
    "http://hl7.org/fhir/StructureDefinition/ordinalValue",
    "http://hl7.org/fhir/StructureDefinition/itemWeight",
    "http://hl7.org/fhir/StructureDefinition/iso21090-CO-value",
)
_ORDINAL_URL_LIST = ", ".join(quoted(url) for url in _ORDINAL_URLS)

MACROS = (
    "create macro concept_text(c) as coalesce(c.text, c.coding[1].display)",
    "create macro concept_words(cs) as array_to_string([concept_text(c) for c in cs], ' ')",
    # Most have one coding, for which no list has to be filtered.
    """create macro loinc_codes(codings) as case
        when len(codings) = 1 and codings[1].system = 'http://loinc.org'
            and codings[1].code is not null
        then [codings[1].code]
        else [c.code for c in codings
            if c.code is not null and coalesce(c.system, 'http://loinc.org') = 'http://loinc.org']
    end""",
    # A type and an id, whatever the base address and version; the query of a conditional or
    # logical reference; a `urn:` or `#` text as it is. Nearly all are a type and an id already.
    """create macro reference_key(r, type_expected) as case
        when regexp_matches(r.reference, '^[A-Za-z]+/[A-Za-z0-9._-]+$') then r.reference
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
    """create macro observation_keys(rs) as
        [reference_key(r, 'Observation') for r in rs]""",
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
    # Nearly all are a patient's, which needs no regular expression. An unresolved conditional,
    # urn: or contained reference stays whole, as an id that points nowhere, for the contract to
    # name.
    r"""create macro id_of(key) as case
        when key like 'Patient/_%' and key not like '%/%/%' then substr(key, 9)
        else regexp_replace(key, '^[A-Za-z]+/([^/]+)$', '\1')
    end""",
    """create macro instant_of(t) as try_cast(t as timestamptz)""",
    """create macro day_of(t) as case
        when length(t) <> 10 then cast(try_cast(t as timestamptz) as date)
        when regexp_full_match(t, '[0-9]{4}-[0-9]{2}-[0-9]{2}') then try_cast(t as date)
        else cast(try_cast(t as timestamptz) as date)
    end""",
    # A FHIR dateTime may be a date alone; the export wants a time, and midnight keeps the day.
    """create macro at_text(t) as case
        when length(t) <> 10 then t
        when regexp_full_match(t, '[0-9]{4}-[0-9]{2}-[0-9]{2}') then t || 'T00:00:00'
        else t
    end""",
    f"""create macro ordinal_of(extensions) as case when len(extensions) > 0 then [
        coalesce(x.valueDecimal, x.valueInteger) for x in extensions
        if x.url in ({_ORDINAL_URL_LIST})
    ][1] end""",
    """create macro answer_code(v) as coalesce(
        v.valueCoding.code,
        case when v.valueCodeableConcept is not null then coalesce(
            loinc_codes(v.valueCodeableConcept.coding)[1], v.valueCodeableConcept.coding[1].code
        ) end
    )""",
    """create macro answer_ordinal(v) as coalesce(
        ordinal_of(v.valueCoding."extension"),
        case when v.valueCodeableConcept is not null then [
            ordinal_of(c."extension") for c in v.valueCodeableConcept.coding
            if ordinal_of(c."extension") is not null
        ][1] end
    )""",
    """create macro answer_number(v) as coalesce(
        v.valueInteger,
        v.valueDecimal,
        v.valueQuantity."value",
        v.valueString,
        case v.valueBoolean when 'true' then '1' when 'false' then '0' end
    )""",
    # A question of a form may have further ones below it, or below one of its answers.
    """create macro has_questions(q) as
        q.item is not null or len([a for a in q.answer if a.item is not null]) > 0""",
    # Cheaper to tell, and true of some others too.
    """create macro may_have_questions(q) as
        q.item is not null or q.answer[1].item is not null or len(q.answer) > 1""",
    # Most questions stand in no other, and only where two compete does their order count.
    """create macro path_of(parents, place) as
        list_append(coalesce(parents, []::integer[]), place)""",
    # A text that is no number is no answer, but a total that is none is passed on to be named.
    """create macro number_or_null(t) as
        case when regexp_full_match(t, '-?[0-9]+([.][0-9]+)?') then t end""",
)
"""Macros in the order in which they build on each other."""
