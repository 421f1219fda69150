-- How answers that showed a risk were followed up, by the period in which they were given.
--
-- An answer is acted on in time or late, overdue, or still open; open ones are in no rate. Where no
-- action was ever delivered every answer is in n_without_action_records and there is no rate. An
-- answer outside of any course counts for the clinic alone. n_clients are the people behind
-- n_risk_answers.
--
-- Grain:  one row per level, subject and period with an answer that showed a risk.
-- Key:    level, subject_id, period_kind, period_start_on
-- Source: ref_safety_items; Wilson (1927), 95 %
with followups as (
    select
        response_key,
        client_key,
        episode_key,
        cast(date_trunc('month', answered_on) as date) as month_start_on,
        follow_up
    from int_safety_followups
),

episode_subjects as (
    select
        episode_key,
        level,
        subject_id
    from int_episode_subjects
    where level in ('programme', 'therapist', 'group')
),

period_months as (
    select
        period_kind,
        period_start_on,
        period_end_on,
        month_start_on
    from int_period_months
),

subject_followups as (
    select
        'clinic' as level,
        'clinic' as subject_id,
        client_key,
        month_start_on,
        follow_up
    from followups
    union all
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        followups.client_key,
        followups.month_start_on,
        followups.follow_up
    from followups
    inner join episode_subjects on followups.episode_key = episode_subjects.episode_key
),

counts as (
    select
        subject_followups.level,
        subject_followups.subject_id,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on,
        count(distinct subject_followups.client_key) as n_clients,
        count(*) as n_risk_answers,
        count(*) filter (where subject_followups.follow_up = 'in_time') as n_acted_in_time,
        count(*) filter (where subject_followups.follow_up = 'late') as n_acted_late,
        count(*) filter (where subject_followups.follow_up = 'overdue') as n_actions_overdue,
        count(*) filter (where subject_followups.follow_up = 'open') as n_actions_open,
        count(*) filter (
            where subject_followups.follow_up = 'not_recorded'
        ) as n_without_action_records
    from subject_followups
    inner join period_months on subject_followups.month_start_on = period_months.month_start_on
    group by
        subject_followups.level,
        subject_followups.subject_id,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on
),

due_counts as (
    select
        *,
        n_acted_in_time + n_acted_late + n_actions_overdue as n_actions_due
    from counts
)

select
    level,
    subject_id,
    period_kind,
    period_start_on,
    period_end_on,
    n_clients,
    n_risk_answers,
    n_actions_due,
    n_acted_in_time,
    n_acted_late,
    n_actions_overdue,
    n_actions_open,
    n_without_action_records,
    n_acted_in_time / nullif(n_actions_due, 0) as acted_in_time_rate,
    wilson_lower(n_acted_in_time, n_actions_due) as acted_in_time_rate_lower,
    wilson_upper(n_acted_in_time, n_actions_due) as acted_in_time_rate_upper
from due_counts
order by level, subject_id, period_kind, period_start_on
