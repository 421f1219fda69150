-- How many open courses were on track, as an audience may see it: counts alone. Which courses they
-- are is for the treating therapist and in no published table.
--
-- Grain:  one row per audience, level, subject, instrument and period that it may see.
-- Key:    audience, level, subject_id, instrument_id, period_kind, period_start_on
with
policies as (
    select
        audience,
        level,
        mart_level,
        period_kind,
        policy_id,
        minimum_pairs_for_rate
    from ref_disclosure_policies
    where table_name = 'pub_on_track'
),

on_track_counts_rows as (
    select
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
        not_on_track_rate,
        not_on_track_rate_lower,
        not_on_track_rate_upper
    from mart_on_track_counts
)

select
    policies.audience,
    policies.policy_id,
    policies.level,
    on_track_counts_rows.subject_id,
    on_track_counts_rows.instrument_id,
    on_track_counts_rows.period_kind,
    on_track_counts_rows.period_start_on,
    on_track_counts_rows.period_end_on,
    on_track_counts_rows.n_clients,
    on_track_counts_rows.n_open,
    on_track_counts_rows.n_judged,
    on_track_counts_rows.n_on_track,
    on_track_counts_rows.n_not_on_track,
    on_track_counts_rows.n_reliably_worse,
    on_track_counts_rows.n_without_early_improvement,
    on_track_counts_rows.n_too_early,
    on_track_counts_rows.n_cannot_tell,
    case
        when on_track_counts_rows.n_judged >= policies.minimum_pairs_for_rate
            then on_track_counts_rows.not_on_track_rate
    end as not_on_track_rate,
    case
        when on_track_counts_rows.n_judged >= policies.minimum_pairs_for_rate
            then on_track_counts_rows.not_on_track_rate_lower
    end as not_on_track_rate_lower,
    case
        when on_track_counts_rows.n_judged >= policies.minimum_pairs_for_rate
            then on_track_counts_rows.not_on_track_rate_upper
    end as not_on_track_rate_upper,
    case
        when on_track_counts_rows.n_judged < policies.minimum_pairs_for_rate
            then 'too_few_pairs_for_rate'
    end as reliability_reason,
    cast(null as varchar) as withheld_figures
from on_track_counts_rows
inner join policies
    on
        on_track_counts_rows.level = policies.mart_level
        and on_track_counts_rows.period_kind = policies.period_kind
order by
    policies.audience,
    policies.level,
    on_track_counts_rows.subject_id,
    on_track_counts_rows.instrument_id,
    on_track_counts_rows.period_kind,
    on_track_counts_rows.period_start_on
