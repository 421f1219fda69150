-- Response, remission and what stands behind a rate of improvement, as the director may see it: a
-- figure over fewer than the policy's minimum is left out, counts stay. Nothing is withheld for
-- privacy, as no policy shows this table to the public.
--
-- Grain:  one row per audience, level, subject, instrument, scale, respondent and period shown.
-- Key:    audience, level, subject_id, instrument_id, scale, respondent, period_kind,
--         period_start_on
with
judged_rows as (
    select
        mart_outcomes.* replace (policies.level as level),
        policies.audience,
        policies.policy_id,
        policies.share_decimals,
        policies.minimum_pairs_for_rate,
        mart_outcomes.n_can_improve >= policies.minimum_pairs_for_rate as says_can_improve,
        mart_outcomes.n_response_base >= policies.minimum_pairs_for_rate as says_response_base,
        mart_outcomes.n_remission_base >= policies.minimum_pairs_for_rate as says_remission_base,
        mart_outcomes.n_finished >= policies.minimum_pairs_for_rate as says_finished,
        mart_outcomes.n_case_or_unknown >= policies.minimum_pairs_for_rate as says_case_or_unknown
    from mart_outcomes
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_change_detail'
            and mart_outcomes.level = policies.mart_level
            and mart_outcomes.period_kind = policies.period_kind
)

select
    audience,
    policy_id,
    level,
    subject_id,
    instrument_id,
    scale,
    respondent,
    period_kind,
    period_start_on,
    period_end_on,
    domain,
    rule_id,
    rule_version,
    basis,
    n_clients,
    n_finished,
    n_paired,
    n_case_or_unknown,
    n_crossed_unreliably,
    n_harmed,
    n_cannot_improve,
    n_can_improve,
    n_response_base,
    n_responded,
    n_remission_base,
    n_remitted,
    shown_figure(says_can_improve, improved_rate_if_possible, share_decimals)
        as improved_rate_if_possible,
    shown_figure(says_can_improve, improved_rate_if_possible_lower, share_decimals)
        as improved_rate_if_possible_lower,
    shown_figure(says_can_improve, improved_rate_if_possible_upper, share_decimals)
        as improved_rate_if_possible_upper,
    shown_figure(says_response_base, responded_rate, share_decimals) as responded_rate,
    shown_figure(says_response_base, responded_rate_lower, share_decimals) as responded_rate_lower,
    shown_figure(says_response_base, responded_rate_upper, share_decimals) as responded_rate_upper,
    shown_figure(says_remission_base, remitted_rate, share_decimals) as remitted_rate,
    shown_figure(says_remission_base, remitted_rate_lower, share_decimals) as remitted_rate_lower,
    shown_figure(says_remission_base, remitted_rate_upper, share_decimals) as remitted_rate_upper,
    shown_figure(says_finished, deteriorated_rate_worst, share_decimals) as deteriorated_rate_worst,
    shown_figure(says_finished, deteriorated_rate_best, share_decimals) as deteriorated_rate_best,
    shown_figure(says_case_or_unknown, recovered_rate_worst, share_decimals)
        as recovered_rate_worst,
    shown_figure(says_case_or_unknown, recovered_rate_best, share_decimals) as recovered_rate_best,
    shown_figure(says_case_or_unknown, reliably_recovered_rate_worst, share_decimals)
        as reliably_recovered_rate_worst,
    shown_figure(says_case_or_unknown, reliably_recovered_rate_best, share_decimals)
        as reliably_recovered_rate_best,
    case
        when n_paired < minimum_pairs_for_rate then 'too_few_pairs_for_rate'
    end as reliability_reason
from judged_rows
order by audience, level, subject_id, instrument_id, scale, respondent, period_kind, period_start_on
