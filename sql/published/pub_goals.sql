-- Clients' goals as the clinic's director may see them: rates and means of fewer courses than the
-- policy's minimum are left out, counts stay. Nothing is withheld for privacy, as no policy shows
-- this table to the public.
--
-- Grain:  one row per audience, level, subject, kind of goal and period shown.
-- Key:    audience, level, subject_id, goal_kind, period_kind, period_start_on
with
judged_rows as (
    select
        mart_goals.* replace (policies.level as level),
        policies.audience,
        policies.policy_id,
        policies.share_decimals,
        policies.points_decimals,
        mart_goals.n_courses_paired >= policies.minimum_pairs_for_rate as says_courses,
        mart_goals.n_courses_with_t >= policies.minimum_pairs_for_rate as says_t
    from mart_goals
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_goals'
            and mart_goals.level = policies.mart_level
            and mart_goals.period_kind = policies.period_kind
)

select
    audience,
    policy_id,
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
    n_courses_paired,
    n_courses_improved,
    n_courses_deteriorated,
    n_courses_with_t,
    shown_figure(says_courses, improved_goal_rate, share_decimals) as improved_goal_rate,
    shown_figure(says_courses, met_goal_rate, share_decimals) as met_goal_rate,
    shown_figure(says_courses, first_mean_points, points_decimals) as first_mean_points,
    shown_figure(says_courses, last_mean_points, points_decimals) as last_mean_points,
    shown_figure(says_courses, improvement_mean_points, points_decimals) as improvement_mean_points,
    shown_figure(says_courses, improved_rate, share_decimals) as improved_rate,
    shown_figure(says_courses, improved_rate_lower, share_decimals) as improved_rate_lower,
    shown_figure(says_courses, improved_rate_upper, share_decimals) as improved_rate_upper,
    shown_figure(says_courses, deteriorated_rate, share_decimals) as deteriorated_rate,
    shown_figure(says_courses, deteriorated_rate_lower, share_decimals) as deteriorated_rate_lower,
    shown_figure(says_courses, deteriorated_rate_upper, share_decimals) as deteriorated_rate_upper,
    shown_figure(says_courses, improved_rate_worst, share_decimals) as improved_rate_worst,
    shown_figure(says_courses, improved_rate_best, share_decimals) as improved_rate_best,
    shown_figure(says_t, first_t_mean_points, points_decimals) as first_t_mean_points,
    shown_figure(says_t, last_t_mean_points, points_decimals) as last_t_mean_points,
    shown_figure(says_t, change_t_mean_points, points_decimals) as change_t_mean_points,
    case
        when not coalesce(says_courses, false) then 'too_few_pairs_for_rate'
    end as reliability_reason
from judged_rows
order by audience, level, subject_id, goal_kind, period_kind, period_start_on
