-- How improvement goes with the first score, in the pairs of the clinic's frozen reference period:
-- what is expected of a course from its first score alone.
--
-- A pair of a finished course belongs to the period in which its first score lies, both ends
-- included. The line is the least-squares one of improvement on first score; who starts higher has
-- more to lose and falls back by chance too, so that its slope is mostly above 0 where higher is
-- worse. Without a reference period, with fewer pairs than its settings ask for, or with equal
-- first scores there is no row.
--
-- Grain:  one row per instrument, scale and respondent with a line.
-- Key:    instrument_id, scale, respondent
-- Source: clinic.toml, [reference_period]
with episode_scores as (
    select
        episode_key,
        instrument_id,
        scale,
        respondent,
        first_points,
        last_points
    from int_episode_scores
    where
        first_on >= cast($reference_starts_on as date)
        and first_on <= cast($reference_ends_on as date)
        and last_points is not null
),

finished_courses as (
    select episode_key
    from int_episodes
    where is_finished_course
),

scales as (
    select
        instrument_id,
        scale,
        direction
    from int_scales
    where purpose != 'verdict'
),

-- Whole ten-thousandths of a point, so that the moments are exact in any order.
pairs as (
    select
        episode_scores.instrument_id,
        episode_scores.scale,
        episode_scores.respondent,
        cast(episode_scores.first_points * 10000 as hugeint) as first_units,
        case scales.direction
            when 'higher_worse' then 1
            when 'higher_better' then -1
        end * cast((episode_scores.first_points - episode_scores.last_points) * 10000 as hugeint)
            as improvement_units
    from episode_scores
    inner join finished_courses on episode_scores.episode_key = finished_courses.episode_key
    inner join scales
        on
            episode_scores.instrument_id = scales.instrument_id
            and episode_scores.scale = scales.scale
),

sums as (
    select
        instrument_id,
        scale,
        respondent,
        count(*) as n_pairs,
        sum(first_units) as first_sum,
        sum(improvement_units) as improvement_sum,
        count(*) * sum(first_units * first_units) - sum(first_units) * sum(first_units)
            as first_spread,
        count(*) * sum(first_units * improvement_units)
        - sum(first_units) * sum(improvement_units) as joint_spread
    from pairs
    where improvement_units is not null
    group by instrument_id, scale, respondent
)

select
    instrument_id,
    scale,
    respondent,
    n_pairs,
    cast(first_sum as double) / n_pairs / 10000 as first_mean_points,
    sqrt(cast(first_spread as double) / (n_pairs * (n_pairs - 1))) / 10000 as first_sd_points,
    cast(improvement_sum as double) / n_pairs / 10000 as improvement_mean_points,
    cast(joint_spread as double) / cast(first_spread as double) as improvement_slope
from sums
where first_spread > 0 and n_pairs >= cast($reference_minimum_scores as bigint)
order by instrument_id, scale, respondent
