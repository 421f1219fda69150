"""Encounters become sessions and attendances.

`finished` and the statuses of a visit under way mean attended, `cancelled` and `noshow` what they
say; a planned one is a session that nobody has attended yet. A status that FHIR does not know is
passed on as it is, for the contract to name. An encounter whose subject is a Group is a group
session. Its setting is a phone call when its class, type or service says so, video for the
class VR (virtual), else in person. A start that equals its end (a source that keeps one time only)
has the default length; an end before its start is passed on and turned away.
"""

from pipelines.engine import Engine
from pipelines.ingest.fhir.model import NOT_RECORDED, FhirOptions
from pipelines.ingest.fhir.reading import exclude_where
from pipelines.ingest.fhir.structures import ENCOUNTER


def make_visits(engine: Engine, options: FhirOptions) -> None:
    """Make `visits`, one row per encounter in use, and `out_attendances`.

    Shape:  file_no, line, session_id, client_id, group_id, linked_episode_id, therapist_id, state
            (`attended`, `planned`, ...), scheduled_at, at_instant, on_day, duration_minutes,
            setting.
    """
    exclude_where(engine, ENCOUNTER, "status = 'entered-in-error'", "fhir.entered_in_error")
    engine.execute(
        f"""
        create table visits as
        with
        encounters as (
            select
                *,
                lower(replace(status, '-', '')) as plain_status,
                starts_with(subject_key, 'Group/') as is_of_group,
                date_diff('second', instant_of(started_at), instant_of(ended_at)) as n_seconds
            from fhir_encounter
        )

        select
            e.file_no,
            e.line,
            e.id as session_id,
            case when not e.is_of_group then id_of(e.subject_key) end as client_id,
            case when e.is_of_group then id_of(e.subject_key) end as group_id,
            id_of(e.episode_key) as linked_episode_id,
            coalesce(t.therapist_id, '{NOT_RECORDED}') as therapist_id,
            case
                when e.plain_status in (
                    'finished', 'completed', 'discharged', 'arrived', 'triaged', 'inprogress',
                    'onleave', 'onhold', 'discontinued'
                ) then 'attended'
                when e.plain_status = 'noshow' then 'no_show'
                when e.plain_status in (
                    'planned', 'booked', 'pending', 'proposed', 'waitlist', 'unknown'
                ) then 'planned'
                else e.status
            end as state,
            at_text(e.started_at) as scheduled_at,
            instant_of(e.started_at) as at_instant,
            day_of(e.started_at) as on_day,
            case
                when e.n_seconds is null or e.n_seconds = 0 then {options.default_duration_minutes}
                when e.n_seconds > 0 then greatest(1, (e.n_seconds + 30) // 60)
                else least(-1, e.n_seconds // 60)
            end as duration_minutes,
            case
                when regexp_matches(e.words, '(^|[^a-z])(tele)?phone') then 'phone'
                when e.class_code = 'VR'
                    or regexp_matches(e.words, 'video|virtual|tele ?health|tele ?medicine|online')
                then 'video'
                else 'in_person'
            end as setting
        from encounters as e
        left join therapist_keys as t on t.key = e.practitioner_key
        """,
        where="visits",
    )
    engine.execute(
        """
        create table out_attendances as
        select
            file_no,
            line,
            session_id,
            client_id,
            state as status,
            null::varchar as client_state
        from visits
        where group_id is null and state is distinct from 'planned'
        """
    )


def make_sessions(engine: Engine) -> None:
    """Make `out_sessions`, after `visit_episodes`."""
    engine.execute(
        """
        create table out_sessions as
        select
            v.file_no,
            v.line,
            v.session_id,
            v.group_id,
            e.episode_id,
            v.therapist_id,
            v.scheduled_at,
            cast(v.duration_minutes as varchar) as duration_minutes,
            v.setting
        from visits as v
        left join visit_episodes as e on e.session_id = v.session_id
        """
    )
