-- Therapists and groups as the clinic's director may see them, each with its caseload, its
-- unadjusted figure and what could explain a verdict. A figure over fewer pairs than the policy's
-- minimum is left out, counts stay. Nothing is withheld for privacy, as no policy shows this table
-- to anybody else.
--
-- Grain:  one row per audience and row of mart_comparison shown.
-- Key:    audience, level, subject_id, instrument_id, scale, respondent, outcome, period_kind,
--         period_start_on
with policies as (
    select
        audience,
        level,
        mart_level,
        period_kind,
        policy_id,
        share_decimals,
        points_decimals,
        minimum_pairs_for_rate
    from ref_disclosure_policies
    where table_name = 'pub_comparison'
),

compared_units as (
    select
        level,
        subject_id,
        instrument_id,
        scale,
        respondent,
        outcome,
        period_kind,
        period_start_on,
        period_end_on,
        n_clients,
        n_finished,
        n_pairs,
        paired_rate,
        n_improved,
        n_shared,
        n_concurrent,
        is_adjusted,
        reliability,
        n_still_needed,
        verdict,
        reason,
        explanations,
        observed,
        observed_lower,
        observed_upper,
        expected,
        adjusted,
        adjusted_lower,
        adjusted_upper,
        overall,
        shrunken,
        shrunken_lower,
        shrunken_upper,
        lower_95,
        upper_95,
        lower_998,
        upper_998
    from mart_comparison
),

judged_rows as (
    select
        policies.audience,
        policies.policy_id,
        policies.level,
        case compared_units.outcome
            when 'points' then policies.points_decimals
            else policies.share_decimals
        end as decimals,
        compared_units.subject_id,
        compared_units.instrument_id,
        compared_units.scale,
        compared_units.respondent,
        compared_units.outcome,
        compared_units.period_kind,
        compared_units.period_start_on,
        compared_units.period_end_on,
        compared_units.n_clients,
        compared_units.n_finished,
        compared_units.n_pairs,
        compared_units.paired_rate,
        compared_units.n_improved,
        compared_units.n_shared,
        compared_units.n_concurrent,
        compared_units.is_adjusted,
        compared_units.reliability,
        compared_units.n_still_needed,
        compared_units.verdict,
        compared_units.reason,
        compared_units.explanations,
        compared_units.observed,
        compared_units.observed_lower,
        compared_units.observed_upper,
        compared_units.expected,
        compared_units.adjusted,
        compared_units.adjusted_lower,
        compared_units.adjusted_upper,
        compared_units.overall,
        compared_units.shrunken,
        compared_units.shrunken_lower,
        compared_units.shrunken_upper,
        compared_units.lower_95,
        compared_units.upper_95,
        compared_units.lower_998,
        compared_units.upper_998,
        compared_units.n_pairs >= policies.minimum_pairs_for_rate as says_figure
    from compared_units
    inner join policies
        on
            compared_units.level = policies.mart_level
            and compared_units.period_kind = policies.period_kind
)

select
    audience,
    policy_id,
    level,
    subject_id,
    instrument_id,
    scale,
    respondent,
    outcome,
    period_kind,
    period_start_on,
    period_end_on,
    n_clients,
    n_finished,
    n_pairs,
    paired_rate,
    n_improved,
    n_shared,
    n_concurrent,
    is_adjusted,
    reliability,
    n_still_needed,
    verdict,
    reason,
    explanations,
    shown_figure(says_figure, observed, decimals) as observed,
    shown_figure(says_figure, observed_lower, decimals) as observed_lower,
    shown_figure(says_figure, observed_upper, decimals) as observed_upper,
    shown_figure(says_figure, expected, decimals) as expected,
    shown_figure(says_figure, adjusted, decimals) as adjusted,
    shown_figure(says_figure, adjusted_lower, decimals) as adjusted_lower,
    shown_figure(says_figure, adjusted_upper, decimals) as adjusted_upper,
    shown_figure(says_figure, overall, decimals) as overall,
    shown_figure(says_figure, shrunken, decimals) as shrunken,
    shown_figure(says_figure, shrunken_lower, decimals) as shrunken_lower,
    shown_figure(says_figure, shrunken_upper, decimals) as shrunken_upper,
    shown_figure(says_figure, lower_95, decimals) as lower_95,
    shown_figure(says_figure, upper_95, decimals) as upper_95,
    shown_figure(says_figure, lower_998, decimals) as lower_998,
    shown_figure(says_figure, upper_998, decimals) as upper_998,
    case
        when not says_figure then 'too_few_pairs_for_rate'
    end as reliability_reason
from judged_rows
order by
    audience, level, subject_id, instrument_id, scale, respondent, outcome, period_kind,
    period_start_on
