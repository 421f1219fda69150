-- What became of children and young people, by rater, as the clinic's director may see it: a figure
-- over fewer than the policy's minimum is left out, counts stay. Nothing is withheld for privacy,
-- as no policy shows this table to the public.
--
-- Grain:  one row per audience, level, subject, rater and period shown.
-- Key:    audience, level, subject_id, rater, period_kind, period_start_on
with
judged_rows as (
    select
        mart_child_outcomes.* replace (policies.level as level),
        policies.audience,
        policies.policy_id,
        policies.share_decimals,
        mart_child_outcomes.n_finished >= policies.minimum_pairs_for_rate as says_finished,
        mart_child_outcomes.n_measured >= policies.minimum_pairs_for_rate as says_measured
    from mart_child_outcomes
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_child_outcomes'
            and mart_child_outcomes.level = policies.mart_level
            and mart_child_outcomes.period_kind = policies.period_kind
)

select
    audience,
    policy_id,
    level,
    subject_id,
    rater,
    period_kind,
    period_start_on,
    period_end_on,
    n_clients,
    n_finished,
    n_measured,
    n_improved,
    n_unchanged,
    n_deteriorated,
    shown_figure(says_finished, measured_rate, share_decimals) as measured_rate,
    shown_figure(says_finished, measured_rate_lower, share_decimals) as measured_rate_lower,
    shown_figure(says_finished, measured_rate_upper, share_decimals) as measured_rate_upper,
    shown_figure(says_finished, improved_rate_worst, share_decimals) as improved_rate_worst,
    shown_figure(says_finished, improved_rate_best, share_decimals) as improved_rate_best,
    shown_figure(says_measured, improved_rate, share_decimals) as improved_rate,
    shown_figure(says_measured, improved_rate_lower, share_decimals) as improved_rate_lower,
    shown_figure(says_measured, improved_rate_upper, share_decimals) as improved_rate_upper,
    shown_figure(says_measured, unchanged_rate, share_decimals) as unchanged_rate,
    shown_figure(says_measured, unchanged_rate_lower, share_decimals) as unchanged_rate_lower,
    shown_figure(says_measured, unchanged_rate_upper, share_decimals) as unchanged_rate_upper,
    shown_figure(says_measured, deteriorated_rate, share_decimals) as deteriorated_rate,
    shown_figure(says_measured, deteriorated_rate_lower, share_decimals) as deteriorated_rate_lower,
    shown_figure(says_measured, deteriorated_rate_upper, share_decimals) as deteriorated_rate_upper,
    rule_id,
    rule_version,
    case when not says_measured then 'too_few_pairs_for_rate' end as reliability_reason
from judged_rows
order by audience, level, subject_id, rater, period_kind, period_start_on
