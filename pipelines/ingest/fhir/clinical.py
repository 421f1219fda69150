"""Conditions become diagnoses; Groups that meet become therapy groups with their members.

A diagnosis needs an ICD-10-CM code and an episode: that of its encounter, of the EpisodeOfCare that
lists it, else the client's last one that began by then. It is primary when an encounter or episode
ranks it first (or calls it the chief complaint), else secondary.

Most Groups are lists of people that an export was asked for. One is a therapy group when an
encounter has it as its subject or a practitioner manages it. FHIR has no capacity and no
enrolment: the first is taken from `quantity`, else the number of members; the second is `open`.
"""

from pipelines.engine import Engine
from pipelines.ingest.fhir.model import NOT_RECORDED, PROGRAMME
from pipelines.ingest.fhir.reading import exclude_where
from pipelines.ingest.fhir.structures import CONDITION, GROUP


def make_diagnoses(engine: Engine) -> None:
    """Make `out_diagnoses`, after `out_episodes` and `visit_episodes`."""
    exclude_where(engine, CONDITION, "status = 'entered-in-error'", "fhir.entered_in_error")
    exclude_where(engine, CONDITION, "status = 'refuted'", "fhir.condition_refuted")
    exclude_where(engine, CONDITION, "icd10cm_code is null", "fhir.condition_code_not_icd10cm")
    engine.execute(
        """
        create table out_diagnoses as
        with
        uses as (
            select unnest(diagnosis_uses) as u, null::varchar as episode_id from fhir_encounter
            union all
            select unnest(diagnosis_uses), id from fhir_episode
        ),

        condition_uses as (
            select
                id_of(u.condition_key) as condition_id,
                bool_or(u.is_primary) as is_primary,
                min(episode_id) as episode_id
            from uses
            group by id_of(u.condition_key)
        ),

        conditions as (
            select
                c.*,
                coalesce(day_of(c.recorded_at), v.on_day, day_of(c.onset_at)) as recorded_on,
                coalesce(e.episode_id, u.episode_id) as known_episode_id,
                coalesce(u.is_primary, false) as is_primary
            from fhir_condition as c
            left join visits as v on v.session_id = id_of(c.encounter_key)
            left join visit_episodes as e on e.session_id = v.session_id
            left join condition_uses as u on u.condition_id = c.id
        ),

        episodes_by_then as (
            select c.id, e.episode_id
            from conditions as c
            inner join out_episodes as e on
                e.client_id = id_of(c.subject_key)
                and try_cast(e.referred_on as date) <= c.recorded_on
            where c.known_episode_id is null
            qualify row_number() over (
                partition by c.id order by e.referred_on desc, e.episode_id
            ) = 1
        )

        select
            c.file_no,
            c.line,
            coalesce(c.known_episode_id, e.episode_id) as episode_id,
            c.icd10cm_code as code,
            case when c.is_primary then 'primary' else 'secondary' end as role,
            cast(c.recorded_on as varchar) as recorded_on
        from conditions as c
        left join episodes_by_then as e on e.id = c.id
        where coalesce(c.known_episode_id, e.episode_id) is not null
        """,
        where="out_diagnoses",
    )
    exclude_where(
        engine,
        CONDITION,
        "(file_no, line) not in (select (file_no, line) from out_diagnoses)",
        "fhir.condition_outside_episodes",
    )


def make_groups(engine: Engine) -> None:
    """Make `out_groups` and `out_memberships`, after `out_episodes`."""
    exclude_where(
        engine,
        GROUP,
        "not coalesce(is_of_people, false) or not ("
        " coalesce(starts_with(practitioner_key, 'Practitioner'), false)"
        " or id in (select group_id from visits where group_id is not null))",
        "fhir.group_not_a_therapy_group",
    )
    engine.execute(
        """
        create table group_members as
        select
            file_no,
            line,
            id as group_id,
            id_of(member.client_key) as client_id,
            day_of(member.joined_at) as joined_on,
            day_of(member.left_at) as left_on
        from (select file_no, line, id, unnest(members) as member from fhir_group) as g
        where starts_with(member.client_key, 'Patient')
        """
    )
    engine.execute(
        f"""
        create table out_groups as
        with
        first_days as (
            select group_id, min(on_day) as first_on
            from (
                select group_id, on_day from visits where group_id is not null
                union all
                select group_id, joined_on from group_members
            ) as days
            group by group_id
        ),

        main_therapists as (
            select group_id, therapist_id
            from visits
            where group_id is not null
            group by group_id, therapist_id
            qualify row_number() over (
                partition by group_id
                order by therapist_id = '{NOT_RECORDED}', count(*) desc, therapist_id
            ) = 1
        ),

        n_members as (
            select group_id, count(distinct client_id) as n from group_members group by group_id
        )

        select
            g.file_no,
            g.line,
            g.id as group_id,
            '{PROGRAMME}' as programme_id,
            coalesce(g.name, g.id) as name,
            coalesce(k.therapist_id, m.therapist_id, '{NOT_RECORDED}') as lead_therapist_id,
            null::varchar as co_therapist_id,
            coalesce(g.quantity, cast(n.n as varchar)) as capacity,
            'open' as enrolment,
            cast(coalesce(f.first_on, d.first_on) as varchar) as starts_on,
            null::varchar as ends_on
        from fhir_group as g
        cross join export_days as d
        left join first_days as f on f.group_id = g.id
        left join therapist_keys as k on k.key = g.practitioner_key
        left join main_therapists as m on m.group_id = g.id
        left join n_members as n on n.group_id = g.id
        """,
        where="out_groups",
    )
    engine.execute(
        """
        create table out_memberships as
        with
        members as (
            select
                m.*,
                coalesce(m.joined_on, try_cast(g.starts_on as date)) as since_on
            from group_members as m
            inner join out_groups as g on g.group_id = m.group_id
        ),

        episodes as (
            select m.group_id, m.client_id, m.since_on, e.episode_id
            from members as m
            inner join out_episodes as e on e.client_id = m.client_id
            qualify row_number() over (
                partition by m.group_id, m.client_id, m.since_on
                order by
                    try_cast(e.referred_on as date) > m.since_on,
                    abs(try_cast(e.referred_on as date) - m.since_on),
                    e.episode_id
            ) = 1
        )

        select
            m.file_no,
            m.line,
            m.group_id,
            m.client_id,
            e.episode_id,
            cast(m.since_on as varchar) as joined_on,
            cast(m.left_on as varchar) as left_on,
            null::varchar as leave_reason
        from members as m
        left join episodes as e on
            e.group_id = m.group_id
            and e.client_id = m.client_id
            and e.since_on is not distinct from m.since_on
        """,
        where="out_memberships",
    )
