-- Published quality measures as an audience may see them: a rate over too few clients is null,
-- however many visits they made; nothing is withheld for privacy, as no public policy names this
-- table. With each rate come what it counts, the figures by which it was computed, and what its
-- measure's file warns of.
--
-- Grain:  one row per audience, rate of a measure, level, subject, stratum and year it may see.
-- Key:    audience, measure_id, rate_id, level, subject_id, stratum, period_kind, period_start_on
with
rates as (
    select
        measure_id,
        rate_id,
        position
    from ref_measure_rates
),

rules as (
    select
        measure_id,
        kind,
        minimum_age_years,
        maximum_age_years,
        index_above_points,
        remission_below_points,
        response_share,
        window_months,
        window_from_days,
        window_to_days,
        follow_up_days,
        screen_to_months,
        screen_to_days,
        assessment_months
    from ref_measure_rules
),

texts as (
    select
        measure_id,
        position,
        says
    from ref_measure_texts
    where part = 'note'
),

notes as (
    select
        measure_id,
        string_agg(says, ' ' order by position) as notes
    from texts
    group by measure_id
),

measure_rows as (
    select
        measure_id,
        rate_id,
        level,
        subject_id,
        stratum,
        period_kind,
        period_start_on,
        period_end_on,
        version,
        basis,
        status,
        reason,
        n_clients,
        n_initial_population,
        n_denominator,
        n_exclusions,
        n_eligible,
        n_eligible_clients,
        n_numerator,
        n_not_yet_due,
        met_rate,
        met_rate_lower,
        met_rate_upper
    from mart_quality_measures
    where is_complete
)

select
    policies.audience,
    policies.policy_id,
    measure_rows.measure_id,
    measure_rows.rate_id,
    rates.position,
    policies.level,
    measure_rows.subject_id,
    measure_rows.stratum,
    measure_rows.period_kind,
    measure_rows.period_start_on,
    measure_rows.period_end_on,
    measure_rows.version,
    measure_rows.basis,
    measure_rows.status,
    measure_rows.reason,
    measure_rows.n_clients,
    measure_rows.n_initial_population,
    measure_rows.n_denominator,
    measure_rows.n_exclusions,
    measure_rows.n_eligible,
    measure_rows.n_eligible_clients,
    measure_rows.n_numerator,
    measure_rows.n_not_yet_due,
    case
        when measure_rows.n_eligible_clients >= policies.minimum_pairs_for_rate
            then measure_rows.met_rate
    end as met_rate,
    case
        when measure_rows.n_eligible_clients >= policies.minimum_pairs_for_rate
            then measure_rows.met_rate_lower
    end as met_rate_lower,
    case
        when measure_rows.n_eligible_clients >= policies.minimum_pairs_for_rate
            then measure_rows.met_rate_upper
    end as met_rate_upper,
    case
        when measure_rows.n_eligible_clients < policies.minimum_pairs_for_rate
            then 'too_few_pairs_for_rate'
    end as reliability_reason,
    cast(null as varchar) as withheld_figures,
    case rules.kind
        when 'visit_assessment' then 'visit'
        when 'utilization' then 'client_period'
        else 'client'
    end as unit,
    rules.minimum_age_years,
    rules.maximum_age_years,
    rules.index_above_points,
    rules.remission_below_points,
    rules.response_share,
    rules.window_months,
    rules.window_from_days,
    rules.window_to_days,
    rules.follow_up_days,
    rules.screen_to_months,
    rules.screen_to_days,
    rules.assessment_months,
    notes.notes
from measure_rows
inner join ref_disclosure_policies as policies
    on
        policies.table_name = 'pub_quality_measures'
        and measure_rows.level = policies.mart_level
        and measure_rows.period_kind = policies.period_kind
inner join rates
    on measure_rows.measure_id = rates.measure_id and measure_rows.rate_id = rates.rate_id
inner join rules on measure_rows.measure_id = rules.measure_id
left join notes on measure_rows.measure_id = notes.measure_id
order by
    policies.audience,
    measure_rows.measure_id,
    measure_rows.rate_id,
    policies.level,
    measure_rows.subject_id,
    measure_rows.stratum,
    measure_rows.period_kind,
    measure_rows.period_start_on
