-- In a returned row the sessions of a subject's groups are not those that were held, cancelled,
-- called off and unrecorded, or the places of members are not those who came, were absent, were
-- excused and of whom nothing was noted, or groups or programmes do not make the clinic. A rate of
-- attendance would then be out of something else than it says.
with process as (
    select
        level,
        subject_id,
        period_kind,
        period_start_on,
        n_sessions,
        n_held,
        n_sessions_cancelled,
        n_sessions_called_off,
        n_sessions_unrecorded,
        n_places,
        n_excused,
        n_expected,
        n_came,
        n_absent,
        n_not_recorded,
        n_present
    from mart_group_process
),

-- The parts of which the clinic must be the sum, at either level.
part_sums as (
    select
        level,
        period_kind,
        period_start_on,
        sum(n_sessions) as n_sessions,
        sum(n_expected) as n_expected,
        sum(n_came) as n_came
    from process
    where level in ('group', 'programme')
    group by level, period_kind, period_start_on
),

clinic_sums as (
    select
        process.period_kind,
        process.period_start_on,
        count(*) filter (
            where
            part_sums.n_sessions = process.n_sessions
            and part_sums.n_expected = process.n_expected
            and part_sums.n_came = process.n_came
        ) as n_levels_equal
    from process
    left join part_sums
        on
            process.period_kind = part_sums.period_kind
            and process.period_start_on = part_sums.period_start_on
    where process.level = 'clinic'
    group by process.period_kind, process.period_start_on
),

judged as (
    select
        process.level,
        process.subject_id,
        process.period_kind,
        process.period_start_on,
        process.n_sessions
        = process.n_held
        + process.n_sessions_cancelled
        + process.n_sessions_called_off
        + process.n_sessions_unrecorded
        and process.n_expected = process.n_came + process.n_absent + process.n_not_recorded
        and process.n_places = process.n_expected + process.n_excused
        and process.n_present >= process.n_came
        and (process.level != 'clinic' or clinic_sums.n_levels_equal = 2) as adds_up
    from process
    left join clinic_sums
        on
            process.period_kind = clinic_sums.period_kind
            and process.period_start_on = clinic_sums.period_start_on
)

select
    level,
    subject_id,
    period_kind,
    period_start_on
from judged
where adds_up is distinct from true
order by level, subject_id, period_kind, period_start_on
