-- Courses by the consents in force at their sessions, for the audiences that may see them: counts
-- of courses. Whose consent it was is in no published table.
--
-- Grain:  one row per audience, level, subject and period that it may see.
-- Key:    audience, level, subject_id, period_kind, period_start_on
with policies as (
    select
        audience,
        level,
        mart_level,
        period_kind,
        policy_id
    from ref_disclosure_policies
    where table_name = 'pub_consents'
),

consent_rows as (
    select
        level,
        subject_id,
        period_kind,
        period_start_on,
        period_end_on,
        n_courses,
        n_consent_in_force,
        n_consent_missing,
        n_consent_withdrawn,
        n_without_consent_records,
        n_substance_use,
        n_may_disclose,
        n_may_not_disclose
    from mart_consents
)

select
    policies.audience,
    policies.policy_id,
    policies.level,
    consent_rows.subject_id,
    consent_rows.period_kind,
    consent_rows.period_start_on,
    consent_rows.period_end_on,
    consent_rows.n_courses,
    consent_rows.n_consent_in_force,
    consent_rows.n_consent_missing,
    consent_rows.n_consent_withdrawn,
    consent_rows.n_without_consent_records,
    consent_rows.n_substance_use,
    consent_rows.n_may_disclose,
    consent_rows.n_may_not_disclose
from consent_rows
inner join policies
    on
        consent_rows.level = policies.mart_level
        and consent_rows.period_kind = policies.period_kind
order by
    policies.audience,
    policies.level,
    consent_rows.subject_id,
    consent_rows.period_kind,
    consent_rows.period_start_on
