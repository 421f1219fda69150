-- How verdicts on the change are spread, for the clinic's own use: a rate of fewer verdicts than
-- the policy's minimum is left out, counts stay. Nothing is withheld for privacy, as no policy
-- shows this table to the public.
--
-- Grain:  one row per audience, level, subject, instrument, respondent, period and step shown.
-- Key:    audience, level, subject_id, instrument_id, respondent, period_kind, period_start_on,
--         rating
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
    where table_name = 'pub_verdicts'
),

verdicts_rows as (
    select
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
        chosen_rate,
        chosen_rate_lower,
        chosen_rate_upper
    from mart_verdicts
),

judged_rows as (
    select
        policies.audience,
        policies.policy_id,
        policies.level,
        policies.share_decimals,
        verdicts_rows.subject_id,
        verdicts_rows.instrument_id,
        verdicts_rows.respondent,
        verdicts_rows.period_kind,
        verdicts_rows.period_start_on,
        verdicts_rows.rating,
        verdicts_rows.period_end_on,
        verdicts_rows.n_clients,
        verdicts_rows.n_rated,
        verdicts_rows.n_chosen,
        verdicts_rows.chosen_rate,
        verdicts_rows.chosen_rate_lower,
        verdicts_rows.chosen_rate_upper,
        verdicts_rows.n_rated >= policies.minimum_pairs_for_rate as says_chosen
    from verdicts_rows
    inner join policies
        on
            verdicts_rows.level = policies.mart_level
            and verdicts_rows.period_kind = policies.period_kind
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
