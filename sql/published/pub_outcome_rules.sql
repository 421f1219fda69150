-- The rules that decide whether a change counts, as every audience may read them: published ones,
-- those that the clinic set itself, and those derived from its own reference period.
--
-- Grain:  one row per instrument, scale and respondent with a rule.
-- Key:    instrument_id, scale, respondent
with outcome_rules as (
    select
        instrument_id,
        scale,
        respondent,
        basis,
        rule_id,
        rule_version,
        reliable_change_points,
        reliable_change_kind,
        caseness_points,
        remission_below_points,
        response_share,
        reliability_value,
        sd_points,
        source,
        status
    from int_outcome_rules
)

select
    instrument_id,
    scale,
    respondent,
    basis,
    rule_id,
    rule_version,
    reliable_change_points,
    reliable_change_kind,
    caseness_points,
    remission_below_points,
    response_share,
    reliability_value,
    sd_points,
    source,
    status
from outcome_rules
order by instrument_id, scale, respondent
