-- What each episode counts for: the clinic, its programme, its therapist, its group.
--
-- Every mart joins this table and groups by level and subject, so that a formula is written once.
-- Concurrent individual and group work counts for both subjects, and once for the clinic.
--
-- Grain:  one row per episode and subject.
-- Key:    episode_key, level, subject_id
with episodes as (
    select
        episode_key,
        programme_id,
        therapist_id,
        group_id
    from int_episodes
),

levels (level) as (
    values ('clinic'), ('programme'), ('therapist'), ('group')
),

subjects as (
    select
        episodes.episode_key,
        levels.level,
        case levels.level
            when 'clinic' then 'clinic'
            when 'programme' then episodes.programme_id
            when 'therapist' then episodes.therapist_id
            when 'group' then episodes.group_id
        end as subject_id
    from episodes
    cross join levels
)

select
    episode_key,
    level,
    subject_id
from subjects
where subject_id is not null
order by episode_key, level, subject_id
