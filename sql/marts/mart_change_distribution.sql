-- How the changes of measured courses are spread over the points of an instrument.
--
-- A row is a stretch of change as wide as `step_points`: from `from_points`, included, to one step
-- more, left out; positive is better. The step is the smallest of a quarter, a half, 1, 2, 5, 10
-- and 20 points that cuts the range of possible changes (twice the total's range) into sixty at
-- most. A stretch in which nobody is has no row. Its courses are told apart by reliable change, so
-- that a stretch through which the threshold runs is right on both sides; the rest had no clear
-- change, or no rule says. Total scales of outcome instruments, for the clinic and its programmes
-- over a quarter or more: fewer courses have no distribution to look at.
--
-- Grain:  one row per level, subject, instrument, respondent, period and stretch with a course.
-- Key:    level, subject_id, instrument_id, respondent, period_kind, period_start_on, from_points
-- Source: pre and post as in mart_outcomes; reliable change by int_outcome_rules
with pairs as (
    select
        episode_key,
        instrument_id,
        respondent,
        cast(date_trunc('month', ended_on) as date) as month_start_on,
        improvement_points,
        reliable_change
    from mart_episode_outcomes
    where is_finished_course and is_paired and scale = 'total'
),

instruments as (
    select
        instrument_id,
        2 * (total_max_points - total_min_points) as changes_range_points
    from ref_instruments
    where purpose = 'outcome' and total_max_points > total_min_points
),

steps as (
    select unnest([0.25, 0.5, 1, 2, 5, 10, 20]) as step_points
),

instrument_steps as (
    select
        instruments.instrument_id,
        min(cast(steps.step_points as decimal(9, 4))) as step_points
    from instruments
    inner join steps on instruments.changes_range_points <= 60 * steps.step_points
    group by instruments.instrument_id
),

episode_subjects as (
    select
        episode_key,
        level,
        subject_id
    from int_episode_subjects
    where level in ('clinic', 'programme')
),

period_months as (
    select
        period_kind,
        period_start_on,
        period_end_on,
        month_start_on
    from int_period_months
    where period_kind <> 'month'
),

placed_pairs as (
    select
        pairs.episode_key,
        pairs.instrument_id,
        pairs.respondent,
        pairs.month_start_on,
        pairs.reliable_change,
        instrument_steps.step_points,
        cast(
            floor(pairs.improvement_points / instrument_steps.step_points)
            * instrument_steps.step_points as decimal(9, 4)
        ) as from_points
    from pairs
    inner join instrument_steps on pairs.instrument_id = instrument_steps.instrument_id
),

monthly_cells as (
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        placed_pairs.instrument_id,
        placed_pairs.respondent,
        placed_pairs.month_start_on,
        placed_pairs.step_points,
        placed_pairs.from_points,
        count(*) as n_paired,
        count(*) filter (where placed_pairs.reliable_change = 'improved') as n_improved,
        count(*) filter (where placed_pairs.reliable_change = 'deteriorated') as n_deteriorated
    from placed_pairs
    inner join episode_subjects on placed_pairs.episode_key = episode_subjects.episode_key
    group by
        episode_subjects.level,
        episode_subjects.subject_id,
        placed_pairs.instrument_id,
        placed_pairs.respondent,
        placed_pairs.month_start_on,
        placed_pairs.step_points,
        placed_pairs.from_points
),

period_cells as (
    select
        monthly_cells.level,
        monthly_cells.subject_id,
        monthly_cells.instrument_id,
        monthly_cells.respondent,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on,
        monthly_cells.step_points,
        monthly_cells.from_points,
        cast(sum(monthly_cells.n_paired) as bigint) as n_paired,
        cast(sum(monthly_cells.n_improved) as bigint) as n_improved,
        cast(sum(monthly_cells.n_deteriorated) as bigint) as n_deteriorated
    from monthly_cells
    inner join period_months on monthly_cells.month_start_on = period_months.month_start_on
    group by
        monthly_cells.level,
        monthly_cells.subject_id,
        monthly_cells.instrument_id,
        monthly_cells.respondent,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on,
        monthly_cells.step_points,
        monthly_cells.from_points
)

select
    level,
    subject_id,
    instrument_id,
    respondent,
    period_kind,
    period_start_on,
    period_end_on,
    step_points,
    from_points,
    n_paired,
    n_improved,
    n_deteriorated
from period_cells
order by
    level,
    subject_id,
    instrument_id,
    respondent,
    period_kind,
    period_start_on,
    from_points
