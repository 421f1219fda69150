-- The scores of each course as the sums that a straight line through them needs.
--
-- Courses that finished in the newest twelve complete months, on outcome instruments whose
-- direction is known, with valid scores on at least three different days from the first score to
-- the last: fewer say nothing of a line. Time is in days since the first score. A growth model over
-- these courses sees no more of a course than these sums.
--
-- Grain:  one row per finished course, instrument, scale and respondent with scores on three days.
-- Key:    episode_key, instrument_id, scale, respondent
with newest_period as (
    select
        period_kind,
        period_start_on,
        period_end_on
    from int_period_months
    where period_kind = 'rolling_12m'
    qualify row_number() over (order by period_end_on desc, month_start_on desc) = 1
),

episodes as (
    select
        int_episodes.episode_key,
        int_episodes.client_key,
        newest_period.period_kind,
        newest_period.period_start_on,
        newest_period.period_end_on
    from int_episodes
    inner join newest_period
        on
            int_episodes.ended_on >= newest_period.period_start_on
            and int_episodes.ended_on <= newest_period.period_end_on
    where int_episodes.is_finished_course
),

scales as (
    select
        instrument_id,
        scale,
        direction
    from int_scales
    where purpose = 'outcome' and direction in ('higher_worse', 'higher_better')
),

episode_scores as (
    select
        episode_key,
        instrument_id,
        scale,
        respondent,
        first_on,
        last_on
    from int_episode_scores
    where n_responses > 2 and last_on is not null
),

directed_scores as (
    select
        episode_scores.episode_key,
        episode_scores.instrument_id,
        episode_scores.scale,
        episode_scores.respondent,
        episode_scores.first_on,
        episode_scores.last_on,
        scales.direction
    from episode_scores
    inner join scales
        on
            episode_scores.instrument_id = scales.instrument_id
            and episode_scores.scale = scales.scale
),

scores as (
    select
        episode_key,
        instrument_id,
        scale,
        respondent,
        administered_on,
        score_points
    from int_response_scores
    where score_points is not null
),

placed_scores as (
    select
        episodes.episode_key,
        episodes.client_key,
        episodes.period_kind,
        episodes.period_start_on,
        episodes.period_end_on,
        directed_scores.instrument_id,
        directed_scores.scale,
        directed_scores.respondent,
        directed_scores.direction,
        scores.administered_on - directed_scores.first_on as days,
        scores.score_points
    from episodes
    inner join directed_scores on episodes.episode_key = directed_scores.episode_key
    inner join scores
        on
            directed_scores.episode_key = scores.episode_key
            and directed_scores.instrument_id = scores.instrument_id
            and directed_scores.scale = scores.scale
            and directed_scores.respondent = scores.respondent
            and directed_scores.first_on <= scores.administered_on
            and directed_scores.last_on >= scores.administered_on
)

select
    episode_key,
    client_key,
    instrument_id,
    scale,
    respondent,
    direction,
    period_kind,
    period_start_on,
    period_end_on,
    count(*) as n_scores,
    cast(sum(days) as bigint) as days_sum,
    cast(sum(days * days) as bigint) as days_squares,
    sum(score_points) as points_sum,
    sum(days * score_points) as days_points,
    sum(cast(score_points as decimal(18, 4)) * score_points) as points_squares
from placed_scores
group by all
having count(distinct days) > 2
order by episode_key, instrument_id, scale, respondent
