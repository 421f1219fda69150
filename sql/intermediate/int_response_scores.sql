-- Points of every response on every scale of its instrument, in the episode it belongs to.
--
-- Where any answer of a response was delivered the answers decide, else its total. An incomplete
-- form has no points unless its prorating rule is verified. An instrument that is not scored from
-- answers keeps the total that was delivered, if it lies in the instrument's range.
--
-- Grain:  one row per response and scale; points are null where they cannot be computed.
-- Key:    response_key, scale
-- Source: ref_instrument_scales; each weight and prorating rule is cited in the catalogue.

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
        is_scored
    from ref_instruments
),

scales as (
    select
        instrument_id,
        scale,
        n_items,
        item_numbers,
        weights,
        constant_points,
        prorate_max_missing
    from ref_instrument_scales
),

-- An instrument that is not scored has its total alone.
instrument_scales as (
    select
        instruments.instrument_id,
        instruments.is_scored,
        instruments.total_min_points,
        instruments.total_max_points,
        instruments.n_items as n_form_items,
        scales.n_items,
        scales.weights,
        scales.prorate_max_missing,
        coalesce(scales.scale, 'total') as scale,
        cast(scales.constant_points as double) as constant_points
    from instruments
    left join scales
        on
            instruments.is_scored
            and instruments.instrument_id = scales.instrument_id
),

scale_numbers as (
    select
        instrument_id,
        scale,
        weights,
        unnest(item_numbers) as item
    from scales
),

-- What one answer adds is weight * answer + constant: a reversed item counts lowest + highest - x.
scale_items as (
    select
        scale_numbers.instrument_id,
        scale_numbers.scale,
        scale_numbers.item,
        list_extract(scale_numbers.weights, scale_numbers.item) as weight,
        greatest(-list_extract(scale_numbers.weights, scale_numbers.item), 0.0)
        * cast(instruments.item_min_points + instruments.item_max_points as double)
            as constant_points
    from scale_numbers
    inner join instruments on scale_numbers.instrument_id = instruments.instrument_id
    where instruments.is_scored
),

-- A response that names no episode belongs to the only one of its client that holds its day.
resolved_episodes as (
    select
        responses.response_key,
        min(episodes.episode_key) as episode_key
    from responses
    inner join episodes
        on
            responses.client_key = episodes.client_key
            and responses.administered_on >= episodes.referred_on
            and (episodes.ended_on is null or responses.administered_on <= episodes.ended_on)
    where responses.episode_key is null
    group by responses.response_key
    having count(*) = 1
),

-- Few forms are incomplete: only their answers are taken one by one.
incomplete_responses as (
    select
        responses.response_key,
        responses.instrument_id,
        unnest(responses.items) as item,
        unnest(responses.answers) as answer
    from responses
    inner join instruments
        on responses.instrument_id = instruments.instrument_id
    where
        instruments.is_scored
        and responses.has_answers
        and responses.n_answers < instruments.n_items
),

incomplete_scales as (
    select
        incomplete_responses.response_key,
        scale_items.scale,
        count(*) as n_answered,
        sum(
            cast(
                scale_items.weight * incomplete_responses.answer + scale_items.constant_points
                as decimal(18, 9)
            )
        ) as answered_points
    from incomplete_responses
    inner join scale_items
        on
            incomplete_responses.instrument_id = scale_items.instrument_id
            and incomplete_responses.item = scale_items.item
    group by
        incomplete_responses.response_key,
        scale_items.scale
),

scores as (
    select
        responses.response_key,
        responses.client_key,
        responses.instrument_id,
        responses.respondent,
        responses.administered_at,
        responses.administered_on,
        coalesce(responses.episode_key, resolved_episodes.episode_key) as episode_key,
        coalesce(instrument_scales.scale, 'total') as scale,
        case
            when not coalesce(instrument_scales.is_scored, false) or not responses.has_answers
                then 'total'
            when
                responses.n_answers = instrument_scales.n_form_items
                or incomplete_scales.n_answered = instrument_scales.n_items
                then 'answers'
            else 'prorated'
        end as basis,
        case
            when not coalesce(instrument_scales.is_scored, false) or not responses.has_answers
                then
                    case
                        when
                            instrument_scales.scale = 'total'
                            and responses.total_score >= instrument_scales.total_min_points
                            and responses.total_score <= instrument_scales.total_max_points
                            then cast(responses.total_score as double)
                    end
            -- An item is answered once and lies inside the form: as many as it has are all.
            when responses.n_answers = instrument_scales.n_form_items
                then
                    weighted_points(responses.answers, instrument_scales.weights)
                    + instrument_scales.constant_points
            when
                instrument_scales.n_items - incomplete_scales.n_answered
                <= instrument_scales.prorate_max_missing
                then
                    cast(incomplete_scales.answered_points as double)
                    * instrument_scales.n_items
                    / incomplete_scales.n_answered
        end as points
    from responses
    left join resolved_episodes on responses.response_key = resolved_episodes.response_key
    left join instrument_scales on responses.instrument_id = instrument_scales.instrument_id
    left join incomplete_scales
        on
            responses.response_key = incomplete_scales.response_key
            and instrument_scales.scale = incomplete_scales.scale
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
    cast(points as decimal(9, 4)) as score_points,
    case when points is not null then basis end as score_basis
from scores
order by response_key, scale
