-- Which finished courses are measured at start and end, on the measures that their programme lists.
--
-- One meaning for every figure that counts who is measured: the client's own first and later last
-- score, on any scale, or of a listed kind of goal (gbo, gas) a first and a later last rating of
-- one goal. `has_any`: on at least one listed outcome instrument; a pair of ratings of the work
-- (purpose `process`) tells nobody's outcome. `has_all`: on such a one, and on every listed
-- instrument that can have a pair; a verdict looks back and can have none. A course whose programme
-- lists no outcome instrument has neither.
--
-- Grain:  one row per finished course.
-- Key:    episode_key
with episodes as (
    select
        episode_key,
        programme_id
    from int_episodes
    where is_finished_course
),

programmes as (
    select
        programme_id,
        instruments
    from stg_programmes
),

instruments as (
    select
        instrument_id,
        purpose
    from ref_instruments
    where purpose != 'verdict'
),

scores as (
    select
        episode_key,
        instrument_id
    from int_episode_scores
    where respondent = 'client' and first_points is not null and last_points is not null
),

goal_pairs as (
    select
        episode_key,
        kind as instrument_id
    from int_goal_changes
    where is_paired
),

listed_instruments as (
    select distinct
        programme_id,
        unnest(instruments) as instrument_id
    from programmes
),

pairs as (
    select
        episode_key,
        instrument_id
    from scores
    union
    select
        episode_key,
        instrument_id
    from goal_pairs
),

course_instruments as (
    select
        episodes.episode_key,
        instruments.purpose,
        pairs.instrument_id is not null as is_paired
    from episodes
    inner join listed_instruments on episodes.programme_id = listed_instruments.programme_id
    inner join instruments on listed_instruments.instrument_id = instruments.instrument_id
    left join pairs
        on
            episodes.episode_key = pairs.episode_key
            and listed_instruments.instrument_id = pairs.instrument_id
),

course_pairs as (
    select
        episode_key,
        bool_or(is_paired and purpose = 'outcome') as has_any,
        bool_or(is_paired and purpose = 'outcome') and bool_and(is_paired) as has_all
    from course_instruments
    group by episode_key
)

select
    episodes.episode_key,
    coalesce(course_pairs.has_any, false) as has_any,
    coalesce(course_pairs.has_all, false) as has_all
from episodes
left join course_pairs on episodes.episode_key = course_pairs.episode_key
order by episodes.episode_key
