"""Courses of treatment: from EpisodeOfCare, or by the stated rule where the source has none.

Recorded: an encounter belongs to the episode that it names, else to the client's episode whose time
holds its day. FHIR says that an episode is finished or cancelled, never why, so `end_reason` is
`other` (`deceased` where the client had died by then); `completed` would claim what nobody wrote.

Derived, for the encounters that still have none (`EPISODE_RULE`): attended encounters of a client
more than `episode_gap_days` apart belong to different courses. An encounter that was not attended
belongs to the course attended in the `episode_gap_days` before it, else to the one that follows
within that time; else it makes one with its like that never started. The id is that of the first
attended encounter, so that it stays when more months are delivered. A course that is over is given
its end here and not left to the 90-day rule of the pipeline, since that rule reads silence as
dropping out, and silence is all there is in a source without episodes.
"""

from pipelines.engine import Engine
from pipelines.ingest.fhir.model import NOT_RECORDED, PROGRAMME, FhirOptions
from pipelines.ingest.fhir.reading import exclude_where
from pipelines.ingest.fhir.structures import EPISODE_OF_CARE


def find_last_day(engine: Engine, options: FhirOptions) -> None:
    """Make `export_days` (one row: first_on, last_on), before which everything had happened."""
    given = f"date '{options.exported_on}'" if options.exported_on else "null::date"
    engine.execute(
        f"""
        create table export_days as
        with
        days as (
            select on_day from visits where state is distinct from 'planned'
            union all
            select day_of(authored_at) from fhir_response
            union all
            select cast(unnest([min(at_instant), max(at_instant)]) as date) from fhir_observation
            union all
            select day_of(last_updated) from fhir_patient
        )

        select
            min(on_day) as first_on,
            coalesce({given}, max(on_day)) as last_on
        from days
        """
    )


def make_episodes(engine: Engine, options: FhirOptions) -> bool:
    """Make `out_episodes` and `visit_episodes` (session_id, episode_id); tell if any is derived."""
    exclude_where(engine, EPISODE_OF_CARE, "status = 'entered-in-error'", "fhir.entered_in_error")
    _recorded_episodes(engine)
    _courses(engine, options.episode_gap_days)
    _derived_episodes(engine, options.episode_gap_days)
    engine.execute(
        """
        create table visit_episodes as
        select session_id, episode_id from recorded_visits
        union all
        select session_id, episode_id from course_visits
        """
    )
    _episode_rows(engine)
    return engine.one("select count(*) > 0 from derived_episodes")[0]


def _recorded_episodes(engine: Engine) -> None:
    """Make `recorded_episodes`, and `recorded_visits` for the encounters that belong to one."""
    engine.execute(
        """
        create table recorded_episodes as
        select
            file_no,
            line,
            id as episode_id,
            id_of(subject_key) as client_id,
            practitioner_key,
            least(
                day_of(started_at),
                list_min([day_of(h.period.start) for h in status_history])
            ) as referred_on,
            list_min(
                [day_of(h.period.start) for h in status_history if h.status = 'active']
            ) as active_on,
            case when status not in ('planned', 'waitlist', 'cancelled')
                then day_of(started_at)
            end as begun_on,
            status in ('finished', 'cancelled') as is_over,
            coalesce(
                day_of(ended_at),
                list_min([
                    day_of(h.period.start) for h in status_history
                    if h.status in ('finished', 'cancelled')
                ])
            ) as ended_on
        from fhir_episode
        """
    )
    engine.execute(
        """
        create table recorded_visits as
        with
        holding_episodes as (
            select v.session_id, e.episode_id
            from visits as v
            inner join recorded_episodes as e on
                v.client_id = e.client_id
                and v.on_day >= e.referred_on
                and (e.ended_on is null or v.on_day <= e.ended_on)
            where v.linked_episode_id is null
            qualify row_number() over (
                partition by v.session_id order by e.referred_on desc, e.episode_id
            ) = 1
        )

        select session_id, linked_episode_id as episode_id
        from visits
        where linked_episode_id is not null
        union all
        select session_id, episode_id from holding_episodes
        """
    )


def _courses(engine: Engine, gap_days: int) -> None:
    """Make `courses`: encounters without an episode, with the number of their client's course."""
    engine.execute(
        f"""
        create table courses as
        with
        free_visits as (
            select
                session_id,
                client_id,
                on_day,
                at_instant,
                state = 'attended' as is_attended
            from visits
            where
                client_id is not null
                and on_day is not null
                and session_id not in (select session_id from recorded_visits)
        ),

        attended_gaps as (
            select
                *,
                case when on_day - lag(on_day) over by_time <= {gap_days} then 0 else 1 end
                    as begins
            from free_visits
            where is_attended
            window by_time as (partition by client_id order by on_day, at_instant, session_id)
        ),

        attended_courses as (
            select
                client_id,
                session_id,
                on_day,
                at_instant,
                is_attended,
                sum(begins) over (
                    partition by client_id order by on_day, at_instant, session_id
                    rows unbounded preceding
                ) as course_no
            from attended_gaps
        ),

        all_visits as (
            select client_id, session_id, on_day, at_instant, is_attended, course_no
            from attended_courses
            union all
            select client_id, session_id, on_day, at_instant, is_attended, null
            from free_visits
            where not is_attended
        ),

        beside as (
            select
                *,
                last_value(course_no ignore nulls) over before as course_before,
                last_value(case when is_attended then on_day end ignore nulls) over before
                    as attended_before_on,
                first_value(course_no ignore nulls) over after as course_after,
                first_value(case when is_attended then on_day end ignore nulls) over after
                    as attended_after_on
            from all_visits
            window
                before as (
                    partition by client_id order by on_day, at_instant, session_id
                    rows between unbounded preceding and current row
                ),
                after as (
                    partition by client_id order by on_day, at_instant, session_id
                    rows between current row and unbounded following
                )
        ),

        placed as (
            select
                client_id,
                session_id,
                on_day,
                at_instant,
                is_attended,
                case
                    when is_attended then course_no
                    when on_day - attended_before_on <= {gap_days} then course_before
                    when attended_after_on - on_day <= {gap_days} then course_after
                end as course_no
            from beside
        ),

        unstarted_gaps as (
            select
                *,
                case when on_day - lag(on_day) over by_time <= {gap_days} then 0 else 1 end
                    as begins
            from placed
            where course_no is null
            window by_time as (partition by client_id order by on_day, at_instant, session_id)
        )

        select client_id, session_id, on_day, at_instant, is_attended, course_no
        from placed
        where course_no is not null
        union all
        -- Courses that never started count down from -1.
        select
            client_id,
            session_id,
            on_day,
            at_instant,
            is_attended,
            -sum(begins) over (
                partition by client_id order by on_day, at_instant, session_id
                rows unbounded preceding
            )
        from unstarted_gaps
        """,
        where="courses",
    )


