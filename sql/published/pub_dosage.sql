-- How much treatment courses had, as the clinic's director may see it: a figure over fewer than the
-- policy's minimum is left out, counts stay. Nothing is withheld for privacy, as no policy shows
-- this table to the public.
--
-- Grain:  one row per audience, level, subject, measure and period shown.
-- Key:    audience, level, subject_id, measure, period_kind, period_start_on
with
judged_rows as (
    select
        mart_dosage.* replace (policies.level as level),
        policies.audience,
        policies.policy_id,
        policies.points_decimals,
        mart_dosage.n_courses >= policies.minimum_pairs_for_rate as says_courses
    from mart_dosage
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_dosage'
            and mart_dosage.level = policies.mart_level
            and mart_dosage.period_kind = policies.period_kind
)

select
    audience,
    policy_id,
    level,
    subject_id,
    measure,
    period_kind,
    period_start_on,
    period_end_on,
    n_clients,
    n_courses,
    shown_figure(says_courses, dosage_p25, points_decimals) as dosage_p25,
    shown_figure(says_courses, dosage_median, points_decimals) as dosage_median,
    shown_figure(says_courses, dosage_p75, points_decimals) as dosage_p75,
    case when not says_courses then 'too_few_pairs_for_rate' end as reliability_reason
from judged_rows
order by audience, level, subject_id, measure, period_kind, period_start_on
