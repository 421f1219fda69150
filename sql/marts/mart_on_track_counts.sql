-- Open courses that were on track and not on track at the end of the last complete month, per
-- subject and instrument. What cannot be judged stands beside it; shares are of those judged.
-- Counts are null for an instrument without a reliable change in force.
--
-- Grain:  one row per level, subject and instrument with an open course with a score.
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

-- Of the two days only the newest month's last one is a month's end, unless both are the same.
newest_month as (
    select
        period_kind,
        max(period_start_on) as period_start_on,
        max(period_end_on) as period_end_on
    from period_months
    group by period_kind
),

counts as (
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        states.instrument_id,
        newest_month.period_kind,
        newest_month.period_start_on,
        newest_month.period_end_on,
        count(distinct episodes.client_key) as n_clients,
        count(*) as n_open,
        count(*) filter (where states.track_status in ('on_track', 'not_on_track')) as n_judged,
        count(*) filter (where states.track_status = 'on_track') as n_on_track,
        count(*) filter (where states.track_status = 'not_on_track') as n_not_on_track,
        count(*) filter (where states.is_reliably_worse) as n_reliably_worse,
        count(*) filter (where states.lacks_early_improvement) as n_without_early_improvement,
        count(*) filter (where states.track_status = 'too_early') as n_too_early,
        count(*) filter (where states.track_status = 'cannot_tell') as n_cannot_tell
    from states
    inner join newest_month on states.seen_on = newest_month.period_end_on
    inner join episodes on states.episode_key = episodes.episode_key
    inner join episode_subjects on states.episode_key = episode_subjects.episode_key
    group by
        episode_subjects.level,
        episode_subjects.subject_id,
        states.instrument_id,
        newest_month.period_kind,
        newest_month.period_start_on,
        newest_month.period_end_on
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
