-- Recovery by the NHS rule as an audience may see it: rounded or withheld as pub_withheld and its
-- policy say. withheld_figures lists what was hidden for privacy, `;` between. A share and its
-- limits are those of the counts as they are shown.
--
-- Grain:  one row per audience, level, subject and period that the audience may see.
-- Key:    audience, level, subject_id, period_kind, period_start_on
with
withheld as (
    select
        audience,
        level,
        subject_id,
        period_kind,
        period_start_on,
        list(figure) as figures
    from pub_withheld
    where table_name = 'pub_recovery'
    group by audience, level, subject_id, period_kind, period_start_on
),

-- The two questions: may it be shown (is_shown), and does it say anything (says_).
judged_rows as (
    select
        mart_recovery.* replace (policies.level as level),
        policies.audience,
        policies.policy_id,
        policies.rounding_base,
        policies.share_decimals,
        policies.minimum_pairs_for_rate,
        policies.minimum_pairs_for_comparison,
        withheld.figures as hidden_figures,
        is_shown(withheld.figures, 'finished')
        and is_shown(withheld.figures, 'measured')
        and mart_recovery.n_finished >= policies.minimum_pairs_for_rate as says_finished_measured,
        is_shown(withheld.figures, 'recovered')
        and mart_recovery.n_case_or_unknown >= policies.minimum_pairs_for_rate as says_recovered,
        is_shown(withheld.figures, 'recovery_known')
        and is_shown(withheld.figures, 'recovered')
        and mart_recovery.n_case_or_unknown >= policies.minimum_pairs_for_rate as says_known,
        is_shown(withheld.figures, 'recovery_known')
        and is_shown(withheld.figures, 'recovered')
        and mart_recovery.n_recovery_known >= policies.minimum_pairs_for_rate as says_of_known,
        is_shown(withheld.figures, 'reliably_recovered')
        and mart_recovery.n_case_or_unknown >= policies.minimum_pairs_for_rate
            as says_reliably_recovered,
        is_shown(withheld.figures, 'improved')
        and mart_recovery.n_finished >= policies.minimum_pairs_for_rate as says_improved,
        is_shown(withheld.figures, 'deteriorated')
        and mart_recovery.n_finished >= policies.minimum_pairs_for_rate as says_deteriorated
    from mart_recovery
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_recovery'
            and mart_recovery.level = policies.mart_level
            and mart_recovery.period_kind = policies.period_kind
    left join withheld
        on
            policies.audience = withheld.audience
            and policies.level = withheld.level
            and mart_recovery.subject_id = withheld.subject_id
            and mart_recovery.period_kind = withheld.period_kind
            and mart_recovery.period_start_on = withheld.period_start_on
)

