-- Courses by the consents in force at their sessions, for the audiences that may see them: counts
-- of courses. Whose consent it was is in no published table.
--
-- Grain:  one row per audience, level, subject and period that it may see.
-- Key:    audience, level, subject_id, period_kind, period_start_on
select
    policies.audience,
    policies.policy_id,
    policies.level,
    mart_consents.subject_id,
    mart_consents.period_kind,
    mart_consents.period_start_on,
    mart_consents.period_end_on,
    mart_consents.n_courses,
    mart_consents.n_consent_in_force,
    mart_consents.n_consent_missing,
    mart_consents.n_consent_withdrawn,
    mart_consents.n_without_consent_records,
    mart_consents.n_substance_use,
    mart_consents.n_may_disclose,
    mart_consents.n_may_not_disclose
from mart_consents
inner join ref_disclosure_policies as policies
    on
        policies.table_name = 'pub_consents'
        and mart_consents.level = policies.mart_level
        and mart_consents.period_kind = policies.period_kind
order by
    policies.audience,
    policies.level,
    mart_consents.subject_id,
    mart_consents.period_kind,
    mart_consents.period_start_on
