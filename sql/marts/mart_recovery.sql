-- Recovery by the NHS Talking Therapies rule over the pair of measures, per subject and period.
-- Only the finished courses that the rule is about count (is_in_population); `n_finished` and all
-- others are of these, `n_outside_population` is the rest. The denominators are the published ones:
-- change is counted over all finished courses, recovery over the finished ones that are not known
-- to have started below the threshold. What is not known counts as not improved and not recovered
-- there, so these rates are the lower bounds; `_best` is what the rate would be if all of it had
-- gone well, and `recovered_of_known_rate` is over those whose recovery is known. Paired data is
-- over all finished courses, the appropriate pair over those whose problem has a measure of its own
-- that the catalogue has; `own_measures` names all of these measures.
--
-- Grain:  one row per level, subject and period with a finished course.
-- Key:    level, subject_id, period_kind, period_start_on
-- Source: NHS Talking Therapies annual metadata 2024-25 (metrics of mart_episode_recovery);
--         Wilson score interval, 95 %
with recoveries as (
    select
        episode_key,
        client_key,
        ended_on,
        was_case,
        is_recovered,
        is_reliably_improved,
        is_reliably_deteriorated,
        is_reliably_recovered,
        has_no_reliable_change,
        is_paired_both,
        own_instrument_id,
        second_instrument_id,
        is_appropriate_pair,
        is_functioning_paired,
        is_in_population
    from mart_episode_recovery
),

episode_subjects as (
    select
        episode_key,
        level,
        subject_id
    from int_episode_subjects
),

period_months as (
    select
        period_kind,
        period_start_on,
        period_end_on,
        month_start_on
    from int_period_months
),

pairs as (
    select
        second_instrument_id,
        second_name
    from ref_recovery_pairs
),

-- The month of the client's finished course before, at the same subject and inside the population
-- as outside it: people are not additive over months, but a course whose client had one earlier in
-- the same period is told by it.
finished_courses as (
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        cast(date_trunc('month', recoveries.ended_on) as date) as month_start_on,
        cast(
            date_trunc(
                'month',
                lag(recoveries.ended_on) over (
                    partition by
                        episode_subjects.level,
                        episode_subjects.subject_id,
                        recoveries.client_key,
                        recoveries.is_in_population
                    order by recoveries.ended_on asc, recoveries.episode_key asc
                )
            ) as date
        ) as previous_month_on,
        recoveries.was_case,
        recoveries.is_recovered,
        recoveries.is_reliably_improved,
        recoveries.is_reliably_deteriorated,
        recoveries.is_reliably_recovered,
        recoveries.has_no_reliable_change,
        recoveries.is_paired_both,
        recoveries.own_instrument_id,
        recoveries.second_instrument_id,
        recoveries.is_appropriate_pair,
        recoveries.is_functioning_paired,
        recoveries.is_in_population
    from recoveries
    inner join episode_subjects on recoveries.episode_key = episode_subjects.episode_key
),

monthly_cells as (
    select
        level,
        subject_id,
        month_start_on,
        previous_month_on,
        count(*) filter (where not is_in_population) as n_outside_population,
        count(*) filter (where is_in_population) as n_finished,
        count(*) filter (where is_in_population and is_reliably_improved is not null)
            as n_measured,
        count(*) filter (where is_in_population and was_case is distinct from false)
            as n_case_or_unknown,
        count(*) filter (where is_in_population and is_recovered) as n_recovered,
        count(*) filter (where is_in_population and is_reliably_recovered)
            as n_reliably_recovered,
        count(*) filter (where is_in_population and is_reliably_improved) as n_improved,
        count(*) filter (where is_in_population and is_reliably_deteriorated) as n_deteriorated,
        count(*) filter (where is_in_population and has_no_reliable_change)
            as n_no_reliable_change,
        count(*) filter (where is_in_population and was_case) as n_case,
        count(*) filter (where is_in_population and not was_case) as n_not_case,
        count(*) filter (where is_in_population and is_recovered is not null)
            as n_recovery_known,
        count(*) filter (where is_in_population and is_paired_both) as n_paired_both,
        count(*) filter (where is_in_population and own_instrument_id is not null)
            as n_own_measure,
        count(*) filter (where is_in_population and own_instrument_id = second_instrument_id)
            as n_own_measure_used,
        count(*) filter (where is_in_population and is_appropriate_pair is not null)
            as n_appropriate_due,
        count(*) filter (where is_in_population and is_appropriate_pair) as n_appropriate_pair,
        count(*) filter (where is_in_population and is_functioning_paired)
            as n_functioning_paired
    from finished_courses
    group by level, subject_id, month_start_on, previous_month_on
),

