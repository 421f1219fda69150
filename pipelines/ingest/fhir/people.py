"""Patients become clients, practitioners become therapists.

`registered_on` is the first day on which the delivery shows the client in care: the earliest of
their encounters (planned ones apart), episodes (with their referral), questionnaires and
diagnoses that is not before their birth; where there is none, the day on which their record was
last updated, else the last day of the export, else the day of birth. A birth date without its day
is left empty. Whoever is seen by nobody on record is seen by the therapist `not-recorded`.

`employed_from` is the start of the practitioner's earliest role, else the day of their first
encounter, else the first day of the export.
"""

from pipelines.engine import Engine, quoted
from pipelines.ingest.fhir.model import NOT_RECORDED

_US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/"
_GENDER_IDENTITY = (
    "http://hl7.org/fhir/StructureDefinition/patient-genderIdentity",
    "http://hl7.org/fhir/StructureDefinition/individual-genderIdentity",
    f"{_US_CORE}us-core-genderIdentity",
    f"{_US_CORE}us-core-individual-genderIdentity",
)

STATES = {
    "Alabama": "AL", "Alaska": "AK", "American Samoa": "AS", "Arizona": "AZ", "Arkansas": "AR",
    "California": "CA", "Colorado": "CO", "Connecticut": "CT", "Delaware": "DE",
    "District of Columbia": "DC", "Florida": "FL", "Georgia": "GA", "Guam": "GU", "Hawaii": "HI",
    "Idaho": "ID", "Illinois": "IL", "Indiana": "IN", "Iowa": "IA", "Kansas": "KS",
    "Kentucky": "KY", "Louisiana": "LA", "Maine": "ME", "Maryland": "MD", "Massachusetts": "MA",
    "Michigan": "MI", "Minnesota": "MN", "Mississippi": "MS", "Missouri": "MO", "Montana": "MT",
    "Nebraska": "NE", "Nevada": "NV", "New Hampshire": "NH", "New Jersey": "NJ",
    "New Mexico": "NM", "New York": "NY", "North Carolina": "NC", "North Dakota": "ND",
    "Northern Mariana Islands": "MP", "Ohio": "OH", "Oklahoma": "OK", "Oregon": "OR",
    "Pennsylvania": "PA", "Puerto Rico": "PR", "Rhode Island": "RI", "South Carolina": "SC",
    "South Dakota": "SD", "Tennessee": "TN", "Texas": "TX", "Utah": "UT", "Vermont": "VT",
    "Virgin Islands": "VI", "Virginia": "VA", "Washington": "WA", "West Virginia": "WV",
    "Wisconsin": "WI", "Wyoming": "WY",
}  # fmt: skip
"""USPS codes of states and territories by name."""


def _us_core_text(name: str) -> str:
    """The text of a US Core extension of the patient, else the names of its categories."""
    inner = f"[e for e in extension if e.url = '{_US_CORE}{name}'][1].extension"
    return (
        f"coalesce([p.valueString for p in {inner} if p.url = 'text'][1],"
        f" nullif(array_to_string("
        f"[p.valueCoding.display for p in {inner} if p.url = 'ombCategory'], ', '), ''))"
    )


