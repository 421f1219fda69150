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

client_months as (
    select
        level,
        subject_id,
        client_key,
        month_start_on,
        count(*) as n_risk_answers,
        count(*) filter (where follow_up = 'in_time') as n_acted_in_time,
        count(*) filter (where follow_up = 'late') as n_acted_late,
        count(*) filter (where follow_up = 'overdue') as n_actions_overdue,
        count(*) filter (where follow_up = 'open') as n_actions_open,
        count(*) filter (where follow_up = 'not_recorded') as n_without_action_records
    from subject_followups
    group by level, subject_id, client_key, month_start_on
),

-- People are not additive over months: a client counts in the first of their months of a period,
-- which is the one whose month before lies outside it.
followed_months as (
    select
        level,
        subject_id,
        month_start_on,
        lag(month_start_on) over (
            partition by level, subject_id, client_key
            order by month_start_on asc
        ) as previous_month_on,
        n_risk_answers,
        n_acted_in_time,
        n_acted_late,
        n_actions_overdue,
        n_actions_open,
        n_without_action_records
    from client_months
),

monthly_cells as (
    select
        level,
        subject_id,
        month_start_on,
        previous_month_on,
        count(*) as n_clients,
        sum(n_risk_answers) as n_risk_answers,
        sum(n_acted_in_time) as n_acted_in_time,
        sum(n_acted_late) as n_acted_late,
        sum(n_actions_overdue) as n_actions_overdue,
        sum(n_actions_open) as n_actions_open,
        sum(n_without_action_records) as n_without_action_records
    from followed_months
    group by level, subject_id, month_start_on, previous_month_on
),

counts as (
    select
        monthly_cells.level,
        monthly_cells.subject_id,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on,
        cast(
            sum(
                case
                    when monthly_cells.previous_month_on >= period_months.period_start_on then 0
                    else monthly_cells.n_clients
                end
            ) as bigint
        ) as n_clients,
        cast(sum(monthly_cells.n_risk_answers) as bigint) as n_risk_answers,
        cast(sum(monthly_cells.n_acted_in_time) as bigint) as n_acted_in_time,
        cast(sum(monthly_cells.n_acted_late) as bigint) as n_acted_late,
        cast(sum(monthly_cells.n_actions_overdue) as bigint) as n_actions_overdue,
        cast(sum(monthly_cells.n_actions_open) as bigint) as n_actions_open,
        cast(sum(monthly_cells.n_without_action_records) as bigint) as n_without_action_records
    from monthly_cells
    inner join period_months on monthly_cells.month_start_on = period_months.month_start_on
    group by
        monthly_cells.level,
        monthly_cells.subject_id,
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
