-- In a returned row a part is larger than its whole (more pairs than finished courses, more
-- recovered than cases) or the kinds of change do not add up to the pairs. A rate over it would be
-- wrong without looking wrong.
with outcomes as (
    select
        level,
        subject_id,
        instrument_id,
        scale,
        respondent,
        period_kind,
        period_start_on,
        n_clients,
        n_ended,
        n_finished,
        n_paired,
        n_case,
        n_improved,
        n_unchanged,
        n_deteriorated,
        n_recovered,
        n_reliably_recovered,
        n_case_or_unknown,
        n_crossed_unreliably,
        n_harmed,
        n_can_improve,
        n_cannot_improve,
        n_response_base,
        n_responded,
        n_remission_base,
        n_remitted
    from mart_outcomes
)

select
    level,
    subject_id,
    instrument_id,
    scale,
    respondent,
    period_kind,
    period_start_on,
    n_clients,
    n_ended,
    n_finished,
    n_paired,
    n_case
from outcomes
where
    n_ended < 1
    or n_clients < 1
    or n_clients > n_ended
    or n_finished > n_ended
    or n_paired > n_finished
    or n_case > n_paired
    or n_recovered > n_case
    or n_reliably_recovered > n_recovered
    or n_reliably_recovered > n_improved
    or n_improved + n_unchanged + n_deteriorated != n_paired
    or n_case > n_case_or_unknown
    or n_case_or_unknown > n_finished
    or n_harmed > n_deteriorated
    or n_harmed > n_paired - n_case
    or n_crossed_unreliably > n_unchanged
    or n_reliably_recovered + n_crossed_unreliably != n_recovered
    or n_can_improve + n_cannot_improve != n_paired
    or n_improved > n_can_improve
    or n_responded > n_response_base
    or n_response_base > n_finished
    or n_remitted > n_remission_base
    or n_remission_base > n_paired
order by level, subject_id, instrument_id, scale, respondent, period_kind, period_start_on
