-- Outcomes of the courses of treatment that ended in a period, for every level.
--
-- An ended course counts for an instrument that its programme lists (as the client's measure) or
-- that it has a response of. Outcome counts are over `n_paired`: finished, with a first and a later
-- last score; recovery is over `n_case`. What needs a threshold is null where the scale has no
-- rule in force, and a verdict (purpose `verdict`) has no pairs to count, only responses. Some
-- counts have a base of their own: response those who were a case at first, remission those who
-- were at or above its threshold, `improved_rate_if_possible` those whose first score left room
-- for a reliable change.
--
-- Rates carry 95 % Wilson limits; `_worst` and `_best` bound a rate over all finished courses
-- (recovery: over those that were a case or may have been), if everybody without a pair had done
-- badly, or well. So the worst rate of deterioration is the highest. Nothing is imputed here: what
-- multiple imputation and a shift of imputed scores give is in mart_imputed_outcomes, and the
-- bounds hold whatever that is.
--
-- `effect_size` is the mean improvement over the pairs' own SD at first (Becker's, Glass's), with
-- Hedges' correction, from three pairs on; its limits are those of mart_effect_sizes, from five on.
-- Sums are decimals; a division comes last, so that neither threads nor the order of rows can
-- change a digit.
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
        was_case,
        change_category,
        is_recovered,
        is_crossed_unreliably,
        is_responder,
        is_remitted,
        can_improve
    from mart_episode_outcomes
    where ended_on is not null
),

programmes as (
    select
        programme_id,
        instruments
    from stg_programmes
),

scales as (
    select
        instrument_id,
        scale,
        domain,
        direction,
        purpose,
        is_listed
    from int_scales
),

