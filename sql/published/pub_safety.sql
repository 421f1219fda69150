-- How answers that showed a risk were followed up, as an audience may see it: counts, and a rate
-- from the policy's minimum on. Who was asked or acted is in no published table.
--
-- Grain:  one row per audience, level, subject and period that it may see.
-- Key:    audience, level, subject_id, period_kind, period_start_on
with
judged_rows as (
    select
        mart_safety.* replace (policies.level as level),
        policies.audience,
        policies.policy_id,
        policies.share_decimals,
        mart_safety.n_actions_due >= policies.minimum_pairs_for_rate as says_rate
    from mart_safety
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_safety'
            and mart_safety.level = policies.mart_level
            and mart_safety.period_kind = policies.period_kind
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
