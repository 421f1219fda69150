-- How courses of treatment ended, as the clinic's director may see it: a figure over fewer than the
-- policy's minimum is left out, counts stay. Nothing is withheld for privacy, as no policy shows
-- this table to the public.
--
-- Grain:  one row per audience, level, subject and period shown.
-- Key:    audience, level, subject_id, period_kind, period_start_on
with
judged_rows as (
    select
        mart_course.* replace (policies.level as level),
        policies.audience,
        policies.policy_id,
        policies.share_decimals,
        mart_course.n_ended >= policies.minimum_pairs_for_rate as says_ended,
        mart_course.n_coded >= policies.minimum_pairs_for_rate as says_coded,
        mart_course.n_dropout_coded_known >= policies.minimum_pairs_for_rate as says_dropout_coded,
        mart_course.n_dropout_missed_known >= policies.minimum_pairs_for_rate
            as says_dropout_missed,
        mart_course.n_dropout_short_known >= policies.minimum_pairs_for_rate as says_dropout_short,
        mart_course.n_dropout_unimproved_known >= policies.minimum_pairs_for_rate
            as says_dropout_unimproved
    from mart_course
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_course'
            and mart_course.level = policies.mart_level
            and mart_course.period_kind = policies.period_kind
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
    case when not says_ended then 'too_few_pairs_for_rate' end as reliability_reason
from judged_rows
order by audience, level, subject_id, period_kind, period_start_on
