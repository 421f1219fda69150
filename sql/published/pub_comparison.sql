-- Therapists and groups as the clinic's director may see them, each with its caseload, its
-- unadjusted figure and what could explain a verdict. A figure over fewer pairs than the policy's
-- minimum is left out, counts stay. Nothing is withheld for privacy, as no policy shows this table
-- to anybody else.
--
-- Grain:  one row per audience and row of mart_comparison shown.
-- Key:    audience, level, subject_id, instrument_id, scale, respondent, outcome, period_kind,
--         period_start_on
with
judged_rows as (
    select
        mart_comparison.* replace (policies.level as level),
        policies.audience,
        policies.policy_id,
        case mart_comparison.outcome
            when 'points' then policies.points_decimals
            else policies.share_decimals
        end as decimals,
        mart_comparison.n_pairs >= policies.minimum_pairs_for_rate as says_figure
    from mart_comparison
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_comparison'
            and mart_comparison.level = policies.mart_level
            and mart_comparison.period_kind = policies.period_kind
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
    case when not says_figure then 'too_few_pairs_for_rate' end as reliability_reason
from judged_rows
order by
    audience, level, subject_id, instrument_id, scale, respondent, outcome, period_kind,
    period_start_on
