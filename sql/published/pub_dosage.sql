-- How much treatment courses had, as the clinic's director may see it: a figure over fewer than the
-- policy's minimum is left out, counts stay. Nothing is withheld for privacy, as no policy shows
-- this table to the public.
--
-- Grain:  one row per audience, level, subject, measure and period shown.
-- Key:    audience, level, subject_id, measure, period_kind, period_start_on
with policies as (
    select
        audience,
        level,
        mart_level,
        period_kind,
        policy_id,
        points_decimals,
        minimum_pairs_for_rate
    from ref_disclosure_policies
    where table_name = 'pub_dosage'
),

dosage_rows as (
    select
        level,
        subject_id,
        measure,
        period_kind,
        period_start_on,
        period_end_on,
        n_clients,
        n_courses,
        dosage_p25,
        dosage_median,
        dosage_p75
    from mart_dosage
),

judged_rows as (
    select
        policies.audience,
        policies.policy_id,
        policies.level,
        policies.points_decimals,
        dosage_rows.subject_id,
        dosage_rows.measure,
        dosage_rows.period_kind,
        dosage_rows.period_start_on,
        dosage_rows.period_end_on,
        dosage_rows.n_clients,
        dosage_rows.n_courses,
        dosage_rows.dosage_p25,
        dosage_rows.dosage_median,
        dosage_rows.dosage_p75,
        dosage_rows.n_courses >= policies.minimum_pairs_for_rate as says_courses
    from dosage_rows
    inner join policies
        on
            dosage_rows.level = policies.mart_level
            and dosage_rows.period_kind = policies.period_kind
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
    case
        when not says_courses then 'too_few_pairs_for_rate'
    end as reliability_reason
from judged_rows
order by audience, level, subject_id, measure, period_kind, period_start_on
