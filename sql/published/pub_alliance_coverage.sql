-- Whether the working relationship was asked about in time, for the clinic's own use: a rate of
-- fewer courses than the policy's minimum is left out, counts stay. Nothing is withheld for
-- privacy, as no policy shows this table to the public.
--
-- Grain:  one row per audience, level, subject and period shown.
-- Key:    audience, level, subject_id, period_kind, period_start_on
with
judged_rows as (
    select
        mart_alliance_coverage.* replace (policies.level as level),
        policies.audience,
        policies.policy_id,
        policies.share_decimals,
        mart_alliance_coverage.n_reached >= policies.minimum_pairs_for_rate as says_in_time
    from mart_alliance_coverage
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_alliance_coverage'
            and mart_alliance_coverage.level = policies.mart_level
            and mart_alliance_coverage.period_kind = policies.period_kind
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
