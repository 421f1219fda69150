-- Answers that showed a risk, and what was done after each.
--
-- A form shows a risk when any item that the catalogue names has the points of its rule or more, as
-- printed; rules that nobody has verified are not applied, and a form without its answers shows
-- nothing. The first action on the day of the answer or later counts. It is in time up to
-- $safety_action_days after that day. Where there is none the answer is overdue when those days had
-- passed by $as_of_on (the last delivery), else still open. Where no action was ever delivered
-- nothing is known of any. The course is the one that the form names or, where it names none, the
-- only one of its client that holds its day (int_response_scores).
--
-- Grain:  one row per response that showed a risk.
-- Key:    response_key
-- Source: ref_safety_items
with risk_items as (
    select
        instrument_id,
        item,
        from_points
    from ref_safety_items
    where is_active
),

responses as (
    select
        response_key,
        client_key,
        instrument_id,
        administered_on as answered_on,
        items,
        answers
    from stg_responses
    where has_answers
),

scores as (
    select
        response_key,
        episode_key
    from int_response_scores
    where episode_key is not null
),

actions as (
    select
        response_key,
        acted_on
    from stg_safety_actions
),

episodes as (
    select
        episode_key,
        programme_id,
        therapist_id
    from int_episodes
),

records as (
    select
        cast($as_of_on as date) as as_of_on,
        cast($safety_action_days as integer) as action_days,
        count(*) > 0 as has_actions
    from actions
),

risk_responses as (
    select
        responses.response_key,
        responses.client_key,
        responses.instrument_id,
        responses.answered_on
    from responses
    inner join risk_items on responses.instrument_id = risk_items.instrument_id
    where
        responses.answers[list_position(responses.items, risk_items.item)]
        >= risk_items.from_points
    group by
        responses.response_key,
        responses.client_key,
        responses.instrument_id,
        responses.answered_on
),

-- A response has a row for each scale, all of them in one course.
risk_episodes as (
    select distinct
        risk_responses.response_key,
        scores.episode_key
    from risk_responses
    inner join scores on risk_responses.response_key = scores.response_key
),

first_actions as (
    select
        risk_responses.response_key,
        min(actions.acted_on) as acted_on
    from risk_responses
    inner join actions
        on
            risk_responses.response_key = actions.response_key
            and risk_responses.answered_on <= actions.acted_on
    group by risk_responses.response_key
),

followed_responses as (
    select
        risk_responses.response_key,
        risk_responses.client_key,
        risk_episodes.episode_key,
        risk_responses.instrument_id,
        risk_responses.answered_on,
        risk_responses.answered_on + records.action_days as due_on,
        first_actions.acted_on,
        records.has_actions,
        records.as_of_on
    from risk_responses
    cross join records
    left join risk_episodes on risk_responses.response_key = risk_episodes.response_key
    left join first_actions on risk_responses.response_key = first_actions.response_key
)

select
    followed_responses.response_key,
    followed_responses.client_key,
    episodes.episode_key,
    episodes.programme_id,
    episodes.therapist_id,
    followed_responses.instrument_id,
    followed_responses.answered_on,
    followed_responses.due_on,
    followed_responses.acted_on,
    case
        when not followed_responses.has_actions then 'not_recorded'
        when followed_responses.acted_on <= followed_responses.due_on then 'in_time'
        when followed_responses.acted_on is not null then 'late'
        when followed_responses.due_on < followed_responses.as_of_on then 'overdue'
        else 'open'
    end as follow_up
from followed_responses
left join episodes on followed_responses.episode_key = episodes.episode_key
order by followed_responses.response_key
