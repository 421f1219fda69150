-- Recovery by the NHS Talking Therapies rule over the pair of measures, per subject and period.
-- The denominators are the published ones: change is counted over all finished courses, recovery
-- over the finished ones that are not known to have started below the threshold.
--
-- Grain:  one row per level, subject and period with a finished course.
-- Key:    level, subject_id, period_kind, period_start_on
-- Source: NHS Talking Therapies annual metadata 2024-25 (metrics of mart_episode_recovery);
--         Wilson score interval, 95 %
with
recoveries as (
    select
        episode_key,
        client_key,
        date_trunc('month', ended_on) as ended_month_on,
        was_case,
        is_recovered,
        is_reliably_improved,
        is_reliably_deteriorated,
        is_reliably_recovered
    from mart_episode_recovery
),

subjects as (
    select
        episode_key,
        level,
        subject_id
    from int_episode_subjects
),

periods as (
    select
        period_kind,
        period_start_on,
        period_end_on,
        month_start_on
    from int_period_months
),

counts as (
    select
        subjects.level,
        subjects.subject_id,
        periods.period_kind,
        periods.period_start_on,
        periods.period_end_on,
        count(distinct recoveries.client_key) as n_clients,
        count(*) as n_finished,
        count(*) filter (where recoveries.is_reliably_improved is not null) as n_measured,
        count(*) filter (where recoveries.was_case is distinct from false) as n_case_or_unknown,
        count(*) filter (where recoveries.is_recovered) as n_recovered,
        count(*) filter (where recoveries.is_reliably_recovered) as n_reliably_recovered,
        count(*) filter (where recoveries.is_reliably_improved) as n_improved,
        count(*) filter (where recoveries.is_reliably_deteriorated) as n_deteriorated
    from recoveries
    inner join subjects on recoveries.episode_key = subjects.episode_key
    inner join periods on recoveries.ended_month_on = periods.month_start_on
    group by
        subjects.level,
        subjects.subject_id,
        periods.period_kind,
        periods.period_start_on,
        periods.period_end_on
)

select
    level,
    subject_id,
    period_kind,
    period_start_on,
    period_end_on,
    n_clients,
    n_finished,
    n_measured,
    n_case_or_unknown,
    n_recovered,
    n_reliably_recovered,
    n_improved,
    n_deteriorated,
    n_measured / nullif(n_finished, 0) as measured_rate,
    wilson_lower(n_measured, n_finished) as measured_rate_lower,
    wilson_upper(n_measured, n_finished) as measured_rate_upper,
    n_recovered / nullif(n_case_or_unknown, 0) as recovered_rate,
    wilson_lower(n_recovered, n_case_or_unknown) as recovered_rate_lower,
    wilson_upper(n_recovered, n_case_or_unknown) as recovered_rate_upper,
    n_reliably_recovered / nullif(n_case_or_unknown, 0) as reliably_recovered_rate,
    wilson_lower(n_reliably_recovered, n_case_or_unknown) as reliably_recovered_rate_lower,
    wilson_upper(n_reliably_recovered, n_case_or_unknown) as reliably_recovered_rate_upper,
    n_improved / nullif(n_finished, 0) as improved_rate,
    wilson_lower(n_improved, n_finished) as improved_rate_lower,
    wilson_upper(n_improved, n_finished) as improved_rate_upper,
    n_deteriorated / nullif(n_finished, 0) as deteriorated_rate,
    wilson_lower(n_deteriorated, n_finished) as deteriorated_rate_lower,
    wilson_upper(n_deteriorated, n_finished) as deteriorated_rate_upper
from counts
order by level, subject_id, period_kind, period_start_on
