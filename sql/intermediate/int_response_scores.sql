-- Points of every response on every scale of its instrument, in the episode it belongs to.
--
-- Where any answer of a response was delivered the answers decide, else its total. An incomplete
-- form has no points unless its prorating rule is verified. An answer outside its item's range or
-- between its steps (1.5 where whole numbers are ticked) is a missing answer, of which the contract
-- of response_items warns. A delivered total within the range counts as it is, also one that the
-- form cannot give (15.3182): what its source did is not known here, and the contract of responses
-- warns of it. All that is special about an instrument comes from the ref_ tables: weights of
-- items, groups whose highest answer counts (QIDS) or that are prorated one by one (SDQ, OQ-45),
-- what takes the place of missing answers, and tables that convert points to another metric
-- (SWEMWBS). Of one that is not scored from answers the delivered total counts.
--
-- Grain:  one row per response and scale; points are null where they cannot be computed.
-- Key:    response_key, scale
-- Source: ref_instrument_scales, ref_instrument_items, ref_score_tables; each key, table and rule
--         for missing answers is cited in the catalogue.

with responses as (
    select
        response_key,
        client_key,
        episode_key,
        instrument_id,
        respondent,
        administered_at,
        administered_on,
        total_score,
        items,
        answers,
        n_answers,
        has_answers
    from stg_responses
),

episodes as (
    select
        episode_key,
        client_key,
        referred_on,
        ended_on
    from int_episodes
),

instruments as (
    select
        instrument_id,
        n_items,
        item_min_points,
        item_max_points,
        total_min_points,
        total_max_points,
        is_scored,
        cast(item_step_points as double) as item_step
    from ref_instruments
),

scales as (
    select
        instrument_id,
        scale,
        n_items,
        item_numbers,
        method,
        weights,
        constant_points,
        prorate_max_missing,
        fill_method,
        form_max_missing,
        group_numbers,
        slot_numbers,
        of_scale
    from ref_instrument_scales
),

item_points as (
    select
        instrument_id,
        item,
        min_points,
        max_points,
        allowed_points,
        is_zero_allowed,
        has_own_values
    from ref_instrument_items
),

score_tables as (
    select
        instrument_id,
        scale,
        raw_points,
        points
    from ref_score_tables
),

-- Scales that no weights give (the highest answer of a list counts), and items that differ.
by_item_instruments as (
    select scales.instrument_id
    from scales
    inner join instruments on scales.instrument_id = instruments.instrument_id
    where instruments.is_scored and scales.weights is null and scales.of_scale is null
    union distinct
    select instrument_id
    from item_points
    where has_own_values
),

-- An instrument that is not scored has its total alone. A scale in another metric has the answers
-- of the scale that it converts.
instrument_scales as (
    select
        instruments.instrument_id,
        instruments.is_scored,
        instruments.total_min_points,
        instruments.total_max_points,
        instruments.n_items as n_form_items,
        by_item_instruments.instrument_id is not null as is_by_item,
        coalesce(scales.scale, 'total') as scale,
        coalesce(scales.of_scale, scales.scale, 'total') as scored_scale,
        scales.of_scale is not null as is_converted,
        case when scales.of_scale is null then scales.weights else source_scales.weights end
            as weights,
        cast(
            case
                when scales.of_scale is null then scales.constant_points
                else source_scales.constant_points
            end as double
        ) as constant_points
    from instruments
    left join scales
        on
            instruments.is_scored
            and instruments.instrument_id = scales.instrument_id
    left join scales as source_scales
        on
            scales.instrument_id = source_scales.instrument_id
            and scales.of_scale = source_scales.scale
    left join by_item_instruments
        on instruments.instrument_id = by_item_instruments.instrument_id
),

-- A scale without groups is one group; an item without alternatives is a slot of its own.
scale_numbers as (
    select
        instrument_id,
        scale,
        weights,
        unnest(item_numbers) as item,
        unnest(group_numbers) as group_number,
        unnest(slot_numbers) as slot_number
    from scales
),

-- What one answer adds is weight * answer + constant: a reversed item counts lowest + highest - x.
scale_items as (
    select
        scale_numbers.instrument_id,
        scale_numbers.scale,
        scale_numbers.item,
        coalesce(scale_numbers.group_number, 1) as group_number,
        coalesce(scale_numbers.slot_number, scale_numbers.item) as slot_number,
        coalesce(list_extract(scale_numbers.weights, scale_numbers.item), 1.0) as weight,
        greatest(
            -coalesce(list_extract(scale_numbers.weights, scale_numbers.item), 1.0), 0.0
        )
        * cast(
            coalesce(item_points.min_points, instruments.item_min_points)
            + coalesce(item_points.max_points, instruments.item_max_points) as double
        ) as constant_points
    from scale_numbers
    inner join instruments on scale_numbers.instrument_id = instruments.instrument_id
    left join item_points
        on
            scale_numbers.instrument_id = item_points.instrument_id
            and scale_numbers.item = item_points.item
    where instruments.is_scored
),

