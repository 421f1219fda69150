-- How verdicts on the change are spread, for the clinic's own use: a rate of fewer verdicts than
-- the policy's minimum is left out, counts stay. Nothing is withheld for privacy, as no policy
-- shows this table to the public.
--
-- Grain:  one row per audience, level, subject, instrument, respondent, period and step shown.
-- Key:    audience, level, subject_id, instrument_id, respondent, period_kind, period_start_on,
--         rating
with
judged_rows as (
    select
        mart_verdicts.* replace (policies.level as level),
        policies.audience,
        policies.policy_id,
        policies.share_decimals,
        mart_verdicts.n_rated >= policies.minimum_pairs_for_rate as says_chosen
    from mart_verdicts
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_verdicts'
            and mart_verdicts.level = policies.mart_level
            and mart_verdicts.period_kind = policies.period_kind
)

select
    audience,
    policy_id,
    level,
    subject_id,
    instrument_id,
    respondent,
    period_kind,
    period_start_on,
    rating,
    period_end_on,
    n_clients,
    n_rated,
    n_chosen,
    shown_figure(says_chosen, chosen_rate, share_decimals) as chosen_rate,
    shown_figure(says_chosen, chosen_rate_lower, share_decimals) as chosen_rate_lower,
    shown_figure(says_chosen, chosen_rate_upper, share_decimals) as chosen_rate_upper,
    case
        when not coalesce(says_chosen, false) then 'too_few_pairs_for_rate'
    end as reliability_reason
from judged_rows
order by
    audience,
    level,
    subject_id,
    instrument_id,
    respondent,
    period_kind,
    period_start_on,
    rating
