-- How courses of treatment ended, as the clinic's director may see it: a figure over fewer than the
-- policy's minimum is left out, counts stay. Nothing is withheld for privacy, as no policy shows
-- this table to the public.
--
-- Grain:  one row per audience, level, subject and period shown.
-- Key:    audience, level, subject_id, period_kind, period_start_on
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
    where table_name = 'pub_course'
),

course_rows as (
    select
        level,
        subject_id,
        period_kind,
        period_start_on,
        period_end_on,
        n_clients,
        n_ended,
        n_never_started,
        n_ended_after_start,
        n_coded,
        n_uncoded,
        n_planned,
        n_dropout_coded_known,
        n_dropout_coded,
        n_dropout_missed_known,
        n_dropout_missed,
        n_dropout_short_known,
        n_dropout_short,
        n_dropout_unimproved_known,
        n_dropout_unimproved,
        never_started_rate,
        never_started_rate_lower,
        never_started_rate_upper,
        planned_rate,
        planned_rate_lower,
        planned_rate_upper,
        dropout_coded_rate,
        dropout_coded_rate_lower,
        dropout_coded_rate_upper,
        dropout_missed_rate,
        dropout_missed_rate_lower,
        dropout_missed_rate_upper,
        dropout_short_rate,
        dropout_short_rate_lower,
        dropout_short_rate_upper,
        dropout_unimproved_rate,
        dropout_unimproved_rate_lower,
        dropout_unimproved_rate_upper
    from mart_course
),

judged_rows as (
    select
        policies.audience,
        policies.policy_id,
        policies.level,
        policies.share_decimals,
        course_rows.subject_id,
        course_rows.period_kind,
        course_rows.period_start_on,
        course_rows.period_end_on,
        course_rows.n_clients,
        course_rows.n_ended,
        course_rows.n_never_started,
        course_rows.n_ended_after_start,
        course_rows.n_coded,
        course_rows.n_uncoded,
        course_rows.n_planned,
        course_rows.n_dropout_coded_known,
        course_rows.n_dropout_coded,
        course_rows.n_dropout_missed_known,
        course_rows.n_dropout_missed,
        course_rows.n_dropout_short_known,
        course_rows.n_dropout_short,
        course_rows.n_dropout_unimproved_known,
        course_rows.n_dropout_unimproved,
        course_rows.never_started_rate,
        course_rows.never_started_rate_lower,
        course_rows.never_started_rate_upper,
        course_rows.planned_rate,
        course_rows.planned_rate_lower,
        course_rows.planned_rate_upper,
        course_rows.dropout_coded_rate,
        course_rows.dropout_coded_rate_lower,
        course_rows.dropout_coded_rate_upper,
        course_rows.dropout_missed_rate,
        course_rows.dropout_missed_rate_lower,
        course_rows.dropout_missed_rate_upper,
        course_rows.dropout_short_rate,
        course_rows.dropout_short_rate_lower,
        course_rows.dropout_short_rate_upper,
        course_rows.dropout_unimproved_rate,
        course_rows.dropout_unimproved_rate_lower,
        course_rows.dropout_unimproved_rate_upper,
        course_rows.n_ended >= policies.minimum_pairs_for_rate as says_ended,
        course_rows.n_coded >= policies.minimum_pairs_for_rate as says_coded,
        course_rows.n_dropout_coded_known >= policies.minimum_pairs_for_rate as says_dropout_coded,
        course_rows.n_dropout_missed_known >= policies.minimum_pairs_for_rate
            as says_dropout_missed,
        course_rows.n_dropout_short_known >= policies.minimum_pairs_for_rate as says_dropout_short,
        course_rows.n_dropout_unimproved_known >= policies.minimum_pairs_for_rate
            as says_dropout_unimproved
    from course_rows
    inner join policies
        on
            course_rows.level = policies.mart_level
            and course_rows.period_kind = policies.period_kind
)

select
    audience,
    policy_id,
    level,
    subject_id,
    period_kind,
    period_start_on,
    period_end_on,
    n_clients,
    n_ended,
    n_never_started,
    n_ended_after_start,
    n_coded,
    n_uncoded,
    n_planned,
    n_dropout_coded_known,
    n_dropout_coded,
    n_dropout_missed_known,
    n_dropout_missed,
    n_dropout_short_known,
    n_dropout_short,
    n_dropout_unimproved_known,
    n_dropout_unimproved,
    shown_figure(says_ended, never_started_rate, share_decimals) as never_started_rate,
    shown_figure(says_ended, never_started_rate_lower, share_decimals) as never_started_rate_lower,
    shown_figure(says_ended, never_started_rate_upper, share_decimals) as never_started_rate_upper,
    shown_figure(says_coded, planned_rate, share_decimals) as planned_rate,
    shown_figure(says_coded, planned_rate_lower, share_decimals) as planned_rate_lower,
    shown_figure(says_coded, planned_rate_upper, share_decimals) as planned_rate_upper,
    shown_figure(says_dropout_coded, dropout_coded_rate, share_decimals) as dropout_coded_rate,
    shown_figure(says_dropout_coded, dropout_coded_rate_lower, share_decimals)
        as dropout_coded_rate_lower,
    shown_figure(says_dropout_coded, dropout_coded_rate_upper, share_decimals)
        as dropout_coded_rate_upper,
    shown_figure(says_dropout_missed, dropout_missed_rate, share_decimals) as dropout_missed_rate,
    shown_figure(says_dropout_missed, dropout_missed_rate_lower, share_decimals)
        as dropout_missed_rate_lower,
    shown_figure(says_dropout_missed, dropout_missed_rate_upper, share_decimals)
        as dropout_missed_rate_upper,
    shown_figure(says_dropout_short, dropout_short_rate, share_decimals) as dropout_short_rate,
    shown_figure(says_dropout_short, dropout_short_rate_lower, share_decimals)
        as dropout_short_rate_lower,
    shown_figure(says_dropout_short, dropout_short_rate_upper, share_decimals)
        as dropout_short_rate_upper,
    shown_figure(says_dropout_unimproved, dropout_unimproved_rate, share_decimals)
        as dropout_unimproved_rate,
    shown_figure(says_dropout_unimproved, dropout_unimproved_rate_lower, share_decimals)
        as dropout_unimproved_rate_lower,
    shown_figure(says_dropout_unimproved, dropout_unimproved_rate_upper, share_decimals)
        as dropout_unimproved_rate_upper,
    case
        when not says_ended then 'too_few_pairs_for_rate'
    end as reliability_reason
from judged_rows
order by audience, level, subject_id, period_kind, period_start_on
