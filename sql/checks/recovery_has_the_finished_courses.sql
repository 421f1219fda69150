-- A returned episode is a finished course that mart_episode_recovery lacks, or a row of it that is
-- none. The rule's denominator is all finished courses; one that is missing makes a rate better.
with finished_courses as (
    select episode_key
    from int_episodes
    where is_finished_course
),

recoveries as (
    select episode_key
    from mart_episode_recovery
),

compared as (
    select
        coalesce(finished_courses.episode_key, recoveries.episode_key) as episode_key,
        finished_courses.episode_key is not null as is_finished_course,
        recoveries.episode_key is not null as has_recovery_row
    from finished_courses
    full outer join recoveries on finished_courses.episode_key = recoveries.episode_key
)

select
    episode_key,
    is_finished_course,
    has_recovery_row
from compared
where is_finished_course != has_recovery_row
order by episode_key
