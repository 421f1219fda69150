-- Every answer that showed a risk is in exactly one state; a row here was counted twice or not at
-- all, or shows more people than answers.
select
    level,
    subject_id,
    period_kind,
    period_start_on,
    n_risk_answers
from mart_safety
where
    n_risk_answers != n_actions_due + n_actions_open + n_without_action_records
    or n_actions_due != n_acted_in_time + n_acted_late + n_actions_overdue
    or n_clients > n_risk_answers
