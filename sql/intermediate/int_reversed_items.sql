-- Whether the items of an instrument that run against the scale are turned as the feed needs.
--
-- Whole forms only, each under the source that brought the answers that count, respondents
-- together. Over all of them the points of the plain items and those of the reversed items, as
-- they are scored, must rise together: both speak of the same thing, once what is better on one
-- scale and worse on another is turned the same way (SDQ: its prosocial items beside its
-- difficulties). Where they do not, the items are turned once too often or not at all, and
-- `items_already_reversed` of that source is the setting to look at. `is_suspicious` is null for
-- few forms, and where all of them answer alike. A source that turned items on some days and not
-- on others is not told apart.
--
-- Grain:  one row per source and instrument with plain and reversed items and at least one whole
--         form.
-- Key:    source, instrument_id
-- Source: ref_instrument_items (the reverse key is cited in the catalogue); rest-score check of
--         conventions in ref_conventions.
with responses as (
    select
        answers_source as source,
        instrument_id,
        answers,
        n_answers
    from stg_responses
    where has_answers
),

instruments as (
    select
        instrument_id,
        n_items
    from ref_instruments
    where is_scored
),

reversed_items as (
    select
        instrument_id,
        item,
        is_reversed
    from ref_instrument_items
),

scales as (
    select
        instrument_id,
        scale,
        item_numbers,
        weights,
        case when direction = 'higher_better' then -1 else 1 end as worse_sign
    from ref_instrument_scales
    where weights is not null
),

conventions as (
    select max(value) as minimum_forms
    from ref_conventions
    where name = 'reversed_check_minimum_forms'
),

-- Where one scale turns an item or leaves it as it is, all of the same direction do.
item_signs as (
    select
        reversed_items.instrument_id,
        reversed_items.item,
        reversed_items.is_reversed,
        max(sign(list_extract(scales.weights, reversed_items.item)) * scales.worse_sign)
            as item_sign
    from reversed_items
    inner join scales
        on
            reversed_items.instrument_id = scales.instrument_id
            and list_contains(scales.item_numbers, reversed_items.item)
    group by reversed_items.instrument_id, reversed_items.item, reversed_items.is_reversed
),

item_slots as (
    select
        reversed_items.instrument_id,
        reversed_items.item,
        case
            when reversed_items.is_reversed then 0.0
            else coalesce(item_signs.item_sign, 0)
        end as plain_weight,
        case
            when reversed_items.is_reversed then coalesce(item_signs.item_sign, 0)
            else 0.0
        end as reversed_weight
    from reversed_items
    left join item_signs
        on
            reversed_items.instrument_id = item_signs.instrument_id
            and reversed_items.item = item_signs.item
),

weight_lists as (
    select
        item_slots.instrument_id,
        max(instruments.n_items) as n_items,
        list(cast(item_slots.plain_weight as double) order by item_slots.item) as plain_weights,
        list(cast(item_slots.reversed_weight as double) order by item_slots.item)
            as reversed_weights
    from item_slots
    inner join instruments on item_slots.instrument_id = instruments.instrument_id
    group by item_slots.instrument_id
    having
        bool_or(item_slots.plain_weight <> 0)
        and bool_or(item_slots.reversed_weight <> 0)
        and count(*) = max(instruments.n_items)
),

-- Whole ten-thousandths of a point, so that the moments are exact in any order.
form_units as (
    select
        responses.source,
        responses.instrument_id,
        cast(
            round(weighted_points(responses.answers, weight_lists.plain_weights) * 10000)
            as bigint
        ) as plain_units,
        cast(
            round(weighted_points(responses.answers, weight_lists.reversed_weights) * 10000)
            as bigint
        ) as reversed_units
    from responses
    inner join weight_lists
        on
            responses.instrument_id = weight_lists.instrument_id
            and responses.n_answers = weight_lists.n_items
),

moments as (
    select
        source,
        instrument_id,
        count(*) as n_forms,
        sum(plain_units) as plain_sum,
        sum(reversed_units) as reversed_sum,
        sum(cast(plain_units as hugeint) * plain_units) as plain_square,
        sum(cast(reversed_units as hugeint) * reversed_units) as reversed_square,
        sum(cast(plain_units as hugeint) * reversed_units) as product
    from form_units
    group by source, instrument_id
),

spreads as (
    select
        source,
        instrument_id,
        n_forms,
        cast(n_forms * product - plain_sum * reversed_sum as double) as covariance,
        sqrt(cast(n_forms * plain_square - plain_sum * plain_sum as double))
        * sqrt(cast(n_forms * reversed_square - reversed_sum * reversed_sum as double))
            as spread
    from moments
)

select
    spreads.source,
    spreads.instrument_id,
    spreads.n_forms,
    cast(spreads.covariance / nullif(spreads.spread, 0) as decimal(9, 4)) as correlation,
    case
        when spreads.n_forms >= conventions.minimum_forms and spreads.spread > 0
            then spreads.covariance < 0
    end as is_suspicious
from spreads
cross join conventions
order by spreads.source, spreads.instrument_id
