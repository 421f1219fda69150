-- Waits in bands of days, as the clinic's director may see it: a figure over fewer than the
-- policy's minimum is left out, counts stay. Nothing is withheld for privacy, as no policy shows
-- this table to the public.
--
-- Grain:  one row per audience, level, subject, band of a wait and period shown.
-- Key:    audience, level, subject_id, wait_id, period_kind, period_start_on
with
judged_rows as (
    select
        mart_waits.* replace (policies.level as level),
        policies.audience,
        policies.policy_id,
        policies.share_decimals,
        mart_waits.n_waits >= policies.minimum_pairs_for_rate as says_waits
    from mart_waits
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_waits'
            and mart_waits.level = policies.mart_level
            and mart_waits.period_kind = policies.period_kind
)

select
    audience,
    policy_id,
    level,
    subject_id,
    wait_id,
    period_kind,
    period_start_on,
    period_end_on,
    n_clients,
    n_waits,
    n_in_band,
    shown_figure(says_waits, in_band_rate, share_decimals) as in_band_rate,
    shown_figure(says_waits, in_band_rate_lower, share_decimals) as in_band_rate_lower,
    shown_figure(says_waits, in_band_rate_upper, share_decimals) as in_band_rate_upper,
    standard_op,
    standard_share,
    case when not says_waits then 'too_few_pairs_for_rate' end as reliability_reason
from judged_rows
order by audience, level, subject_id, wait_id, period_kind, period_start_on
