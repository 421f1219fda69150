-- Mean standardised change of a domain as the director may see it: a
-- figure over fewer than the policy's minimum is left out, counts stay. Nothing is withheld for
-- privacy, as no policy shows this table to the public.
--
-- Grain:  one row per audience, level, subject, domain, respondent, population, kind of spread and
--         period shown.
-- Key:    audience, level, subject_id, domain, respondent, population, reference_kind, period_kind,
--         period_start_on
with
judged_rows as (
    select
        mart_pooled_change.* replace (policies.level as level),
        policies.audience,
        policies.policy_id,
        policies.points_decimals,
        policies.minimum_pairs_for_rate,
        mart_pooled_change.n_courses >= policies.minimum_pairs_for_rate as says_courses
    from mart_pooled_change
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_pooled_change'
            and mart_pooled_change.level = policies.mart_level
            and mart_pooled_change.period_kind = policies.period_kind
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
