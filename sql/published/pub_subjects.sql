-- The subjects that an audience may see, by name.
--
-- Grain:  one row per audience, level and subject.
-- Key:    audience, level, subject_id
select
    policies.audience,
    int_subject_names.level,
    int_subject_names.subject_id,
    int_subject_names.name,
    int_subject_names.detail,
    int_subject_names.led_by,
    int_subject_names.led_by_ids,
    int_subject_names.programme_id
from int_subject_names
inner join ref_disclosure_policies as policies
    on policies.table_name = 'pub_subjects' and int_subject_names.level = policies.level
order by policies.audience, int_subject_names.level, int_subject_names.subject_id
