-- How changes are spread, for the clinic's own use: nothing where fewer courses than the policy's
-- minimum were measured. Nothing is withheld for privacy, as no policy shows this table to the
-- public.
--
-- Grain:  one row per audience, level, subject, instrument, respondent, period and stretch shown.
-- Key:    audience, level, subject_id, instrument_id, respondent, period_kind, period_start_on,
--         from_points
with
stretches as (
    select
        level,
        subject_id,
        instrument_id,
        respondent,
        period_kind,
        period_start_on,
        period_end_on,
        step_points,
        from_points,
        n_paired,
        n_improved,
        n_deteriorated,
        sum(n_paired) over (
            partition by
                level,
                subject_id,
                instrument_id,
                respondent,
                period_kind,
                period_start_on
        ) as n_measured
    from mart_change_distribution
)

select
    policies.audience,
    policies.policy_id,
    policies.level,
    stretches.subject_id,
    stretches.instrument_id,
    stretches.respondent,
    stretches.period_kind,
    stretches.period_start_on,
    stretches.period_end_on,
    stretches.step_points,
    stretches.from_points,
    stretches.n_paired,
    stretches.n_improved,
    stretches.n_deteriorated
from stretches
inner join ref_disclosure_policies as policies
    on
        policies.table_name = 'pub_change_distribution'
        and stretches.level = policies.mart_level
        and stretches.period_kind = policies.period_kind
where stretches.n_measured >= policies.minimum_pairs_for_rate
order by
    policies.audience,
    policies.level,
    stretches.subject_id,
    stretches.instrument_id,
    stretches.respondent,
    stretches.period_kind,
    stretches.period_start_on,
    stretches.from_points