scale_groups as (
    select
        scale_items.instrument_id,
        scale_items.scale,
        scale_items.group_number,
        count(*) as n_items,
        count(distinct scale_items.slot_number) as n_slots
    from scale_items
    group by scale_items.instrument_id, scale_items.scale, scale_items.group_number
),

group_counts as (
    select
        instrument_id,
        scale,
        count(*) as n_groups
    from scale_groups
    group by instrument_id, scale
),

-- Forms with fewer answers are read answer by answer; of some instruments all are.
form_sizes as (
    select
        instruments.instrument_id,
        instruments.n_items,
        instruments.item_step,
        case
            when by_item_instruments.instrument_id is null then instruments.n_items
            else instruments.n_items + 1
        end as n_read_whole
    from instruments
    left join by_item_instruments
        on instruments.instrument_id = by_item_instruments.instrument_id
    where instruments.is_scored
),

sized_responses as (
    select
        responses.response_key,
        responses.client_key,
        responses.episode_key,
        responses.instrument_id,
        responses.respondent,
        responses.administered_at,
        responses.administered_on,
        responses.total_score,
        responses.items,
        responses.answers,
        responses.n_answers,
        responses.has_answers,
        form_sizes.n_items as n_form_items,
        form_sizes.item_step,
        form_sizes.n_read_whole
    from responses
    left join form_sizes on responses.instrument_id = form_sizes.instrument_id
),

-- A form is read whole where every answer is there and lies on the steps of its item. An item is
-- answered once and lies inside the form: as many answers as it has items are all.
read_responses as (
    select
        response_key,
        client_key,
        episode_key,
        instrument_id,
        respondent,
        administered_at,
        administered_on,
        total_score,
        items,
        answers,
        has_answers,
        n_form_items,
        item_step,
        coalesce(
            n_answers >= n_read_whole
            and len(
                list_filter(
                    answers,
                    lambda answer: abs(answer / item_step - round(answer / item_step)) > 0.000001
                )
            ) = 0,
            false
        ) as is_read_whole
    from sized_responses
),

-- A response that names no episode belongs to the only one of its client that holds its day.
resolved_episodes as (
    select
        read_responses.response_key,
        min(episodes.episode_key) as episode_key
    from read_responses
    inner join episodes
        on
            read_responses.client_key = episodes.client_key
            and read_responses.administered_on >= episodes.referred_on
            and (episodes.ended_on is null or read_responses.administered_on <= episodes.ended_on)
    where read_responses.episode_key is null
    group by read_responses.response_key
    having count(*) = 1
),

-- Few forms are incomplete: only their answers, and those of the forms and instruments above, are
-- taken one by one. An answer that its own item cannot have is a missing answer.
item_responses as (
    select
        response_key,
        instrument_id,
        n_form_items,
        item_step,
        unnest(items) as item,
        unnest(answers) as answer
    from read_responses
    where has_answers and not is_read_whole and n_form_items is not null
),

valid_answers as (
    select
        item_responses.response_key,
        item_responses.instrument_id,
        item_responses.n_form_items,
        item_responses.item,
        item_responses.answer
    from item_responses
    left join item_points
        on
            item_responses.instrument_id = item_points.instrument_id
            and item_responses.item = item_points.item
    where
        coalesce(
            abs(
                item_responses.answer / item_responses.item_step
                - round(item_responses.answer / item_responses.item_step)
            ) <= 0.000001,
            true
        )
        and (
            item_points.item is null
            or item_responses.answer >= item_points.min_points
            and item_responses.answer <= item_points.max_points
            and (item_points.is_zero_allowed or item_responses.answer <> 0)
            and coalesce(list_contains(item_points.allowed_points, item_responses.answer), true)
        )
),

form_counts as (
    select
        response_key,
        max(n_form_items) - count(*) as n_missing
    from valid_answers
    group by response_key
),

answered_groups as (
    select
        valid_answers.response_key,
        valid_answers.instrument_id,
        scale_items.scale,
        scale_items.group_number,
        count(*) as n_answered,
        count(distinct scale_items.slot_number) as n_slots_answered,
        sum(
            cast(
                scale_items.weight * valid_answers.answer + scale_items.constant_points
                as decimal(18, 9)
            )
        ) as answered_points,
        max(valid_answers.answer) as highest_points
    from valid_answers
    inner join scale_items
        on
            valid_answers.instrument_id = scale_items.instrument_id
            and valid_answers.item = scale_items.item
    group by
        valid_answers.response_key,
        valid_answers.instrument_id,
        scale_items.scale,
        scale_items.group_number
),

