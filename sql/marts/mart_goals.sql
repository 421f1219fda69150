-- Clients' own goals in the courses that finished in a period, for every level.
--
-- Goal counts are over `n_goals_paired`, the goals rated twice; means are over the same goals, in
-- points of their scale. What a kind of goal has no rule for is null: a gas goal is met and moves
-- no fixed number of points, a gbo goal the other way round. A course improved when at least one
-- goal did and none deteriorated, and deteriorated when any did. Goals of one course are not
-- independent: only shares of courses carry (95 % Wilson) limits. Goal attainment T is a mean of
-- courses; it depends on how hard goals were set, and compares neither therapists nor programmes.
--
-- Grain:  one row per level, subject, kind of goal and period with a goal in a finished course.
-- Key:    level, subject_id, goal_kind, period_kind, period_start_on
-- Source: ref_goal_rules; int_gas_scores; Wilson (1927)
with finished_episodes as (
    select
        episode_key,
        client_key,
        ended_on,
        cast(date_trunc('month', ended_on) as date) as month_start_on
    from int_episodes
    where is_finished_course
),

goals as (
    select
        episode_key,
        kind,
        is_set_late,
        is_dropped,
        is_paired,
        first_points,
        last_points,
        improvement_points,
        reliable_change,
        is_met
    from int_goal_changes
),

gas_scores as (
    select
        episode_key,
        first_t_points,
        last_t_points,
        change_t_points
    from int_gas_scores
),

