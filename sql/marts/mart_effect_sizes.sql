-- Standardised change of the courses of treatment that ended in a period, for every level: the
-- same mean improvement over each of the spreads that people divide it by.
--
-- Over `all_paired` (finished courses with a first and a later last score) and over those of them
-- that were `at_caseness` at first: choosing the severe makes a change look larger, since extreme
-- scores move back by themselves, so both are shown. With d the mean improvement, s1 and s2 the
-- spreads at first and at last, rho their correlation:
--   d_z   = d / spread of the improvements  (grows with rho; never held against a benchmark)
--   d_av  = d / ((s1 + s2) / 2)
--   d_pre = d / s1  (Glass, Becker), and g_pre = d_pre with Hedges' J = 1 - 3 / (4 df - 1), df =
--           n - 1 (df 19: 0.96). From 20 pairs on its limits are g +/- 1.96 sqrt(2 (1 - rho) / n
--           + g^2 / 2n), from five on those of the noncentral t distribution (change_limit). They
--           assume as much spread at last as at first, and independent clients.
--   d_reference = d / a fixed reference spread that everybody shares, as NHS England does: its own
--           reference sample's (`reference`), else a published clinical sample's (`clinical`). Its
--           limits are the mean improvement's, by Student's t (mean_reach), over that spread.
--   d_severity_adjusted = what d would have been with the first scores of the clinic's frozen
--           reference period, over their spread: d less slope * (mean first score - that of the
--           period), by the line of int_severity_lines. Of the period itself it is its d / s1.
-- A figure that cannot be had has its reason beside it. Missing last scores are not imputed (see
-- mart_outcomes). None of these is the effect of therapy: without a comparison group part of any
-- change comes by itself.
--
-- Grain:  one row per level, subject, instrument, scale, respondent, population and period with
--         at least one pair.
-- Key:    level, subject_id, instrument_id, scale, respondent, population, period_kind,
--         period_start_on
-- Source: Becker (1988), Br J Math Stat Psychol 41:257-278; Hedges (1981), J Educ Stat 6:107-128;
--         fixed spreads: int_fixed_sds (citation per sample); severity-adjusted: as compared in
--         Psychiatr Serv (2020), doi 10.1176/appi.ps.201900295
with pairs as (
    select
        episode_key,
        client_key,
        instrument_id,
        scale,
        respondent,
        ended_on,
        cast(date_trunc('month', ended_on) as date) as month_start_on,
        first_score,
        last_score,
        was_case
    from mart_episode_outcomes
    where is_finished_course and is_paired
),

scales as (
    select
        instrument_id,
        scale,
        domain,
        direction
    from int_scales
),

fixed_sds as (
    select
        instrument_id,
        scale,
        respondent,
        population,
        label,
        sd_points,
        source
    from int_fixed_sds
),

severity_lines as (
    select
        instrument_id,
        scale,
        respondent,
        first_mean_points,
        first_sd_points,
        improvement_slope
    from int_severity_lines
),

subjects as (
    select distinct
        subject_number,
        level,
        subject_id
    from int_episode_subjects
),

episode_subjects as (
    select
        episode_key,
        subject_number
    from int_episode_subjects
),

periods as (
    select distinct
        period_number,
        period_kind,
        period_start_on,
        period_end_on
    from int_period_months
),

period_months as (
    select
        period_number,
        period_start_on,
        month_start_on
    from int_period_months
),

measures as (
    select
        instrument_id,
        scale,
        respondent,
        row_number() over (order by instrument_id, scale, respondent) as measure_number
    from pairs
    group by instrument_id, scale, respondent
),

known_measures as (
    select
        measures.measure_number,
        measures.instrument_id,
        measures.scale,
        measures.respondent,
        scales.domain,
        case scales.direction
            when 'higher_worse' then 1
            when 'higher_better' then -1
        end as worse_sign,
        fixed_sds.sd_points as reference_sd_points,
        fixed_sds.population as reference_kind,
        fixed_sds.label as reference_label,
        fixed_sds.source as reference_source,
        severity_lines.first_mean_points as line_mean_points,
        severity_lines.first_sd_points as line_sd_points,
        severity_lines.improvement_slope
    from measures
    left join scales
        on
            measures.instrument_id = scales.instrument_id
            and measures.scale = scales.scale
    left join fixed_sds
        on
            measures.instrument_id = fixed_sds.instrument_id
            and measures.scale = fixed_sds.scale
            and measures.respondent = fixed_sds.respondent
    left join severity_lines
        on
            measures.instrument_id = severity_lines.instrument_id
            and measures.scale = severity_lines.scale
            and measures.respondent = severity_lines.respondent
),

