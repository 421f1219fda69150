-- Sessions from afar against the therapists' licences, by the state in which the clients were.
--
-- Counts one client at one attended session by video or phone, of programmes that require a licence
-- (see int_licence_checks); sessions in person are not judged. A session of which nobody knows
-- where the client was is in the row of the state `unknown`. By the programme of the session and by
-- the therapist who held it.
--
-- Grain:  one row per level, subject, state and period with such a session.
-- Key:    level, subject_id, state, period_kind, period_start_on
with licence_checks as (
    select
        therapist_id,
        programme_id,
        coalesce(state, 'unknown') as state,
        is_residence,
        licence,
        cast(date_trunc('month', session_on) as date) as month_start_on
    from int_licence_checks
),

period_months as (
    select
        period_kind,
        period_start_on,
        period_end_on,
        month_start_on
    from int_period_months
),

levels (level) as (
    values
    ('clinic'),
    ('programme'),
    ('therapist')
),

subject_checks as (
    select
        levels.level,
        case levels.level
            when 'clinic' then 'clinic'
            when 'programme' then licence_checks.programme_id
            when 'therapist' then licence_checks.therapist_id
        end as subject_id,
        licence_checks.state,
        licence_checks.is_residence,
        licence_checks.licence,
        licence_checks.month_start_on
    from licence_checks
    cross join levels
)

select
    subject_checks.level,
    subject_checks.subject_id,
    subject_checks.state,
    period_months.period_kind,
    period_months.period_start_on,
    period_months.period_end_on,
    count(*) as n_attended,
    count(*) filter (where subject_checks.is_residence) as n_by_residence,
    count(*) filter (where subject_checks.licence = 'licensed') as n_licensed,
    count(*) filter (where subject_checks.licence = 'not_licensed') as n_not_licensed,
    count(*) filter (where subject_checks.licence = 'state_unknown') as n_state_unknown,
    count(*) filter (where subject_checks.licence = 'not_recorded') as n_without_licence_records
from subject_checks
inner join period_months on subject_checks.month_start_on = period_months.month_start_on
where subject_checks.subject_id is not null
group by
    subject_checks.level,
    subject_checks.subject_id,
    subject_checks.state,
    period_months.period_kind,
    period_months.period_start_on,
    period_months.period_end_on
order by
    subject_checks.level,
    subject_checks.subject_id,
    subject_checks.state,
    period_months.period_kind,
    period_months.period_start_on
