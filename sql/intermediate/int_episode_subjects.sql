-- What each episode counts for: the clinic, its programme, its therapist, its group; and, where it
-- may count on a public page, the public's clinic and programme.
--
-- Every mart joins this table and groups by level and subject, so that a formula is written once.
-- Concurrent individual and group work counts for both subjects, and once for the clinic. The
-- levels `public_clinic` and `public_programme` are the parts of `clinic` and `programme` that
-- int_published_episodes names; whoever adds up over levels leaves them out. `subject_number` is a
-- level and its subject as one number, for this build: marts group by it, which is quicker.
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

published_episodes as (
    select episode_key
    from int_published_episodes
),

levels (level, is_public) as (
    values
    ('clinic', false),
    ('programme', false),
    ('therapist', false),
    ('group', false),
    ('public_clinic', true),
    ('public_programme', true)
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
            when 'public_clinic' then 'clinic'
            when 'public_programme' then episodes.programme_id
        end as subject_id
    from episodes
    left join published_episodes on episodes.episode_key = published_episodes.episode_key
    cross join levels
    where not levels.is_public or published_episodes.episode_key is not null
),

numbers as (
    select
        level,
        subject_id,
        cast(row_number() over (order by level, subject_id) as integer) as subject_number
    from subjects
    where subject_id is not null
    group by level, subject_id
)

select
    subjects.episode_key,
    subjects.level,
    subjects.subject_id,
    numbers.subject_number
from subjects
inner join numbers
    on subjects.level = numbers.level and subjects.subject_id = numbers.subject_id
order by subjects.episode_key, subjects.level, subjects.subject_id