def _derived_episodes(engine: Engine, gap_days: int) -> None:
    """Make `derived_episodes` and `course_visits` of the courses."""
    engine.execute(
        """
        create table course_visits as
        select
            c.session_id,
            'derived/' || first_value(c.session_id) over (
                partition by c.client_id, c.course_no
                order by c.is_attended desc, c.on_day, c.at_instant, c.session_id
            ) as episode_id,
            c.client_id,
            c.on_day,
            c.is_attended
        from courses as c
        """
    )
    engine.execute(
        f"""
        create table derived_episodes as
        with
        spans as (
            select
                episode_id,
                min(client_id) as client_id,
                min(on_day) as referred_on,
                min(on_day) filter (is_attended) as started_on,
                max(on_day) filter (is_attended) as attended_last_on
            from course_visits
            group by episode_id
        )

        select
            v.file_no,
            v.line,
            s.episode_id,
            s.client_id,
            least(s.referred_on, d.last_on) as referred_on,
            s.started_on,
            case when d.last_on - s.attended_last_on > {gap_days} then s.attended_last_on end
                as ended_on,
            day_of(p.deceased_at) <= s.attended_last_on + {gap_days} as has_died
        from spans as s
        cross join export_days as d
        inner join visits as v on v.session_id = substr(s.episode_id, 9)
        left join fhir_patient as p on p.id = s.client_id
        """
    )


def _episode_rows(engine: Engine) -> None:
    """Make `out_episodes`; the therapist is the episode's own, else whom the client saw most."""
    engine.execute(
        f"""
        create table out_episodes as
        with
        seen_therapists as (
            select
                e.episode_id,
                v.therapist_id,
                count(*) filter (v.state = 'attended') as n_attended,
                count(*) as n_visits,
                min(v.on_day) filter (v.state = 'attended') as attended_first_on,
                max(v.on_day) as last_on
            from visit_episodes as e
            inner join visits as v on v.session_id = e.session_id
            group by e.episode_id, v.therapist_id
        ),

        main_therapists as (
            select episode_id, therapist_id
            from seen_therapists
            qualify row_number() over (
                partition by episode_id
                order by
                    therapist_id = '{NOT_RECORDED}', n_attended desc, n_visits desc, therapist_id
            ) = 1
        ),

        visited_days as (
            select
                episode_id,
                min(attended_first_on) as attended_first_on,
                max(last_on) as last_on
            from seen_therapists
            group by episode_id
        ),

        recorded as (
            select
                e.file_no,
                e.line,
                e.episode_id,
                e.client_id,
                coalesce(k.therapist_id, m.therapist_id, '{NOT_RECORDED}') as therapist_id,
                coalesce(e.referred_on, d.attended_first_on) as referred_on,
                coalesce(e.active_on, d.attended_first_on, e.begun_on) as started_on,
                case when e.is_over then coalesce(e.ended_on, d.last_on, e.referred_on) end
                    as ended_on,
                day_of(p.deceased_at) as deceased_on
            from recorded_episodes as e
            left join therapist_keys as k on k.key = e.practitioner_key
            left join main_therapists as m on m.episode_id = e.episode_id
            left join visited_days as d on d.episode_id = e.episode_id
            left join fhir_patient as p on p.id = e.client_id
        ),

        derived as (
            select
                e.file_no,
                e.line,
                e.episode_id,
                e.client_id,
                m.therapist_id,
                e.referred_on,
                e.started_on,
                e.ended_on,
                coalesce(e.has_died, false) as has_died
            from derived_episodes as e
            inner join main_therapists as m on m.episode_id = e.episode_id
        ),

        episodes as (
            select
                * exclude (deceased_on),
                coalesce(deceased_on <= ended_on, false) as has_died
            from recorded
            union all
            select * from derived
        )

        select
            file_no,
            line,
            episode_id,
            client_id,
            '{PROGRAMME}' as programme_id,
            therapist_id,
            cast(referred_on as varchar) as referred_on,
            cast(started_on as varchar) as started_on,
            cast(ended_on as varchar) as ended_on,
            case
                when ended_on is null then null
                when has_died then 'deceased'
                else 'other'
            end as end_reason
        from episodes
        """,
        where="out_episodes",
    )
