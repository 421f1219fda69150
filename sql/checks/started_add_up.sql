-- In a returned row the courses that started are not the sum of those that are open, ended early,
-- were not measured and were measured. Somebody who started is missing, or is counted twice.
with started as (
    select
        level,
        subject_id,
        period_kind,
        period_start_on,
        n_started,
        n_open,
        n_ended_early,
        n_not_measured,
        n_measured
    from mart_started
)

select
    level,
    subject_id,
    period_kind,
    period_start_on,
    n_started,
    n_open + n_ended_early + n_not_measured + n_measured as n_somewhere
from started
where n_started != n_open + n_ended_early + n_not_measured + n_measured
order by level, subject_id, period_kind, period_start_on
