-- In a returned row more courses had a sudden gain, a setback or an early response than could have
-- had one, or more could have had one than there are courses. A share would be above 1.
with paths as (
    select
        level,
        subject_id,
        instrument_id,
        period_kind,
        period_start_on,
        n_clients,
        n_courses,
        n_gain_assessable,
        n_with_gain,
        n_with_several_gains,
        n_with_reversal,
        n_early_assessable,
        n_early_response,
        n_setback_assessable,
        n_with_setback,
        n_setback_made_good,
        n_worst_assessable,
        n_worse_than_first
    from mart_path
)

select
    level,
    subject_id,
    instrument_id,
    period_kind,
    period_start_on,
    n_courses
from paths
where
    n_clients > n_courses
    or n_gain_assessable > n_courses
    or n_with_gain > n_gain_assessable
    or n_with_several_gains > n_with_gain
    or n_with_reversal > n_with_gain
    or n_early_assessable > n_courses
    or n_early_response > n_early_assessable
    or n_setback_assessable > n_courses
    or n_with_setback > n_setback_assessable
    or n_setback_made_good > n_with_setback
    or n_worst_assessable > n_setback_assessable
    or n_worse_than_first > n_worst_assessable
order by level, subject_id, instrument_id, period_kind, period_start_on
