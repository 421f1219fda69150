-- Whether the working relationship was rated in time, over the courses that ended.
--
-- A course was measured in time when the client gave a usable rating on any instrument of the
-- domain `alliance` from the first to the last session of the window (ref_path_rules,
-- `alliance_window`), counted by attended sessions, on such a session's day or within the days that
-- the rule allows after it. The cohesion of a group is another matter and does not count. Only
-- courses that reached the window could be: `n_reached`. All courses of a subject count, whether
-- their programme asks for such an instrument or not.
--
-- Grain:  one row per level, subject and period in which a course ended.
-- Key:    level, subject_id, period_kind, period_start_on
-- Source: ref_path_rules; Wilson score interval, 95 %
with ended_episodes as (
    select
        episode_key,
        n_attended,
        cast(date_trunc('month', ended_on) as date) as month_start_on
    from int_episodes
    where ended_on is not null
),

episode_subjects as (
    select
        episode_key,
        level,
        subject_id
    from int_episode_subjects
),

scores as (
    select
        episode_key,
        instrument_id,
        n_sessions_so_far,
        days_since_session
    from int_alliance_scores
    where respondent = 'client'
),

instruments as (
    select instrument_id
    from ref_instruments
    where subdomain is distinct from 'group_cohesion'
),

window_parameters as (
    select
        parameter,
        value
    from ref_path_rules
    where rule_id = 'alliance_window' and is_active
),

ended_counts as (
    select
        level,
        subject_id,
        period_kind,
        period_start_on,
        period_end_on,
        n_clients,
        n_ended
    from int_ended_counts
),

period_months as (
    select
        period_kind,
        period_start_on,
        month_start_on
    from int_period_months
),

session_window as (
    select
        cast(max(value) filter (where parameter = 'from_session') as bigint) as from_session,
        cast(max(value) filter (where parameter = 'until_session') as bigint) as until_session,
        max(value) filter (where parameter = 'most_days') as most_days
    from window_parameters
),

rated_episodes as (
    select
        scores.episode_key,
        count(*) filter (
            where
            scores.n_sessions_so_far >= session_window.from_session
            and scores.n_sessions_so_far <= session_window.until_session
            and scores.days_since_session <= session_window.most_days
        ) as n_in_window
    from scores
    inner join instruments on scores.instrument_id = instruments.instrument_id
    cross join session_window
    group by scores.episode_key
),

courses as (
    select
        ended_episodes.episode_key,
        ended_episodes.month_start_on,
        ended_episodes.n_attended >= session_window.from_session as has_reached,
        rated_episodes.episode_key is not null as is_rated,
        coalesce(rated_episodes.n_in_window, 0) > 0 as is_in_time
    from ended_episodes
    left join rated_episodes on ended_episodes.episode_key = rated_episodes.episode_key
    cross join session_window
),

monthly_cells as (
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        courses.month_start_on,
        count(*) filter (where courses.is_rated) as n_rated,
        count(*) filter (where courses.has_reached) as n_reached,
        count(*) filter (where courses.has_reached and courses.is_in_time) as n_in_time
    from courses
    inner join episode_subjects on courses.episode_key = episode_subjects.episode_key
    group by episode_subjects.level, episode_subjects.subject_id, courses.month_start_on
),

period_sums as (
    select
        monthly_cells.level,
        monthly_cells.subject_id,
        period_months.period_kind,
        period_months.period_start_on,
        cast(sum(monthly_cells.n_rated) as bigint) as n_rated,
        cast(sum(monthly_cells.n_reached) as bigint) as n_reached,
        cast(sum(monthly_cells.n_in_time) as bigint) as n_in_time
    from monthly_cells
    inner join period_months on monthly_cells.month_start_on = period_months.month_start_on
    group by
        monthly_cells.level,
        monthly_cells.subject_id,
        period_months.period_kind,
        period_months.period_start_on
)

select
    ended_counts.level,
    ended_counts.subject_id,
    ended_counts.period_kind,
    ended_counts.period_start_on,
    ended_counts.period_end_on,
    session_window.from_session,
    session_window.until_session,
    ended_counts.n_clients,
    ended_counts.n_ended,
    period_sums.n_rated,
    period_sums.n_reached,
    period_sums.n_in_time,
    period_sums.n_in_time / nullif(period_sums.n_reached, 0) as in_time_rate,
    wilson_lower(period_sums.n_in_time, period_sums.n_reached) as in_time_rate_lower,
    wilson_upper(period_sums.n_in_time, period_sums.n_reached) as in_time_rate_upper
from ended_counts
inner join period_sums
    on
        ended_counts.level = period_sums.level
        and ended_counts.subject_id = period_sums.subject_id
        and ended_counts.period_kind = period_sums.period_kind
        and ended_counts.period_start_on = period_sums.period_start_on
cross join session_window
order by
    ended_counts.level,
    ended_counts.subject_id,
    ended_counts.period_kind,
    ended_counts.period_start_on