outcome_rules as (
    select
        instrument_id,
        scale,
        respondent,
        rule_id,
        rule_version,
        basis,
        reliable_change_points is not null as has_change,
        caseness_points is not null as has_caseness,
        remission_below_points is not null as has_remission,
        response_share is not null as has_response
    from int_outcome_rules
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
        scales.scale
    from listed_instruments
    inner join scales on listed_instruments.instrument_id = scales.instrument_id
    where scales.is_listed
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

-- A course that counts as no pair has nothing that is counted over pairs.
measures as (
    select
        episode_key,
        client_key,
        instrument_id,
        scale,
        respondent,
        cast(date_trunc('month', ended_on) as date) as month_start_on,
        is_finished_course,
        is_counted_pair,
        is_finished_course and was_case is not true and was_case is not null as is_no_case,
        case when is_counted_pair then first_score end as first_score,
        case when is_counted_pair then last_score end as last_score,
        is_counted_pair and was_case as is_case_pair,
        case when is_counted_pair then change_category end as change_category,
        is_counted_pair and is_recovered as is_recovered,
        is_counted_pair and is_crossed_unreliably as is_crossed_unreliably,
        case when is_finished_course then is_responder end as is_responder,
        case when is_counted_pair then is_remitted end as is_remitted,
        case when is_counted_pair then can_improve end as can_improve
    from answered_measures
    union all
    select
        episode_key,
        client_key,
        instrument_id,
        scale,
        'client' as respondent,
        cast(date_trunc('month', ended_on) as date) as month_start_on,
        is_finished_course,
        false as is_counted_pair,
        false as is_no_case,
        null as first_score,
        null as last_score,
        null as is_case_pair,
        null as change_category,
        null as is_recovered,
        null as is_crossed_unreliably,
        null as is_responder,
        null as is_remitted,
        null as can_improve
    from unanswered_measures
),

kinds_of_measure as (
    select
        instrument_id,
        scale,
        respondent,
        row_number() over (order by instrument_id, scale, respondent) as measure_number
    from measures
    group by instrument_id, scale, respondent
),

counted_measures as (
    select
        measures.episode_key,
        measures.client_key,
        kinds_of_measure.measure_number,
        measures.month_start_on,
        measures.is_finished_course,
        measures.is_counted_pair,
        measures.is_no_case,
        measures.first_score,
        measures.last_score,
        measures.is_case_pair,
        measures.change_category,
        measures.is_recovered,
        measures.is_crossed_unreliably,
        measures.is_responder,
        measures.is_remitted,
        measures.can_improve
    from measures
    inner join kinds_of_measure
        on
            measures.instrument_id = kinds_of_measure.instrument_id
            and measures.scale = kinds_of_measure.scale
            and measures.respondent = kinds_of_measure.respondent
),

monthly_cells as (
    select
        episode_subjects.subject_number,
        counted_measures.measure_number,
        counted_measures.month_start_on,
        count(*) as n_ended,
        count(*) filter (where counted_measures.is_finished_course) as n_finished,
        count(*) filter (where counted_measures.is_counted_pair) as n_paired,
        count(*) filter (where counted_measures.is_case_pair) as n_case,
        count(*) filter (where counted_measures.is_no_case) as n_no_case,
        count(*) filter (
            where counted_measures.change_category = 'improved'
        ) as n_improved_only,
        count(*) filter (
            where counted_measures.change_category = 'recovered'
        ) as n_reliably_recovered,
        count(*) filter (where counted_measures.change_category = 'unchanged') as n_unchanged,
        count(*) filter (
            where counted_measures.change_category = 'deteriorated'
        ) as n_deteriorated_only,
        count(*) filter (where counted_measures.change_category = 'harmed') as n_harmed,
        count(*) filter (where counted_measures.is_recovered) as n_recovered,
        count(*) filter (where counted_measures.is_crossed_unreliably) as n_crossed_unreliably,
        count(counted_measures.is_responder) as n_response_base,
        count(*) filter (where counted_measures.is_responder) as n_responded,
        count(counted_measures.is_remitted) as n_remission_base,
        count(*) filter (where counted_measures.is_remitted) as n_remitted,
        count(counted_measures.can_improve) as n_known_room,
        count(*) filter (where counted_measures.can_improve) as n_can_improve,
        sum(counted_measures.first_score) as first_sum,
        sum(counted_measures.first_score * counted_measures.first_score) as first_squares,
        sum(counted_measures.last_score) as last_sum,
        sum(counted_measures.last_score * counted_measures.last_score) as last_squares,
        sum(counted_measures.first_score * counted_measures.last_score) as products
    from counted_measures
    inner join episode_subjects on counted_measures.episode_key = episode_subjects.episode_key
    group by
        episode_subjects.subject_number,
        counted_measures.measure_number,
        counted_measures.month_start_on
    -- The sums of one subject then lie together in memory, where its periods are added up.
    order by
        episode_subjects.subject_number,
        counted_measures.measure_number,
        counted_measures.month_start_on
),

-- People are not additive over months. They are the courses without those whose client had
-- already ended one in the same period: for that, the month of the client's course before is
-- enough, and only clients with several courses at a subject have one.
returning_clients as (
    select client_key
    from ended_episodes
    group by client_key
    having count(*) > 1
),

returning_episodes as (
    select
        episode_subjects.episode_key,
        episode_subjects.subject_number,
        ended_episodes.ended_on
    from ended_episodes
    inner join returning_clients on ended_episodes.client_key = returning_clients.client_key
    inner join episode_subjects on ended_episodes.episode_key = episode_subjects.episode_key
),

repeated_measures as (
    select
        returning_episodes.subject_number,
        counted_measures.measure_number,
        counted_measures.month_start_on,
        lag(counted_measures.month_start_on) over (
            partition by
                returning_episodes.subject_number,
                counted_measures.measure_number,
                counted_measures.client_key
            order by returning_episodes.ended_on asc, counted_measures.episode_key asc
        ) as previous_month_on
    from counted_measures
    inner join returning_episodes on counted_measures.episode_key = returning_episodes.episode_key
),

repeated_cells as (
    select
        subject_number,
        measure_number,
        month_start_on,
        previous_month_on,
        count(*) as n_repeated
    from repeated_measures
    where previous_month_on is not null
    group by subject_number, measure_number, month_start_on, previous_month_on
),

period_repeats as (
    select
        repeated_cells.subject_number,
        repeated_cells.measure_number,
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
        period_months.period_number
),

period_sums as (
    select
        monthly_cells.subject_number,
        monthly_cells.measure_number,
        period_months.period_number,
        cast(sum(monthly_cells.n_ended) as bigint) as n_ended,
        cast(sum(monthly_cells.n_finished) as bigint) as n_finished,
        cast(sum(monthly_cells.n_paired) as bigint) as n_paired,
        cast(sum(monthly_cells.n_case) as bigint) as n_case,
        cast(sum(monthly_cells.n_no_case) as bigint) as n_no_case,
        cast(sum(monthly_cells.n_improved_only) as bigint) as n_improved_only,
        cast(sum(monthly_cells.n_reliably_recovered) as bigint) as n_reliably_recovered,
        cast(sum(monthly_cells.n_unchanged) as bigint) as n_unchanged,
        cast(sum(monthly_cells.n_deteriorated_only) as bigint) as n_deteriorated_only,
        cast(sum(monthly_cells.n_harmed) as bigint) as n_harmed,
        cast(sum(monthly_cells.n_recovered) as bigint) as n_recovered,
        cast(sum(monthly_cells.n_crossed_unreliably) as bigint) as n_crossed_unreliably,
        cast(sum(monthly_cells.n_response_base) as bigint) as n_response_base,
        cast(sum(monthly_cells.n_responded) as bigint) as n_responded,
        cast(sum(monthly_cells.n_remission_base) as bigint) as n_remission_base,
        cast(sum(monthly_cells.n_remitted) as bigint) as n_remitted,
        cast(sum(monthly_cells.n_known_room) as bigint) as n_known_room,
        cast(sum(monthly_cells.n_can_improve) as bigint) as n_can_improve,
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
        period_months.period_number
),

measure_rules as (
    select
        kinds_of_measure.instrument_id,
        kinds_of_measure.scale,
        kinds_of_measure.respondent,
        kinds_of_measure.measure_number,
        scales.domain,
        coalesce(scales.purpose = 'verdict', false) as is_verdict,
        scales.direction,
        outcome_rules.rule_id,
        outcome_rules.rule_version,
        outcome_rules.basis,
        coalesce(outcome_rules.has_change, false) as has_change,
        coalesce(outcome_rules.has_caseness, false) as has_caseness,
        coalesce(outcome_rules.has_caseness and outcome_rules.has_response, false)
        or coalesce(scales.purpose = 'verdict', false) as has_response,
        -- Published for scales that run from well to ill only.
        coalesce(
            outcome_rules.has_remission
            and scales.direction = 'higher_worse',
            false
        ) as has_remission
    from kinds_of_measure
    left join scales
        on
            kinds_of_measure.instrument_id = scales.instrument_id
            and kinds_of_measure.scale = scales.scale
    -- Without a direction there is no telling which way a threshold is crossed.
    left join outcome_rules
        on
            kinds_of_measure.instrument_id = outcome_rules.instrument_id
            and kinds_of_measure.scale = outcome_rules.scale
            and kinds_of_measure.respondent = outcome_rules.respondent
            and scales.direction is not null
),

-- n times the sum of squared deviations: exact in decimals, so a spread of nothing is exactly 0.
-- The change's comes from those of both ends and from their products.
figures as (
    select
        subjects.level,
        subjects.subject_id,
        measure_rules.instrument_id,
        measure_rules.scale,
        measure_rules.respondent,
        measure_rules.domain,
        periods.period_kind,
        periods.period_start_on,
        periods.period_end_on,
        period_sums.n_ended - coalesce(period_repeats.n_repeated, 0) as n_clients,
        period_sums.n_ended,
        period_sums.n_finished,
        period_sums.n_paired as n_pairs,
        case when not measure_rules.is_verdict then period_sums.n_paired end as n_paired,
        case when measure_rules.has_caseness then period_sums.n_case end as n_case,
        case
            when measure_rules.has_caseness then period_sums.n_finished - period_sums.n_no_case
        end as n_case_or_unknown,
        case
            when measure_rules.has_change
                then period_sums.n_improved_only + period_sums.n_reliably_recovered
        end as n_improved,
        case when measure_rules.has_change then period_sums.n_unchanged end as n_unchanged,
        case
            when measure_rules.has_change
                then period_sums.n_deteriorated_only + period_sums.n_harmed
        end as n_deteriorated,
        case when measure_rules.has_caseness then period_sums.n_recovered end as n_recovered,
        case
            when measure_rules.has_caseness and measure_rules.has_change
                then period_sums.n_reliably_recovered
        end as n_reliably_recovered,
        case
            when measure_rules.has_caseness and measure_rules.has_change
                then period_sums.n_crossed_unreliably
        end as n_crossed_unreliably,
        case
            when measure_rules.has_caseness and measure_rules.has_change
                then period_sums.n_harmed
        end as n_harmed,
        -- Null where the ends of the scale are not known.
        case
            when measure_rules.has_change and period_sums.n_known_room = period_sums.n_paired
                then period_sums.n_can_improve
        end as n_can_improve,
        case
            when measure_rules.has_change and period_sums.n_known_room = period_sums.n_paired
                then period_sums.n_paired - period_sums.n_can_improve
        end as n_cannot_improve,
        case when measure_rules.has_response then period_sums.n_response_base end
            as n_response_base,
        case when measure_rules.has_response then period_sums.n_responded end as n_responded,
        case when measure_rules.has_remission then period_sums.n_remission_base end
            as n_remission_base,
        case when measure_rules.has_remission then period_sums.n_remitted end as n_remitted,
        cast(period_sums.first_sum as double) / nullif(period_sums.n_paired, 0)
            as first_mean_points,
        cast(period_sums.last_sum as double) / nullif(period_sums.n_paired, 0)
            as last_mean_points,
        cast(
            case measure_rules.direction
                when 'higher_worse' then period_sums.first_sum - period_sums.last_sum
                when 'higher_better' then period_sums.last_sum - period_sums.first_sum
            end as double
        ) / nullif(period_sums.n_paired, 0) as improvement_mean_points,
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
        case
            when measure_rules.direction is not null
                then
                    cast(
                        period_sums.n_paired * (
                            period_sums.first_squares
                            + period_sums.last_squares
                            - 2 * period_sums.products
                        )
                        - (period_sums.first_sum - period_sums.last_sum)
                        * (period_sums.first_sum - period_sums.last_sum) as double
                    )
        end as improvement_spread,
        nullif(
            cast(period_sums.n_paired * (period_sums.n_paired - 1) as double), 0
        ) as spread_weight,
        measure_rules.rule_id,
        measure_rules.rule_version,
        measure_rules.basis
    from period_sums
    inner join subjects on period_sums.subject_number = subjects.subject_number
    inner join measure_rules on period_sums.measure_number = measure_rules.measure_number
    inner join periods on period_sums.period_number = periods.period_number
    left join period_repeats
        on
            period_sums.subject_number = period_repeats.subject_number
            and period_sums.measure_number = period_repeats.measure_number
            and period_sums.period_number = period_repeats.period_number
),

effects as (
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
        n_pairs,
        n_paired,
        n_case,
        n_case_or_unknown,
        n_improved,
        n_unchanged,
        n_deteriorated,
        n_recovered,
        n_reliably_recovered,
        n_crossed_unreliably,
        n_harmed,
        n_can_improve,
        n_cannot_improve,
        n_response_base,
        n_responded,
        n_remission_base,
        n_remitted,
        first_mean_points,
        sqrt(first_spread / spread_weight) as first_sd_points,
        last_mean_points,
        improvement_mean_points,
        sqrt(improvement_spread / spread_weight) as improvement_sd_points,
        improvement_mean_points / nullif(sqrt(first_spread / spread_weight), 0) as change_sds,
        joint_spread / nullif(sqrt(first_spread) * sqrt(last_spread), 0) as pair_correlation,
        rule_id,
        rule_version,
        basis
    from figures
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
    hedges_correction(n_pairs) * change_sds as effect_size,
    change_limit(change_sds, pair_correlation, n_pairs, -1.96) as effect_size_lower,
    change_limit(change_sds, pair_correlation, n_pairs, 1.96) as effect_size_upper,
    rule_id,
    rule_version,
    basis,
    n_case_or_unknown,
    n_crossed_unreliably,
    n_harmed,
    n_cannot_improve,
    n_can_improve,
    n_improved / nullif(n_can_improve, 0) as improved_rate_if_possible,
    wilson_lower(n_improved, n_can_improve) as improved_rate_if_possible_lower,
    wilson_upper(n_improved, n_can_improve) as improved_rate_if_possible_upper,
    n_response_base,
    n_responded,
    n_responded / nullif(n_response_base, 0) as responded_rate,
    wilson_lower(n_responded, n_response_base) as responded_rate_lower,
    wilson_upper(n_responded, n_response_base) as responded_rate_upper,
    n_remission_base,
    n_remitted,
    n_remitted / nullif(n_remission_base, 0) as remitted_rate,
    wilson_lower(n_remitted, n_remission_base) as remitted_rate_lower,
    wilson_upper(n_remitted, n_remission_base) as remitted_rate_upper,
    (n_deteriorated + n_finished - n_paired) / nullif(n_finished, 0) as deteriorated_rate_worst,
    n_deteriorated / nullif(n_finished, 0) as deteriorated_rate_best,
    n_recovered / nullif(n_case_or_unknown, 0) as recovered_rate_worst,
    (n_recovered + n_case_or_unknown - n_case) / nullif(n_case_or_unknown, 0)
        as recovered_rate_best,
    n_reliably_recovered / nullif(n_case_or_unknown, 0) as reliably_recovered_rate_worst,
    (n_reliably_recovered + n_case_or_unknown - n_case) / nullif(n_case_or_unknown, 0)
        as reliably_recovered_rate_best
from effects
order by level, subject_id, instrument_id, scale, respondent, period_kind, period_start_on
