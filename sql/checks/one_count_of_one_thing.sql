-- In a returned row two tables count the same courses of the clinic and differ: a reader would find
-- two shares measured, or a count of drop-outs that no sentence leads to. Measured: completeness
-- and the gaps between clients. Dropped out: the gaps count the recorded ones that had begun and
-- all ends derived from silence; the activity table counts those that never began as well.
with completeness as (
    select
        period_start_on,
        n_finished,
        n_paired_any
    from mart_completeness
    where level = 'clinic' and period_kind = 'rolling_12m'
),

courses as (
    select
        period_start_on,
        n_dropout_coded
    from mart_course
    where level = 'clinic' and period_kind = 'rolling_12m'
),

activity as (
    select
        period_start_on,
        n_dropped_out,
        n_ended_derived
    from mart_activity
    where level = 'clinic' and period_kind = 'rolling_12m'
),

equity as (
    select
        figure,
        period_start_on,
        max(n_courses + n_other_courses) as n_courses,
        min(n_met + n_other_met) as least_met,
        max(n_met + n_other_met) as most_met
    from mart_equity
    where figure in ('measured', 'dropped_out')
    group by figure, period_start_on
),

compared as (
    select
        equity.figure,
        equity.period_start_on,
        equity.least_met,
        equity.most_met,
        completeness.n_paired_any as n_elsewhere,
        completeness.n_finished = equity.n_courses as has_same_courses,
        true as is_made_of_parts
    from equity
    left join completeness on equity.period_start_on = completeness.period_start_on
    where equity.figure = 'measured'
    union all
    select
        equity.figure,
        equity.period_start_on,
        equity.least_met,
        equity.most_met,
        courses.n_dropout_coded + activity.n_ended_derived as n_elsewhere,
        true as has_same_courses,
        activity.n_dropped_out >= courses.n_dropout_coded + activity.n_ended_derived
            as is_made_of_parts
    from equity
    left join courses on equity.period_start_on = courses.period_start_on
    left join activity on equity.period_start_on = activity.period_start_on
    where equity.figure = 'dropped_out'
)

select
    figure,
    period_start_on,
    least_met,
    most_met,
    n_elsewhere
from compared
where
    least_met != most_met
    or coalesce(most_met != n_elsewhere, true)
    or not coalesce(has_same_courses, false)
    or not coalesce(is_made_of_parts, false)
order by figure, period_start_on
