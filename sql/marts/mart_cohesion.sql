-- Cohesion of therapy groups: the mean of their sessions, the spread inside a session, and how many
-- ratings fell below the rater's own first one.
--
-- Ratings are averaged within each session, then the sessions are: a full session weighs no more
-- than a small one. `within_sd_points` is the spread of members around the mean of their session,
-- pooled over the sessions that have two ratings or more. Sessions count by their day, for their
-- group, its programme and the clinic. Scales keep their own direction: on one where more is worse
-- a high mean is bad, and above the first rating is below the baseline. The share below baseline
-- has no limits: the ratings of one person hang together, so limits for independent ones would be
-- too narrow. Cohesion speaks of the work, and is no rate of success.
--
-- Grain:  one row per group, programme or clinic, instrument, scale, respondent and period.
-- Key:    level, subject_id, instrument_id, scale, respondent, period_kind, period_start_on
-- Source: no published metric: the mean of session means and the share below baseline are our own
with ratings as (
    select
        instrument_id,
        scale,
        respondent,
        client_key,
        group_id,
        session_key,
        session_on,
        score_points,
        is_below_baseline
    from int_group_ratings
),

sessions as (
    select
        session_key,
        programme_id
    from int_sessions
    where group_id is not null
),

period_months as (
    select
        period_kind,
        period_start_on,
        period_end_on,
        month_start_on
    from int_period_months
),

levels (level) as (
    values ('clinic'), ('programme'), ('group')
),

session_sums as (
    select
        session_key,
        group_id,
        session_on,
        instrument_id,
        scale,
        respondent,
        count(*) as n_ratings,
        sum(score_points) as points_sum,
        sum(cast(score_points * score_points as decimal(38, 8))) as points_squares,
        count(is_below_baseline) as n_with_baseline,
        count(*) filter (where is_below_baseline) as n_below_baseline
    from ratings
    group by session_key, group_id, session_on, instrument_id, scale, respondent
),

-- The squares around a session's mean, from decimals: equal ratings have a spread of exactly 0.
session_means as (
    select
        session_sums.session_key,
        session_sums.group_id,
        sessions.programme_id,
        cast(date_trunc('month', session_sums.session_on) as date) as month_start_on,
        session_sums.instrument_id,
        session_sums.scale,
        session_sums.respondent,
        session_sums.n_ratings,
        session_sums.n_with_baseline,
        session_sums.n_below_baseline,
        cast(session_sums.points_sum as double) / session_sums.n_ratings as mean_points,
        cast(
            session_sums.n_ratings * session_sums.points_squares
            - session_sums.points_sum * session_sums.points_sum as double
        ) / session_sums.n_ratings as squares
    from session_sums
    inner join sessions on session_sums.session_key = sessions.session_key
),

subject_sessions as (
    select
        levels.level,
        case levels.level
            when 'clinic' then 'clinic'
            when 'programme' then session_means.programme_id
            when 'group' then session_means.group_id
        end as subject_id,
        session_means.session_key,
        session_means.month_start_on,
        session_means.instrument_id,
        session_means.scale,
        session_means.respondent,
        session_means.n_ratings,
        session_means.n_with_baseline,
        session_means.n_below_baseline,
        session_means.mean_points,
        session_means.squares
    from session_means
    cross join levels
),

monthly_cells as (
    select
        level,
        subject_id,
        instrument_id,
        scale,
        respondent,
        month_start_on,
        count(*) as n_sessions_rated,
        sum(n_ratings) as n_ratings,
        sum(n_ratings - 1) as n_free,
        sum(n_with_baseline) as n_with_baseline,
        sum(n_below_baseline) as n_below_baseline,
        sum(mean_points order by session_key) as means_sum,
        sum(squares order by session_key) as squares_sum
    from subject_sessions
    group by level, subject_id, instrument_id, scale, respondent, month_start_on
),

