-- How large a step from one session to the next must be for a sudden gain, on the whole of each
-- instrument: its published cut where there is one, else its reliable change.
--
-- Grain:  one row per instrument with such a cut.
-- Key:    instrument_id
-- Source: ref_path_rules (sudden_gain); int_outcome_rules
with path_rules as (
    select
        argument as instrument_id,
        value as cut_points
    from ref_path_rules
    where is_active and rule_id = 'sudden_gain' and parameter = 'minimum_drop_points'
),

outcome_rules as (
    select
        instrument_id,
        reliable_change_points,
        change_basis as basis
    from int_outcome_rules
    where
        scale = 'total'
        and respondent = 'client'
        and reliable_change_points is not null
)

select
    coalesce(path_rules.instrument_id, outcome_rules.instrument_id) as instrument_id,
    coalesce(path_rules.cut_points, outcome_rules.reliable_change_points) as cut_points,
    case when path_rules.cut_points is not null then 'published' else outcome_rules.basis end
        as basis
from path_rules
full join outcome_rules on path_rules.instrument_id = outcome_rules.instrument_id
order by instrument_id
