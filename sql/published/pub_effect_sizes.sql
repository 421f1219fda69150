-- Standardised change as the director may see it: a
-- figure over fewer than the policy's minimum is left out, counts stay. Nothing is withheld for
-- privacy, as no policy shows this table to the public.
--
-- Grain:  one row per audience, level, subject, instrument, scale, respondent, population and
--         period shown.
-- Key:    audience, level, subject_id, instrument_id, scale, respondent, population, period_kind,
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
    where table_name = 'pub_effect_sizes'
),

effect_sizes_rows as (
    select
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
        first_mean_points,
        first_sd_points,
        last_mean_points,
        last_sd_points,
        improvement_mean_points,
        improvement_sd_points,
        pair_correlation,
        d_z,
        d_av,
        d_pre,
        g_pre,
        g_pre_lower,
        g_pre_upper,
        d_reference,
        d_severity_adjusted,
        severity_reason,
        limits_reason,
        reference_sd_points,
        reference_kind,
        reference_label,
        reference_source
    from mart_effect_sizes
),

judged_rows as (
    select
        policies.audience,
        policies.policy_id,
        policies.points_decimals,
        policies.minimum_pairs_for_rate,
        policies.level,
        effect_sizes_rows.subject_id,
        effect_sizes_rows.instrument_id,
        effect_sizes_rows.scale,
        effect_sizes_rows.respondent,
        effect_sizes_rows.population,
        effect_sizes_rows.period_kind,
        effect_sizes_rows.period_start_on,
        effect_sizes_rows.period_end_on,
        effect_sizes_rows.domain,
        effect_sizes_rows.n_clients,
        effect_sizes_rows.n_paired,
        effect_sizes_rows.first_mean_points,
        effect_sizes_rows.first_sd_points,
        effect_sizes_rows.last_mean_points,
        effect_sizes_rows.last_sd_points,
        effect_sizes_rows.improvement_mean_points,
        effect_sizes_rows.improvement_sd_points,
        effect_sizes_rows.pair_correlation,
        effect_sizes_rows.d_z,
        effect_sizes_rows.d_av,
        effect_sizes_rows.d_pre,
        effect_sizes_rows.g_pre,
        effect_sizes_rows.g_pre_lower,
        effect_sizes_rows.g_pre_upper,
        effect_sizes_rows.d_reference,
        effect_sizes_rows.d_severity_adjusted,
        effect_sizes_rows.severity_reason,
        effect_sizes_rows.limits_reason,
        effect_sizes_rows.reference_sd_points,
        effect_sizes_rows.reference_kind,
        effect_sizes_rows.reference_label,
        effect_sizes_rows.reference_source,
        effect_sizes_rows.n_paired >= policies.minimum_pairs_for_rate as says_paired
    from effect_sizes_rows
    inner join policies
        on
            effect_sizes_rows.level = policies.mart_level
            and effect_sizes_rows.period_kind = policies.period_kind
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
