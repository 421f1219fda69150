-- Response, remission and what stands behind a rate of improvement, as the director may see it: a
-- figure over fewer than the policy's minimum is left out, counts stay. Nothing is withheld for
-- privacy, as no policy shows this table to the public.
--
-- Grain:  one row per audience, level, subject, instrument, scale, respondent and period shown.
-- Key:    audience, level, subject_id, instrument_id, scale, respondent, period_kind,
--         period_start_on
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
    where table_name = 'pub_change_detail'
),

outcome_rows as (
    select
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
        improved_rate_if_possible,
        improved_rate_if_possible_lower,
        improved_rate_if_possible_upper,
        responded_rate,
        responded_rate_lower,
        responded_rate_upper,
        remitted_rate,
        remitted_rate_lower,
        remitted_rate_upper,
        deteriorated_rate_worst,
        deteriorated_rate_best,
        recovered_rate_worst,
        recovered_rate_best,
        reliably_recovered_rate_worst,
        reliably_recovered_rate_best
    from mart_outcomes
),

judged_rows as (
    select
        policies.audience,
        policies.policy_id,
        policies.share_decimals,
        policies.minimum_pairs_for_rate,
        policies.level,
        outcome_rows.subject_id,
        outcome_rows.instrument_id,
        outcome_rows.scale,
        outcome_rows.respondent,
        outcome_rows.period_kind,
        outcome_rows.period_start_on,
        outcome_rows.period_end_on,
        outcome_rows.domain,
        outcome_rows.rule_id,
        outcome_rows.rule_version,
        outcome_rows.basis,
        outcome_rows.n_clients,
        outcome_rows.n_finished,
        outcome_rows.n_paired,
        outcome_rows.n_case_or_unknown,
        outcome_rows.n_crossed_unreliably,
        outcome_rows.n_harmed,
        outcome_rows.n_cannot_improve,
        outcome_rows.n_can_improve,
        outcome_rows.n_response_base,
        outcome_rows.n_responded,
        outcome_rows.n_remission_base,
        outcome_rows.n_remitted,
        outcome_rows.improved_rate_if_possible,
        outcome_rows.improved_rate_if_possible_lower,
        outcome_rows.improved_rate_if_possible_upper,
        outcome_rows.responded_rate,
        outcome_rows.responded_rate_lower,
        outcome_rows.responded_rate_upper,
        outcome_rows.remitted_rate,
        outcome_rows.remitted_rate_lower,
        outcome_rows.remitted_rate_upper,
        outcome_rows.deteriorated_rate_worst,
        outcome_rows.deteriorated_rate_best,
        outcome_rows.recovered_rate_worst,
        outcome_rows.recovered_rate_best,
        outcome_rows.reliably_recovered_rate_worst,
        outcome_rows.reliably_recovered_rate_best,
        outcome_rows.n_can_improve >= policies.minimum_pairs_for_rate as says_can_improve,
        outcome_rows.n_response_base >= policies.minimum_pairs_for_rate as says_response_base,
        outcome_rows.n_remission_base >= policies.minimum_pairs_for_rate as says_remission_base,
        outcome_rows.n_finished >= policies.minimum_pairs_for_rate as says_finished,
        outcome_rows.n_case_or_unknown >= policies.minimum_pairs_for_rate as says_case_or_unknown
    from outcome_rows
    inner join policies
        on
            outcome_rows.level = policies.mart_level
            and outcome_rows.period_kind = policies.period_kind
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
    shown_figure(says_finished, deteriorated_rate_worst, share_decimals)
        as deteriorated_rate_worst,
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
order by
    audience,
    level,
    subject_id,
    instrument_id,
    scale,
    respondent,
    period_kind,
    period_start_on