filled_groups as (
    select
        answered_groups.response_key,
        answered_groups.instrument_id,
        answered_groups.scale,
        answered_groups.n_slots_answered = scale_groups.n_slots as is_complete,
        case
            when scales.method = 'domain_maxima'
                then
                    case
                        when answered_groups.n_slots_answered = scale_groups.n_slots
                            then cast(answered_groups.highest_points as double)
                    end
            when answered_groups.n_answered = scale_groups.n_items
                then cast(answered_groups.answered_points as double)
            when
                scale_groups.n_items - answered_groups.n_answered <= scales.prorate_max_missing
                and coalesce(form_counts.n_missing <= scales.form_max_missing, true)
                then
                    case scales.fill_method
                        when 'prorate_mean'
                            then
                                cast(answered_groups.answered_points as double)
                                * scale_groups.n_items
                                / nullif(answered_groups.n_answered, 0)
                        when 'prorate_mean_rounded'
                            then
                                floor(
                                    cast(answered_groups.answered_points as double)
                                    * scale_groups.n_items
                                    / nullif(answered_groups.n_answered, 0)
                                    + 0.5
                                )
                        when 'item_mean_rounded'
                            then
                                cast(answered_groups.answered_points as double)
                                + (scale_groups.n_items - answered_groups.n_answered)
                                * floor(
                                    cast(answered_groups.answered_points as double)
                                    / nullif(answered_groups.n_answered, 0)
                                    + 0.5
                                )
                        when 'blank_is_zero' then cast(answered_groups.answered_points as double)
                    end
        end as points
    from answered_groups
    inner join scales
        on
            answered_groups.instrument_id = scales.instrument_id
            and answered_groups.scale = scales.scale
    inner join scale_groups
        on
            answered_groups.instrument_id = scale_groups.instrument_id
            and answered_groups.scale = scale_groups.scale
            and answered_groups.group_number = scale_groups.group_number
    inner join form_counts on answered_groups.response_key = form_counts.response_key
),

-- Points of whole or half numbers and thirds: a sum of so few has the same places in any order.
item_scores as (
    select
        filled_groups.response_key,
        filled_groups.scale,
        bool_and(filled_groups.is_complete) as is_complete,
        sum(cast(filled_groups.points as decimal(18, 9))) as points
    from filled_groups
    inner join group_counts
        on
            filled_groups.instrument_id = group_counts.instrument_id
            and filled_groups.scale = group_counts.scale
    group by filled_groups.response_key, filled_groups.scale, group_counts.n_groups
    having count(filled_groups.points) = group_counts.n_groups
),

scores as (
    select
        read_responses.response_key,
        read_responses.client_key,
        read_responses.instrument_id,
        read_responses.respondent,
        read_responses.administered_at,
        read_responses.administered_on,
        coalesce(read_responses.episode_key, resolved_episodes.episode_key) as episode_key,
        coalesce(instrument_scales.scale, 'total') as scale,
        instrument_scales.is_converted,
        case
            when not coalesce(instrument_scales.is_scored, false) or not read_responses.has_answers
                then 'total'
            when read_responses.is_read_whole or item_scores.is_complete then 'answers'
            else 'prorated'
        end as basis,
        case
            when not coalesce(instrument_scales.is_scored, false) or not read_responses.has_answers
                then
                    case
                        when
                            instrument_scales.scored_scale = 'total'
                            and read_responses.total_score >= instrument_scales.total_min_points
                            and read_responses.total_score <= instrument_scales.total_max_points
                            then cast(read_responses.total_score as double)
                    end
            when read_responses.is_read_whole
                then
                    weighted_points(read_responses.answers, instrument_scales.weights)
                    + instrument_scales.constant_points
            else cast(item_scores.points as double)
        end as points
    from read_responses
    left join resolved_episodes on read_responses.response_key = resolved_episodes.response_key
    left join instrument_scales on read_responses.instrument_id = instrument_scales.instrument_id
    left join item_scores
        on
            read_responses.response_key = item_scores.response_key
            and instrument_scales.scored_scale = item_scores.scale
),

rounded_scores as (
    select
        response_key,
        client_key,
        episode_key,
        instrument_id,
        scale,
        respondent,
        administered_at,
        administered_on,
        basis,
        is_converted,
        cast(points as decimal(9, 4)) as points
    from scores
),

converted_scores as (
    select
        rounded_scores.response_key,
        rounded_scores.client_key,
        rounded_scores.episode_key,
        rounded_scores.instrument_id,
        rounded_scores.scale,
        rounded_scores.respondent,
        rounded_scores.administered_at,
        rounded_scores.administered_on,
        rounded_scores.basis,
        case
            when rounded_scores.is_converted then score_tables.points
            else rounded_scores.points
        end as points
    from rounded_scores
    left join score_tables
        on
            rounded_scores.instrument_id = score_tables.instrument_id
            and rounded_scores.scale = score_tables.scale
            and rounded_scores.points = score_tables.raw_points
)

select
    response_key,
    client_key,
    episode_key,
    instrument_id,
    scale,
    respondent,
    administered_at,
    administered_on,
    points as score_points,
    case when points is not null then basis end as score_basis
from converted_scores
order by response_key, scale
