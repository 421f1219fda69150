-- Every scale that a score can be of, with what is known of it before any score.
--
-- A scale without a direction or bounds of its own has those of its instrument (of its total).
-- Every instrument has a total, whether or not the catalogue can score it: one can be delivered.
-- `is_listed` are the scales that a programme measures by listing the instrument: those that can be
-- scored, else the total; none of a kind of goal (gbo, gas), which is rated goal by goal and told
-- by mart_goals. `direction` is null where nobody can tell which way is better.
-- `step_points` is the least by which two scores of the scale differ, as near as a double comes to
-- it (of ten over 34 items four places would be wrong a few steps on); null where a table converts
-- them.
--
-- Grain:  one row per instrument and scale.
-- Key:    instrument_id, scale
with instruments as (
    select
        instrument_id,
        domain,
        subdomain,
        purpose,
        direction,
        is_scored,
        item_step_points,
        total_min_points,
        total_max_points
    from ref_instruments
),

scales as (
    select
        instrument_id,
        scale,
        direction,
        min_points,
        max_points,
        list_min(
            list_filter(list_transform(weights, lambda weight: abs(weight)), lambda size: size > 0)
        ) as least_weight
    from ref_instrument_scales
),

goal_rules as (
    select goal_kind
    from ref_goal_rules
),

names as (
    select
        instrument_id,
        scale
    from scales
    union
    select
        instrument_id,
        'total' as scale
    from instruments
)

select
    names.instrument_id,
    names.scale,
    instruments.domain,
    instruments.subdomain,
    instruments.purpose,
    coalesce(scales.direction, instruments.direction) as direction,
    coalesce(scales.min_points, instruments.total_min_points) as lowest_points,
    coalesce(scales.max_points, instruments.total_max_points) as highest_points,
    cast(instruments.item_step_points as double) * scales.least_weight as step_points,
    case
        when goal_rules.goal_kind is not null then false
        when
            instruments.is_scored
            and count(scales.scale) over (partition by names.instrument_id) > 0
            then scales.scale is not null
        else names.scale = 'total'
    end as is_listed
from names
inner join instruments on names.instrument_id = instruments.instrument_id
left join scales on names.instrument_id = scales.instrument_id and names.scale = scales.scale
left join goal_rules on names.instrument_id = goal_rules.goal_kind
order by names.instrument_id, names.scale