counts as (
    select
        monthly_cells.level,
        monthly_cells.subject_id,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on,
        cast(
            sum(
                case
                    when monthly_cells.previous_month_on >= period_months.period_start_on then 0
                    else monthly_cells.n_finished
                end
            ) as bigint
        ) as n_clients,
        cast(sum(monthly_cells.n_finished) as bigint) as n_finished,
        cast(sum(monthly_cells.n_measured) as bigint) as n_measured,
        cast(sum(monthly_cells.n_case_or_unknown) as bigint) as n_case_or_unknown,
        cast(sum(monthly_cells.n_recovered) as bigint) as n_recovered,
        cast(sum(monthly_cells.n_reliably_recovered) as bigint) as n_reliably_recovered,
        cast(sum(monthly_cells.n_improved) as bigint) as n_improved,
        cast(sum(monthly_cells.n_deteriorated) as bigint) as n_deteriorated,
        cast(sum(monthly_cells.n_no_reliable_change) as bigint) as n_no_reliable_change,
        cast(sum(monthly_cells.n_case) as bigint) as n_case,
        cast(sum(monthly_cells.n_not_case) as bigint) as n_not_case,
        cast(sum(monthly_cells.n_recovery_known) as bigint) as n_recovery_known,
        cast(sum(monthly_cells.n_paired_both) as bigint) as n_paired_both,
        cast(sum(monthly_cells.n_own_measure) as bigint) as n_own_measure,
        cast(sum(monthly_cells.n_own_measure_used) as bigint) as n_own_measure_used,
        cast(sum(monthly_cells.n_appropriate_due) as bigint) as n_appropriate_due,
        cast(sum(monthly_cells.n_appropriate_pair) as bigint) as n_appropriate_pair,
        cast(sum(monthly_cells.n_functioning_paired) as bigint) as n_functioning_paired,
        cast(sum(monthly_cells.n_outside_population) as bigint) as n_outside_population
    from monthly_cells
    inner join period_months on monthly_cells.month_start_on = period_months.month_start_on
    group by
        monthly_cells.level,
        monthly_cells.subject_id,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on
),

measure_names as (
    select distinct
        second_instrument_id as instrument_id,
        coalesce(second_name, second_instrument_id) as name
    from pairs
),

own_measures as (
    select distinct
        finished_courses.level,
        finished_courses.subject_id,
        finished_courses.month_start_on,
        measure_names.name
    from finished_courses
    inner join measure_names on finished_courses.own_instrument_id = measure_names.instrument_id
    where finished_courses.is_in_population
),

named_measures as (
    select
        own_measures.level,
        own_measures.subject_id,
        period_months.period_kind,
        period_months.period_start_on,
        string_agg(distinct own_measures.name, ';' order by own_measures.name asc) as names
    from own_measures
    inner join period_months on own_measures.month_start_on = period_months.month_start_on
    group by
        own_measures.level,
        own_measures.subject_id,
        period_months.period_kind,
        period_months.period_start_on
),

named_counts as (
    select
        counts.*,
        named_measures.names as own_measures
    from counts
    left join named_measures
        on
            counts.level = named_measures.level
            and counts.subject_id = named_measures.subject_id
            and counts.period_kind = named_measures.period_kind
            and counts.period_start_on = named_measures.period_start_on
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
    wilson_upper(n_deteriorated, n_finished) as deteriorated_rate_upper,
    n_case,
    n_not_case,
    n_case_or_unknown - n_recovery_known as n_recovery_unknown,
    (n_recovered + n_case_or_unknown - n_recovery_known) / nullif(n_case_or_unknown, 0)
        as recovered_rate_best,
    (n_improved + n_finished - n_measured) / nullif(n_finished, 0) as improved_rate_best,
    n_no_reliable_change,
    n_no_reliable_change / nullif(n_finished, 0) as no_reliable_change_rate,
    wilson_lower(n_no_reliable_change, n_finished) as no_reliable_change_rate_lower,
    wilson_upper(n_no_reliable_change, n_finished) as no_reliable_change_rate_upper,
    n_paired_both,
    n_paired_both / nullif(n_finished, 0) as paired_both_rate,
    wilson_lower(n_paired_both, n_finished) as paired_both_rate_lower,
    wilson_upper(n_paired_both, n_finished) as paired_both_rate_upper,
    n_own_measure,
    n_own_measure_used,
    n_appropriate_due,
    n_appropriate_pair,
    n_appropriate_pair / nullif(n_appropriate_due, 0) as appropriate_pair_rate,
    wilson_lower(n_appropriate_pair, n_appropriate_due) as appropriate_pair_rate_lower,
    wilson_upper(n_appropriate_pair, n_appropriate_due) as appropriate_pair_rate_upper,
    n_functioning_paired,
    n_functioning_paired / nullif(n_finished, 0) as functioning_paired_rate,
    wilson_lower(n_functioning_paired, n_finished) as functioning_paired_rate_lower,
    wilson_upper(n_functioning_paired, n_finished) as functioning_paired_rate_upper,
    n_recovery_known,
    n_recovery_known / nullif(n_case_or_unknown, 0) as recovery_known_rate,
    wilson_lower(n_recovery_known, n_case_or_unknown) as recovery_known_rate_lower,
    wilson_upper(n_recovery_known, n_case_or_unknown) as recovery_known_rate_upper,
    n_recovered / nullif(n_recovery_known, 0) as recovered_of_known_rate,
    wilson_lower(n_recovered, n_recovery_known) as recovered_of_known_rate_lower,
    wilson_upper(n_recovered, n_recovery_known) as recovered_of_known_rate_upper,
    n_outside_population,
    own_measures
from named_counts
order by level, subject_id, period_kind, period_start_on
