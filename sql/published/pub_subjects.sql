-- The subjects that an audience may see, by name.
--
-- Grain:  one row per audience, level and subject.
-- Key:    audience, level, subject_id
with
policies as (
    select
        audience,
        level
    from ref_disclosure_policies
    where table_name = 'pub_subjects'
),

names as (
    select
        level,
        subject_id,
        name,
        detail,
        led_by,
        led_by_ids,
        programme_id
    from int_subject_names
)

select
    policies.audience,
    names.level,
    names.subject_id,
    names.name,
    names.detail,
    names.led_by,
    names.led_by_ids,
    names.programme_id
from names
inner join policies on names.level = policies.level
order by policies.audience, names.level, names.subject_id
