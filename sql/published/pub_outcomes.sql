-- Outcomes as an audience may see them: rounded or withheld as pub_withheld and its policy say.
-- withheld_figures lists what was hidden for privacy, `;` between. A share and its limits are those
-- of the counts as they are shown, which are rounded once per row: this is the longest table.
--
-- Grain:  one row per audience, level, subject, instrument, scale, respondent and period that the
--         audience may see.
-- Key:    audience, level, subject_id, instrument_id, scale, respondent, period_kind,
--         period_start_on
with
withheld as (
    select
        audience,
        level,
        subject_id,
        instrument_id,
        scale,
        respondent,
        period_kind,
        period_start_on,
        list(figure) as figures
    from pub_withheld
    where table_name = 'pub_outcomes'
    group by
        audience,
        level,
        subject_id,
        instrument_id,
        scale,
        respondent,
        period_kind,
        period_start_on
),

-- The two questions: may it be shown (is_shown), and does it say anything (says_).
judged_rows as (
    select
        mart_outcomes.* replace (policies.level as level),
        policies.audience,
        policies.policy_id,
        policies.rounding_base,
        policies.share_decimals,
        policies.points_decimals,
        policies.minimum_pairs_for_rate,
        policies.minimum_pairs_for_comparison,
        shown_count(true, mart_outcomes.n_improved, policies.rounding_base) as rounded_improved,
        shown_count(true, mart_outcomes.n_deteriorated, policies.rounding_base)
            as rounded_deteriorated,
        shown_count(true, mart_outcomes.n_recovered, policies.rounding_base) as rounded_recovered,
        shown_count(true, mart_outcomes.n_reliably_recovered, policies.rounding_base)
            as rounded_reliably_recovered,
        shown_count(true, mart_outcomes.n_finished, policies.rounding_base) as rounded_finished,
        shown_count(true, mart_outcomes.n_paired, policies.rounding_base) as rounded_paired,
        shown_count(true, mart_outcomes.n_case, policies.rounding_base) as rounded_case,
        withheld.figures as hidden_figures,
        is_shown(withheld.figures, 'improved')
        and mart_outcomes.n_paired >= policies.minimum_pairs_for_rate as says_improved,
        is_shown(withheld.figures, 'deteriorated')
        and mart_outcomes.n_paired >= policies.minimum_pairs_for_rate as says_deteriorated,
        is_shown(withheld.figures, 'recovered')
        and mart_outcomes.n_case >= policies.minimum_pairs_for_rate as says_recovered,
        is_shown(withheld.figures, 'reliably_recovered')
        and mart_outcomes.n_case >= policies.minimum_pairs_for_rate as says_reliably_recovered,
        is_shown(withheld.figures, 'finished')
        and is_shown(withheld.figures, 'paired')
        and mart_outcomes.n_finished >= policies.minimum_pairs_for_rate as says_finished_paired,
        is_shown(withheld.figures, 'finished')
        and is_shown(withheld.figures, 'improved')
        and mart_outcomes.n_paired >= policies.minimum_pairs_for_rate as says_finished_improved,
        is_shown(withheld.figures, 'paired')
        and mart_outcomes.n_paired >= policies.minimum_pairs_for_rate as says_paired
    from mart_outcomes
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_outcomes'
            and mart_outcomes.level = policies.mart_level
            and mart_outcomes.period_kind = policies.period_kind
    left join withheld
        on
            policies.audience = withheld.audience
            and policies.level = withheld.level
            and mart_outcomes.subject_id = withheld.subject_id
            and mart_outcomes.instrument_id = withheld.instrument_id
            and mart_outcomes.scale = withheld.scale
            and mart_outcomes.respondent = withheld.respondent
            and mart_outcomes.period_kind = withheld.period_kind
            and mart_outcomes.period_start_on = withheld.period_start_on
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
    shown_count(is_shown(hidden_figures, 'clients'), n_clients, rounding_base) as n_clients,
    shown_count(is_shown(hidden_figures, 'ended'), n_ended, rounding_base) as n_ended,
    shown_count(is_shown(hidden_figures, 'finished'), n_finished, rounding_base) as n_finished,
    shown_count(is_shown(hidden_figures, 'paired'), n_paired, rounding_base) as n_paired,
    shown_count(is_shown(hidden_figures, 'case'), n_case, rounding_base) as n_case,
    shown_count(is_shown(hidden_figures, 'improved'), n_improved, rounding_base) as n_improved,
    shown_count(is_shown(hidden_figures, 'unchanged'), n_unchanged, rounding_base) as n_unchanged,
    shown_count(is_shown(hidden_figures, 'deteriorated'), n_deteriorated, rounding_base)
        as n_deteriorated,
    shown_count(is_shown(hidden_figures, 'recovered'), n_recovered, rounding_base) as n_recovered,
    shown_count(is_shown(hidden_figures, 'reliably_recovered'), n_reliably_recovered, rounding_base)
        as n_reliably_recovered,
    shown_figure(says_improved, rounded_improved / nullif(rounded_paired, 0), share_decimals)
        as improved_rate,
    shown_figure(says_improved, wilson_lower(rounded_improved, rounded_paired), share_decimals)
        as improved_rate_lower,
    shown_figure(says_improved, wilson_upper(rounded_improved, rounded_paired), share_decimals)
        as improved_rate_upper,
    shown_figure(
        says_deteriorated,
        rounded_deteriorated / nullif(rounded_paired, 0),
        share_decimals
    ) as deteriorated_rate,
    shown_figure(
        says_deteriorated,
        wilson_lower(rounded_deteriorated, rounded_paired),
        share_decimals
    ) as deteriorated_rate_lower,
    shown_figure(
        says_deteriorated,
        wilson_upper(rounded_deteriorated, rounded_paired),
        share_decimals
    ) as deteriorated_rate_upper,
    shown_figure(says_recovered, rounded_recovered / nullif(rounded_case, 0), share_decimals)
        as recovered_rate,
    shown_figure(says_recovered, wilson_lower(rounded_recovered, rounded_case), share_decimals)
        as recovered_rate_lower,
    shown_figure(says_recovered, wilson_upper(rounded_recovered, rounded_case), share_decimals)
        as recovered_rate_upper,
    shown_figure(
        says_reliably_recovered,
        rounded_reliably_recovered / nullif(rounded_case, 0),
        share_decimals
    ) as reliably_recovered_rate,
    shown_figure(
        says_reliably_recovered,
        wilson_lower(rounded_reliably_recovered, rounded_case),
        share_decimals
    ) as reliably_recovered_rate_lower,
    shown_figure(
        says_reliably_recovered,
        wilson_upper(rounded_reliably_recovered, rounded_case),
        share_decimals
    ) as reliably_recovered_rate_upper,
    shown_figure(says_finished_paired, rounded_paired / nullif(rounded_finished, 0), share_decimals)
        as paired_rate,
    shown_figure(
        says_finished_paired,
        wilson_lower(rounded_paired, rounded_finished),
        share_decimals
    ) as paired_rate_lower,
    shown_figure(
        says_finished_paired,
        wilson_upper(rounded_paired, rounded_finished),
        share_decimals
    ) as paired_rate_upper,
    shown_figure(
        says_finished_improved,
        rounded_improved / nullif(rounded_finished, 0),
        share_decimals
    ) as improved_rate_worst,
    shown_figure(
        says_finished_improved,
        (rounded_improved + rounded_finished - rounded_paired) / nullif(rounded_finished, 0),
        share_decimals
    ) as improved_rate_best,
    shown_figure(says_paired, first_mean_points, points_decimals) as first_mean_points,
    shown_figure(says_paired, first_sd_points, points_decimals) as first_sd_points,
    shown_figure(says_paired, last_mean_points, points_decimals) as last_mean_points,
    shown_figure(says_paired, improvement_mean_points, points_decimals) as improvement_mean_points,
    shown_figure(says_paired, improvement_sd_points, points_decimals) as improvement_sd_points,
    shown_figure(says_paired, effect_size, points_decimals) as effect_size,
    shown_figure(says_paired, effect_size_lower, points_decimals) as effect_size_lower,
    shown_figure(says_paired, effect_size_upper, points_decimals) as effect_size_upper,
    listed_figures(
        hidden_figures,
        [
            'clients',
            'ended',
            'finished',
            'paired',
            'case',
            'improved',
            'unchanged',
            'deteriorated',
            'recovered',
            'reliably_recovered'
        ]
    ) as withheld_figures,
    case when hidden_figures is not null then 'small_count' end as privacy_reason,
    case
        when n_paired < minimum_pairs_for_rate then 'too_few_pairs_for_rate'
        when n_paired < minimum_pairs_for_comparison then 'too_few_to_compare'
    end as reliability_reason
from judged_rows
order by audience, level, subject_id, instrument_id, scale, respondent, period_kind, period_start_on
