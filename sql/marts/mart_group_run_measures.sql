-- What members of a therapy group said over its whole run, as far as it had come at the end of each
-- complete month: first and last scores of their courses, and how they rated the group.
--
-- Courses are those of mart_outcomes whose group this is, on measures of outcome (purpose
-- `outcome`), by the month in which they ended; ratings are those of mart_cohesion, by the day of
-- the session. Both are sums over the months of the run, so that what the headers there say of them
-- holds here. What a row has none of, courses or ratings, is 0 as a count and null as a figure.
-- Members move together, so that Wilson's limits for independent courses are too narrow; with one
-- group alone nothing tells by how much.
--
-- Grain:  one row per group, instrument, scale, respondent and complete month from its first on
-- Key:    level, subject_id, instrument_id, scale, respondent, period_kind, period_end_on
-- Source: Wilson score interval, 95 %
with group_runs as (
    select
        group_id,
        from_on
    from int_group_runs
),

months as (
    select period_end_on
    from int_period_months
    where period_kind = 'month'
),

group_outcomes as (
    select
        subject_id,
        instrument_id,
        scale,
        respondent,
        period_end_on,
        n_finished,
        n_paired,
        n_improved,
        n_deteriorated,
        first_mean_points,
        last_mean_points
    from mart_outcomes
    where level = 'group' and period_kind = 'month'
),

outcome_instruments as (
    select instrument_id
    from ref_instruments
    where purpose = 'outcome'
),

-- The sums of points are those of the means, so that they add up over months. The first and last
-- rating of the work itself, such as of a group's sessions, is nobody's outcome.
outcome_months as (
    select
        group_outcomes.subject_id,
        group_outcomes.instrument_id,
        group_outcomes.scale,
        group_outcomes.respondent,
        group_outcomes.period_end_on,
        group_outcomes.n_finished,
        group_outcomes.n_paired,
        group_outcomes.n_improved,
        group_outcomes.n_deteriorated,
        group_outcomes.first_mean_points * group_outcomes.n_paired as first_sum_points,
        group_outcomes.last_mean_points * group_outcomes.n_paired as last_sum_points
    from group_outcomes
    inner join outcome_instruments
        on group_outcomes.instrument_id = outcome_instruments.instrument_id
),

rated_months as (
    select
        subject_id,
        instrument_id,
        scale,
        respondent,
        period_end_on,
        n_sessions_rated,
        n_ratings,
        n_with_baseline,
        n_below_baseline,
        mean_points * n_sessions_rated as session_sum_points
    from mart_cohesion
    where level = 'group' and period_kind = 'month'
),

-- What only one of the two has is null in the rows of the other.
measure_months as (
    select * from outcome_months
    union all by name
    select * from rated_months
),

measures as (
    select
        subject_id,
        instrument_id,
        scale,
        respondent,
        min(period_end_on) as first_end_on
    from measure_months
    group by subject_id, instrument_id, scale, respondent
),

measure_runs as (
    select
        measures.subject_id,
        measures.instrument_id,
        measures.scale,
        measures.respondent,
        group_runs.from_on,
        months.period_end_on
    from measures
    inner join group_runs on measures.subject_id = group_runs.group_id
    inner join months on measures.first_end_on <= months.period_end_on
),

run_sums as (
    select
        measure_runs.subject_id,
        measure_runs.instrument_id,
        measure_runs.scale,
        measure_runs.respondent,
        measure_runs.from_on,
        measure_runs.period_end_on,
        cast(coalesce(sum(measure_months.n_finished), 0) as bigint) as n_finished,
        cast(coalesce(sum(measure_months.n_paired), 0) as bigint) as n_paired,
        cast(sum(measure_months.n_improved) as bigint) as n_improved,
        cast(sum(measure_months.n_deteriorated) as bigint) as n_deteriorated,
        sum(
            measure_months.first_sum_points order by measure_months.period_end_on
        ) as first_sum_points,
        sum(
            measure_months.last_sum_points order by measure_months.period_end_on
        ) as last_sum_points,
        cast(coalesce(sum(measure_months.n_sessions_rated), 0) as bigint) as n_sessions_rated,
        cast(coalesce(sum(measure_months.n_ratings), 0) as bigint) as n_ratings,
        cast(coalesce(sum(measure_months.n_with_baseline), 0) as bigint) as n_with_baseline,
        cast(coalesce(sum(measure_months.n_below_baseline), 0) as bigint) as n_below_baseline,
        sum(
            measure_months.session_sum_points order by measure_months.period_end_on
        ) as session_sum_points
    from measure_runs
    inner join measure_months
        on
            measure_runs.subject_id = measure_months.subject_id
            and measure_runs.instrument_id = measure_months.instrument_id
            and measure_runs.scale = measure_months.scale
            and measure_runs.respondent = measure_months.respondent
            and measure_runs.period_end_on >= measure_months.period_end_on
    group by
        measure_runs.subject_id,
        measure_runs.instrument_id,
        measure_runs.scale,
        measure_runs.respondent,
        measure_runs.from_on,
        measure_runs.period_end_on
)

select
    'group' as level,
    subject_id,
    instrument_id,
    scale,
    respondent,
    'run' as period_kind,
    from_on as period_start_on,
    period_end_on,
    n_finished,
    n_paired,
    n_improved,
    n_improved / nullif(n_paired, 0) as improved_rate,
    wilson_lower(n_improved, n_paired) as improved_rate_lower,
    wilson_upper(n_improved, n_paired) as improved_rate_upper,
    n_deteriorated,
    first_sum_points / nullif(n_paired, 0) as first_mean_points,
    last_sum_points / nullif(n_paired, 0) as last_mean_points,
    n_sessions_rated,
    n_ratings,
    session_sum_points / nullif(n_sessions_rated, 0) as mean_points,
    n_with_baseline,
    n_below_baseline
from run_sums
order by level, subject_id, instrument_id, scale, respondent, period_kind, period_end_on
