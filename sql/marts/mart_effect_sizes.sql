-- Standardised change of the courses of treatment that ended in a period, for every level: the
-- same mean improvement over each of the spreads that people divide it by.
--
-- Over `all_paired` (finished courses with a first and a later last score) and over those of them
-- that were `at_caseness` at first: choosing the severe makes a change look larger, since extreme
-- scores move back by themselves, so both are shown. With d the mean improvement, s1 and s2 the
-- spreads at first and at last, rho their correlation:
--   d_z   = d / spread of the improvements  (grows with rho; never held against a benchmark)
--   d_av  = d / ((s1 + s2) / 2)
--   d_pre = d / s1  (Glass, Becker), and g_pre = d_pre * J with Hedges' J = 1 - 3 / (4 df - 1),
--           df = n - 1 (df 19: 0.96), with limits g +/- 1.96 sqrt(2 (1 - rho) / n + g^2 / 2n).
--           They assume as much spread at last as at first, and independent clients.
--   d_reference = d / a fixed reference spread that everybody shares, as NHS England does: its own
--           reference sample's (`reference`), else a published clinical sample's (`clinical`).
-- Below 20 pairs there are no limits, and `limits_reason` says so. None of these is the effect of
-- therapy: without a comparison group part of any change comes by itself.
--
-- Grain:  one row per level, subject, instrument, scale, respondent, population and period with
--         at least one pair.
-- Key:    level, subject_id, instrument_id, scale, respondent, population, period_kind,
--         period_start_on
-- Source: Becker (1988), Br J Math Stat Psychol 41:257-278; Hedges (1981), J Educ Stat 6:107-128;
--         fixed spreads: int_fixed_sds (citation per sample)
with pairs as (
    select
        episode_key,
        client_key,
        instrument_id,
        scale,
        respondent,
        ended_on,
        first_score,
        last_score,
        was_case
    from mart_episode_outcomes
    where is_finished_course and is_paired
),

episode_subjects as (
    select
        episode_key,
        level,
        subject_id
    from int_episode_subjects
),

instruments as (
    select
        instrument_id,
        domain,
        direction
    from ref_instruments
),

scales as (
    select
        instrument_id,
        scale,
        direction
    from ref_instrument_scales
),

fixed_sds as (
    select
        instrument_id,
        scale,
        population,
        label,
        sd_points,
        source
    from int_fixed_sds
),

period_months as (
    select
        period_kind,
        period_start_on,
        period_end_on,
        month_start_on
    from int_period_months
),

populations as (
    select
        episode_key,
        client_key,
        instrument_id,
        scale,
        respondent,
        'all_paired' as population,
        ended_on,
        first_score,
        last_score
    from pairs
    union all
    select
        episode_key,
        client_key,
        instrument_id,
        scale,
        respondent,
        'at_caseness' as population,
        ended_on,
        first_score,
        last_score
    from pairs
    where was_case
),

monthly_cells as (
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        populations.instrument_id,
        populations.scale,
        populations.respondent,
        populations.population,
        cast(date_trunc('month', populations.ended_on) as date) as month_start_on,
        count(*) as n_paired,
        sum(populations.first_score) as first_sum,
        sum(populations.first_score * populations.first_score) as first_squares,
        sum(populations.last_score) as last_sum,
        sum(populations.last_score * populations.last_score) as last_squares,
        sum(populations.first_score * populations.last_score) as products
    from populations
    inner join episode_subjects on populations.episode_key = episode_subjects.episode_key
    group by all
),

-- People are not additive over months: as in mart_outcomes, the pairs without those whose client
-- had one before in the same period.
returning_clients as (
    select client_key
    from pairs
    group by client_key
    having count(distinct episode_key) > 1
),

repeated_pairs as (
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        populations.instrument_id,
        populations.scale,
        populations.respondent,
        populations.population,
        cast(date_trunc('month', populations.ended_on) as date) as month_start_on,
        cast(
            date_trunc(
                'month',
                lag(populations.ended_on) over (
                    partition by
                        episode_subjects.level,
                        episode_subjects.subject_id,
                        populations.instrument_id,
                        populations.scale,
                        populations.respondent,
                        populations.population,
                        populations.client_key
                    order by populations.ended_on asc, populations.episode_key asc
                )
            ) as date
        ) as previous_month_on
    from populations
    inner join returning_clients on populations.client_key = returning_clients.client_key
    inner join episode_subjects on populations.episode_key = episode_subjects.episode_key
),

repeated_cells as (
    select
        level,
        subject_id,
        instrument_id,
        scale,
        respondent,
        population,
        month_start_on,
        previous_month_on,
        count(*) as n_repeated
    from repeated_pairs
    where previous_month_on is not null
    group by all
),

