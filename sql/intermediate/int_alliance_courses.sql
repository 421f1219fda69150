-- The working relationship over a course of treatment: first and last level, falls and alerts.
--
-- A fall is from one rating to the next and at least so many SDs (ref_path_rules, `alliance_fall`;
-- int_alliance_sds): `has_fall` is null with a single rating, and where no spread is known.
-- `n_in_window`: ratings of the sessions of `alliance_window`, given on the day of such a session
-- or within the days that the rule allows after it. `has_alert` is null where the scale has no
-- alert. Whether an alert was talked about is recorded nowhere.
--
-- Grain:  one row per episode, instrument, scale and respondent with a usable score.
-- Key:    episode_key, instrument_id, scale, respondent
-- Source: ref_path_rules
with scores as (
    select
        episode_key,
        instrument_id,
        scale,
        respondent,
        n_sessions_so_far,
        days_since_session,
        score_points,
        fall_points,
        is_alert,
        is_first,
        is_last
    from int_alliance_scores
),

sds as (
    select
        instrument_id,
        scale,
        respondent,
        sd_points
    from int_alliance_sds
),

parameters as (
    select
        rule_id,
        parameter,
        value
    from ref_path_rules
    where rule_id in ('alliance_window', 'alliance_fall') and is_active
),

rules as (
    select
        max(value) filter (where parameter = 'from_session') as from_session,
        max(value) filter (where parameter = 'until_session') as until_session,
        max(value) filter (where parameter = 'most_days') as most_days,
        max(value) filter (where parameter = 'least_sds') as least_sds
    from parameters
),

-- One score is the first and one the last, so max() only carries it over.
courses as (
    select
        scores.episode_key,
        scores.instrument_id,
        scores.scale,
        scores.respondent,
        count(*) as n_scores,
        count(*) filter (
            where
            scores.n_sessions_so_far >= rules.from_session
            and scores.n_sessions_so_far <= rules.until_session
            and scores.days_since_session <= rules.most_days
        ) as n_in_window,
        max(scores.score_points) filter (where scores.is_first) as first_points,
        max(scores.score_points) filter (where scores.is_last) as last_points,
        max(scores.fall_points) as largest_fall_points,
        count(scores.is_alert) as n_judged,
        count(*) filter (where scores.is_alert) as n_alerts,
        max(rules.least_sds) as least_sds
    from scores
    cross join rules
    group by scores.episode_key, scores.instrument_id, scores.scale, scores.respondent
)

select
    courses.episode_key,
    courses.instrument_id,
    courses.scale,
    courses.respondent,
    courses.n_scores,
    courses.n_in_window,
    courses.first_points,
    courses.last_points,
    courses.largest_fall_points,
    courses.largest_fall_points >= courses.least_sds * sds.sd_points as has_fall,
    courses.n_judged,
    courses.n_alerts,
    case when courses.n_judged > 0 then courses.n_alerts > 0 end as has_alert
from courses
left join sds
    on
        courses.instrument_id = sds.instrument_id
        and courses.scale = sds.scale
        and courses.respondent = sds.respondent
order by courses.episode_key, courses.instrument_id, courses.scale, courses.respondent
