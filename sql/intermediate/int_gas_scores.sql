-- Goal attainment of each course: the T of its goals at first and at last.
--
-- T = 50 + 10 sum(w x) / sqrt((1 - rho) sum(w^2) + rho (sum w)^2), over the goals that were rated
-- at both ends, so that both T speak of the same goals; the others are counted. One goal at +1 is
-- 60, three at +1 are 63.693, three at -2 are 22.614. T depends on how hard the goals were set, so
-- it compares nobody; goals set below the expected outcome start below 50.
--
-- Grain:  one row per course with a goal of kind gas.
-- Key:    episode_key
-- Source: Kiresuk & Sherman (1968), Community Ment Health J 4:443-453; Turner-Stokes (2009), Clin
--         Rehabil 23:362-370, with its erratum; rho from ref_goal_rules
with gas_goals as (
    select
        episode_key,
        weight,
        is_paired,
        first_points,
        last_points
    from int_goal_changes
    where kind = 'gas'
),

goal_rules as (
    select gas_rho
    from ref_goal_rules
    where goal_kind = 'gas'
),

sums as (
    select
        episode_key,
        count(*) as n_goals,
        count(*) filter (where is_paired) as n_rated,
        cast(sum(weight) filter (where is_paired) as decimal(18, 4)) as weight_sum,
        cast(sum(weight * weight) filter (where is_paired) as decimal(18, 8)) as square_sum,
        cast(sum(weight * first_points) filter (where is_paired) as decimal(18, 8)) as first_sum,
        cast(sum(weight * last_points) filter (where is_paired) as decimal(18, 8)) as last_sum
    from gas_goals
    group by episode_key
),

spreads as (
    select
        sums.episode_key,
        sums.n_goals,
        sums.n_rated,
        cast(sums.first_sum as double) as first_sum,
        cast(sums.last_sum as double) as last_sum,
        nullif(
            sqrt(
                cast(1 - goal_rules.gas_rho as double) * cast(sums.square_sum as double)
                + cast(goal_rules.gas_rho as double) * cast(sums.weight_sum as double)
                * cast(sums.weight_sum as double)
            ),
            0
        ) as spread
    from sums
    cross join goal_rules
),

t_scores as (
    select
        episode_key,
        n_goals,
        n_rated,
        cast(round(50 + 10 * first_sum / spread, 4) as decimal(9, 4)) as first_t_points,
        cast(round(50 + 10 * last_sum / spread, 4) as decimal(9, 4)) as last_t_points
    from spreads
)

select
    episode_key,
    n_goals,
    n_rated,
    n_goals - n_rated as n_unrated,
    first_t_points,
    last_t_points,
    cast(last_t_points - first_t_points as decimal(9, 4)) as change_t_points
from t_scores
order by episode_key
