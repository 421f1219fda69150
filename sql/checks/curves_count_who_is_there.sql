-- In a returned row more courses have a score at a session or in a week than were in treatment, or
-- more were in treatment than there are courses. The curve would be about somebody else.
with trajectories as (
    select
        level,
        subject_id,
        instrument_id,
        period_kind,
        period_start_on,
        axis,
        position,
        n_clients,
        n_courses,
        n_there,
        n_measured
    from mart_trajectories
)

select
    level,
    subject_id,
    instrument_id,
    period_kind,
    period_start_on,
    axis,
    position,
    n_courses,
    n_there,
    n_measured
from trajectories
where n_measured > n_there or n_there > n_courses or n_clients > n_courses
order by level, subject_id, instrument_id, period_kind, period_start_on, axis, position
