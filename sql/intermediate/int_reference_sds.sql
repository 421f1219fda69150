-- Spread of first scores in the clinic's frozen reference period, from which a change that is
-- reliable can be derived where nothing is published.
--
-- A first score counts by its own day, both ends of the period included. Where no period is set
-- there is no row. The SD has n - 1 in its denominator, and is null for a single score.
--
-- Grain:  one row per instrument, scale and respondent with a first score in the period.
-- Key:    instrument_id, scale, respondent
with episode_scores as (
    select
        instrument_id,
        scale,
        respondent,
        -- Whole ten-thousandths of a point, so that the moments are exact in any order.
        cast(first_points * 10000 as bigint) as first_units
    from int_episode_scores
    where
        first_points is not null
        and first_on >= cast($reference_starts_on as date)
        and first_on <= cast($reference_ends_on as date)
),

moments as (
    select
        instrument_id,
        scale,
        respondent,
        count(*) as n_scores,
        sum(first_units) as sum_units,
        sum(cast(first_units as hugeint) * first_units) as square_units
    from episode_scores
    group by instrument_id, scale, respondent
)

select
    instrument_id,
    scale,
    respondent,
    cast(n_scores as bigint) as n_scores,
    cast(cast(sum_units as double) / n_scores / 10000 as decimal(9, 4)) as mean_points,
    cast(
        sqrt(
            cast(n_scores * square_units - sum_units * sum_units as double)
            / nullif(n_scores * (n_scores - 1), 0)
        ) / 10000 as decimal(18, 9)
    ) as sd_points
from moments
order by instrument_id, scale, respondent
