-- What became of children and young people, by rater, as the clinic's director may see it: a figure
-- over fewer than the policy's minimum is left out, counts stay. Nothing is withheld for privacy,
-- as no policy shows this table to the public.
--
-- Grain:  one row per audience, level, subject, rater and period shown.
-- Key:    audience, level, subject_id, rater, period_kind, period_start_on
with policies as (
    select
        audience,
        level,
        mart_level,
        period_kind,
        policy_id,
        share_decimals,
        minimum_pairs_for_rate
    from ref_disclosure_policies
    where table_name = 'pub_child_outcomes'
),

child_rows as (
    select
        level,
        subject_id,
        rater,
        period_kind,
        period_start_on,
        period_end_on,
        n_clients,
        n_finished,
        n_measured,
        n_improved,
        n_unchanged,
        n_deteriorated,
        measured_rate,
        measured_rate_lower,
        measured_rate_upper,
        improved_rate_worst,
        improved_rate_best,
        improved_rate,
        improved_rate_lower,
        improved_rate_upper,
        unchanged_rate,
        unchanged_rate_lower,
        unchanged_rate_upper,
        deteriorated_rate,
        deteriorated_rate_lower,
        deteriorated_rate_upper,
        rule_id,
        rule_version
    from mart_child_outcomes
),

judged_rows as (
    select
        policies.audience,
        policies.policy_id,
        policies.level,
        policies.share_decimals,
        child_rows.subject_id,
        child_rows.rater,
        child_rows.period_kind,
        child_rows.period_start_on,
        child_rows.period_end_on,
        child_rows.n_clients,
        child_rows.n_finished,
        child_rows.n_measured,
        child_rows.n_improved,
        child_rows.n_unchanged,
        child_rows.n_deteriorated,
        child_rows.measured_rate,
        child_rows.measured_rate_lower,
        child_rows.measured_rate_upper,
        child_rows.improved_rate_worst,
        child_rows.improved_rate_best,
        child_rows.improved_rate,
        child_rows.improved_rate_lower,
        child_rows.improved_rate_upper,
        child_rows.unchanged_rate,
        child_rows.unchanged_rate_lower,
        child_rows.unchanged_rate_upper,
        child_rows.deteriorated_rate,
        child_rows.deteriorated_rate_lower,
        child_rows.deteriorated_rate_upper,
        child_rows.rule_id,
        child_rows.rule_version,
        child_rows.n_finished >= policies.minimum_pairs_for_rate as says_finished,
        child_rows.n_measured >= policies.minimum_pairs_for_rate as says_measured
    from child_rows
    inner join policies
        on
            child_rows.level = policies.mart_level
            and child_rows.period_kind = policies.period_kind
)

select
    audience,
    policy_id,
    level,
    subject_id,
    rater,
    period_kind,
    period_start_on,
    period_end_on,
    n_clients,
    n_finished,
    n_measured,
    n_improved,
    n_unchanged,
    n_deteriorated,
    shown_figure(says_finished, measured_rate, share_decimals) as measured_rate,
    shown_figure(says_finished, measured_rate_lower, share_decimals) as measured_rate_lower,
    shown_figure(says_finished, measured_rate_upper, share_decimals) as measured_rate_upper,
    shown_figure(says_finished, improved_rate_worst, share_decimals) as improved_rate_worst,
    shown_figure(says_finished, improved_rate_best, share_decimals) as improved_rate_best,
    shown_figure(says_measured, improved_rate, share_decimals) as improved_rate,
    shown_figure(says_measured, improved_rate_lower, share_decimals) as improved_rate_lower,
    shown_figure(says_measured, improved_rate_upper, share_decimals) as improved_rate_upper,
    shown_figure(says_measured, unchanged_rate, share_decimals) as unchanged_rate,
    shown_figure(says_measured, unchanged_rate_lower, share_decimals) as unchanged_rate_lower,
    shown_figure(says_measured, unchanged_rate_upper, share_decimals) as unchanged_rate_upper,
    shown_figure(says_measured, deteriorated_rate, share_decimals) as deteriorated_rate,
    shown_figure(says_measured, deteriorated_rate_lower, share_decimals) as deteriorated_rate_lower,
    shown_figure(says_measured, deteriorated_rate_upper, share_decimals) as deteriorated_rate_upper,
    rule_id,
    rule_version,
    case
        when not says_measured then 'too_few_pairs_for_rate'
    end as reliability_reason
from judged_rows
order by audience, level, subject_id, rater, period_kind, period_start_on
