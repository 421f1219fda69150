-- Standardised change as the director may see it: a
-- figure over fewer than the policy's minimum is left out, counts stay. Nothing is withheld for
-- privacy, as no policy shows this table to the public.
--
-- Grain:  one row per audience, level, subject, instrument, scale, respondent, population and
--         period shown.
-- Key:    audience, level, subject_id, instrument_id, scale, respondent, population, period_kind,
--         period_start_on
with
judged_rows as (
    select
        mart_effect_sizes.* replace (policies.level as level),
        policies.audience,
        policies.policy_id,
        policies.points_decimals,
        policies.minimum_pairs_for_rate,
        mart_effect_sizes.n_paired >= policies.minimum_pairs_for_rate as says_paired
    from mart_effect_sizes
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_effect_sizes'
            and mart_effect_sizes.level = policies.mart_level
            and mart_effect_sizes.period_kind = policies.period_kind
)

select
    audience,
    policy_id,
    level,
    subject_id,
    instrument_id,
    scale,
    respondent,
    population,
    period_kind,
    period_start_on,
    period_end_on,
    domain,
    n_clients,
    n_paired,
    shown_figure(says_paired, first_mean_points, points_decimals) as first_mean_points,
    shown_figure(says_paired, first_sd_points, points_decimals) as first_sd_points,
    shown_figure(says_paired, last_mean_points, points_decimals) as last_mean_points,
    shown_figure(says_paired, last_sd_points, points_decimals) as last_sd_points,
    shown_figure(says_paired, improvement_mean_points, points_decimals) as improvement_mean_points,
    shown_figure(says_paired, improvement_sd_points, points_decimals) as improvement_sd_points,
    shown_figure(says_paired, pair_correlation, points_decimals) as pair_correlation,
    shown_figure(says_paired, d_z, points_decimals) as d_z,
    shown_figure(says_paired, d_av, points_decimals) as d_av,
    shown_figure(says_paired, d_pre, points_decimals) as d_pre,
    shown_figure(says_paired, g_pre, points_decimals) as g_pre,
    shown_figure(says_paired, g_pre_lower, points_decimals) as g_pre_lower,
    shown_figure(says_paired, g_pre_upper, points_decimals) as g_pre_upper,
    shown_figure(says_paired, d_reference, points_decimals) as d_reference,
    shown_figure(says_paired, d_reference_lower, points_decimals) as d_reference_lower,
    shown_figure(says_paired, d_reference_upper, points_decimals) as d_reference_upper,
    shown_figure(says_paired, d_severity_adjusted, points_decimals) as d_severity_adjusted,
    severity_reason,
    limits_reason,
    reference_sd_points,
    reference_kind,
    reference_label,
    reference_source,
    case
        when n_paired < minimum_pairs_for_rate then 'too_few_pairs_for_rate'
    end as reliability_reason
from judged_rows
order by
    audience,
    level,
    subject_id,
    instrument_id,
    scale,
    respondent,
    population,
    period_kind,
    period_start_on
