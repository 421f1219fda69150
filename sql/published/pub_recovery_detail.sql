-- The pair of measures behind the NHS rule, and what is not known, as the clinic's director may see
-- it: a figure over fewer than the policy's minimum is left out, counts stay. Nothing is withheld
-- for privacy, as no policy shows this table to the public.
--
-- Grain:  one row per audience, level, subject and period shown.
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
    where table_name = 'pub_recovery_detail'
),

recovery_rows as (
    select
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
        n_appropriate_due,
        n_appropriate_pair,
        n_functioning_paired,
        no_reliable_change_rate,
        no_reliable_change_rate_lower,
        no_reliable_change_rate_upper,
        paired_both_rate,
        paired_both_rate_lower,
        paired_both_rate_upper,
        functioning_paired_rate,
        functioning_paired_rate_lower,
        functioning_paired_rate_upper,
        improved_rate_best,
        recovered_rate_best,
        appropriate_pair_rate,
        appropriate_pair_rate_lower,
        appropriate_pair_rate_upper
    from mart_recovery
),

standards as (
    select
        figure,
        share as recovered_standard_share
    from ref_programme_standards
    where figure = 'recovered' and op = '>=' and status = 'verified'
),

judged_rows as (
    select
        policies.audience,
        policies.policy_id,
        policies.level,
        policies.share_decimals,
        standards.recovered_standard_share,
        recovery_rows.subject_id,
        recovery_rows.period_kind,
        recovery_rows.period_start_on,
        recovery_rows.period_end_on,
        recovery_rows.n_clients,
        recovery_rows.n_finished,
        recovery_rows.n_measured,
        recovery_rows.n_case,
        recovery_rows.n_not_case,
        recovery_rows.n_case_or_unknown,
        recovery_rows.n_recovery_unknown,
        recovery_rows.n_outside_population,
        recovery_rows.n_no_reliable_change,
        recovery_rows.n_paired_both,
        recovery_rows.n_own_measure,
        recovery_rows.n_own_measure_used,
        recovery_rows.n_appropriate_due,
        recovery_rows.n_appropriate_pair,
        recovery_rows.n_functioning_paired,
        recovery_rows.no_reliable_change_rate,
        recovery_rows.no_reliable_change_rate_lower,
        recovery_rows.no_reliable_change_rate_upper,
        recovery_rows.paired_both_rate,
        recovery_rows.paired_both_rate_lower,
        recovery_rows.paired_both_rate_upper,
        recovery_rows.functioning_paired_rate,
        recovery_rows.functioning_paired_rate_lower,
        recovery_rows.functioning_paired_rate_upper,
        recovery_rows.improved_rate_best,
        recovery_rows.recovered_rate_best,
        recovery_rows.appropriate_pair_rate,
        recovery_rows.appropriate_pair_rate_lower,
        recovery_rows.appropriate_pair_rate_upper,
        recovery_rows.n_finished >= policies.minimum_pairs_for_rate as says_finished,
        recovery_rows.n_case_or_unknown >= policies.minimum_pairs_for_rate as says_case,
        recovery_rows.n_appropriate_due >= policies.minimum_pairs_for_rate as says_pairs
    from recovery_rows
    inner join policies
        on
            recovery_rows.level = policies.mart_level
            and recovery_rows.period_kind = policies.period_kind
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
    case
        when not says_finished then 'too_few_pairs_for_rate'
    end as reliability_reason
from judged_rows
order by audience, level, subject_id, period_kind, period_start_on
