-- Domains of success as the clinic's director may see them: rates of fewer courses than the
-- policy's minimum are left out, counts stay. Nothing is withheld for privacy, as no policy shows
-- this table to the public.
--
-- Grain:  one row per audience, level, subject, domain, basis, respondent and period shown.
-- Key:    audience, level, subject_id, domain, basis, respondent, period_kind, period_start_on
with
policies as (
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
    where table_name = 'pub_domain_outcomes'
),

domain_outcomes_rows as (
    select
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
        improved_rate,
        improved_rate_lower,
        improved_rate_upper,
        improved_rate_worst,
        improved_rate_best,
        deteriorated_rate,
        deteriorated_rate_lower,
        deteriorated_rate_upper,
        paired_rate,
        paired_rate_lower,
        paired_rate_upper,
        with_milestone_rate,
        with_milestone_rate_lower,
        with_milestone_rate_upper
    from mart_domain_outcomes
),

judged_rows as (
    select
        policies.audience,
        policies.policy_id,
        policies.level,
        policies.share_decimals,
        policies.points_decimals,
        domain_outcomes_rows.subject_id,
        domain_outcomes_rows.domain,
        domain_outcomes_rows.basis,
        domain_outcomes_rows.respondent,
        domain_outcomes_rows.period_kind,
        domain_outcomes_rows.period_start_on,
        domain_outcomes_rows.period_end_on,
        domain_outcomes_rows.is_proxy,
        domain_outcomes_rows.n_clients,
        domain_outcomes_rows.n_ended,
        domain_outcomes_rows.n_finished,
        domain_outcomes_rows.n_measured,
        domain_outcomes_rows.n_paired,
        domain_outcomes_rows.n_improved,
        domain_outcomes_rows.n_unchanged,
        domain_outcomes_rows.n_deteriorated,
        domain_outcomes_rows.n_better,
        domain_outcomes_rows.n_same,
        domain_outcomes_rows.n_worse,
        domain_outcomes_rows.n_no_direction,
        domain_outcomes_rows.n_milestones,
        domain_outcomes_rows.n_with_milestone,
        domain_outcomes_rows.no_improved_reason,
        domain_outcomes_rows.improved_rate,
        domain_outcomes_rows.improved_rate_lower,
        domain_outcomes_rows.improved_rate_upper,
        domain_outcomes_rows.improved_rate_worst,
        domain_outcomes_rows.improved_rate_best,
        domain_outcomes_rows.deteriorated_rate,
        domain_outcomes_rows.deteriorated_rate_lower,
        domain_outcomes_rows.deteriorated_rate_upper,
        domain_outcomes_rows.paired_rate,
        domain_outcomes_rows.paired_rate_lower,
        domain_outcomes_rows.paired_rate_upper,
        domain_outcomes_rows.with_milestone_rate,
        domain_outcomes_rows.with_milestone_rate_lower,
        domain_outcomes_rows.with_milestone_rate_upper,
        domain_outcomes_rows.n_paired >= policies.minimum_pairs_for_rate as says_pairs,
        domain_outcomes_rows.n_finished >= policies.minimum_pairs_for_rate as says_finished
    from domain_outcomes_rows
    inner join policies
        on
            domain_outcomes_rows.level = policies.mart_level
            and domain_outcomes_rows.period_kind = policies.period_kind
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
