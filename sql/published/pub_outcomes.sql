-- Outcomes as an audience may see them: rounded or withheld as pub_withheld and its policy say.
-- withheld_figures lists what was hidden for privacy, `;` between. A share and its limits are those
-- of the counts as they are shown, which are rounded once per row: this is the longest table.
--
-- Grain:  one row per audience, level, subject, instrument, scale, respondent and period that the
--         audience may see.
-- Key:    audience, level, subject_id, instrument_id, scale, respondent, period_kind,
--         period_start_on
with
policies as (
    select
        audience,
        level,
        mart_level,
        period_kind,
        policy_id,
        rounding_base,
        share_decimals,
        points_decimals,
        minimum_pairs_for_rate,
        minimum_pairs_for_comparison
    from ref_disclosure_policies
    where table_name = 'pub_outcomes'
),

outcomes_rows as (
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
        n_clients,
        n_ended,
        n_finished,
        n_paired,
        n_case,
        n_improved,
        n_unchanged,
        n_deteriorated,
        n_recovered,
        n_reliably_recovered,
        first_mean_points,
        first_sd_points,
        last_mean_points,
        improvement_mean_points,
        improvement_sd_points,
        effect_size,
        effect_size_lower,
        effect_size_upper
    from mart_outcomes
),

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
        max(case when figure = 'clients' then 1 else 0 end) as hides_clients,
        max(case when figure = 'ended' then 1 else 0 end) as hides_ended,
        max(case when figure = 'finished' then 1 else 0 end) as hides_finished,
        max(case when figure = 'paired' then 1 else 0 end) as hides_paired,
        max(case when figure = 'case' then 1 else 0 end) as hides_case,
        max(case when figure = 'improved' then 1 else 0 end) as hides_improved,
        max(case when figure = 'unchanged' then 1 else 0 end) as hides_unchanged,
        max(case when figure = 'deteriorated' then 1 else 0 end) as hides_deteriorated,
        max(case when figure = 'recovered' then 1 else 0 end) as hides_recovered,
        max(case when figure = 'reliably_recovered' then 1 else 0 end) as hides_reliably_recovered
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