select
    audience,
    policy_id,
    level,
    subject_id,
    period_kind,
    period_start_on,
    period_end_on,
    shown_count(is_shown(hidden_figures, 'clients'), n_clients, rounding_base) as n_clients,
    shown_count(is_shown(hidden_figures, 'finished'), n_finished, rounding_base) as n_finished,
    shown_count(is_shown(hidden_figures, 'measured'), n_measured, rounding_base) as n_measured,
    shown_count(is_shown(hidden_figures, 'case_or_unknown'), n_case_or_unknown, rounding_base)
        as n_case_or_unknown,
    shown_count(is_shown(hidden_figures, 'recovered'), n_recovered, rounding_base) as n_recovered,
    shown_count(is_shown(hidden_figures, 'reliably_recovered'), n_reliably_recovered, rounding_base)
        as n_reliably_recovered,
    shown_count(is_shown(hidden_figures, 'improved'), n_improved, rounding_base) as n_improved,
    shown_count(is_shown(hidden_figures, 'deteriorated'), n_deteriorated, rounding_base)
        as n_deteriorated,
    shown_rate(says_finished_measured, n_measured, n_finished, rounding_base, share_decimals)
        as measured_rate,
    wilson_lower_shown(
        says_finished_measured,
        n_measured,
        n_finished,
        rounding_base,
        share_decimals
    ) as measured_rate_lower,
    wilson_upper_shown(
        says_finished_measured,
        n_measured,
        n_finished,
        rounding_base,
        share_decimals
    ) as measured_rate_upper,
    shown_rate(says_recovered, n_recovered, n_case_or_unknown, rounding_base, share_decimals)
        as recovered_rate,
    wilson_lower_shown(
        says_recovered,
        n_recovered,
        n_case_or_unknown,
        rounding_base,
        share_decimals
    ) as recovered_rate_lower,
    wilson_upper_shown(
        says_recovered,
        n_recovered,
        n_case_or_unknown,
        rounding_base,
        share_decimals
    ) as recovered_rate_upper,
    shown_rate(
        says_reliably_recovered,
        n_reliably_recovered,
        n_case_or_unknown,
        rounding_base,
        share_decimals
    ) as reliably_recovered_rate,
    wilson_lower_shown(
        says_reliably_recovered,
        n_reliably_recovered,
        n_case_or_unknown,
        rounding_base,
        share_decimals
    ) as reliably_recovered_rate_lower,
    wilson_upper_shown(
        says_reliably_recovered,
        n_reliably_recovered,
        n_case_or_unknown,
        rounding_base,
        share_decimals
    ) as reliably_recovered_rate_upper,
    shown_rate(says_improved, n_improved, n_finished, rounding_base, share_decimals)
        as improved_rate,
    wilson_lower_shown(says_improved, n_improved, n_finished, rounding_base, share_decimals)
        as improved_rate_lower,
    wilson_upper_shown(says_improved, n_improved, n_finished, rounding_base, share_decimals)
        as improved_rate_upper,
    shown_rate(says_deteriorated, n_deteriorated, n_finished, rounding_base, share_decimals)
        as deteriorated_rate,
    wilson_lower_shown(says_deteriorated, n_deteriorated, n_finished, rounding_base, share_decimals)
        as deteriorated_rate_lower,
    wilson_upper_shown(says_deteriorated, n_deteriorated, n_finished, rounding_base, share_decimals)
        as deteriorated_rate_upper,
    shown_count(is_shown(hidden_figures, 'recovery_known'), n_recovery_known, rounding_base)
        as n_recovery_known,
    shown_rate(says_known, n_recovery_known, n_case_or_unknown, rounding_base, share_decimals)
        as recovery_known_rate,
    wilson_lower_shown(
        says_known,
        n_recovery_known,
        n_case_or_unknown,
        rounding_base,
        share_decimals
    ) as recovery_known_rate_lower,
    wilson_upper_shown(
        says_known,
        n_recovery_known,
        n_case_or_unknown,
        rounding_base,
        share_decimals
    ) as recovery_known_rate_upper,
    shown_rate(says_of_known, n_recovered, n_recovery_known, rounding_base, share_decimals)
        as recovered_of_known_rate,
    wilson_lower_shown(says_of_known, n_recovered, n_recovery_known, rounding_base, share_decimals)
        as recovered_of_known_rate_lower,
    wilson_upper_shown(says_of_known, n_recovered, n_recovery_known, rounding_base, share_decimals)
        as recovered_of_known_rate_upper,
    shown_figure(
        says_known,
        (
            shown_count(true, n_recovered, rounding_base)
            + shown_count(true, n_case_or_unknown, rounding_base)
            - shown_count(true, n_recovery_known, rounding_base)
        ) / nullif(shown_count(true, n_case_or_unknown, rounding_base), 0),
        share_decimals
    ) as recovered_rate_best,
    listed_figures(
        hidden_figures,
        [
            'clients',
            'finished',
            'measured',
            'case_or_unknown',
            'recovery_known',
            'recovered',
            'reliably_recovered',
            'improved',
            'deteriorated'
        ]
    ) as withheld_figures,
    case when hidden_figures is not null then 'small_count' end as privacy_reason,
    case
        when n_measured < minimum_pairs_for_rate then 'too_few_pairs_for_rate'
        when n_measured < minimum_pairs_for_comparison then 'too_few_to_compare'
    end as reliability_reason
from judged_rows
order by audience, level, subject_id, period_kind, period_start_on