goal_rules as (
    select
        goal_kind,
        reliable_change_points is not null as has_change,
        met_points is not null as has_met
    from ref_goal_rules
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

courses as (
    select
        goals.episode_key,
        goals.kind,
        finished_episodes.client_key,
        finished_episodes.ended_on,
        finished_episodes.month_start_on,
        count(*) as n_goals,
        count(*) filter (where goals.is_set_late) as n_goals_set_late,
        count(*) filter (where goals.is_dropped) as n_goals_dropped,
        count(*) filter (where goals.is_paired) as n_goals_paired,
        count(*) filter (where goals.reliable_change = 'improved') as n_goals_improved,
        count(*) filter (where goals.reliable_change = 'unchanged') as n_goals_unchanged,
        count(*) filter (where goals.reliable_change = 'deteriorated') as n_goals_deteriorated,
        count(*) filter (where goals.improvement_points > 0) as n_goals_better,
        count(*) filter (where goals.improvement_points = 0) as n_goals_same,
        count(*) filter (where goals.improvement_points < 0) as n_goals_worse,
        count(*) filter (where goals.is_met) as n_goals_met,
        coalesce(sum(goals.first_points) filter (where goals.is_paired), 0) as first_sum,
        coalesce(sum(goals.last_points) filter (where goals.is_paired), 0) as last_sum,
        coalesce(sum(goals.improvement_points), 0) as improvement_sum
    from goals
    inner join finished_episodes on goals.episode_key = finished_episodes.episode_key
    group by
        goals.episode_key,
        goals.kind,
        finished_episodes.client_key,
        finished_episodes.ended_on,
        finished_episodes.month_start_on
),

subject_courses as (
    select
        episode_subjects.subject_number,
        courses.kind,
        courses.month_start_on,
        courses.n_goals,
        courses.n_goals_set_late,
        courses.n_goals_dropped,
        courses.n_goals_paired,
        courses.n_goals_improved,
        courses.n_goals_unchanged,
        courses.n_goals_deteriorated,
        courses.n_goals_better,
        courses.n_goals_same,
        courses.n_goals_worse,
        courses.n_goals_met,
        courses.first_sum,
        courses.last_sum,
        courses.improvement_sum,
        gas_scores.first_t_points,
        gas_scores.last_t_points,
        gas_scores.change_t_points
    from courses
    inner join episode_subjects on courses.episode_key = episode_subjects.episode_key
    left join gas_scores
        on
            courses.episode_key = gas_scores.episode_key
            and courses.kind = 'gas'
),

monthly_cells as (
    select
        subject_number,
        kind,
        month_start_on,
        count(*) as n_courses,
        sum(n_goals) as n_goals,
        sum(n_goals_set_late) as n_goals_set_late,
        sum(n_goals_dropped) as n_goals_dropped,
        sum(n_goals_paired) as n_goals_paired,
        sum(n_goals_improved) as n_goals_improved,
        sum(n_goals_unchanged) as n_goals_unchanged,
        sum(n_goals_deteriorated) as n_goals_deteriorated,
        sum(n_goals_better) as n_goals_better,
        sum(n_goals_same) as n_goals_same,
        sum(n_goals_worse) as n_goals_worse,
        sum(n_goals_met) as n_goals_met,
        sum(first_sum) as first_sum,
        sum(last_sum) as last_sum,
        sum(improvement_sum) as improvement_sum,
        count(*) filter (where n_goals_paired > 0) as n_courses_paired,
        count(*) filter (where n_goals_improved > 0 and n_goals_deteriorated = 0)
            as n_courses_improved,
        count(*) filter (where n_goals_deteriorated > 0) as n_courses_deteriorated,
        count(*) filter (where change_t_points is not null) as n_courses_with_t,
        coalesce(sum(first_t_points), 0) as first_t_sum,
        coalesce(sum(last_t_points), 0) as last_t_sum,
        coalesce(sum(change_t_points), 0) as change_t_sum
    from subject_courses
    group by subject_number, kind, month_start_on
    -- The sums of one subject then lie together in memory, where its periods are added up.
    order by subject_number, kind, month_start_on
),

-- People are not additive over months: they are the courses without those whose client had one with
-- such a goal before, at the same subject, in the same period. Few clients have several courses.
returning_clients as (
    select client_key
    from courses
    group by client_key
    having min(episode_key) < max(episode_key)
),

returning_courses as (
    select
        episode_subjects.subject_number,
        courses.kind,
        courses.month_start_on,
        lag(courses.month_start_on) over (
            partition by episode_subjects.subject_number, courses.kind, courses.client_key
            order by courses.ended_on asc, courses.episode_key asc
        ) as previous_month_on
    from courses
    inner join returning_clients on courses.client_key = returning_clients.client_key
    inner join episode_subjects on courses.episode_key = episode_subjects.episode_key
),

period_repeats as (
    select
        returning_courses.subject_number,
        returning_courses.kind,
        period_months.period_number,
        count(*) as n_repeated
    from returning_courses
    inner join period_months
        on
            returning_courses.month_start_on = period_months.month_start_on
            and returning_courses.previous_month_on >= period_months.period_start_on
    group by
        returning_courses.subject_number,
        returning_courses.kind,
        period_months.period_number
),

period_sums as (
    select
        monthly_cells.subject_number,
        monthly_cells.kind,
        period_months.period_number,
        cast(sum(monthly_cells.n_courses) as bigint) as n_courses,
        cast(sum(monthly_cells.n_goals) as bigint) as n_goals,
        cast(sum(monthly_cells.n_goals_set_late) as bigint) as n_goals_set_late,
        cast(sum(monthly_cells.n_goals_dropped) as bigint) as n_goals_dropped,
        cast(sum(monthly_cells.n_goals_paired) as bigint) as n_goals_paired,
        cast(sum(monthly_cells.n_goals_improved) as bigint) as n_goals_improved,
        cast(sum(monthly_cells.n_goals_unchanged) as bigint) as n_goals_unchanged,
        cast(sum(monthly_cells.n_goals_deteriorated) as bigint) as n_goals_deteriorated,
        cast(sum(monthly_cells.n_goals_better) as bigint) as n_goals_better,
        cast(sum(monthly_cells.n_goals_same) as bigint) as n_goals_same,
        cast(sum(monthly_cells.n_goals_worse) as bigint) as n_goals_worse,
        cast(sum(monthly_cells.n_goals_met) as bigint) as n_goals_met,
        sum(monthly_cells.first_sum) as first_sum,
        sum(monthly_cells.last_sum) as last_sum,
        sum(monthly_cells.improvement_sum) as improvement_sum,
        cast(sum(monthly_cells.n_courses_paired) as bigint) as n_courses_paired,
        cast(sum(monthly_cells.n_courses_improved) as bigint) as n_courses_improved,
        cast(sum(monthly_cells.n_courses_deteriorated) as bigint) as n_courses_deteriorated,
        cast(sum(monthly_cells.n_courses_with_t) as bigint) as n_courses_with_t,
        sum(monthly_cells.first_t_sum) as first_t_sum,
        sum(monthly_cells.last_t_sum) as last_t_sum,
        sum(monthly_cells.change_t_sum) as change_t_sum
    from monthly_cells
    inner join period_months on monthly_cells.month_start_on = period_months.month_start_on
    group by
        monthly_cells.subject_number,
        monthly_cells.kind,
        period_months.period_number
),

counts as (
    select
        subjects.level,
        subjects.subject_id,
        period_sums.kind as goal_kind,
        periods.period_kind,
        periods.period_start_on,
        periods.period_end_on,
        period_sums.n_courses - coalesce(period_repeats.n_repeated, 0) as n_clients,
        period_sums.n_courses,
        period_sums.n_goals,
        period_sums.n_goals_set_late,
        period_sums.n_goals_dropped,
        period_sums.n_goals_paired,
        case when goal_rules.has_change then period_sums.n_goals_improved end as n_goals_improved,
        case when goal_rules.has_change then period_sums.n_goals_unchanged end as n_goals_unchanged,
        case when goal_rules.has_change then period_sums.n_goals_deteriorated end
            as n_goals_deteriorated,
        period_sums.n_goals_better,
        period_sums.n_goals_same,
        period_sums.n_goals_worse,
        case when goal_rules.has_met then period_sums.n_goals_met end as n_goals_met,
        period_sums.first_sum,
        period_sums.last_sum,
        period_sums.improvement_sum,
        period_sums.n_courses_paired,
        case when goal_rules.has_change then period_sums.n_courses_improved end
            as n_courses_improved,
        case when goal_rules.has_change then period_sums.n_courses_deteriorated end
            as n_courses_deteriorated,
        case when period_sums.kind = 'gas' then period_sums.n_courses_with_t end
            as n_courses_with_t,
        period_sums.first_t_sum,
        period_sums.last_t_sum,
        period_sums.change_t_sum
    from period_sums
    inner join subjects on period_sums.subject_number = subjects.subject_number
    inner join periods on period_sums.period_number = periods.period_number
    left join period_repeats
        on
            period_sums.subject_number = period_repeats.subject_number
            and period_sums.kind = period_repeats.kind
            and period_sums.period_number = period_repeats.period_number
    left join goal_rules on period_sums.kind = goal_rules.goal_kind
)

select
    level,
    subject_id,
    goal_kind,
    period_kind,
    period_start_on,
    period_end_on,
    n_clients,
    n_courses,
    n_goals,
    n_goals_set_late,
    n_goals_dropped,
    n_goals_paired,
    n_goals_improved,
    n_goals_unchanged,
    n_goals_deteriorated,
    n_goals_better,
    n_goals_same,
    n_goals_worse,
    n_goals_met,
    n_goals_improved / nullif(n_goals_paired, 0) as improved_goal_rate,
    n_goals_met / nullif(n_goals_paired, 0) as met_goal_rate,
    first_sum / nullif(n_goals_paired, 0) as first_mean_points,
    last_sum / nullif(n_goals_paired, 0) as last_mean_points,
    improvement_sum / nullif(n_goals_paired, 0) as improvement_mean_points,
    n_courses_paired,
    n_courses_improved,
    n_courses_deteriorated,
    n_courses_improved / nullif(n_courses_paired, 0) as improved_rate,
    wilson_lower(n_courses_improved, n_courses_paired) as improved_rate_lower,
    wilson_upper(n_courses_improved, n_courses_paired) as improved_rate_upper,
    n_courses_deteriorated / nullif(n_courses_paired, 0) as deteriorated_rate,
    wilson_lower(n_courses_deteriorated, n_courses_paired) as deteriorated_rate_lower,
    wilson_upper(n_courses_deteriorated, n_courses_paired) as deteriorated_rate_upper,
    n_courses_improved / nullif(n_courses, 0) as improved_rate_worst,
    (n_courses_improved + n_courses - n_courses_paired) / nullif(n_courses, 0)
        as improved_rate_best,
    n_courses_with_t,
    first_t_sum / nullif(n_courses_with_t, 0) as first_t_mean_points,
    last_t_sum / nullif(n_courses_with_t, 0) as last_t_mean_points,
    change_t_sum / nullif(n_courses_with_t, 0) as change_t_mean_points
from counts
order by level, subject_id, goal_kind, period_kind, period_start_on
