-- In a returned row the open courses are not the sum of those on track, not on track, too early to
-- say and that cannot be told. Somebody in treatment is missing, or is counted twice. Where an
-- instrument has no reliable change, nothing can be told of any of them.
with open_courses as (
    select
        level,
        subject_id,
        instrument_id,
        period_kind,
        period_start_on,
        n_open,
        n_on_track,
        n_not_on_track,
        n_too_early,
        n_cannot_tell
    from mart_on_track_counts
)

select
    level,
    subject_id,
    instrument_id,
    period_kind,
    period_start_on,
    n_open
from open_courses
where
    n_open != coalesce(n_on_track, 0)
    + coalesce(n_not_on_track, 0)
    + coalesce(n_too_early, 0)
    + coalesce(n_cannot_tell, 0)
order by level, subject_id, instrument_id, period_kind, period_start_on