numbered_pairs as (
    select
        pairs.episode_key,
        pairs.client_key,
        measures.measure_number,
        pairs.ended_on,
        pairs.month_start_on,
        pairs.first_score,
        pairs.last_score,
        pairs.was_case
    from pairs
    inner join measures
        on
            pairs.instrument_id = measures.instrument_id
            and pairs.scale = measures.scale
            and pairs.respondent = measures.respondent
),

populations as (
    select
        episode_key,
        client_key,
        measure_number,
        false as is_severe,
        ended_on,
        month_start_on,
        first_score,
        last_score
    from numbered_pairs
    union all
    select
        episode_key,
        client_key,
        measure_number,
        true as is_severe,
        ended_on,
        month_start_on,
        first_score,
        last_score
    from numbered_pairs
    where was_case
),

monthly_cells as (
    select
        episode_subjects.subject_number,
        populations.measure_number,
        populations.is_severe,
        populations.month_start_on,
        count(*) as n_paired,
        sum(populations.first_score) as first_sum,
        sum(populations.first_score * populations.first_score) as first_squares,
        sum(populations.last_score) as last_sum,
        sum(populations.last_score * populations.last_score) as last_squares,
        sum(populations.first_score * populations.last_score) as products
    from populations
    inner join episode_subjects on populations.episode_key = episode_subjects.episode_key
    group by
        episode_subjects.subject_number,
        populations.measure_number,
        populations.is_severe,
        populations.month_start_on
    -- The sums of one subject then lie together in memory, where its periods are added up.
    order by
        episode_subjects.subject_number,
        populations.measure_number,
        populations.is_severe,
        populations.month_start_on
),

-- People are not additive over months: as in mart_outcomes, the pairs without those whose client
-- had one before in the same period.
returning_clients as (
    select
        client_key,
        measure_number
    from numbered_pairs
    group by client_key, measure_number
    having count(*) > 1
),

repeated_pairs as (
    select
        episode_subjects.subject_number,
        populations.measure_number,
        populations.is_severe,
        populations.month_start_on,
        lag(populations.month_start_on) over (
            partition by
                episode_subjects.subject_number,
                populations.measure_number,
                populations.is_severe,
                populations.client_key
            order by populations.ended_on asc, populations.episode_key asc
        ) as previous_month_on
    from populations
    inner join returning_clients
        on
            populations.client_key = returning_clients.client_key
            and populations.measure_number = returning_clients.measure_number
    inner join episode_subjects on populations.episode_key = episode_subjects.episode_key
),

repeated_cells as (
    select
        subject_number,
        measure_number,
        is_severe,
        month_start_on,
        previous_month_on,
        count(*) as n_repeated
    from repeated_pairs
    where previous_month_on is not null
    group by subject_number, measure_number, is_severe, month_start_on, previous_month_on
),

period_repeats as (
    select
        repeated_cells.subject_number,
        repeated_cells.measure_number,
        repeated_cells.is_severe,
        period_months.period_number,
        cast(sum(repeated_cells.n_repeated) as bigint) as n_repeated
    from repeated_cells
    inner join period_months
        on
            repeated_cells.month_start_on = period_months.month_start_on
            and repeated_cells.previous_month_on >= period_months.period_start_on
    group by
        repeated_cells.subject_number,
        repeated_cells.measure_number,
        repeated_cells.is_severe,
        period_months.period_number
),

period_sums as (
    select
        monthly_cells.subject_number,
        monthly_cells.measure_number,
        monthly_cells.is_severe,
        period_months.period_number,
        cast(sum(monthly_cells.n_paired) as bigint) as n_paired,
        sum(monthly_cells.first_sum) as first_sum,
        sum(monthly_cells.first_squares) as first_squares,
        sum(monthly_cells.last_sum) as last_sum,
        sum(monthly_cells.last_squares) as last_squares,
        sum(monthly_cells.products) as products
    from monthly_cells
    inner join period_months on monthly_cells.month_start_on = period_months.month_start_on
    group by
        monthly_cells.subject_number,
        monthly_cells.measure_number,
        monthly_cells.is_severe,
        period_months.period_number
),

