-- Every course of a period is in exactly one state of consent; a row here was counted twice or not
-- at all.
select
    level,
    subject_id,
    period_kind,
    period_start_on,
    n_courses
from mart_consents
where
    n_courses
    != n_consent_in_force + n_consent_missing + n_consent_withdrawn + n_without_consent_records
    or n_substance_use != n_may_disclose + n_may_not_disclose
    or n_substance_use > n_courses
