-- Domains of success as the clinic's director may see them: rates of fewer courses than the
-- policy's minimum are left out, counts stay. Nothing is withheld for privacy, as no policy shows
-- this table to the public.
--
-- Grain:  one row per audience, level, subject, domain, basis, respondent and period shown.
-- Key:    audience, level, subject_id, domain, basis, respondent, period_kind, period_start_on
with
judged_rows as (
    select
        mart_domain_outcomes.* replace (policies.level as level),
        policies.audience,
        policies.policy_id,
        policies.share_decimals,
        policies.points_decimals,
        mart_domain_outcomes.n_paired >= policies.minimum_pairs_for_rate as says_pairs,
        mart_domain_outcomes.n_finished >= policies.minimum_pairs_for_rate as says_finished
    from mart_domain_outcomes
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_domain_outcomes'
            and mart_domain_outcomes.level = policies.mart_level
            and mart_domain_outcomes.period_kind = policies.period_kind
)

select
    audience,
    policy_id,
    level,
    subject_id,
    domain,
    basis,
    respondent,
    period_kind,
    period_start_on,
    period_end_on,
    is_proxy,
    n_clients,
    n_ended,
    n_finished,
    n_measured,
    n_paired,
    n_improved,
    n_unchanged,
    n_deteriorated,
    n_better,
    n_same,
    n_worse,
    n_no_direction,
    n_milestones,
    n_with_milestone,
    no_improved_reason,
    shown_figure(says_pairs, improved_rate, share_decimals) as improved_rate,
    shown_figure(says_pairs, improved_rate_lower, share_decimals) as improved_rate_lower,
    shown_figure(says_pairs, improved_rate_upper, share_decimals) as improved_rate_upper,
    shown_figure(says_pairs, improved_rate_worst, share_decimals) as improved_rate_worst,
    shown_figure(says_pairs, improved_rate_best, share_decimals) as improved_rate_best,
    shown_figure(says_pairs, deteriorated_rate, share_decimals) as deteriorated_rate,
    shown_figure(says_pairs, deteriorated_rate_lower, share_decimals) as deteriorated_rate_lower,
    shown_figure(says_pairs, deteriorated_rate_upper, share_decimals) as deteriorated_rate_upper,
    shown_figure(says_finished, paired_rate, share_decimals) as paired_rate,
    shown_figure(says_finished, paired_rate_lower, share_decimals) as paired_rate_lower,
    shown_figure(says_finished, paired_rate_upper, share_decimals) as paired_rate_upper,
    shown_figure(says_finished, with_milestone_rate, share_decimals) as with_milestone_rate,
    shown_figure(says_finished, with_milestone_rate_lower, share_decimals)
        as with_milestone_rate_lower,
    shown_figure(says_finished, with_milestone_rate_upper, share_decimals)
        as with_milestone_rate_upper,
    case
        when not coalesce(says_pairs, false) then 'too_few_pairs_for_rate'
    end as reliability_reason
from judged_rows
order by audience, level, subject_id, domain, basis, respondent, period_kind, period_start_on
