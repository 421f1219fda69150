-- In a returned row more met a claim's rule than were measured, more got worse than are known to
-- have or not, more of either than were due, or more due than began: the sentence over it would be
-- wrong and look right.
with claims as (
    select
        claim_id,
        level,
        subject_id,
        period_kind,
        period_start_on,
        n_clients,
        n_started,
        n_below_threshold,
        n_due,
        n_measured,
        n_met,
        n_worse_known,
        n_deteriorated,
        verdict,
        sentence
    from mart_claims
)

select
    claim_id,
    level,
    subject_id,
    period_kind,
    period_start_on,
    n_clients,
    n_started,
    n_below_threshold,
    n_due,
    n_measured,
    n_met,
    n_worse_known,
    n_deteriorated
from claims
where
    n_clients > n_started
    or n_due + n_below_threshold > n_started
    or n_measured > n_due
    or n_met > n_measured
    or n_worse_known > n_due
    or n_deteriorated > n_worse_known
    or (verdict = 'cannot_tell') != (sentence is null)
