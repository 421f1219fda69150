-- Screens with a tool that a screening measure accepts, positive or not.
--
-- A screen is a valid total of the client's own; it is positive from the tool's cut-off on.
-- `response_place` orders responses by their id, which ties go by, without naming it.
--
-- Grain:  one row per screening measure and response.
-- Key:    measure_id, response_key
-- Source: ref_measures
with rules as (
    select measure_id
    from ref_measure_rules
    where kind in ('visit_screening', 'yearly_screening')
),

rates as (
    select measure_id
    from ref_measure_rates
    where status = 'active'
),

tools as (
    select
        measure_id,
        instrument_id,
        is_brief,
        positive_from_points
    from ref_measure_tools
    where positive_from_points is not null
),

responses as (
    select
        response_key,
        row_number() over (order by response_id) as response_place
    from stg_responses
),

scores as (
    select
        response_key,
        client_key,
        instrument_id,
        administered_at,
        administered_on,
        score_points
    from int_response_scores
    where scale = 'total' and respondent = 'client' and score_points is not null
),

active_measures as (
    select distinct rules.measure_id
    from rules
    inner join rates on rules.measure_id = rates.measure_id
)

select
    active_measures.measure_id,
    scores.response_key,
    responses.response_place,
    scores.client_key,
    scores.administered_at,
    scores.administered_on as screened_on,
    tools.is_brief,
    scores.score_points >= tools.positive_from_points as is_positive
from scores
inner join tools on scores.instrument_id = tools.instrument_id
inner join responses on scores.response_key = responses.response_key
inner join active_measures on tools.measure_id = active_measures.measure_id
order by active_measures.measure_id, scores.response_key
