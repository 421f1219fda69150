-- How the verdicts on the change are spread over the steps of their scale.
--
-- The last rating of each course that ended in the period, on instruments of purpose `verdict`
-- (PGI-C: 1 very much improved to 7 very much worse). Every step of the form has a row, also one
-- that nobody chose; every respondent is apart. `n_clients` are the people of whom one was chosen.
--
-- Grain:  one row per level, subject, instrument, respondent, period and step of the scale.
-- Key:    level, subject_id, instrument_id, respondent, period_kind, period_start_on, rating
-- Source: ref_instruments; Wilson score interval, 95 %
with instruments as (
    select
        instrument_id,
        cast(total_min_points as bigint) as lowest_rating,
        cast(total_max_points as bigint) as highest_rating
    from ref_instruments
    where purpose = 'verdict'
),

ratings as (
    select
        episode_key,
        instrument_id,
        respondent,
        rating_points
    from int_last_ratings
    where scale = 'total'
),

ended_episodes as (
    select
        episode_key,
        client_key,
        cast(date_trunc('month', ended_on) as date) as month_start_on
    from int_episodes
    where ended_on is not null
),

episode_subjects as (
    select
        episode_key,
        level,
        subject_id
    from int_episode_subjects
),

period_months as (
    select
        period_kind,
        period_start_on,
        month_start_on
    from int_period_months
),

experience as (
    select
        level,
        subject_id,
        instrument_id,
        respondent,
        period_kind,
        period_start_on,
        period_end_on,
        n_rated
    from mart_experience
    where scale = 'total'
),

steps as (
    select
        instrument_id,
        unnest(generate_series(lowest_rating, highest_rating)) as rating
    from instruments
),

monthly_cells as (
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        ratings.instrument_id,
        ratings.respondent,
        ended_episodes.month_start_on,
        ratings.rating_points,
        count(*) as n_chosen
    from ratings
    inner join instruments on ratings.instrument_id = instruments.instrument_id
    inner join ended_episodes on ratings.episode_key = ended_episodes.episode_key
    inner join episode_subjects on ratings.episode_key = episode_subjects.episode_key
    group by
        episode_subjects.level,
        episode_subjects.subject_id,
        ratings.instrument_id,
        ratings.respondent,
        ended_episodes.month_start_on,
        ratings.rating_points
),

period_sums as (
    select
        monthly_cells.level,
        monthly_cells.subject_id,
        monthly_cells.instrument_id,
        monthly_cells.respondent,
        period_months.period_kind,
        period_months.period_start_on,
        monthly_cells.rating_points,
        cast(sum(monthly_cells.n_chosen) as bigint) as n_chosen
    from monthly_cells
    inner join period_months on monthly_cells.month_start_on = period_months.month_start_on
    group by
        monthly_cells.level,
        monthly_cells.subject_id,
        monthly_cells.instrument_id,
        monthly_cells.respondent,
        period_months.period_kind,
        period_months.period_start_on,
        monthly_cells.rating_points
),

-- People are not additive over months. A rated month counts a client unless an earlier one of the
-- same period did: for that, the rated month before at the same subject is enough.
client_months as (
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        ratings.instrument_id,
        ratings.respondent,
        ended_episodes.month_start_on,
        lag(ended_episodes.month_start_on) over (
            partition by
                episode_subjects.level,
                episode_subjects.subject_id,
                ratings.instrument_id,
                ratings.respondent,
                ended_episodes.client_key
            order by ended_episodes.month_start_on asc
        ) as previous_month_on
    from ratings
    inner join instruments on ratings.instrument_id = instruments.instrument_id
    inner join ended_episodes on ratings.episode_key = ended_episodes.episode_key
    inner join episode_subjects on ratings.episode_key = episode_subjects.episode_key
    group by
        episode_subjects.level,
        episode_subjects.subject_id,
        ratings.instrument_id,
        ratings.respondent,
        ended_episodes.client_key,
        ended_episodes.month_start_on
),

period_clients as (
    select
        client_months.level,
        client_months.subject_id,
        client_months.instrument_id,
        client_months.respondent,
        period_months.period_kind,
        period_months.period_start_on,
        count(*) as n_clients
    from client_months
    inner join period_months on client_months.month_start_on = period_months.month_start_on
    where
        client_months.previous_month_on is null
        or client_months.previous_month_on < period_months.period_start_on
    group by
        client_months.level,
        client_months.subject_id,
        client_months.instrument_id,
        client_months.respondent,
        period_months.period_kind,
        period_months.period_start_on
),

figures as (
    select
        experience.level,
        experience.subject_id,
        experience.instrument_id,
        experience.respondent,
        experience.period_kind,
        experience.period_start_on,
        experience.period_end_on,
        steps.rating,
        period_clients.n_clients,
        experience.n_rated,
        coalesce(period_sums.n_chosen, 0) as n_chosen
    from experience
    inner join steps on experience.instrument_id = steps.instrument_id
    inner join period_clients
        on
            experience.level = period_clients.level
            and experience.subject_id = period_clients.subject_id
            and experience.instrument_id = period_clients.instrument_id
            and experience.respondent = period_clients.respondent
            and experience.period_kind = period_clients.period_kind
            and experience.period_start_on = period_clients.period_start_on
    left join period_sums
        on
            experience.level = period_sums.level
            and experience.subject_id = period_sums.subject_id
            and experience.instrument_id = period_sums.instrument_id
            and experience.respondent = period_sums.respondent
            and experience.period_kind = period_sums.period_kind
            and experience.period_start_on = period_sums.period_start_on
            and steps.rating = period_sums.rating_points
)

select
    level,
    subject_id,
    instrument_id,
    respondent,
    period_kind,
    period_start_on,
    period_end_on,
    rating,
    n_clients,
    n_rated,
    n_chosen,
    n_chosen / nullif(n_rated, 0) as chosen_rate,
    wilson_lower(n_chosen, n_rated) as chosen_rate_lower,
    wilson_upper(n_chosen, n_rated) as chosen_rate_upper
from figures
order by level, subject_id, instrument_id, respondent, period_kind, period_start_on, rating