-- n times the sum of squared deviations: exact in decimals, so a spread of nothing is exactly 0.
spreads as (
    select
        subjects.level,
        subjects.subject_id,
        known_measures.instrument_id,
        known_measures.scale,
        known_measures.respondent,
        known_measures.domain,
        case when period_sums.is_severe then 'at_caseness' else 'all_paired' end as population,
        periods.period_kind,
        periods.period_start_on,
        periods.period_end_on,
        period_sums.n_paired - coalesce(period_repeats.n_repeated, 0) as n_clients,
        period_sums.n_paired,
        cast(period_sums.first_sum as double) / period_sums.n_paired as first_mean_points,
        cast(period_sums.last_sum as double) / period_sums.n_paired as last_mean_points,
        cast(
            known_measures.worse_sign * (period_sums.first_sum - period_sums.last_sum) as double
        ) / period_sums.n_paired as improvement_mean_points,
        cast(
            period_sums.n_paired * period_sums.first_squares
            - period_sums.first_sum * period_sums.first_sum as double
        ) as first_spread,
        cast(
            period_sums.n_paired * period_sums.last_squares
            - period_sums.last_sum * period_sums.last_sum as double
        ) as last_spread,
        cast(
            period_sums.n_paired * period_sums.products
            - period_sums.first_sum * period_sums.last_sum as double
        ) as joint_spread,
        cast(
            period_sums.n_paired * (
                period_sums.first_squares + period_sums.last_squares - 2 * period_sums.products
            )
            - (period_sums.first_sum - period_sums.last_sum)
            * (period_sums.first_sum - period_sums.last_sum) as double
        ) as improvement_spread,
        nullif(
            cast(period_sums.n_paired * (period_sums.n_paired - 1) as double), 0
        ) as spread_weight,
        known_measures.reference_sd_points,
        known_measures.reference_kind,
        known_measures.reference_label,
        known_measures.reference_source,
        known_measures.line_mean_points,
        known_measures.line_sd_points,
        known_measures.improvement_slope
    from period_sums
    inner join subjects on period_sums.subject_number = subjects.subject_number
    inner join known_measures on period_sums.measure_number = known_measures.measure_number
    inner join periods on period_sums.period_number = periods.period_number
    left join period_repeats
        on
            period_sums.subject_number = period_repeats.subject_number
            and period_sums.measure_number = period_repeats.measure_number
            and period_sums.is_severe = period_repeats.is_severe
            and period_sums.period_number = period_repeats.period_number
),

moments as (
    select
        level,
        subject_id,
        instrument_id,
        scale,
        respondent,
        domain,
        population,
        period_kind,
        period_start_on,
        period_end_on,
        n_clients,
        n_paired,
        first_mean_points,
        sqrt(first_spread / spread_weight) as first_sd_points,
        last_mean_points,
        sqrt(last_spread / spread_weight) as last_sd_points,
        improvement_mean_points,
        case
            when improvement_mean_points is not null
                then sqrt(improvement_spread / spread_weight)
        end as improvement_sd_points,
        joint_spread / nullif(sqrt(first_spread) * sqrt(last_spread), 0) as pair_correlation,
        improvement_mean_points / nullif(sqrt(first_spread / spread_weight), 0) as d_pre,
        reference_sd_points,
        reference_kind,
        reference_label,
        reference_source,
        line_mean_points,
        line_sd_points,
        improvement_slope
    from spreads
)

select
    level,
    subject_id,
    instrument_id,
    scale,
    respondent,
    domain,
    population,
    period_kind,
    period_start_on,
    period_end_on,
    n_clients,
    n_paired,
    first_mean_points,
    first_sd_points,
    last_mean_points,
    last_sd_points,
    improvement_mean_points,
    improvement_sd_points,
    pair_correlation,
    improvement_mean_points / nullif(improvement_sd_points, 0) as d_z,
    2 * improvement_mean_points / nullif(first_sd_points + last_sd_points, 0) as d_av,
    d_pre,
    hedges_correction(n_paired) as hedges_correction,
    hedges_correction(n_paired) * d_pre as g_pre,
    change_limit(d_pre, pair_correlation, n_paired, -1.96) as g_pre_lower,
    change_limit(d_pre, pair_correlation, n_paired, 1.96) as g_pre_upper,
    change_limit_reason(d_pre, pair_correlation, n_paired) as limits_reason,
    improvement_mean_points / cast(reference_sd_points as double) as d_reference,
    (improvement_mean_points - mean_reach(improvement_sd_points, n_paired))
    / cast(reference_sd_points as double) as d_reference_lower,
    (improvement_mean_points + mean_reach(improvement_sd_points, n_paired))
    / cast(reference_sd_points as double) as d_reference_upper,
    reference_sd_points,
    reference_kind,
    reference_label,
    reference_source,
    (improvement_mean_points - improvement_slope * (first_mean_points - line_mean_points))
    / line_sd_points as d_severity_adjusted,
    case when line_sd_points is null then 'no_reference_line' end as severity_reason
from moments
order by
    level, subject_id, instrument_id, scale, respondent, population, period_kind, period_start_on
