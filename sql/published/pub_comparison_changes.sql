-- How many verdicts on therapists, or groups, would be others if some courses were left out or
-- weighted, for the clinic's director. A row is about the clinic as a whole: it names nobody.
-- Nothing is withheld, as no policy shows this table to anybody else.
--
-- Grain:  one row per audience, kind of unit, measure, outcome, window and variant shown.
-- Key:    audience, level, subject_id, compared_level, instrument_id, scale, respondent, outcome,
--         period_kind, period_start_on, variant
with
variants as (
    select
        'clinic' as level,
        level as compared_level,
        instrument_id,
        scale,
        respondent,
        outcome,
        period_kind,
        period_start_on,
        period_end_on,
        variant,
        count(*) as n_units,
        count(*) filter (where is_changed) as n_changed,
        count(*) filter (where is_changed and verdict = 'cannot_tell') as n_no_longer_judged
    from mart_comparison_sensitivity
    group by all
)

select
    policies.audience,
    policies.policy_id,
    policies.level,
    'clinic' as subject_id,
    variants.compared_level,
    variants.instrument_id,
    variants.scale,
    variants.respondent,
    variants.outcome,
    variants.period_kind,
    variants.period_start_on,
    variants.period_end_on,
    variants.variant,
    variants.n_units,
    variants.n_changed,
    variants.n_no_longer_judged
from variants
inner join ref_disclosure_policies as policies
    on
        policies.table_name = 'pub_comparison_changes'
        and variants.level = policies.mart_level
        and variants.period_kind = policies.period_kind
order by
    policies.audience,
    policies.level,
    subject_id,
    variants.compared_level,
    variants.instrument_id,
    variants.scale,
    variants.respondent,
    variants.outcome,
    variants.period_kind,
    variants.period_start_on,
    variants.variant
