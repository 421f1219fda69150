-- Every session that is judged is in exactly one state of licence, and none is judged by a state
-- that nobody knows; a row here was counted twice or not at all.
select
    level,
    subject_id,
    state,
    period_kind,
    period_start_on,
    n_attended
from mart_licences
where
    n_attended != n_licensed + n_not_licensed + n_state_unknown + n_without_licence_records
    or n_by_residence > n_attended
    or (state = 'unknown' and n_licensed + n_not_licensed > 0)
