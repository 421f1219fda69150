-- Completeness of the measures as an audience may see it: rounded or withheld as pub_withheld and
-- its policy say. withheld_figures lists what was hidden for privacy, `;` between.
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
    where table_name = 'pub_completeness'
    group by audience, level, subject_id, period_kind, period_start_on
),

-- The two questions: may it be shown (is_shown), and does it say anything (says_).
judged_rows as (
    select
        mart_completeness.* replace (policies.level as level),
        policies.audience,
        policies.policy_id,
        policies.rounding_base,
        policies.share_decimals,
        policies.minimum_pairs_for_rate,
        withheld.figures as hidden_figures,
        is_shown(withheld.figures, 'done')
        and mart_completeness.n_due >= policies.minimum_pairs_for_rate as says_done,
        is_shown(withheld.figures, 'finished')
        and is_shown(withheld.figures, 'paired_any')
        and mart_completeness.n_finished >= policies.minimum_pairs_for_rate
            as says_finished_paired_any,
        is_shown(withheld.figures, 'finished')
        and is_shown(withheld.figures, 'paired_all')
        and mart_completeness.n_finished >= policies.minimum_pairs_for_rate
            as says_finished_paired_all
    from mart_completeness
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_completeness'
            and mart_completeness.level = policies.mart_level
            and mart_completeness.period_kind = policies.period_kind
    left join withheld
        on
            policies.audience = withheld.audience
            and policies.level = withheld.level
            and mart_completeness.subject_id = withheld.subject_id
            and mart_completeness.period_kind = withheld.period_kind
            and mart_completeness.period_start_on = withheld.period_start_on
)

select
    audience,
    policy_id,
    level,
    subject_id,
    period_kind,
    period_start_on,
    period_end_on,
    shown_count(is_shown(hidden_figures, 'due'), n_due, rounding_base) as n_due,
    shown_count(is_shown(hidden_figures, 'done'), n_done, rounding_base) as n_done,
    shown_count(is_shown(hidden_figures, 'finished'), n_finished, rounding_base) as n_finished,
    shown_count(is_shown(hidden_figures, 'paired_any'), n_paired_any, rounding_base)
        as n_paired_any,
    shown_count(is_shown(hidden_figures, 'paired_all'), n_paired_all, rounding_base)
        as n_paired_all,
    shown_count(is_shown(hidden_figures, 'responses'), n_responses, rounding_base) as n_responses,
    shown_count(is_shown(hidden_figures, 'unscorable'), n_unscorable, rounding_base)
        as n_unscorable,
    shown_count(is_shown(hidden_figures, 'without_episode'), n_without_episode, rounding_base)
        as n_without_episode,
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
    listed_figures(
        hidden_figures,
        [
            'due',
            'done',
            'finished',
            'paired_any',
            'paired_all',
            'responses',
            'unscorable',
            'without_episode'
        ]
    ) as withheld_figures,
    case when hidden_figures is not null then 'small_count' end as privacy_reason
from judged_rows
order by audience, level, subject_id, period_kind, period_start_on
