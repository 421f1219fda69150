-- Sessions from afar against the therapists' licences, for the audiences that may see them: counts
-- of sessions by state. Which client or session it was is in no published table.
--
-- Grain:  one row per audience, level, subject, state and period that it may see.
-- Key:    audience, level, subject_id, state, period_kind, period_start_on
select
    policies.audience,
    policies.policy_id,
    policies.level,
    mart_licences.subject_id,
    mart_licences.state,
    mart_licences.period_kind,
    mart_licences.period_start_on,
    mart_licences.period_end_on,
    mart_licences.n_attended,
    mart_licences.n_by_residence,
    mart_licences.n_licensed,
    mart_licences.n_not_licensed,
    mart_licences.n_state_unknown,
    mart_licences.n_without_licence_records
from mart_licences
inner join ref_disclosure_policies as policies
    on
        policies.table_name = 'pub_licences'
        and mart_licences.level = policies.mart_level
        and mart_licences.period_kind = policies.period_kind
order by
    policies.audience,
    policies.level,
    mart_licences.subject_id,
    mart_licences.state,
    mart_licences.period_kind,
    mart_licences.period_start_on
