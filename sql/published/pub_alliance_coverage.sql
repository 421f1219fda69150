-- Whether the working relationship was asked about in time, for the clinic's own use: a rate of
-- fewer courses than the policy's minimum is left out, counts stay. Nothing is withheld for
-- privacy, as no policy shows this table to the public.
--
-- Grain:  one row per audience, level, subject and period shown.
-- Key:    audience, level, subject_id, period_kind, period_start_on
with
policies as (
    select
        audience,
        level,
        mart_level,
        period_kind,
        policy_id,
        share_decimals,
        minimum_pairs_for_rate
    from ref_disclosure_policies
    where table_name = 'pub_alliance_coverage'
),

alliance_coverage_rows as (
    select
        level,
        subject_id,
        period_kind,
        period_start_on,
        period_end_on,
        from_session,
        until_session,
        n_clients,
        n_ended,
        n_rated,
        n_reached,
        n_in_time,
        in_time_rate,
        in_time_rate_lower,
        in_time_rate_upper
    from mart_alliance_coverage
),

judged_rows as (
    select
        policies.audience,
        policies.policy_id,
        policies.level,
        policies.share_decimals,
        alliance_coverage_rows.subject_id,
        alliance_coverage_rows.period_kind,
        alliance_coverage_rows.period_start_on,
        alliance_coverage_rows.period_end_on,
        alliance_coverage_rows.from_session,
        alliance_coverage_rows.until_session,
        alliance_coverage_rows.n_clients,
        alliance_coverage_rows.n_ended,
        alliance_coverage_rows.n_rated,
        alliance_coverage_rows.n_reached,
        alliance_coverage_rows.n_in_time,
        alliance_coverage_rows.in_time_rate,
        alliance_coverage_rows.in_time_rate_lower,
        alliance_coverage_rows.in_time_rate_upper,
        alliance_coverage_rows.n_reached >= policies.minimum_pairs_for_rate as says_in_time
    from alliance_coverage_rows
    inner join policies
        on
            alliance_coverage_rows.level = policies.mart_level
            and alliance_coverage_rows.period_kind = policies.period_kind
)

select
    audience,
    policy_id,
    level,
    subject_id,
    period_kind,
    period_start_on,
    period_end_on,
    from_session,
    until_session,
    n_clients,
    n_ended,
    n_rated,
    n_reached,
    n_in_time,
    shown_figure(says_in_time, in_time_rate, share_decimals) as in_time_rate,
    shown_figure(says_in_time, in_time_rate_lower, share_decimals) as in_time_rate_lower,
    shown_figure(says_in_time, in_time_rate_upper, share_decimals) as in_time_rate_upper,
    case
        when not coalesce(says_in_time, false) then 'too_few_pairs_for_rate'
    end as reliability_reason
from judged_rows
order by audience, level, subject_id, period_kind, period_start_on