-- The two questions: may it be shown (shows_), and does it say anything (says_).
judged_rows as (
    select
        policies.audience,
        policies.policy_id,
        policies.rounding_base,
        policies.share_decimals,
        policies.points_decimals,
        policies.minimum_pairs_for_rate,
        policies.minimum_pairs_for_comparison,
        policies.level,
        outcomes_rows.subject_id,
        outcomes_rows.instrument_id,
        outcomes_rows.scale,
        outcomes_rows.respondent,
        outcomes_rows.period_kind,
        outcomes_rows.period_start_on,
        outcomes_rows.period_end_on,
        outcomes_rows.domain,
        outcomes_rows.rule_id,
        outcomes_rows.rule_version,
        outcomes_rows.n_clients,
        outcomes_rows.n_ended,
        outcomes_rows.n_finished,
        outcomes_rows.n_paired,
        outcomes_rows.n_case,
        outcomes_rows.n_improved,
        outcomes_rows.n_unchanged,
        outcomes_rows.n_deteriorated,
        outcomes_rows.n_recovered,
        outcomes_rows.n_reliably_recovered,
        outcomes_rows.first_mean_points,
        outcomes_rows.first_sd_points,
        outcomes_rows.last_mean_points,
        outcomes_rows.improvement_mean_points,
        outcomes_rows.improvement_sd_points,
        outcomes_rows.effect_size,
        outcomes_rows.effect_size_lower,
        outcomes_rows.effect_size_upper,
        shown_count(true, outcomes_rows.n_improved, policies.rounding_base) as rounded_improved,
        shown_count(true, outcomes_rows.n_deteriorated, policies.rounding_base)
            as rounded_deteriorated,
        shown_count(true, outcomes_rows.n_recovered, policies.rounding_base) as rounded_recovered,
        shown_count(true, outcomes_rows.n_reliably_recovered, policies.rounding_base)
            as rounded_reliably_recovered,
        shown_count(true, outcomes_rows.n_finished, policies.rounding_base) as rounded_finished,
        shown_count(true, outcomes_rows.n_paired, policies.rounding_base) as rounded_paired,
        shown_count(true, outcomes_rows.n_case, policies.rounding_base) as rounded_case,
        withheld.level is not null as has_withheld,
        coalesce(withheld.hides_clients, 0) = 0 as shows_clients,
        coalesce(withheld.hides_ended, 0) = 0 as shows_ended,
        coalesce(withheld.hides_finished, 0) = 0 as shows_finished,
        coalesce(withheld.hides_paired, 0) = 0 as shows_paired,
        coalesce(withheld.hides_case, 0) = 0 as shows_case,
        coalesce(withheld.hides_improved, 0) = 0 as shows_improved,
        coalesce(withheld.hides_unchanged, 0) = 0 as shows_unchanged,
        coalesce(withheld.hides_deteriorated, 0) = 0 as shows_deteriorated,
        coalesce(withheld.hides_recovered, 0) = 0 as shows_recovered,
        coalesce(withheld.hides_reliably_recovered, 0) = 0 as shows_reliably_recovered,
        coalesce(withheld.hides_improved, 0) = 0
        and outcomes_rows.n_paired >= policies.minimum_pairs_for_rate as says_improved,
        coalesce(withheld.hides_deteriorated, 0) = 0
        and outcomes_rows.n_paired >= policies.minimum_pairs_for_rate as says_deteriorated,
        coalesce(withheld.hides_recovered, 0) = 0
        and outcomes_rows.n_case >= policies.minimum_pairs_for_rate as says_recovered,
        coalesce(withheld.hides_reliably_recovered, 0) = 0
        and outcomes_rows.n_case >= policies.minimum_pairs_for_rate as says_reliably_recovered,
        coalesce(withheld.hides_finished, 0) = 0
        and coalesce(withheld.hides_paired, 0) = 0
        and outcomes_rows.n_finished >= policies.minimum_pairs_for_rate as says_finished_paired,
        coalesce(withheld.hides_finished, 0) = 0
        and coalesce(withheld.hides_improved, 0) = 0
        and outcomes_rows.n_paired >= policies.minimum_pairs_for_rate as says_finished_improved,
        coalesce(withheld.hides_paired, 0) = 0
        and outcomes_rows.n_paired >= policies.minimum_pairs_for_rate as says_paired
    from outcomes_rows
    inner join policies
        on
            outcomes_rows.level = policies.mart_level
            and outcomes_rows.period_kind = policies.period_kind
    left join withheld
        on
            policies.audience = withheld.audience
            and policies.level = withheld.level
            and outcomes_rows.subject_id = withheld.subject_id
            and outcomes_rows.instrument_id = withheld.instrument_id
            and outcomes_rows.scale = withheld.scale
            and outcomes_rows.respondent = withheld.respondent
            and outcomes_rows.period_kind = withheld.period_kind
            and outcomes_rows.period_start_on = withheld.period_start_on
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
    shown_count(shows_clients, n_clients, rounding_base) as n_clients,
    shown_count(shows_ended, n_ended, rounding_base) as n_ended,
    shown_count(shows_finished, n_finished, rounding_base) as n_finished,
    shown_count(shows_paired, n_paired, rounding_base) as n_paired,
    shown_count(shows_case, n_case, rounding_base) as n_case,
    shown_count(shows_improved, n_improved, rounding_base) as n_improved,
    shown_count(shows_unchanged, n_unchanged, rounding_base) as n_unchanged,
    shown_count(shows_deteriorated, n_deteriorated, rounding_base) as n_deteriorated,
    shown_count(shows_recovered, n_recovered, rounding_base) as n_recovered,
    shown_count(shows_reliably_recovered, n_reliably_recovered, rounding_base)
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
    nullif(
        concat_ws(
            ';',
            case when not shows_clients then 'clients' end,
            case when not shows_ended then 'ended' end,
            case when not shows_finished then 'finished' end,
            case when not shows_paired then 'paired' end,
            case when not shows_case then 'case' end,
            case when not shows_improved then 'improved' end,
            case when not shows_unchanged then 'unchanged' end,
            case when not shows_deteriorated then 'deteriorated' end,
            case when not shows_recovered then 'recovered' end,
            case when not shows_reliably_recovered then 'reliably_recovered' end
        ),
        ''
    ) as withheld_figures,
    case when has_withheld then 'small_count' end as privacy_reason,
    case
        when n_paired < minimum_pairs_for_rate then 'too_few_pairs_for_rate'
        when n_paired < minimum_pairs_for_comparison then 'too_few_to_compare'
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
