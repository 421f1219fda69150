-- Waits in bands of days, as the clinic's director may see it: a figure over fewer than the
-- policy's minimum is left out, counts stay. Nothing is withheld for privacy, as no policy shows
-- this table to the public.
--
-- Grain:  one row per audience, level, subject, band of a wait and period shown.
-- Key:    audience, level, subject_id, wait_id, period_kind, period_start_on
with policies as (
    select
        audience,
        level,
        mart_level,
        period_kind,
        policy_id,
        share_decimals,
        minimum_pairs_for_rate
    from ref_disclosure_policies
    where table_name = 'pub_waits'
),

wait_rows as (
    select
        level,
        subject_id,
        wait_id,
        period_kind,
        period_start_on,
        period_end_on,
        n_clients,
        n_waits,
        n_in_band,
        in_band_rate,
        in_band_rate_lower,
        in_band_rate_upper,
        standard_op,
        standard_share
    from mart_waits
),

judged_rows as (
    select
        policies.audience,
        policies.policy_id,
        policies.level,
        policies.share_decimals,
        wait_rows.subject_id,
        wait_rows.wait_id,
        wait_rows.period_kind,
        wait_rows.period_start_on,
        wait_rows.period_end_on,
        wait_rows.n_clients,
        wait_rows.n_waits,
        wait_rows.n_in_band,
        wait_rows.in_band_rate,
        wait_rows.in_band_rate_lower,
        wait_rows.in_band_rate_upper,
        wait_rows.standard_op,
        wait_rows.standard_share,
        wait_rows.n_waits >= policies.minimum_pairs_for_rate as says_waits
    from wait_rows
    inner join policies
        on
            wait_rows.level = policies.mart_level
            and wait_rows.period_kind = policies.period_kind
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
    case
        when not says_waits then 'too_few_pairs_for_rate'
    end as reliability_reason
from judged_rows
order by audience, level, subject_id, wait_id, period_kind, period_start_on
