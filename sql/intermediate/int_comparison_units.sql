-- Therapists and groups with finished courses in a window, and how many of those can be compared.
--
-- A finished course counts for an outcome instrument that its programme lists (as the client's
-- measure) or that it has a response of; `n_pairs` are those of them with a pair. Only windows of
-- twelve months are compared. `n_clients` are the people behind the pairs; of the pairs `n_shared`
-- are courses that another therapist had a large part in, `n_concurrent` those of clients in group
-- and individual work at once. `has_threshold`: there is a rule for a reliable improvement.
--
-- Grain:  one row per level, subject, instrument, scale, respondent and window.
-- Key:    level, subject_id, instrument_id, scale, respondent, period_kind, period_start_on
with cases as (
    select
        episode_key,
        instrument_id,
        scale,
        respondent,
        is_shared,
        has_concurrent_group
    from int_comparison_cases
),

finished_episodes as (
    select
        episode_key,
        client_key,
        programme_id,
        cast(date_trunc('month', ended_on) as date) as month_start_on
    from int_episodes
    where is_finished_course
),

episode_scores as (
    select
        episode_key,
        instrument_id,
        scale,
        respondent
    from int_episode_scores
),

episode_subjects as (
    select
        episode_key,
        level,
        subject_id
    from int_episode_subjects
    where level in ('therapist', 'group')
),

programmes as (
    select
        programme_id,
        instruments
    from stg_programmes
),

scales as (
    select
        instrument_id,
        scale,
        is_listed
    from int_scales
    -- Without a direction there is no telling what better is.
    where purpose = 'outcome' and direction is not null
),

outcome_rules as (
    select
        instrument_id,
        scale,
        respondent
    from int_outcome_rules
    where reliable_change_points is not null
),

windows as (
    select
        period_kind,
        period_start_on,
        period_end_on,
        month_start_on
    from int_period_months
    where period_kind = 'rolling_12m'
),

listed_instruments as (
    select distinct
        programme_id,
        unnest(instruments) as instrument_id
    from programmes
),

listed_scales as (
    select
        listed_instruments.programme_id,
        listed_instruments.instrument_id,
        scales.scale
    from listed_instruments
    inner join scales on listed_instruments.instrument_id = scales.instrument_id
    where scales.is_listed
),

measured_courses as (
    select
        finished_episodes.episode_key,
        episode_scores.instrument_id,
        episode_scores.scale,
        episode_scores.respondent
    from finished_episodes
    inner join episode_scores on finished_episodes.episode_key = episode_scores.episode_key
    inner join scales
        on
            episode_scores.instrument_id = scales.instrument_id
            and episode_scores.scale = scales.scale
    union
    select
        finished_episodes.episode_key,
        listed_scales.instrument_id,
        listed_scales.scale,
        'client' as respondent
    from finished_episodes
    inner join listed_scales on finished_episodes.programme_id = listed_scales.programme_id
),

measures as (
    select
        measured_courses.instrument_id,
        measured_courses.scale,
        measured_courses.respondent,
        outcome_rules.instrument_id is not null as has_threshold
    from measured_courses
    left join outcome_rules
        on
            measured_courses.instrument_id = outcome_rules.instrument_id
            and measured_courses.scale = outcome_rules.scale
            and measured_courses.respondent = outcome_rules.respondent
    group by
        measured_courses.instrument_id,
        measured_courses.scale,
        measured_courses.respondent,
        outcome_rules.instrument_id
),

-- People are not additive over months: a pair counts a client unless an earlier one of the same
-- window did, and for that the month of the client's pair before is enough.
subject_courses as (
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        measured_courses.instrument_id,
        measured_courses.scale,
        measured_courses.respondent,
        finished_episodes.month_start_on,
        cases.episode_key is not null as is_pair,
        coalesce(cases.is_shared, false) as is_shared,
        coalesce(cases.has_concurrent_group, false) as has_concurrent_group,
        case
            when cases.episode_key is not null
                then
                    lag(finished_episodes.month_start_on) over (
                        partition by
                            episode_subjects.level,
                            episode_subjects.subject_id,
                            measured_courses.instrument_id,
                            measured_courses.scale,
                            measured_courses.respondent,
                            finished_episodes.client_key,
                            cases.episode_key is not null
                        order by
                            finished_episodes.month_start_on asc, measured_courses.episode_key asc
                    )
        end as previous_month_on
    from measured_courses
    inner join finished_episodes on measured_courses.episode_key = finished_episodes.episode_key
    inner join episode_subjects on measured_courses.episode_key = episode_subjects.episode_key
    left join cases
        on
            measured_courses.episode_key = cases.episode_key
            and measured_courses.instrument_id = cases.instrument_id
            and measured_courses.scale = cases.scale
            and measured_courses.respondent = cases.respondent
),

monthly_cells as (
    select
        level,
        subject_id,
        instrument_id,
        scale,
        respondent,
        month_start_on,
        previous_month_on,
        count(*) as n_finished,
        count(*) filter (where is_pair) as n_pairs,
        count(*) filter (where is_shared) as n_shared,
        count(*) filter (where has_concurrent_group) as n_concurrent
    from subject_courses
    group by
        level,
        subject_id,
        instrument_id,
        scale,
        respondent,
        month_start_on,
        previous_month_on
)

select
    monthly_cells.level,
    monthly_cells.subject_id,
    monthly_cells.instrument_id,
    monthly_cells.scale,
    monthly_cells.respondent,
    windows.period_kind,
    windows.period_start_on,
    windows.period_end_on,
    measures.has_threshold,
    cast(
        sum(
            case
                when monthly_cells.previous_month_on >= windows.period_start_on then 0
                else monthly_cells.n_pairs
            end
        ) as bigint
    ) as n_clients,
    cast(sum(monthly_cells.n_finished) as bigint) as n_finished,
    cast(sum(monthly_cells.n_pairs) as bigint) as n_pairs,
    cast(sum(monthly_cells.n_shared) as bigint) as n_shared,
    cast(sum(monthly_cells.n_concurrent) as bigint) as n_concurrent
from monthly_cells
inner join windows on monthly_cells.month_start_on = windows.month_start_on
inner join measures
    on
        monthly_cells.instrument_id = measures.instrument_id
        and monthly_cells.scale = measures.scale
        and monthly_cells.respondent = measures.respondent
group by
    monthly_cells.level,
    monthly_cells.subject_id,
    monthly_cells.instrument_id,
    monthly_cells.scale,
    monthly_cells.respondent,
    windows.period_kind,
    windows.period_start_on,
    windows.period_end_on,
    measures.has_threshold
order by
    monthly_cells.level,
    monthly_cells.subject_id,
    monthly_cells.instrument_id,
    monthly_cells.scale,
    monthly_cells.respondent,
    windows.period_kind,
    windows.period_start_on
