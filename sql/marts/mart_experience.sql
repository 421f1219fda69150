-- What clients said of their care and of the change, over the courses that ended in a period.
--
-- Satisfaction (domain `experience`) and verdicts such as PGI-C, every respondent apart: the last
-- rating of each course. `n_met` are the ratings that meet the published rule of a verdict (PGI-C:
-- very much or much improved; int_responder_rules), null where there is none for
-- this respondent; its rate is over those who rated.
--
-- `n_ended` and `n_clients` are those of mart_outcomes: the courses whose programme lists the
-- instrument (as the client's measure) or that have a response of it. Who was meant to be asked is
-- known of the former alone: the share who rated is `n_asked_rated` of `n_asked`, and the bounds
-- are over `n_asked`, if nobody or everybody without a rating had met the rule. Where no programme
-- lists the instrument, and for every respondent but the client, all of these are null: nobody
-- knows of which whole the ratings are a part.
--
-- The mean of a verdict is null: its steps are not points of a scale. Limits of means are
-- Student's t, from five ratings on. Experience is no outcome, and never one of success.
--
-- Grain:  one row per level, subject, instrument, scale, respondent and period with a rating.
-- Key:    level, subject_id, instrument_id, scale, respondent, period_kind, period_start_on
-- Source: int_responder_rules (citation per figure); Student's t and Wilson intervals, 95 %
with ratings as (
    select
        episode_key,
        instrument_id,
        scale,
        respondent,
        rating_points
    from int_last_ratings
),

instruments as (
    select
        instrument_id,
        domain,
        purpose
    from ref_instruments
),

thresholds as (
    select
        instrument_id,
        scale,
        respondent,
        until_points,
        from_points
    from int_responder_rules
),

ended_episodes as (
    select
        episode_key,
        programme_id,
        cast(date_trunc('month', ended_on) as date) as month_start_on
    from int_episodes
    where ended_on is not null
),

programmes as (
    select
        programme_id,
        instruments
    from stg_programmes
),

episode_subjects as (
    select
        episode_key,
        level,
        subject_id
    from int_episode_subjects
),

ended_counts as (
    select
        level,
        subject_id,
        instrument_id,
        scale,
        respondent,
        period_kind,
        period_start_on,
        period_end_on,
        n_clients,
        n_ended
    from mart_outcomes
),

period_months as (
    select
        period_kind,
        period_start_on,
        month_start_on
    from int_period_months
),

listed_instruments as (
    select distinct
        programme_id,
        unnest(instruments) as instrument_id
    from programmes
),

asked_courses as (
    select
        ended_episodes.episode_key,
        ended_episodes.month_start_on,
        instruments.instrument_id
    from ended_episodes
    inner join listed_instruments
        on ended_episodes.programme_id = listed_instruments.programme_id
    inner join instruments on listed_instruments.instrument_id = instruments.instrument_id
    where instruments.domain = 'experience' or instruments.purpose = 'verdict'
),

period_asked as (
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        asked_courses.instrument_id,
        period_months.period_kind,
        period_months.period_start_on,
        count(*) as n_asked
    from asked_courses
    inner join episode_subjects on asked_courses.episode_key = episode_subjects.episode_key
    inner join period_months on asked_courses.month_start_on = period_months.month_start_on
    group by
        episode_subjects.level,
        episode_subjects.subject_id,
        asked_courses.instrument_id,
        period_months.period_kind,
        period_months.period_start_on
),

judged_ratings as (
    select
        ratings.episode_key,
        ratings.instrument_id,
        ratings.scale,
        ratings.respondent,
        ratings.rating_points,
        asked_courses.episode_key is not null and ratings.respondent = 'client' as is_asked,
        case
            when thresholds.until_points is not null
                then ratings.rating_points <= thresholds.until_points
            when thresholds.from_points is not null
                then ratings.rating_points >= thresholds.from_points
        end as is_met
    from ratings
    left join thresholds
        on
            ratings.instrument_id = thresholds.instrument_id
            and ratings.scale = thresholds.scale
            and ratings.respondent = thresholds.respondent
    left join asked_courses
        on
            ratings.episode_key = asked_courses.episode_key
            and ratings.instrument_id = asked_courses.instrument_id
),

monthly_cells as (
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        judged_ratings.instrument_id,
        judged_ratings.scale,
        judged_ratings.respondent,
        ended_episodes.month_start_on,
        count(*) as n_rated,
        count(judged_ratings.is_met) as n_judged,
        count(*) filter (where judged_ratings.is_met) as n_met,
        count(*) filter (where judged_ratings.is_asked) as n_asked_rated,
        count(*) filter (where judged_ratings.is_asked and judged_ratings.is_met) as n_asked_met,
        sum(judged_ratings.rating_points) as points_sum,
        sum(
            cast(judged_ratings.rating_points * judged_ratings.rating_points as decimal(38, 8))
        ) as points_squares
    from judged_ratings
    inner join ended_episodes on judged_ratings.episode_key = ended_episodes.episode_key
    inner join episode_subjects on judged_ratings.episode_key = episode_subjects.episode_key
    group by
        episode_subjects.level,
        episode_subjects.subject_id,
        judged_ratings.instrument_id,
        judged_ratings.scale,
        judged_ratings.respondent,
        ended_episodes.month_start_on
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
        cast(sum(monthly_cells.n_rated) as bigint) as n_rated,
        cast(sum(monthly_cells.n_judged) as bigint) as n_judged,
        cast(sum(monthly_cells.n_met) as bigint) as n_met,
        cast(sum(monthly_cells.n_asked_rated) as bigint) as n_asked_rated,
        cast(sum(monthly_cells.n_asked_met) as bigint) as n_asked_met,
        sum(monthly_cells.points_sum) as points_sum,
        sum(monthly_cells.points_squares) as points_squares
    from monthly_cells
    inner join period_months on monthly_cells.month_start_on = period_months.month_start_on
    group by
        monthly_cells.level,
        monthly_cells.subject_id,
        monthly_cells.instrument_id,
        monthly_cells.scale,
        monthly_cells.respondent,
        period_months.period_kind,
        period_months.period_start_on
),

-- n times the sum of squared deviations: exact in decimals, so a spread of nothing is exactly 0.
figures as (
    select
        ended_counts.level,
        ended_counts.subject_id,
        period_sums.instrument_id,
        period_sums.scale,
        period_sums.respondent,
        ended_counts.period_kind,
        ended_counts.period_start_on,
        ended_counts.period_end_on,
        instruments.domain,
        ended_counts.n_clients,
        ended_counts.n_ended,
        period_asked.n_asked,
        case when period_asked.n_asked > 0 then period_sums.n_asked_rated end as n_asked_rated,
        case when period_sums.n_judged > 0 then period_sums.n_asked_met end as n_asked_met,
        period_sums.n_rated,
        case when period_sums.n_judged > 0 then period_sums.n_met end as n_met,
        case
            when instruments.purpose != 'verdict'
                then cast(period_sums.points_sum as double) / nullif(period_sums.n_rated, 0)
        end as rating_mean_points,
        case
            when instruments.purpose != 'verdict'
                then
                    sqrt(
                        cast(
                            period_sums.n_rated * period_sums.points_squares
                            - period_sums.points_sum * period_sums.points_sum as double
                        )
                        / nullif(cast(period_sums.n_rated * (period_sums.n_rated - 1) as double), 0)
                    )
        end as rating_sd_points
    from period_sums
    inner join instruments on period_sums.instrument_id = instruments.instrument_id
    inner join ended_counts
        on
            period_sums.level = ended_counts.level
            and period_sums.subject_id = ended_counts.subject_id
            and period_sums.instrument_id = ended_counts.instrument_id
            and period_sums.scale = ended_counts.scale
            and period_sums.respondent = ended_counts.respondent
            and period_sums.period_kind = ended_counts.period_kind
            and period_sums.period_start_on = ended_counts.period_start_on
    left join period_asked
        on
            period_sums.respondent = 'client'
            and period_sums.level = period_asked.level
            and period_sums.subject_id = period_asked.subject_id
            and period_sums.instrument_id = period_asked.instrument_id
            and period_sums.period_kind = period_asked.period_kind
            and period_sums.period_start_on = period_asked.period_start_on
)

select
    level,
    subject_id,
    instrument_id,
    scale,
    respondent,
    period_kind,
    period_start_on,
    period_end_on,
    domain,
    n_clients,
    n_ended,
    n_rated,
    n_asked,
    n_asked_rated,
    n_asked_rated / nullif(n_asked, 0) as rated_rate,
    wilson_lower(n_asked_rated, n_asked) as rated_rate_lower,
    wilson_upper(n_asked_rated, n_asked) as rated_rate_upper,
    rating_mean_points,
    rating_mean_points - mean_reach(rating_sd_points, n_rated) as rating_mean_points_lower,
    rating_mean_points + mean_reach(rating_sd_points, n_rated) as rating_mean_points_upper,
    rating_sd_points,
    n_met,
    n_met / nullif(n_rated, 0) as met_rate,
    wilson_lower(n_met, n_rated) as met_rate_lower,
    wilson_upper(n_met, n_rated) as met_rate_upper,
    n_asked_met / nullif(n_asked, 0) as met_rate_worst,
    (n_asked_met + n_asked - n_asked_rated) / nullif(n_asked, 0) as met_rate_best
from figures
order by level, subject_id, instrument_id, scale, respondent, period_kind, period_start_on
