-- The pair of measures behind the NHS rule, and what is not known, as the clinic's director may see
-- it: a figure over fewer than the policy's minimum is left out, counts stay. Nothing is withheld
-- for privacy, as no policy shows this table to the public.
--
-- Grain:  one row per audience, level, subject and period shown.
-- Key:    audience, level, subject_id, period_kind, period_start_on
with
standards as (
    select
        figure,
        share as recovered_standard_share
    from ref_programme_standards
    where figure = 'recovered' and op = '>=' and status = 'verified'
),

judged_rows as (
    select
        mart_recovery.* replace (policies.level as level),
        policies.audience,
        policies.policy_id,
        policies.share_decimals,
        standards.recovered_standard_share,
        mart_recovery.n_finished >= policies.minimum_pairs_for_rate as says_finished,
        mart_recovery.n_case_or_unknown >= policies.minimum_pairs_for_rate as says_case,
        mart_recovery.n_appropriate_due >= policies.minimum_pairs_for_rate as says_pairs
    from mart_recovery
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_recovery_detail'
            and mart_recovery.level = policies.mart_level
            and mart_recovery.period_kind = policies.period_kind
    left join standards on standards.figure = 'recovered'
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
    n_finished,
    n_measured,
    n_case,
    n_not_case,
    n_case_or_unknown,
    n_recovery_unknown,
    n_outside_population,
    n_no_reliable_change,
    n_paired_both,
    n_own_measure,
    n_own_measure_used,
    own_measures,
    n_appropriate_due,
    n_appropriate_pair,
    n_functioning_paired,
    shown_figure(says_finished, no_reliable_change_rate, share_decimals) as no_reliable_change_rate,
    shown_figure(says_finished, no_reliable_change_rate_lower, share_decimals)
        as no_reliable_change_rate_lower,
    shown_figure(says_finished, no_reliable_change_rate_upper, share_decimals)
        as no_reliable_change_rate_upper,
    shown_figure(says_finished, paired_both_rate, share_decimals) as paired_both_rate,
    shown_figure(says_finished, paired_both_rate_lower, share_decimals) as paired_both_rate_lower,
    shown_figure(says_finished, paired_both_rate_upper, share_decimals) as paired_both_rate_upper,
    shown_figure(says_finished, functioning_paired_rate, share_decimals) as functioning_paired_rate,
    shown_figure(says_finished, functioning_paired_rate_lower, share_decimals)
        as functioning_paired_rate_lower,
    shown_figure(says_finished, functioning_paired_rate_upper, share_decimals)
        as functioning_paired_rate_upper,
    shown_figure(says_finished, improved_rate_best, share_decimals) as improved_rate_best,
    shown_figure(says_case, recovered_rate_best, share_decimals) as recovered_rate_best,
    shown_figure(says_pairs, appropriate_pair_rate, share_decimals) as appropriate_pair_rate,
    shown_figure(says_pairs, appropriate_pair_rate_lower, share_decimals)
        as appropriate_pair_rate_lower,
    shown_figure(says_pairs, appropriate_pair_rate_upper, share_decimals)
        as appropriate_pair_rate_upper,
    recovered_standard_share,
    case when not says_finished then 'too_few_pairs_for_rate' end as reliability_reason
from judged_rows
order by audience, level, subject_id, period_kind, period_start_on