period_sums as (
    select
        monthly_cells.level,
        monthly_cells.subject_id,
        monthly_cells.instrument_id,
        monthly_cells.scale,
        monthly_cells.respondent,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on,
        cast(sum(monthly_cells.n_sessions_rated) as bigint) as n_sessions_rated,
        cast(sum(monthly_cells.n_ratings) as bigint) as n_ratings,
        cast(sum(monthly_cells.n_free) as bigint) as n_free,
        cast(sum(monthly_cells.n_with_baseline) as bigint) as n_with_baseline,
        cast(sum(monthly_cells.n_below_baseline) as bigint) as n_below_baseline,
        sum(monthly_cells.means_sum order by monthly_cells.month_start_on) as means_sum,
        sum(monthly_cells.squares_sum order by monthly_cells.month_start_on) as squares_sum
    from monthly_cells
    inner join period_months on monthly_cells.month_start_on = period_months.month_start_on
    group by
        monthly_cells.level,
        monthly_cells.subject_id,
        monthly_cells.instrument_id,
        monthly_cells.scale,
        monthly_cells.respondent,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on
),

subject_ratings as (
    select
        levels.level,
        case levels.level
            when 'clinic' then 'clinic'
            when 'programme' then sessions.programme_id
            when 'group' then ratings.group_id
        end as subject_id,
        ratings.instrument_id,
        ratings.scale,
        ratings.respondent,
        ratings.client_key,
        cast(date_trunc('month', ratings.session_on) as date) as month_start_on
    from ratings
    inner join sessions on ratings.session_key = sessions.session_key
    cross join levels
    group by all
),

-- People are not additive over months: a rater's month counts unless an earlier one of the period
-- did, and for that the month before at the same subject is enough.
client_months as (
    select
        level,
        subject_id,
        instrument_id,
        scale,
        respondent,
        month_start_on,
        lag(month_start_on) over (
            partition by level, subject_id, instrument_id, scale, respondent, client_key
            order by month_start_on asc
        ) as previous_month_on
    from subject_ratings
),

client_cells as (
    select
        level,
        subject_id,
        instrument_id,
        scale,
        respondent,
        month_start_on,
        previous_month_on,
        count(*) as n_clients
    from client_months
    group by all
),

period_clients as (
    select
        client_cells.level,
        client_cells.subject_id,
        client_cells.instrument_id,
        client_cells.scale,
        client_cells.respondent,
        period_months.period_kind,
        period_months.period_start_on,
        cast(sum(client_cells.n_clients) as bigint) as n_clients
    from client_cells
    inner join period_months on client_cells.month_start_on = period_months.month_start_on
    where
        client_cells.previous_month_on is null
        or client_cells.previous_month_on < period_months.period_start_on
    group by all
)

select
    period_sums.level,
    period_sums.subject_id,
    period_sums.instrument_id,
    period_sums.scale,
    period_sums.respondent,
    period_sums.period_kind,
    period_sums.period_start_on,
    period_sums.period_end_on,
    period_clients.n_clients,
    period_sums.n_sessions_rated,
    period_sums.n_ratings,
    period_sums.means_sum / nullif(period_sums.n_sessions_rated, 0) as mean_points,
    sqrt(period_sums.squares_sum / nullif(period_sums.n_free, 0)) as within_sd_points,
    period_sums.n_with_baseline,
    period_sums.n_below_baseline,
    period_sums.n_below_baseline / nullif(period_sums.n_with_baseline, 0) as below_baseline_share
from period_sums
inner join period_clients
    on
        period_sums.level = period_clients.level
        and period_sums.subject_id = period_clients.subject_id
        and period_sums.instrument_id = period_clients.instrument_id
        and period_sums.scale = period_clients.scale
        and period_sums.respondent = period_clients.respondent
        and period_sums.period_kind = period_clients.period_kind
        and period_sums.period_start_on = period_clients.period_start_on
order by
    period_sums.level,
    period_sums.subject_id,
    period_sums.instrument_id,
    period_sums.scale,
    period_sums.respondent,
    period_sums.period_kind,
    period_sums.period_start_on
