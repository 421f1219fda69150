-- How many open courses were on track, as an audience may see it: counts alone. Which courses they
-- are is for the treating therapist and in no published table.
--
-- Grain:  one row per audience, level, subject, instrument and period that it may see.
-- Key:    audience, level, subject_id, instrument_id, period_kind, period_start_on
with
judged_rows as (
    select
        mart_on_track_counts.* replace (policies.level as level),
        policies.audience,
        policies.policy_id,
        policies.minimum_pairs_for_rate,
        mart_on_track_counts.n_judged >= policies.minimum_pairs_for_rate as says_judged
    from mart_on_track_counts
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_on_track'
            and mart_on_track_counts.level = policies.mart_level
            and mart_on_track_counts.period_kind = policies.period_kind
)

select
    audience,
    policy_id,
    level,
    subject_id,
    instrument_id,
    period_kind,
    period_start_on,
    period_end_on,
    n_clients,
    n_open,
    n_judged,
    n_on_track,
    n_not_on_track,
    n_reliably_worse,
    n_without_early_improvement,
    n_too_early,
    n_cannot_tell,
    case when says_judged then not_on_track_rate end as not_on_track_rate,
    case when says_judged then not_on_track_rate_lower end as not_on_track_rate_lower,
    case when says_judged then not_on_track_rate_upper end as not_on_track_rate_upper,
    case when n_judged < minimum_pairs_for_rate then 'too_few_pairs_for_rate' end
        as reliability_reason,
    cast(null as varchar) as withheld_figures
from judged_rows
order by audience, level, subject_id, instrument_id, period_kind, period_start_on