def make_clients(engine: Engine) -> None:
    """Make `out_clients`, after `out_episodes`, `visits` and `out_responses`."""
    engine.execute("create table state_names (state_name varchar, state varchar)")
    engine.execute(
        "insert into state_names values "
        + ", ".join(f"({quoted(name.lower())}, {quoted(code)})" for name, code in STATES.items())
    )
    gender_urls = ", ".join(quoted(url) for url in _GENDER_IDENTITY)
    engine.execute(
        f"""
        create table out_clients as
        with
        days as (
            select client_id, on_day from visits where state is distinct from 'planned'
            union all
            select client_id, try_cast(referred_on as date) from out_episodes
            union all
            select client_id, day_of(administered_at) from out_responses
            union all
            select id_of(subject_key), day_of(recorded_at) from fhir_condition
        ),

        patients as (
            select
                *,
                day_of(birth_date) as born_on,
                coalesce([a.state for a in address if a."use" = 'home'][1], address[1].state)
                    as state_text,
                [e for e in extension if e.url in ({gender_urls})][1] as identity
            from fhir_patient
        ),

        first_days as (
            select d.client_id, min(d.on_day) as first_on
            from days as d
            inner join patients as p on p.id = d.client_id
            where p.born_on is null or d.on_day >= p.born_on
            group by d.client_id
        )

        select
            p.file_no,
            p.line,
            p.id as client_id,
            case when not regexp_full_match(p.birth_date, '[0-9]{{4}}(-[0-9]{{2}})?')
                then p.birth_date
            end as birth_date,
            p.gender as sex,
            coalesce(
                concept_text(p.identity.valueCodeableConcept),
                concept_text(
                    [x.valueCodeableConcept for x in p.identity.extension if x.url = 'value'][1]
                )
            ) as gender_identity,
            nullif(concat_ws('; ',
                {_us_core_text("us-core-race")}, {_us_core_text("us-core-ethnicity")}
            ), '') as ethnicity,
            coalesce(n.state, p.state_text) as state,
            coalesce(
                [c."language".coding[1].code for c in p.communication if c.preferred][1],
                p.communication[1]."language".coding[1].code,
                p.communication[1]."language".text
            ) as language,
            cast(coalesce(
                f.first_on,
                case when day_of(p.last_updated) >= coalesce(p.born_on, day_of(p.last_updated))
                    then day_of(p.last_updated)
                end,
                case when d.last_on >= coalesce(p.born_on, d.last_on) then d.last_on end,
                p.born_on
            ) as varchar) as registered_on
        from patients as p
        cross join export_days as d
        left join first_days as f on f.client_id = p.id
        left join state_names as n on n.state_name = lower(trim(p.state_text))
        """,
        where="out_clients",
    )
    engine.execute(
        """
        insert into findings
        select file_no, line, 'Patient', 'fhir.partial_date'
        from fhir_patient
        where regexp_full_match(birth_date, '[0-9]{4}(-[0-9]{2})?')
        """
    )


def make_therapists(engine: Engine) -> None:
    """Make `out_therapists`; the row `not-recorded` stands on the first line that needs it."""
    engine.execute(
        f"""
        create table out_therapists as
        with
        roles as (
            select
                k.therapist_id,
                min(r.discipline) as discipline,
                min(day_of(r.started_at)) as started_on,
                case when bool_and(r.ended_at is not null) then max(day_of(r.ended_at)) end
                    as ended_on
            from fhir_role as r
            inner join therapist_keys as k on k.key = r.practitioner_key
            group by k.therapist_id
        ),

        first_visits as (
            select therapist_id, min(on_day) as first_on from visits group by therapist_id
        ),

        practitioners as (
            select
                *,
                coalesce([n for n in name if n."use" = 'official'][1], name[1]) as main_name
            from fhir_practitioner
        ),

        unrecorded as (
            select file_no, line, on_day from visits where therapist_id = '{NOT_RECORDED}'
            union all
            select file_no, line, try_cast(referred_on as date)
            from out_episodes
            where therapist_id = '{NOT_RECORDED}'
            union all
            select file_no, line, try_cast(starts_on as date)
            from out_groups
            where lead_therapist_id = '{NOT_RECORDED}'
        ),

        unrecorded_first as (
            select file_no, line
            from unrecorded
            order by file_no, line
            limit 1
        )

        select
            p.file_no,
            p.line,
            p.id as therapist_id,
            coalesce(nullif(trim(coalesce(
                p.main_name.text,
                concat_ws(' ', array_to_string(p.main_name.given, ' '), p.main_name.family)
            )), ''), p.id) as display_name,
            coalesce(r.discipline, p.qualification) as discipline,
            null::varchar as supervisor_id,
            cast(coalesce(r.started_on, v.first_on, d.first_on) as varchar) as employed_from,
            cast(r.ended_on as varchar) as employed_to
        from practitioners as p
        cross join export_days as d
        left join roles as r on r.therapist_id = p.id
        left join first_visits as v on v.therapist_id = p.id
        union all
        select
            f.file_no,
            f.line,
            '{NOT_RECORDED}',
            'Not recorded',
            null,
            null,
            cast(coalesce((select min(on_day) from unrecorded), d.first_on) as varchar),
            null
        from unrecorded_first as f
        cross join export_days as d
        """,
        where="out_therapists",
    )
