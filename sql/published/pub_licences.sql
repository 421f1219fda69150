-- Sessions from afar against the therapists' licences, for the audiences that may see them: counts
-- of sessions by state. Which client or session it was is in no published table.
--
-- Grain:  one row per audience, level, subject, state and period that it may see.
-- Key:    audience, level, subject_id, state, period_kind, period_start_on
with policies as (
    select
        audience,
        level,
        mart_level,
        period_kind,
        policy_id
    from ref_disclosure_policies
    where table_name = 'pub_licences'
),

licence_rows as (
    select
        level,
        subject_id,
        state,
        period_kind,
        period_start_on,
        period_end_on,
        n_attended,
        n_by_residence,
        n_licensed,
        n_not_licensed,
        n_state_unknown,
        n_without_licence_records
    from mart_licences
)

select
    policies.audience,
    policies.policy_id,
    policies.level,
    licence_rows.subject_id,
    licence_rows.state,
    licence_rows.period_kind,
    licence_rows.period_start_on,
    licence_rows.period_end_on,
    licence_rows.n_attended,
    licence_rows.n_by_residence,
    licence_rows.n_licensed,
    licence_rows.n_not_licensed,
    licence_rows.n_state_unknown,
    licence_rows.n_without_licence_records
from licence_rows
inner join policies
    on
        licence_rows.level = policies.mart_level
        and licence_rows.period_kind = policies.period_kind
order by
    policies.audience,
    policies.level,
    licence_rows.subject_id,
    licence_rows.state,
    licence_rows.period_kind,
    licence_rows.period_start_on
