-- Outcomes of the courses of treatment that ended in a period, for every level.
--
-- An ended course counts for an instrument that its programme lists (as the client's measure) or
-- that it has a response of. Outcome counts are over `n_paired`: finished, with a first and a later
-- last score; recovery is over `n_case`. What needs a threshold is null where the scale has no
-- active rule, and a verdict (purpose `verdict`) has no pairs to count. Rates carry 95 % Wilson
-- limits; `improved_rate_worst` and `_best` bound the rate over all finished courses, if nobody or
-- everybody without a pair had improved. Sums are decimals; a division comes last, so that neither
-- threads nor the order of rows can change a digit.
--
-- `effect_size` is the mean improvement over the pairs' own SD at first (Becker's, Glass's), times
-- Hedges' J = 1 - 3 / (4 df - 1) with df = n - 1 (df 19: 0.96; with two pairs J is 0). Its limits
-- are g +/- 1.96 sqrt(2 (1 - rho) / n + g^2 / 2n), from 20 pairs on.
--
-- Grain:  one row per level, subject, instrument, scale, respondent and period.
-- Key:    level, subject_id, instrument_id, scale, respondent, period_kind, period_start_on
-- Source: Wilson (1927); Becker (1988), Br J Math Stat Psychol 41:257-278; Hedges (1981)
with ended_episodes as (
    select
        episode_key,
        client_key,
        programme_id,
        ended_on,
        is_finished_course
    from int_episodes
    where ended_on is not null
),

episode_subjects as (
    select
        episode_key,
        level,
        subject_id
    from int_episode_subjects
),

answered_measures as (
    select
        episode_key,
        client_key,
        instrument_id,
        scale,
        respondent,
        ended_on,
        is_finished_course,
        coalesce(is_finished_course and is_paired, false) as is_counted_pair,
        first_score,
        last_score,
        improvement_points,
        was_case,
        reliable_change,
        is_recovered,
        is_reliably_recovered
    from mart_episode_outcomes
    where ended_on is not null
),

programmes as (
    select
        programme_id,
        instruments
    from stg_programmes
),

instruments as (
    select
        instrument_id,
        domain,
        direction,
        purpose,
        is_scored
    from ref_instruments
),

scales as (
    select
        instrument_id,
        scale
    from ref_instrument_scales
),

outcome_rules as (
    select
        instrument_id,
        scale,
        rule_id,
        rule_version,
        reliable_change_points is not null as has_change,
        caseness_points is not null as has_caseness
    from ref_outcome_rules
),

period_months as (
    select
        period_kind,
        period_start_on,
        period_end_on,
        month_start_on
    from int_period_months
),

listed_instruments as (
    select distinct
        programme_id,
        unnest(instruments) as instrument_id
    from programmes
),

listed_scales as (
    select
        listed_instruments.programme_id,
        listed_instruments.instrument_id,
        coalesce(scales.scale, 'total') as scale
    from listed_instruments
    inner join instruments on listed_instruments.instrument_id = instruments.instrument_id
    left join scales
        on
            listed_instruments.instrument_id = scales.instrument_id
            and instruments.is_scored
),

client_answers as (
    select
        episode_key,
        instrument_id,
        scale
    from answered_measures
    where respondent = 'client'
),

unanswered_measures as (
    select
        ended_episodes.episode_key,
        ended_episodes.client_key,
        listed_scales.instrument_id,
        listed_scales.scale,
        ended_episodes.ended_on,
        ended_episodes.is_finished_course
    from ended_episodes
    inner join listed_scales on ended_episodes.programme_id = listed_scales.programme_id
    left join client_answers
        on
            ended_episodes.episode_key = client_answers.episode_key
            and listed_scales.instrument_id = client_answers.instrument_id
            and listed_scales.scale = client_answers.scale
    where client_answers.episode_key is null
),

measures as (
    select
        episode_key,
        client_key,
        instrument_id,
        scale,
        respondent,
        ended_on,
        is_finished_course,
        is_counted_pair,
        first_score,
        last_score,
        improvement_points,
        was_case,
        reliable_change,
        is_recovered,
        is_reliably_recovered
    from answered_measures
    union all
    select
        episode_key,
        client_key,
        instrument_id,
        scale,
        'client' as respondent,
        ended_on,
        is_finished_course,
        false as is_counted_pair,
        null as first_score,
        null as last_score,
        null as improvement_points,
        null as was_case,
        null as reliable_change,
        null as is_recovered,
        null as is_reliably_recovered
    from unanswered_measures
),

monthly_cells as (
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        measures.instrument_id,
        measures.scale,
        measures.respondent,
        cast(date_trunc('month', measures.ended_on) as date) as month_start_on,
        count(*) as n_ended,
        count(*) filter (where measures.is_finished_course) as n_finished,
        count(*) filter (where measures.is_counted_pair) as n_paired,
        count(*) filter (where measures.is_counted_pair and measures.was_case) as n_case,
        count(*) filter (
            where measures.is_counted_pair and measures.reliable_change = 'improved'
        ) as n_improved,
        count(*) filter (
            where measures.is_counted_pair and measures.reliable_change = 'unchanged'
        ) as n_unchanged,
        count(*) filter (
            where measures.is_counted_pair and measures.reliable_change = 'deteriorated'
        ) as n_deteriorated,
        count(*) filter (where measures.is_counted_pair and measures.is_recovered) as n_recovered,
        count(*) filter (
            where measures.is_counted_pair and measures.is_reliably_recovered
        ) as n_reliably_recovered,
        sum(measures.first_score) filter (where measures.is_counted_pair) as first_sum,
        sum(measures.first_score * measures.first_score) filter (
            where measures.is_counted_pair
        ) as first_squares,
        sum(measures.last_score) filter (where measures.is_counted_pair) as last_sum,
        sum(measures.last_score * measures.last_score) filter (
            where measures.is_counted_pair
        ) as last_squares,
        sum(measures.improvement_points) filter (
            where measures.is_counted_pair
        ) as improvement_sum,
        sum(measures.improvement_points * measures.improvement_points) filter (
            where measures.is_counted_pair
        ) as improvement_squares
    from measures
    inner join episode_subjects on measures.episode_key = episode_subjects.episode_key
    group by all
),

-- People are not additive over months. They are the courses without those whose client had
-- already ended one in the same period: for that, the month of the client's course before is
-- enough, and only clients with several courses at a subject have one.
returning_episodes as (
    select
        episode_subjects.episode_key,
        episode_subjects.level,
        episode_subjects.subject_id
    from episode_subjects
    inner join ended_episodes on episode_subjects.episode_key = ended_episodes.episode_key
    qualify count(*) over (
        partition by
            episode_subjects.level, episode_subjects.subject_id, ended_episodes.client_key
    ) > 1
),

repeated_measures as (
    select
        returning_episodes.level,
        returning_episodes.subject_id,
        measures.instrument_id,
        measures.scale,
        measures.respondent,
        cast(date_trunc('month', measures.ended_on) as date) as month_start_on,
        cast(
            date_trunc(
                'month',
                lag(measures.ended_on) over (
                    partition by
                        returning_episodes.level,
                        returning_episodes.subject_id,
                        measures.instrument_id,
                        measures.scale,
                        measures.respondent,
                        measures.client_key
                    order by measures.ended_on asc, measures.episode_key asc
                )
            ) as date
        ) as previous_month_on
    from measures
    inner join returning_episodes on measures.episode_key = returning_episodes.episode_key
),

repeated_cells as (
    select
        level,
        subject_id,
        instrument_id,
        scale,
        respondent,
        month_start_on,
        previous_month_on,
        count(*) as n_repeated
    from repeated_measures
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
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on,
        cast(sum(monthly_cells.n_ended) as bigint) as n_ended,
        cast(sum(monthly_cells.n_finished) as bigint) as n_finished,
        cast(sum(monthly_cells.n_paired) as bigint) as n_paired,
        cast(sum(monthly_cells.n_case) as bigint) as n_case,
        cast(sum(monthly_cells.n_improved) as bigint) as n_improved,
        cast(sum(monthly_cells.n_unchanged) as bigint) as n_unchanged,
        cast(sum(monthly_cells.n_deteriorated) as bigint) as n_deteriorated,
        cast(sum(monthly_cells.n_recovered) as bigint) as n_recovered,
        cast(sum(monthly_cells.n_reliably_recovered) as bigint) as n_reliably_recovered,
        sum(monthly_cells.first_sum) as first_sum,
        sum(monthly_cells.first_squares) as first_squares,
        sum(monthly_cells.last_sum) as last_sum,
        sum(monthly_cells.last_squares) as last_squares,
        sum(monthly_cells.improvement_sum) as improvement_sum,
        sum(monthly_cells.improvement_squares) as improvement_squares
    from monthly_cells
    inner join period_months on monthly_cells.month_start_on = period_months.month_start_on
    group by all
),

-- n times the sum of squared deviations: exact in decimals, so a spread of nothing is exactly 0.
period_spreads as (
    select
        level,
        subject_id,
        instrument_id,
        scale,
        respondent,
        period_kind,
        period_start_on,
        n_paired,
        cast(first_sum as double) / nullif(n_paired, 0) as first_mean_points,
        cast(last_sum as double) / nullif(n_paired, 0) as last_mean_points,
        cast(improvement_sum as double) / nullif(n_paired, 0) as improvement_mean_points,
        cast(n_paired * first_squares - first_sum * first_sum as double) as first_spread,
        cast(n_paired * last_squares - last_sum * last_sum as double) as last_spread,
        cast(
            n_paired * improvement_squares - improvement_sum * improvement_sum as double
        ) as improvement_spread,
        nullif(cast(n_paired * (n_paired - 1) as double), 0) as spread_weight
    from period_sums
),

period_moments as (
    select
        level,
        subject_id,
        instrument_id,
        scale,
        respondent,
        period_kind,
        period_start_on,
        n_paired,
        first_mean_points,
        sqrt(first_spread / spread_weight) as first_sd_points,
        last_mean_points,
        improvement_mean_points,
        sqrt(improvement_spread / spread_weight) as improvement_sd_points,
        -- Of two pairs the correction would leave nothing, whatever they were.
        case
            when n_paired > 2
                then
                    (1 - 3 / cast(4 * (n_paired - 1) - 1 as double))
                    * improvement_mean_points
                    / nullif(sqrt(first_spread / spread_weight), 0)
        end as effect_size,
        -- The correlation of first and last, from the spread of their difference.
        (first_spread + last_spread - improvement_spread)
        / nullif(2 * sqrt(first_spread) * sqrt(last_spread), 0) as pair_correlation
    from period_spreads
),

period_effects as (
    select
        level,
        subject_id,
        instrument_id,
        scale,
        respondent,
        period_kind,
        period_start_on,
        first_mean_points,
        first_sd_points,
        last_mean_points,
        improvement_mean_points,
        improvement_sd_points,
        effect_size,
        case
            when n_paired >= 20 and pair_correlation is not null
                then
                    sqrt(
                        -- Rounding can take a correlation of 1 a hair above it.
                        2 * greatest(1 - pair_correlation, 0) / n_paired
                        + effect_size * effect_size / (2 * n_paired)
                    )
        end as effect_size_error
    from period_moments
),

figures as (
    select
        period_sums.level,
        period_sums.subject_id,
        period_sums.instrument_id,
        period_sums.scale,
        period_sums.respondent,
        instruments.domain,
        period_sums.period_kind,
        period_sums.period_start_on,
        period_sums.period_end_on,
        period_sums.n_ended - coalesce(period_repeats.n_repeated, 0) as n_clients,
        period_sums.n_ended,
        period_sums.n_finished,
        case when instruments.purpose != 'verdict' then period_sums.n_paired end as n_paired,
        case when outcome_rules.has_caseness then period_sums.n_case end as n_case,
        case when outcome_rules.has_change then period_sums.n_improved end as n_improved,
        case when outcome_rules.has_change then period_sums.n_unchanged end as n_unchanged,
        case when outcome_rules.has_change then period_sums.n_deteriorated end as n_deteriorated,
        case when outcome_rules.has_caseness then period_sums.n_recovered end as n_recovered,
        case
            when outcome_rules.has_caseness and outcome_rules.has_change
                then period_sums.n_reliably_recovered
        end as n_reliably_recovered,
        period_effects.first_mean_points,
        period_effects.first_sd_points,
        period_effects.last_mean_points,
        period_effects.improvement_mean_points,
        period_effects.improvement_sd_points,
        period_effects.effect_size,
        period_effects.effect_size_error,
        outcome_rules.rule_id,
        outcome_rules.rule_version
    from period_sums
    inner join period_effects
        on
            period_sums.level = period_effects.level
            and period_sums.subject_id = period_effects.subject_id
            and period_sums.instrument_id = period_effects.instrument_id
            and period_sums.scale = period_effects.scale
            and period_sums.respondent = period_effects.respondent
            and period_sums.period_kind = period_effects.period_kind
            and period_sums.period_start_on = period_effects.period_start_on
    left join period_repeats
        on
            period_sums.level = period_repeats.level
            and period_sums.subject_id = period_repeats.subject_id
            and period_sums.instrument_id = period_repeats.instrument_id
            and period_sums.scale = period_repeats.scale
            and period_sums.respondent = period_repeats.respondent
            and period_sums.period_kind = period_repeats.period_kind
            and period_sums.period_start_on = period_repeats.period_start_on
    left join instruments on period_sums.instrument_id = instruments.instrument_id
    -- Without a direction there is no telling which way a threshold is crossed.
    left join outcome_rules
        on
            period_sums.instrument_id = outcome_rules.instrument_id
            and period_sums.scale = outcome_rules.scale
            and instruments.direction is not null
)

select
    level,
    subject_id,
    instrument_id,
    scale,
    respondent,
    domain,
    period_kind,
    period_start_on,
    period_end_on,
    n_clients,
    n_ended,
    n_finished,
    n_paired,
    n_case,
    n_improved,
    n_unchanged,
    n_deteriorated,
    n_recovered,
    n_reliably_recovered,
    n_paired / nullif(n_finished, 0) as paired_rate,
    wilson_lower(n_paired, n_finished) as paired_rate_lower,
    wilson_upper(n_paired, n_finished) as paired_rate_upper,
    n_improved / nullif(n_paired, 0) as improved_rate,
    wilson_lower(n_improved, n_paired) as improved_rate_lower,
    wilson_upper(n_improved, n_paired) as improved_rate_upper,
    n_improved / nullif(n_finished, 0) as improved_rate_worst,
    (n_improved + n_finished - n_paired) / nullif(n_finished, 0) as improved_rate_best,
    n_deteriorated / nullif(n_paired, 0) as deteriorated_rate,
    wilson_lower(n_deteriorated, n_paired) as deteriorated_rate_lower,
    wilson_upper(n_deteriorated, n_paired) as deteriorated_rate_upper,
    n_recovered / nullif(n_case, 0) as recovered_rate,
    wilson_lower(n_recovered, n_case) as recovered_rate_lower,
    wilson_upper(n_recovered, n_case) as recovered_rate_upper,
    n_reliably_recovered / nullif(n_case, 0) as reliably_recovered_rate,
    wilson_lower(n_reliably_recovered, n_case) as reliably_recovered_rate_lower,
    wilson_upper(n_reliably_recovered, n_case) as reliably_recovered_rate_upper,
    first_mean_points,
    first_sd_points,
    last_mean_points,
    improvement_mean_points,
    improvement_sd_points,
    effect_size,
    effect_size - 1.96 * effect_size_error as effect_size_lower,
    effect_size + 1.96 * effect_size_error as effect_size_upper,
    rule_id,
    rule_version
from figures
order by level, subject_id, instrument_id, scale, respondent, period_kind, period_start_on
