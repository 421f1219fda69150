-- Recovery by the NHS rule as an audience may see it: rounded or withheld as pub_withheld and its
-- policy say. withheld_figures lists what was hidden for privacy, `;` between. A share and its
-- limits are those of the counts as they are shown.
--
-- Grain:  one row per audience, level, subject and period that the audience may see.
-- Key:    audience, level, subject_id, period_kind, period_start_on
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
        minimum_pairs_for_rate,
        minimum_pairs_for_comparison
    from ref_disclosure_policies
    where table_name = 'pub_recovery'
),

recovery_rows as (
    select
        level,
        subject_id,
        period_kind,
        period_start_on,
        period_end_on,
        n_clients,
        n_finished,
        n_measured,
        n_case_or_unknown,
        n_recovered,
        n_reliably_recovered,
        n_improved,
        n_deteriorated,
        n_recovery_known
    from mart_recovery
),

withheld as (
    select
        audience,
        level,
        subject_id,
        period_kind,
        period_start_on,
        max(case when figure = 'clients' then 1 else 0 end) as hides_clients,
        max(case when figure = 'finished' then 1 else 0 end) as hides_finished,
        max(case when figure = 'measured' then 1 else 0 end) as hides_measured,
        max(case when figure = 'case_or_unknown' then 1 else 0 end) as hides_case_or_unknown,
        max(case when figure = 'recovery_known' then 1 else 0 end) as hides_recovery_known,
        max(case when figure = 'recovered' then 1 else 0 end) as hides_recovered,
        max(case when figure = 'reliably_recovered' then 1 else 0 end) as hides_reliably_recovered,
        max(case when figure = 'improved' then 1 else 0 end) as hides_improved,
        max(case when figure = 'deteriorated' then 1 else 0 end) as hides_deteriorated
    from pub_withheld
    where table_name = 'pub_recovery'
    group by
        audience,
        level,
        subject_id,
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
        policies.minimum_pairs_for_rate,
        policies.minimum_pairs_for_comparison,
        policies.level,
        recovery_rows.subject_id,
        recovery_rows.period_kind,
        recovery_rows.period_start_on,
        recovery_rows.period_end_on,
        recovery_rows.n_clients,
        recovery_rows.n_finished,
        recovery_rows.n_measured,
        recovery_rows.n_case_or_unknown,
        recovery_rows.n_recovered,
        recovery_rows.n_reliably_recovered,
        recovery_rows.n_improved,
        recovery_rows.n_deteriorated,
        recovery_rows.n_recovery_known,
        withheld.level is not null as has_withheld,
        coalesce(withheld.hides_clients, 0) = 0 as shows_clients,
        coalesce(withheld.hides_finished, 0) = 0 as shows_finished,
        coalesce(withheld.hides_measured, 0) = 0 as shows_measured,
        coalesce(withheld.hides_case_or_unknown, 0) = 0 as shows_case_or_unknown,
        coalesce(withheld.hides_recovered, 0) = 0 as shows_recovered,
        coalesce(withheld.hides_recovery_known, 0) = 0 as shows_recovery_known,
        coalesce(withheld.hides_reliably_recovered, 0) = 0 as shows_reliably_recovered,
        coalesce(withheld.hides_improved, 0) = 0 as shows_improved,
        coalesce(withheld.hides_deteriorated, 0) = 0 as shows_deteriorated,
        coalesce(withheld.hides_finished, 0) = 0
        and coalesce(withheld.hides_measured, 0) = 0
        and recovery_rows.n_finished >= policies.minimum_pairs_for_rate as says_finished_measured,
        coalesce(withheld.hides_recovered, 0) = 0
        and recovery_rows.n_case_or_unknown >= policies.minimum_pairs_for_rate as says_recovered,
        coalesce(withheld.hides_recovery_known, 0) = 0
        and coalesce(withheld.hides_recovered, 0) = 0
        and recovery_rows.n_case_or_unknown >= policies.minimum_pairs_for_rate as says_known,
        coalesce(withheld.hides_recovery_known, 0) = 0
        and coalesce(withheld.hides_recovered, 0) = 0
        and recovery_rows.n_recovery_known >= policies.minimum_pairs_for_rate as says_of_known,
        coalesce(withheld.hides_reliably_recovered, 0) = 0
        and recovery_rows.n_case_or_unknown >= policies.minimum_pairs_for_rate
            as says_reliably_recovered,
        coalesce(withheld.hides_improved, 0) = 0
        and recovery_rows.n_finished >= policies.minimum_pairs_for_rate as says_improved,
        coalesce(withheld.hides_deteriorated, 0) = 0
        and recovery_rows.n_finished >= policies.minimum_pairs_for_rate as says_deteriorated
    from recovery_rows
    inner join policies
        on
            recovery_rows.level = policies.mart_level
            and recovery_rows.period_kind = policies.period_kind
    left join withheld
        on
            policies.audience = withheld.audience
            and policies.level = withheld.level
            and recovery_rows.subject_id = withheld.subject_id
            and recovery_rows.period_kind = withheld.period_kind
            and recovery_rows.period_start_on = withheld.period_start_on
)

select
    audience,
    policy_id,
    level,
    subject_id,
    period_kind,
    period_start_on,
    period_end_on,
    shown_count(shows_clients, n_clients, rounding_base) as n_clients,
    shown_count(shows_finished, n_finished, rounding_base) as n_finished,
    shown_count(shows_measured, n_measured, rounding_base) as n_measured,
    shown_count(shows_case_or_unknown, n_case_or_unknown, rounding_base) as n_case_or_unknown,
    shown_count(shows_recovered, n_recovered, rounding_base) as n_recovered,
    shown_count(shows_reliably_recovered, n_reliably_recovered, rounding_base)
        as n_reliably_recovered,
    shown_count(shows_improved, n_improved, rounding_base) as n_improved,
    shown_count(shows_deteriorated, n_deteriorated, rounding_base) as n_deteriorated,
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
    shown_count(shows_recovery_known, n_recovery_known, rounding_base) as n_recovery_known,
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
    nullif(
        concat_ws(
            ';',
            case when not shows_clients then 'clients' end,
            case when not shows_finished then 'finished' end,
            case when not shows_measured then 'measured' end,
            case when not shows_case_or_unknown then 'case_or_unknown' end,
            case when not shows_recovery_known then 'recovery_known' end,
            case when not shows_recovered then 'recovered' end,
            case when not shows_reliably_recovered then 'reliably_recovered' end,
            case when not shows_improved then 'improved' end,
            case when not shows_deteriorated then 'deteriorated' end
        ),
        ''
    ) as withheld_figures,
    case when has_withheld then 'small_count' end as privacy_reason,
    case
        when n_measured < minimum_pairs_for_rate then 'too_few_pairs_for_rate'
        when n_measured < minimum_pairs_for_comparison then 'too_few_to_compare'
    end as reliability_reason
from judged_rows
order by audience, level, subject_id, period_kind, period_start_on
