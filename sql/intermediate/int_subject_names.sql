-- The names by which a report calls its subjects; of a group also those of the therapists who lead
-- it, the first one first (`led_by`, and their ids in `led_by_ids`), and its programme.
--
-- Grain:  one row per level and subject.
-- Key:    level, subject_id
with
therapists as (
    select
        therapist_id,
        coalesce(plain_text(display_name), therapist_id) as display_name,
        plain_text(discipline) as discipline
    from stg_therapists
),

programmes as (
    select
        programme_id,
        coalesce(plain_text(name), programme_id) as name,
        track
    from stg_programmes
),

therapy_groups as (
    select
        group_id,
        programme_id,
        lead_therapist_id,
        co_therapist_id,
        coalesce(plain_text(name), group_id) as name
    from stg_groups
),

names as (
    select
        'clinic' as level,
        'clinic' as subject_id,
        cast($clinic_name as varchar) as name,
        cast(null as varchar) as detail,
        cast(null as varchar[]) as led_by,
        cast(null as varchar[]) as led_by_ids,
        cast(null as varchar) as programme_id
    union all
    select
        'programme' as level,
        programme_id as subject_id,
        name,
        track as detail,
        null as led_by,
        null as led_by_ids,
        null as programme_id
    from programmes
    union all
    -- Where no programme was ever delivered all courses belong to this one.
    select
        'programme' as level,
        'unassigned' as subject_id,
        'No programme recorded' as name,
        'general' as detail,
        null as led_by,
        null as led_by_ids,
        null as programme_id
    where not exists (select 1 from programmes)
    union all
    select
        'therapist' as level,
        therapist_id as subject_id,
        display_name as name,
        discipline as detail,
        null as led_by,
        null as led_by_ids,
        null as programme_id
    from therapists
    union all
    select
        'group' as level,
        therapy_groups.group_id as subject_id,
        therapy_groups.name,
        programmes.name as detail,
        [leaders.display_name, co_leaders.display_name] as led_by,
        [therapy_groups.lead_therapist_id, therapy_groups.co_therapist_id] as led_by_ids,
        therapy_groups.programme_id
    from therapy_groups
    left join programmes on therapy_groups.programme_id = programmes.programme_id
    left join therapists as leaders on therapy_groups.lead_therapist_id = leaders.therapist_id
    left join therapists as co_leaders on therapy_groups.co_therapist_id = co_leaders.therapist_id
)

select
    level,
    subject_id,
    name,
    detail,
    list_filter(led_by, lambda leader: leader is not null) as led_by,
    list_filter(led_by_ids, lambda leader: leader is not null) as led_by_ids,
    programme_id
from names
order by level, subject_id
