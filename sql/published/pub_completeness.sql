-- Completeness of the measures as an audience may see it: rounded or withheld as pub_withheld and
-- its policy say. withheld_figures lists what was hidden for privacy, `;` between.
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
        minimum_pairs_for_rate
    from ref_disclosure_policies
    where table_name = 'pub_completeness'
),

completeness_rows as (
    select
        level,
        subject_id,
        period_kind,
        period_start_on,
        period_end_on,
        n_due,
        n_done,
        n_finished,
        n_paired_any,
        n_paired_all,
        n_responses,
        n_unscorable,
        n_without_episode,
        done_rate,
        done_rate_lower,
        done_rate_upper,
        paired_any_rate,
        paired_any_rate_lower,
        paired_any_rate_upper,
        paired_all_rate,
        paired_all_rate_lower,
        paired_all_rate_upper
    from mart_completeness
),

withheld as (
    select
        audience,
        level,
        subject_id,
        period_kind,
        period_start_on,
        max(case when figure = 'due' then 1 else 0 end) as hides_due,
        max(case when figure = 'done' then 1 else 0 end) as hides_done,
        max(case when figure = 'finished' then 1 else 0 end) as hides_finished,
        max(case when figure = 'paired_any' then 1 else 0 end) as hides_paired_any,
        max(case when figure = 'paired_all' then 1 else 0 end) as hides_paired_all,
        max(case when figure = 'responses' then 1 else 0 end) as hides_responses,
        max(case when figure = 'unscorable' then 1 else 0 end) as hides_unscorable,
        max(case when figure = 'without_episode' then 1 else 0 end) as hides_without_episode
    from pub_withheld
    where table_name = 'pub_completeness'
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
        policies.level,
        completeness_rows.subject_id,
        completeness_rows.period_kind,
        completeness_rows.period_start_on,
        completeness_rows.period_end_on,
        completeness_rows.n_due,
        completeness_rows.n_done,
        completeness_rows.n_finished,
        completeness_rows.n_paired_any,
        completeness_rows.n_paired_all,
        completeness_rows.n_responses,
        completeness_rows.n_unscorable,
        completeness_rows.n_without_episode,
        completeness_rows.done_rate,
        completeness_rows.done_rate_lower,
        completeness_rows.done_rate_upper,
        completeness_rows.paired_any_rate,
        completeness_rows.paired_any_rate_lower,
        completeness_rows.paired_any_rate_upper,
        completeness_rows.paired_all_rate,
        completeness_rows.paired_all_rate_lower,
        completeness_rows.paired_all_rate_upper,
        withheld.level is not null as has_withheld,
        coalesce(withheld.hides_due, 0) = 0 as shows_due,
        coalesce(withheld.hides_done, 0) = 0 as shows_done,
        coalesce(withheld.hides_finished, 0) = 0 as shows_finished,
        coalesce(withheld.hides_paired_any, 0) = 0 as shows_paired_any,
        coalesce(withheld.hides_paired_all, 0) = 0 as shows_paired_all,
        coalesce(withheld.hides_responses, 0) = 0 as shows_responses,
        coalesce(withheld.hides_unscorable, 0) = 0 as shows_unscorable,
        coalesce(withheld.hides_without_episode, 0) = 0 as shows_without_episode,
        coalesce(withheld.hides_done, 0) = 0
        and completeness_rows.n_due >= policies.minimum_pairs_for_rate as says_done,
        coalesce(withheld.hides_finished, 0) = 0
        and coalesce(withheld.hides_paired_any, 0) = 0
        and completeness_rows.n_finished >= policies.minimum_pairs_for_rate
            as says_finished_paired_any,
        coalesce(withheld.hides_finished, 0) = 0
        and coalesce(withheld.hides_paired_all, 0) = 0
        and completeness_rows.n_finished >= policies.minimum_pairs_for_rate
            as says_finished_paired_all
    from completeness_rows
    inner join policies
        on
            completeness_rows.level = policies.mart_level
            and completeness_rows.period_kind = policies.period_kind
    left join withheld
        on
            policies.audience = withheld.audience
            and policies.level = withheld.level
            and completeness_rows.subject_id = withheld.subject_id
            and completeness_rows.period_kind = withheld.period_kind
            and completeness_rows.period_start_on = withheld.period_start_on
)

select
    audience,
    policy_id,
    level,
    subject_id,
    period_kind,
    period_start_on,
    period_end_on,
    shown_count(shows_due, n_due, rounding_base) as n_due,
    shown_count(shows_done, n_done, rounding_base) as n_done,
    shown_count(shows_finished, n_finished, rounding_base) as n_finished,
    shown_count(shows_paired_any, n_paired_any, rounding_base) as n_paired_any,
    shown_count(shows_paired_all, n_paired_all, rounding_base) as n_paired_all,
    shown_count(shows_responses, n_responses, rounding_base) as n_responses,
    shown_count(shows_unscorable, n_unscorable, rounding_base) as n_unscorable,
    shown_count(shows_without_episode, n_without_episode, rounding_base) as n_without_episode,
    shown_figure(says_done, done_rate, share_decimals) as done_rate,
    shown_figure(says_done, done_rate_lower, share_decimals) as done_rate_lower,
    shown_figure(says_done, done_rate_upper, share_decimals) as done_rate_upper,
    shown_figure(says_finished_paired_any, paired_any_rate, share_decimals) as paired_any_rate,
    shown_figure(says_finished_paired_any, paired_any_rate_lower, share_decimals)
        as paired_any_rate_lower,
    shown_figure(says_finished_paired_any, paired_any_rate_upper, share_decimals)
        as paired_any_rate_upper,
    shown_figure(says_finished_paired_all, paired_all_rate, share_decimals) as paired_all_rate,
    shown_figure(says_finished_paired_all, paired_all_rate_lower, share_decimals)
        as paired_all_rate_lower,
    shown_figure(says_finished_paired_all, paired_all_rate_upper, share_decimals)
        as paired_all_rate_upper,
    nullif(
        concat_ws(
            ';',
            case when not shows_due then 'due' end,
            case when not shows_done then 'done' end,
            case when not shows_finished then 'finished' end,
            case when not shows_paired_any then 'paired_any' end,
            case when not shows_paired_all then 'paired_all' end,
            case when not shows_responses then 'responses' end,
            case when not shows_unscorable then 'unscorable' end,
            case when not shows_without_episode then 'without_episode' end
        ),
        ''
    ) as withheld_figures,
    case when has_withheld then 'small_count' end as privacy_reason
from judged_rows
order by audience, level, subject_id, period_kind, period_start_on
