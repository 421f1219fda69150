-- Mean standardised change of a domain as the director may see it: a
-- figure over fewer than the policy's minimum is left out, counts stay. Nothing is withheld for
-- privacy, as no policy shows this table to the public.
--
-- Grain:  one row per audience, level, subject, domain, respondent, population, kind of spread and
--         period shown.
-- Key:    audience, level, subject_id, domain, respondent, population, reference_kind, period_kind,
--         period_start_on
with policies as (
    select
        audience,
        level,
        mart_level,
        period_kind,
        policy_id,
        points_decimals,
        minimum_pairs_for_rate
    from ref_disclosure_policies
    where table_name = 'pub_pooled_change'
),

pooled_change_rows as (
    select
        level,
        subject_id,
        domain,
        respondent,
        population,
        reference_kind,
        period_kind,
        period_start_on,
        period_end_on,
        n_clients,
        n_courses,
        n_pairs,
        n_instruments,
        instrument_mix,
        change_mean_sds,
        change_sd_sds,
        change_mean_sds_lower,
        change_mean_sds_upper,
        limits_reason
    from mart_pooled_change
),

judged_rows as (
    select
        policies.audience,
        policies.policy_id,
        policies.points_decimals,
        policies.minimum_pairs_for_rate,
        policies.level,
        pooled_change_rows.subject_id,
        pooled_change_rows.domain,
        pooled_change_rows.respondent,
        pooled_change_rows.population,
        pooled_change_rows.reference_kind,
        pooled_change_rows.period_kind,
        pooled_change_rows.period_start_on,
        pooled_change_rows.period_end_on,
        pooled_change_rows.n_clients,
        pooled_change_rows.n_courses,
        pooled_change_rows.n_pairs,
        pooled_change_rows.n_instruments,
        pooled_change_rows.instrument_mix,
        pooled_change_rows.change_mean_sds,
        pooled_change_rows.change_sd_sds,
        pooled_change_rows.change_mean_sds_lower,
        pooled_change_rows.change_mean_sds_upper,
        pooled_change_rows.limits_reason,
        pooled_change_rows.n_courses >= policies.minimum_pairs_for_rate as says_courses
    from pooled_change_rows
    inner join policies
        on
            pooled_change_rows.level = policies.mart_level
            and pooled_change_rows.period_kind = policies.period_kind
)

select
    audience,
    policy_id,
    level,
    subject_id,
    domain,
    respondent,
    population,
    reference_kind,
    period_kind,
    period_start_on,
    period_end_on,
    n_clients,
    n_courses,
    n_pairs,
    n_instruments,
    instrument_mix,
    shown_figure(says_courses, change_mean_sds, points_decimals) as change_mean_sds,
    shown_figure(says_courses, change_sd_sds, points_decimals) as change_sd_sds,
    shown_figure(says_courses, change_mean_sds_lower, points_decimals) as change_mean_sds_lower,
    shown_figure(says_courses, change_mean_sds_upper, points_decimals) as change_mean_sds_upper,
    limits_reason,
    case
        when n_courses < minimum_pairs_for_rate then 'too_few_pairs_for_rate'
    end as reliability_reason
from judged_rows
order by
    audience,
    level,
    subject_id,
    domain,
    respondent,
    population,
    reference_kind,
    period_kind,
    period_start_on
