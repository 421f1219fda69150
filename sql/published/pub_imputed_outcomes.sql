-- Imputed rates as the director may see them: none over fewer pairs than the policy's minimum.
-- Nothing is withheld for privacy, as no policy shows this table to the public.
--
-- Grain:  one row per audience, level, subject, instrument, scale, respondent, outcome, shift and
--         period shown.
-- Key:    audience, level, subject_id, instrument_id, scale, respondent, outcome, shift_sds,
--         period_kind, period_start_on
with
judged_rows as (
    select
        mart_imputed_outcomes.* replace (policies.level as level),
        policies.audience,
        policies.policy_id,
        policies.share_decimals,
        mart_imputed_outcomes.n_paired >= policies.minimum_pairs_for_rate as says_something
    from mart_imputed_outcomes
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_imputed_outcomes'
            and mart_imputed_outcomes.level = policies.mart_level
            and mart_imputed_outcomes.period_kind = policies.period_kind
)

select
    audience,
    policy_id,
    level,
    subject_id,
    instrument_id,
    scale,
    respondent,
    outcome,
    shift_sds,
    period_kind,
    period_start_on,
    period_end_on,
    n_courses,
    n_paired,
    n_with_outcome,
    shown_figure(says_something, imputed_rate, share_decimals) as imputed_rate,
    shown_figure(says_something, imputed_rate_lower, share_decimals) as imputed_rate_lower,
    shown_figure(says_something, imputed_rate_upper, share_decimals) as imputed_rate_upper,
    shift_points,
    n_imputations,
    rests_on,
    case when says_something then no_rate_reason else 'too_few_pairs' end as no_rate_reason
from judged_rows
order by
    audience,
    level,
    subject_id,
    instrument_id,
    scale,
    respondent,
    outcome,
    shift_sds,
    period_kind,
    period_start_on
