-- In a returned row the clinic's count is not the sum over its programmes, or over its therapists;
-- or that of its public part not the sum over the programmes' public parts.
-- Each course has exactly one of both, so one was lost or counted twice on the way.
with levels (level, whole_level) as (
    values
    ('programme', 'clinic'),
    ('therapist', 'clinic'),
    ('public_programme', 'public_clinic')
),

figures as (
    select
        level,
        instrument_id,
        scale,
        respondent,
        period_kind,
        period_start_on,
        n_ended,
        n_finished,
        n_paired,
        n_case,
        n_improved,
        n_deteriorated,
        n_recovered,
        n_reliably_recovered
    from mart_outcomes
),

clinic_rows as (
    select *
    from figures
    where level in ('clinic', 'public_clinic')
),

subject_sums as (
    select
        level,
        instrument_id,
        scale,
        respondent,
        period_kind,
        period_start_on,
        sum(n_ended) as n_ended,
        sum(n_finished) as n_finished,
        sum(n_paired) as n_paired,
        sum(n_case) as n_case,
        sum(n_improved) as n_improved,
        sum(n_deteriorated) as n_deteriorated,
        sum(n_recovered) as n_recovered,
        sum(n_reliably_recovered) as n_reliably_recovered
    from figures
    where level in ('programme', 'therapist', 'public_programme')
    group by level, instrument_id, scale, respondent, period_kind, period_start_on
),

compared as (
    select
        levels.level,
        clinic_rows.instrument_id,
        clinic_rows.scale,
        clinic_rows.respondent,
        clinic_rows.period_kind,
        clinic_rows.period_start_on,
        clinic_rows.n_ended,
        subject_sums.n_ended as subjects_n_ended,
        clinic_rows.n_finished,
        subject_sums.n_finished as subjects_n_finished,
        clinic_rows.n_paired,
        subject_sums.n_paired as subjects_n_paired,
        clinic_rows.n_case,
        subject_sums.n_case as subjects_n_case,
        clinic_rows.n_improved,
        subject_sums.n_improved as subjects_n_improved,
        clinic_rows.n_deteriorated,
        subject_sums.n_deteriorated as subjects_n_deteriorated,
        clinic_rows.n_recovered,
        subject_sums.n_recovered as subjects_n_recovered,
        clinic_rows.n_reliably_recovered,
        subject_sums.n_reliably_recovered as subjects_n_reliably_recovered
    from clinic_rows
    inner join levels on clinic_rows.level = levels.whole_level
    left join subject_sums
        on
            levels.level = subject_sums.level
            and clinic_rows.instrument_id = subject_sums.instrument_id
            and clinic_rows.scale = subject_sums.scale
            and clinic_rows.respondent = subject_sums.respondent
            and clinic_rows.period_kind = subject_sums.period_kind
            and clinic_rows.period_start_on = subject_sums.period_start_on
)

select
    level,
    instrument_id,
    scale,
    respondent,
    period_kind,
    period_start_on,
    n_ended,
    subjects_n_ended,
    n_finished,
    subjects_n_finished,
    n_paired,
    subjects_n_paired,
    n_case,
    subjects_n_case,
    n_improved,
    subjects_n_improved,
    n_deteriorated,
    subjects_n_deteriorated,
    n_recovered,
    subjects_n_recovered,
    n_reliably_recovered,
    subjects_n_reliably_recovered
from compared
where
    coalesce(n_ended, 0) != coalesce(subjects_n_ended, 0)
    or coalesce(n_finished, 0) != coalesce(subjects_n_finished, 0)
    or coalesce(n_paired, 0) != coalesce(subjects_n_paired, 0)
    or coalesce(n_case, 0) != coalesce(subjects_n_case, 0)
    or coalesce(n_improved, 0) != coalesce(subjects_n_improved, 0)
    or coalesce(n_deteriorated, 0) != coalesce(subjects_n_deteriorated, 0)
    or coalesce(n_recovered, 0) != coalesce(subjects_n_recovered, 0)
    or coalesce(n_reliably_recovered, 0) != coalesce(subjects_n_reliably_recovered, 0)
order by level, instrument_id, scale, respondent, period_kind, period_start_on
