-- Open courses that were on track and not on track at the end of a month, per subject and
-- instrument: of every complete month for the clinic and its programmes, whose reports show them,
-- and of the last one for therapists and groups. What cannot be judged stands beside it; shares are
-- of those judged. Counts are null for an instrument without a reliable change in force.
--
-- Grain:  one row per level, subject, instrument and month with an open course with a score.
-- Key:    level, subject_id, instrument_id, period_kind, period_start_on
-- Source: ref_path_rules (not_on_track); int_outcome_rules; Wilson score interval, 95 %
with states as (
    select
        seen_on,
        episode_key,
        instrument_id,
        is_reliably_worse,
        lacks_early_improvement,
        track_status
    from int_track_states
),

episodes as (
    select
        episode_key,
        client_key
    from int_episodes
),

episode_subjects as (
    select
        episode_key,
        subject_number,
        level
    from int_episode_subjects
    where level in ('clinic', 'programme', 'therapist', 'group')
),

subjects as (
    select distinct
        subject_number,
        level,
        subject_id
    from int_episode_subjects
),

period_months as (
    select
        period_kind,
        period_start_on,
        period_end_on
    from int_period_months
    where period_kind = 'month'
),

outcome_rules as (
    select instrument_id
    from int_outcome_rules
    where
        scale = 'total'
        and respondent = 'client'
        and reliable_change_points is not null
),

months as (
    select
        period_kind,
        period_start_on,
        period_end_on,
        period_end_on = max(period_end_on) over () as is_newest
    from period_months
),

numbered_episodes as (
    select
        episodes.episode_key,
        episode_subjects.subject_number,
        episode_subjects.level in ('clinic', 'programme') as has_every_month,
        cast(dense_rank() over (order by episodes.client_key asc) as integer) as client_number
    from episodes
    inner join episode_subjects on episodes.episode_key = episode_subjects.episode_key
),

open_courses as (
    select
        numbered_episodes.subject_number,
        numbered_episodes.client_number,
        states.instrument_id,
        states.seen_on,
        states.is_reliably_worse,
        states.lacks_early_improvement,
        states.track_status
    from states
    inner join months on states.seen_on = months.period_end_on
    inner join numbered_episodes on states.episode_key = numbered_episodes.episode_key
    where months.is_newest or numbered_episodes.has_every_month
),

subject_counts as (
    select
        subject_number,
        instrument_id,
        seen_on,
        count(distinct client_number) as n_clients,
        count(*) as n_open,
        count(*) filter (where track_status in ('on_track', 'not_on_track')) as n_judged,
        count(*) filter (where track_status = 'on_track') as n_on_track,
        count(*) filter (where track_status = 'not_on_track') as n_not_on_track,
        count(*) filter (where is_reliably_worse) as n_reliably_worse,
        count(*) filter (where lacks_early_improvement) as n_without_early_improvement,
        count(*) filter (where track_status = 'too_early') as n_too_early,
        count(*) filter (where track_status = 'cannot_tell') as n_cannot_tell
    from open_courses
    group by subject_number, instrument_id, seen_on
),

counts as (
    select
        subjects.level,
        subjects.subject_id,
        subject_counts.instrument_id,
        months.period_kind,
        months.period_start_on,
        months.period_end_on,
        subject_counts.n_clients,
        subject_counts.n_open,
        subject_counts.n_judged,
        subject_counts.n_on_track,
        subject_counts.n_not_on_track,
        subject_counts.n_reliably_worse,
        subject_counts.n_without_early_improvement,
        subject_counts.n_too_early,
        subject_counts.n_cannot_tell
    from subject_counts
    inner join subjects on subject_counts.subject_number = subjects.subject_number
    inner join months on subject_counts.seen_on = months.period_end_on
),

counts_by_rule as (
    select
        counts.level,
        counts.subject_id,
        counts.instrument_id,
        counts.period_kind,
        counts.period_start_on,
        counts.period_end_on,
        counts.n_clients,
        counts.n_open,
        counts.n_cannot_tell,
        case when outcome_rules.instrument_id is not null then counts.n_judged end as n_judged,
        case when outcome_rules.instrument_id is not null then counts.n_on_track end
            as n_on_track,
        case when outcome_rules.instrument_id is not null then counts.n_not_on_track end
            as n_not_on_track,
        case when outcome_rules.instrument_id is not null then counts.n_reliably_worse end
            as n_reliably_worse,
        case
            when outcome_rules.instrument_id is not null then counts.n_without_early_improvement
        end as n_without_early_improvement,
        case when outcome_rules.instrument_id is not null then counts.n_too_early end
            as n_too_early
    from counts
    left join outcome_rules on counts.instrument_id = outcome_rules.instrument_id
)

select
    level,
    subject_id,
    instrument_id,
    period_kind,
    period_start_on,
    period_end_on,
    n_clients,
    n_open,
    n_judged,
    n_on_track,
    n_not_on_track,
    n_not_on_track / nullif(n_judged, 0) as not_on_track_rate,
    wilson_lower(n_not_on_track, n_judged) as not_on_track_rate_lower,
    wilson_upper(n_not_on_track, n_judged) as not_on_track_rate_upper,
    n_reliably_worse,
    n_without_early_improvement,
    n_too_early,
    n_cannot_tell
from counts_by_rule
order by level, subject_id, instrument_id, period_kind, period_start_on
