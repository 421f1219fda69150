-- The same courses judged by each published way to call a change reliable, as the director may see
-- it: counts alone. Nothing is withheld for privacy, as no policy shows this table to the public.
--
-- The hierarchical index (HLM) judges courses with scores on three days, of the newest twelve
-- months; the others judge pairs.
--
-- Grain:  one row per audience, instrument, scale, respondent, method and period shown.
-- Key:    audience, level, subject_id, instrument_id, scale, respondent, method, period_kind,
--         period_start_on
with
judged_courses as (
    select
        level,
        subject_id,
        instrument_id,
        scale,
        respondent,
        method,
        period_kind,
        period_start_on,
        period_end_on,
        n_paired as n_courses,
        n_improved,
        n_unchanged,
        n_deteriorated,
        no_counts_reason
    from mart_change_methods
    union all
    select
        level,
        subject_id,
        instrument_id,
        scale,
        respondent,
        'HLM' as method,
        period_kind,
        period_start_on,
        period_end_on,
        n_courses,
        n_improved,
        n_unchanged,
        n_deteriorated,
        no_counts_reason
    from mart_growth_changes
)

select
    policies.audience,
    policies.policy_id,
    policies.level,
    judged_courses.subject_id,
    judged_courses.instrument_id,
    judged_courses.scale,
    judged_courses.respondent,
    judged_courses.method,
    judged_courses.period_kind,
    judged_courses.period_start_on,
    judged_courses.period_end_on,
    judged_courses.n_courses,
    judged_courses.n_improved,
    judged_courses.n_unchanged,
    judged_courses.n_deteriorated,
    judged_courses.no_counts_reason
from judged_courses
inner join ref_disclosure_policies as policies
    on
        policies.table_name = 'pub_change_methods'
        and judged_courses.level = policies.mart_level
        and judged_courses.period_kind = policies.period_kind
order by
    policies.audience,
    policies.level,
    judged_courses.subject_id,
    judged_courses.instrument_id,
    judged_courses.scale,
    judged_courses.respondent,
    judged_courses.method,
    judged_courses.period_kind,
    judged_courses.period_start_on
