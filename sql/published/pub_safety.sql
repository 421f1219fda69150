-- How answers that showed a risk were followed up, as an audience may see it: counts, and a rate
-- from the policy's minimum on. Who was asked or acted is in no published table.
--
-- Grain:  one row per audience, level, subject and period that it may see.
-- Key:    audience, level, subject_id, period_kind, period_start_on
with policies as (
    select
        audience,
        level,
        mart_level,
        period_kind,
        policy_id,
        share_decimals,
        minimum_pairs_for_rate
    from ref_disclosure_policies
    where table_name = 'pub_safety'
),

safety_rows as (
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
        acted_in_time_rate,
        acted_in_time_rate_lower,
        acted_in_time_rate_upper
    from mart_safety
),

judged_rows as (
    select
        policies.audience,
        policies.policy_id,
        policies.level,
        policies.share_decimals,
        safety_rows.subject_id,
        safety_rows.period_kind,
        safety_rows.period_start_on,
        safety_rows.period_end_on,
        safety_rows.n_clients,
        safety_rows.n_risk_answers,
        safety_rows.n_actions_due,
        safety_rows.n_acted_in_time,
        safety_rows.n_acted_late,
        safety_rows.n_actions_overdue,
        safety_rows.n_actions_open,
        safety_rows.n_without_action_records,
        safety_rows.acted_in_time_rate,
        safety_rows.acted_in_time_rate_lower,
        safety_rows.acted_in_time_rate_upper,
        safety_rows.n_actions_due >= policies.minimum_pairs_for_rate as says_rate
    from safety_rows
    inner join policies
        on
            safety_rows.level = policies.mart_level
            and safety_rows.period_kind = policies.period_kind
)

select
    audience,
    policy_id,
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
    shown_figure(says_rate, acted_in_time_rate, share_decimals) as acted_in_time_rate,
    shown_figure(says_rate, acted_in_time_rate_lower, share_decimals) as acted_in_time_rate_lower,
    shown_figure(says_rate, acted_in_time_rate_upper, share_decimals) as acted_in_time_rate_upper,
    case when not says_rate then 'too_few_pairs_for_rate' end as reliability_reason,
    cast(null as varchar) as withheld_figures
from judged_rows
order by audience, level, subject_id, period_kind, period_start_on
