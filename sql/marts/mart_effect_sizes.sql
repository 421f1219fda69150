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
        cast(date_trunc('month', ended_on) as date) as month_start_on,
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

-- A level and its subject are one number inside this query, and so are an instrument, scale and
-- respondent, and a period: rows are matched and grouped by numbers, not by texts.
subjects as (
    select
        level,
        subject_id,
        row_number() over (order by level, subject_id) as subject_number
    from episode_subjects
    group by level, subject_id
),

numbered_subjects as (
    select
        episode_subjects.episode_key,
        subjects.subject_number
    from episode_subjects
    inner join subjects
        on
            episode_subjects.level = subjects.level
            and episode_subjects.subject_id = subjects.subject_id
),

periods as (
    select
        period_kind,
        period_start_on,
        period_end_on,
        row_number() over (order by period_kind, period_start_on) as period_number
    from period_months
    group by period_kind, period_start_on, period_end_on
),

numbered_months as (
    select
        periods.period_number,
        periods.period_start_on,
        period_months.month_start_on
    from period_months
    inner join periods
        on
            period_months.period_kind = periods.period_kind
            and period_months.period_start_on = periods.period_start_on
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
        'all_paired' as population,
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
        'at_caseness' as population,
        ended_on,
        month_start_on,
        first_score,
        last_score
    from numbered_pairs
    where was_case
),

monthly_cells as (
    select
        numbered_subjects.subject_number,
        populations.measure_number,
        populations.population,
        populations.month_start_on,
        count(*) as n_paired,
        sum(populations.first_score) as first_sum,
        sum(populations.first_score * populations.first_score) as first_squares,
        sum(populations.last_score) as last_sum,
        sum(populations.last_score * populations.last_score) as last_squares,
        sum(populations.first_score * populations.last_score) as products
    from populations
    inner join numbered_subjects on populations.episode_key = numbered_subjects.episode_key
    group by
        numbered_subjects.subject_number,
        populations.measure_number,
        populations.population,
        populations.month_start_on
    -- The sums of one subject then lie together in memory, where its periods are added up.
    order by
        numbered_subjects.subject_number,
        populations.measure_number,
        populations.population,
        populations.month_start_on
),

-- People are not additive over months: as in mart_outcomes, the pairs without those whose client
-- had one before in the same period.
returning_clients as (
    select client_key
    from pairs
    group by client_key
    having min(episode_key) < max(episode_key)
),

repeated_pairs as (
    select
        numbered_subjects.subject_number,
        populations.measure_number,
        populations.population,
        populations.month_start_on,
        lag(populations.month_start_on) over (
            partition by
                numbered_subjects.subject_number,
                populations.measure_number,
                populations.population,
                populations.client_key
            order by populations.ended_on asc, populations.episode_key asc
        ) as previous_month_on
    from populations
    inner join returning_clients on populations.client_key = returning_clients.client_key
    inner join numbered_subjects on populations.episode_key = numbered_subjects.episode_key
),

repeated_cells as (
    select
        subject_number,
        measure_number,
        population,
        month_start_on,
        previous_month_on,
        count(*) as n_repeated
    from repeated_pairs
    where previous_month_on is not null
    group by subject_number, measure_number, population, month_start_on, previous_month_on
),

period_repeats as (
    select
        repeated_cells.subject_number,
        repeated_cells.measure_number,
        repeated_cells.population,
        numbered_months.period_number,
        cast(sum(repeated_cells.n_repeated) as bigint) as n_repeated
    from repeated_cells
    inner join numbered_months
        on
            repeated_cells.month_start_on = numbered_months.month_start_on
            and repeated_cells.previous_month_on >= numbered_months.period_start_on
    group by
        repeated_cells.subject_number,
        repeated_cells.measure_number,
        repeated_cells.population,
        numbered_months.period_number
),

period_sums as (
    select
        monthly_cells.subject_number,
        monthly_cells.measure_number,
        monthly_cells.population,
        numbered_months.period_number,
        cast(sum(monthly_cells.n_paired) as bigint) as n_paired,
        sum(monthly_cells.first_sum) as first_sum,
        sum(monthly_cells.first_squares) as first_squares,
        sum(monthly_cells.last_sum) as last_sum,
        sum(monthly_cells.last_squares) as last_squares,
        sum(monthly_cells.products) as products
    from monthly_cells
    inner join numbered_months on monthly_cells.month_start_on = numbered_months.month_start_on
    group by
        monthly_cells.subject_number,
        monthly_cells.measure_number,
        monthly_cells.population,
        numbered_months.period_number
),

-- n times the sum of squared deviations: exact in decimals, so a spread of nothing is exactly 0.
spreads as (
    select
        subjects.level,
        subjects.subject_id,
        measures.instrument_id,
        measures.scale,
        measures.respondent,
        instruments.domain,
        period_sums.population,
        periods.period_kind,
        periods.period_start_on,
        periods.period_end_on,
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
    inner join subjects on period_sums.subject_number = subjects.subject_number
    inner join measures on period_sums.measure_number = measures.measure_number
    inner join periods on period_sums.period_number = periods.period_number
    left join instruments on measures.instrument_id = instruments.instrument_id
    left join scales
        on
            measures.instrument_id = scales.instrument_id
            and measures.scale = scales.scale
    left join fixed_sds
        on
            measures.instrument_id = fixed_sds.instrument_id
            and measures.scale = fixed_sds.scale
    left join period_repeats
        on
            period_sums.subject_number = period_repeats.subject_number
            and period_sums.measure_number = period_repeats.measure_number
            and period_sums.population = period_repeats.population
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