period_repeats as (
    select
        repeated_cells.level,
        repeated_cells.subject_id,
        repeated_cells.instrument_id,
        repeated_cells.scale,
        repeated_cells.respondent,
        repeated_cells.population,
        period_months.period_kind,
        period_months.period_start_on,
        cast(sum(repeated_cells.n_repeated) as bigint) as n_repeated
    from repeated_cells
    inner join period_months
        on
            repeated_cells.month_start_on = period_months.month_start_on
            and repeated_cells.previous_month_on >= period_months.period_start_on
    group by all
),

period_sums as (
    select
        monthly_cells.level,
        monthly_cells.subject_id,
        monthly_cells.instrument_id,
        monthly_cells.scale,
        monthly_cells.respondent,
        monthly_cells.population,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on,
        cast(sum(monthly_cells.n_paired) as bigint) as n_paired,
        sum(monthly_cells.first_sum) as first_sum,
        sum(monthly_cells.first_squares) as first_squares,
        sum(monthly_cells.last_sum) as last_sum,
        sum(monthly_cells.last_squares) as last_squares,
        sum(monthly_cells.products) as products
    from monthly_cells
    inner join period_months on monthly_cells.month_start_on = period_months.month_start_on
    group by all
),

-- n times the sum of squared deviations: exact in decimals, so a spread of nothing is exactly 0.
spreads as (
    select
        period_sums.level,
        period_sums.subject_id,
        period_sums.instrument_id,
        period_sums.scale,
        period_sums.respondent,
        instruments.domain,
        period_sums.population,
        period_sums.period_kind,
        period_sums.period_start_on,
        period_sums.period_end_on,
        period_sums.n_paired - coalesce(period_repeats.n_repeated, 0) as n_clients,
        period_sums.n_paired,
        cast(period_sums.first_sum as double) / period_sums.n_paired as first_mean_points,
        cast(period_sums.last_sum as double) / period_sums.n_paired as last_mean_points,
        cast(
            case coalesce(scales.direction, instruments.direction)
                when 'higher_worse' then period_sums.first_sum - period_sums.last_sum
                when 'higher_better' then period_sums.last_sum - period_sums.first_sum
            end as double
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
        fixed_sds.sd_points as reference_sd_points,
        fixed_sds.population as reference_kind,
        fixed_sds.label as reference_label,
        fixed_sds.source as reference_source
    from period_sums
    left join instruments on period_sums.instrument_id = instruments.instrument_id
    left join scales
        on
            period_sums.instrument_id = scales.instrument_id
            and period_sums.scale = scales.scale
    left join fixed_sds
        on
            period_sums.instrument_id = fixed_sds.instrument_id
            and period_sums.scale = fixed_sds.scale
    left join period_repeats
        on
            period_sums.level = period_repeats.level
            and period_sums.subject_id = period_repeats.subject_id
            and period_sums.instrument_id = period_repeats.instrument_id
            and period_sums.scale = period_repeats.scale
            and period_sums.respondent = period_repeats.respondent
            and period_sums.population = period_repeats.population
            and period_sums.period_kind = period_repeats.period_kind
            and period_sums.period_start_on = period_repeats.period_start_on
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
        -- Of two pairs the correction would leave nothing, whatever they were.
        case when n_paired > 2 then 1 - 3 / cast(4 * (n_paired - 1) - 1 as double) end
            as hedges_correction,
        reference_sd_points,
        reference_kind,
        reference_label,
        reference_source
    from spreads
),

effects as (
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
        improvement_mean_points / nullif(first_sd_points, 0) as d_pre,
        hedges_correction,
        hedges_correction * improvement_mean_points / nullif(first_sd_points, 0) as g_pre,
        improvement_mean_points / cast(reference_sd_points as double) as d_reference,
        reference_sd_points,
        reference_kind,
        reference_label,
        reference_source
    from moments
),

effects_with_errors as (
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
        d_z,
        d_av,
        d_pre,
        hedges_correction,
        g_pre,
        case
            when n_paired >= 20 and pair_correlation is not null
                then
                    sqrt(
                        -- Rounding can take a correlation of 1 a hair above it.
                        2 * greatest(1 - pair_correlation, 0) / n_paired
                        + g_pre * g_pre / (2 * n_paired)
                    )
        end as g_pre_error,
        d_reference,
        reference_sd_points,
        reference_kind,
        reference_label,
        reference_source
    from effects
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
    d_z,
    d_av,
    d_pre,
    hedges_correction,
    g_pre,
    g_pre - 1.96 * g_pre_error as g_pre_lower,
    g_pre + 1.96 * g_pre_error as g_pre_upper,
    case
        when n_paired < 20 then 'too_few_pairs_for_limits'
        when g_pre_error is null then 'no_spread'
    end as limits_reason,
    d_reference,
    reference_sd_points,
    reference_kind,
    reference_label,
    reference_source
from effects_with_errors
order by
    level, subject_id, instrument_id, scale, respondent, population, period_kind, period_start_on
