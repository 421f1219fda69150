-- Whether sessions had the measures that were due, as the clinic's director may see it: a figure
-- over fewer than the policy's minimum is left out, counts stay. Nothing is withheld for privacy,
-- as no policy shows this table to the public.
--
-- Grain:  one row per audience, level, subject and period shown.
-- Key:    audience, level, subject_id, period_kind, period_start_on
with
judged_rows as (
    select
        mart_adherence.* replace (policies.level as level),
        policies.audience,
        policies.policy_id,
        policies.share_decimals,
        policies.points_decimals,
        mart_adherence.n_sessions_due >= policies.minimum_pairs_for_rate as says_sessions,
        mart_adherence.n_with_last_score >= policies.minimum_pairs_for_rate as says_last
    from mart_adherence
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_adherence'
            and mart_adherence.level = policies.mart_level
            and mart_adherence.period_kind = policies.period_kind
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
    n_sessions_due,
    n_sessions_measured,
    n_sessions_complete,
    n_closed,
    n_with_last_score,
    shown_figure(says_sessions, sessions_measured_rate, share_decimals) as sessions_measured_rate,
    shown_figure(says_sessions, sessions_measured_rate_lower, share_decimals)
        as sessions_measured_rate_lower,
    shown_figure(says_sessions, sessions_measured_rate_upper, share_decimals)
        as sessions_measured_rate_upper,
    shown_figure(says_sessions, sessions_complete_rate, share_decimals) as sessions_complete_rate,
    shown_figure(says_sessions, sessions_complete_rate_lower, share_decimals)
        as sessions_complete_rate_lower,
    shown_figure(says_sessions, sessions_complete_rate_upper, share_decimals)
        as sessions_complete_rate_upper,
    shown_figure(says_last, last_score_median_days, points_decimals) as last_score_median_days,
    case when not says_sessions then 'too_few_pairs_for_rate' end as reliability_reason
from judged_rows
order by audience, level, subject_id, period_kind, period_start_on
