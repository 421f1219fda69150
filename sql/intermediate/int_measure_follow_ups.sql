-- Clients with an elevated score and a depression diagnosis, and their last score in the window
-- that the measure gives them (CMS159, DRR-E, CBE 1884).
--
-- How an export is read: an encounter is a session that the client attended as part of a course of
-- treatment; scores are valid totals of the client's own; all windows are days. The index is the
-- client's first score above the threshold that was taken on the day of a session or up to
-- `session_lookback_days` before it, the session lying in the identification period and in the time
-- of a qualifying diagnosis. A client without a birth date, or too young on the day of the index,
-- is in no population. The index counts for the course of the first such session (of two on one
-- day, for the course that the score is of, else for the one with the smallest id). The last score
-- in the window decides; without one nothing is met. Scores of one moment go by response id.
-- `due_on` is the last day of the window.
--
-- Grain:  one row per rate, calendar year and client.
-- Key:    measure_id, rate_id, period_start_on, client_key
-- Source: ref_measures
with rules as (
    select
        measure_id,
        minimum_age_years,
        index_above_points,
        session_lookback_days,
        window_months,
        window_from_days,
        window_to_days,
        remission_below_points,
        response_share
    from ref_measure_rules
    where kind = 'follow_up'
),

rates as (
    select
        measure_id,
        rate_id,
        met_by
    from ref_measure_rates
    where status = 'active'
),

tools as (
    select
        measure_id,
        instrument_id
    from ref_measure_tools
),

periods as (
    select
        measure_id,
        period_start_on,
        sessions_from_on,
        sessions_until_on
    from int_measure_periods
),

diagnoses as (
    select
        measure_id,
        client_key,
        from_on,
        until_on
    from int_measure_diagnoses
    where use = 'qualifying'
),

attendances as (
    select
        client_key,
        episode_key,
        session_on
    from int_attendances
    where status = 'attended' and episode_key is not null
),

episodes as (
    select
        episode_key,
        episode_id
    from stg_episodes
),

responses as (
    select
        response_key,
        response_id
    from stg_responses
),

clients as (
    select
        client_key,
        birth_date
    from stg_clients
),

scores as (
    select
        response_key,
        client_key,
        episode_key,
        instrument_id,
        administered_at,
        administered_on,
        score_points
    from int_response_scores
    where scale = 'total' and respondent = 'client' and score_points is not null
),

measures as (
    select distinct
        rules.measure_id,
        rules.minimum_age_years,
        rules.index_above_points,
        rules.session_lookback_days,
        rules.window_months,
        rules.window_from_days,
        rules.window_to_days
    from rules
    inner join rates on rules.measure_id = rates.measure_id
),

measure_scores as (
    select
        measures.measure_id,
        responses.response_id,
        scores.client_key,
        scores.episode_key,
        scores.administered_at,
        scores.administered_on,
        scores.score_points,
        measures.index_above_points,
        measures.session_lookback_days
    from scores
    inner join tools on scores.instrument_id = tools.instrument_id
    inner join measures on tools.measure_id = measures.measure_id
    inner join responses on scores.response_key = responses.response_key
),

qualifying_sessions as (
    select distinct
        periods.measure_id,
        periods.period_start_on,
        periods.sessions_from_on,
        attendances.client_key,
        attendances.episode_key,
        episodes.episode_id,
        attendances.session_on
    from attendances
    inner join episodes on attendances.episode_key = episodes.episode_key
    inner join diagnoses
        on
            attendances.client_key = diagnoses.client_key
            and attendances.session_on >= diagnoses.from_on
            and (diagnoses.until_on is null or attendances.session_on <= diagnoses.until_on)
    inner join periods
        on
            diagnoses.measure_id = periods.measure_id
            and attendances.session_on >= periods.sessions_from_on
            and attendances.session_on <= periods.sessions_until_on
),

indexes as (
    select
        qualifying_sessions.measure_id,
        qualifying_sessions.period_start_on,
        qualifying_sessions.sessions_from_on,
        qualifying_sessions.client_key,
        qualifying_sessions.episode_key,
        measure_scores.administered_on as index_on,
        measure_scores.score_points as index_points
    from measure_scores
    inner join qualifying_sessions
        on
            measure_scores.measure_id = qualifying_sessions.measure_id
            and measure_scores.client_key = qualifying_sessions.client_key
            and measure_scores.administered_on <= qualifying_sessions.session_on
            and measure_scores.administered_on + measure_scores.session_lookback_days
            >= qualifying_sessions.session_on
    where measure_scores.score_points > measure_scores.index_above_points
    qualify row_number() over (
        partition by
            qualifying_sessions.measure_id,
            qualifying_sessions.period_start_on,
            qualifying_sessions.client_key
        order by
            measure_scores.administered_at asc,
            measure_scores.response_id asc,
            qualifying_sessions.session_on asc,
            measure_scores.episode_key is not distinct from qualifying_sessions.episode_key desc,
            qualifying_sessions.episode_id asc
    ) = 1
),

events as (
    select
        indexes.measure_id,
        indexes.period_start_on,
        indexes.sessions_from_on,
        indexes.client_key,
        indexes.episode_key,
        indexes.index_on,
        indexes.index_points,
        age_years(clients.birth_date, indexes.index_on) as age_years,
        cast(
            indexes.index_on + measures.window_months * interval 1 month
            + measures.window_from_days * interval 1 day as date
        ) as window_from_on,
        cast(
            indexes.index_on + measures.window_months * interval 1 month
            + measures.window_to_days * interval 1 day as date
        ) as window_to_on
    from indexes
    inner join measures on indexes.measure_id = measures.measure_id
    inner join clients on indexes.client_key = clients.client_key
    where age_years(clients.birth_date, indexes.index_on) >= measures.minimum_age_years
),

last_scores as (
    select
        events.measure_id,
        events.period_start_on,
        events.client_key,
        measure_scores.score_points
    from events
    inner join measure_scores
        on
            events.measure_id = measure_scores.measure_id
            and events.client_key = measure_scores.client_key
            and events.window_from_on <= measure_scores.administered_on
            and events.window_to_on >= measure_scores.administered_on
    qualify row_number() over (
        partition by events.measure_id, events.period_start_on, events.client_key
        order by measure_scores.administered_at desc, measure_scores.response_id desc
    ) = 1
)

select
    events.measure_id,
    rates.rate_id,
    events.period_start_on,
    events.client_key,
    events.episode_key,
    events.index_on,
    events.age_years,
    events.sessions_from_on as excluded_from_on,
    events.window_to_on as excluded_until_on,
    events.window_to_on as due_on,
    coalesce(
        case rates.met_by
            when 'follow_up' then last_scores.score_points is not null
            when 'remission' then last_scores.score_points < rules.remission_below_points
            when 'response'
                then last_scores.score_points <= (1 - rules.response_share) * events.index_points
        end,
        false
    ) as is_met
from events
inner join rules on events.measure_id = rules.measure_id
inner join rates on events.measure_id = rates.measure_id
left join last_scores
    on
        events.measure_id = last_scores.measure_id
        and events.period_start_on = last_scores.period_start_on
        and events.client_key = last_scores.client_key
order by events.measure_id, rates.rate_id, events.period_start_on, events.client_key
