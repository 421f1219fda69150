-- What became of children and young people, by rater: NHS England's metric over all their measures.
--
-- Finished courses that ended in the period, by the rule of mart_episode_child_outcomes. The rates
-- are over the courses that the rater has a measure with a pair for; how many there are of all
-- finished ones stands beside them; `_worst` and `_best` say what the share improved would be if
-- none, or all, of the others had improved.
--
-- Grain:  one row per level, subject, rater and period with a finished course of a child.
-- Key:    level, subject_id, rater, period_kind, period_start_on
-- Source: ref_child_measures; Wilson score interval, 95 %
with courses as (
    select
        episode_key,
        client_key,
        ended_on,
        rater,
        combined_change,
        rule_id,
        rule_version
    from mart_episode_child_outcomes
),

episode_subjects as (
    select
        episode_key,
        level,
        subject_id
    from int_episode_subjects
),

period_months as (
    select
        period_kind,
        period_start_on,
        period_end_on,
        month_start_on
    from int_period_months
),

-- The month of the client's course before, at the same subject: people do not add up over months.
subject_courses as (
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        courses.rater,
        courses.rule_id,
        courses.rule_version,
        courses.combined_change,
        cast(date_trunc('month', courses.ended_on) as date) as month_start_on,
        cast(
            date_trunc(
                'month',
                lag(courses.ended_on) over (
                    partition by
                        episode_subjects.level,
                        episode_subjects.subject_id,
                        courses.rater,
                        courses.client_key
                    order by courses.ended_on asc, courses.episode_key asc
                )
            ) as date
        ) as previous_month_on
    from courses
    inner join episode_subjects on courses.episode_key = episode_subjects.episode_key
),

monthly_cells as (
    select
        level,
        subject_id,
        rater,
        rule_id,
        rule_version,
        month_start_on,
        previous_month_on,
        count(*) as n_finished,
        count(combined_change) as n_measured,
        count(*) filter (where combined_change = 'improved') as n_improved,
        count(*) filter (where combined_change = 'unchanged') as n_unchanged,
        count(*) filter (where combined_change = 'deteriorated') as n_deteriorated
    from subject_courses
    group by all
),

counts as (
    select
        monthly_cells.level,
        monthly_cells.subject_id,
        monthly_cells.rater,
        monthly_cells.rule_id,
        monthly_cells.rule_version,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on,
        cast(
            sum(
                case
                    when monthly_cells.previous_month_on >= period_months.period_start_on then 0
                    else monthly_cells.n_finished
                end
            ) as bigint
        ) as n_clients,
        cast(sum(monthly_cells.n_finished) as bigint) as n_finished,
        cast(sum(monthly_cells.n_measured) as bigint) as n_measured,
        cast(sum(monthly_cells.n_improved) as bigint) as n_improved,
        cast(sum(monthly_cells.n_unchanged) as bigint) as n_unchanged,
        cast(sum(monthly_cells.n_deteriorated) as bigint) as n_deteriorated
    from monthly_cells
    inner join period_months on monthly_cells.month_start_on = period_months.month_start_on
    group by all
)

select
    level,
    subject_id,
    rater,
    period_kind,
    period_start_on,
    period_end_on,
    n_clients,
    n_finished,
    n_measured,
    n_measured / nullif(n_finished, 0) as measured_rate,
    wilson_lower(n_measured, n_finished) as measured_rate_lower,
    wilson_upper(n_measured, n_finished) as measured_rate_upper,
    n_improved,
    n_improved / nullif(n_measured, 0) as improved_rate,
    wilson_lower(n_improved, n_measured) as improved_rate_lower,
    wilson_upper(n_improved, n_measured) as improved_rate_upper,
    n_improved / nullif(n_finished, 0) as improved_rate_worst,
    (n_improved + n_finished - n_measured) / nullif(n_finished, 0) as improved_rate_best,
    n_unchanged,
    n_unchanged / nullif(n_measured, 0) as unchanged_rate,
    wilson_lower(n_unchanged, n_measured) as unchanged_rate_lower,
    wilson_upper(n_unchanged, n_measured) as unchanged_rate_upper,
    n_deteriorated,
    n_deteriorated / nullif(n_measured, 0) as deteriorated_rate,
    wilson_lower(n_deteriorated, n_measured) as deteriorated_rate_lower,
    wilson_upper(n_deteriorated, n_measured) as deteriorated_rate_upper,
    rule_id,
    rule_version
from counts
order by level, subject_id, rater, period_kind, period_start_on
