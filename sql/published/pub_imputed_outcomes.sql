-- Imputed rates as the director may see them: none over fewer pairs than the policy's minimum.
-- Nothing is withheld for privacy, as no policy shows this table to the public.
--
-- Grain:  one row per audience, level, subject, instrument, scale, respondent, outcome, shift and
--         period shown.
-- Key:    audience, level, subject_id, instrument_id, scale, respondent, outcome, shift_sds,
--         period_kind, period_start_on
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
    where table_name = 'pub_imputed_outcomes'
),

imputed_rows as (
    select
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
        imputed_rate,
        imputed_rate_lower,
        imputed_rate_upper,
        shift_points,
        n_imputations,
        rests_on,
        no_rate_reason
    from mart_imputed_outcomes
),

judged_rows as (
    select
        policies.audience,
        policies.policy_id,
        policies.share_decimals,
        policies.level,
        imputed_rows.subject_id,
        imputed_rows.instrument_id,
        imputed_rows.scale,
        imputed_rows.respondent,
        imputed_rows.outcome,
        imputed_rows.shift_sds,
        imputed_rows.period_kind,
        imputed_rows.period_start_on,
        imputed_rows.period_end_on,
        imputed_rows.n_courses,
        imputed_rows.n_paired,
        imputed_rows.n_with_outcome,
        imputed_rows.imputed_rate,
        imputed_rows.imputed_rate_lower,
        imputed_rows.imputed_rate_upper,
        imputed_rows.shift_points,
        imputed_rows.n_imputations,
        imputed_rows.rests_on,
        imputed_rows.no_rate_reason,
        imputed_rows.n_paired >= policies.minimum_pairs_for_rate as says_something
    from imputed_rows
    inner join policies
        on
            imputed_rows.level = policies.mart_level
            and imputed_rows.period_kind = policies.period_kind
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
