-- Mean standardised change of a domain over whatever instruments measured it: each course's
-- improvement in fixed spreads of its instrument, averaged over the courses.
--
-- Improvement on an instrument is divided by its fixed spread (int_fixed_sds) and is positive when
-- better; a course with several instruments of the domain counts once, with their mean. Total
-- scales of outcome instruments only, and only those with a fixed spread: `instrument_mix` says
-- how many pairs each gave (instrument:pairs, `;` between). A change in the mix moves the figure
-- without anyone getting better or worse. Domains are never averaged with each other. Populations
-- as in mart_effect_sizes; limits are mean +/- 1.96 SD / sqrt(n), from 20 courses on.
--
-- Grain:  one row per level, subject, domain, respondent, population and period with at least one
--         pair.
-- Key:    level, subject_id, domain, respondent, population, period_kind, period_start_on
with pairs as (
    select
        episode_key,
        client_key,
        instrument_id,
        scale,
        respondent,
        domain,
        ended_on,
        improvement_points,
        was_case
    from mart_episode_outcomes
    where is_finished_course and is_paired and scale = 'total'
),

episode_subjects as (
    select
        episode_key,
        level,
        subject_id
    from int_episode_subjects
),

instruments as (
    select instrument_id
    from ref_instruments
    where purpose = 'outcome'
),

fixed_sds as (
    select
        instrument_id,
        scale,
        sd_points
    from int_fixed_sds
),

period_months as (
    select
        period_kind,
        period_start_on,
        period_end_on,
        month_start_on
    from int_period_months
),

standardised_pairs as (
    select
        pairs.episode_key,
        pairs.client_key,
        pairs.instrument_id,
        pairs.respondent,
        pairs.domain,
        pairs.ended_on,
        coalesce(pairs.was_case, false) as was_case,
        cast(pairs.improvement_points / fixed_sds.sd_points as decimal(9, 4)) as change_sds
    from pairs
    inner join instruments on pairs.instrument_id = instruments.instrument_id
    inner join fixed_sds
        on
            pairs.instrument_id = fixed_sds.instrument_id
            and pairs.scale = fixed_sds.scale
    where pairs.improvement_points is not null
),

populations as (
    select
        episode_key,
        client_key,
        instrument_id,
        respondent,
        domain,
        'all_paired' as population,
        ended_on,
        change_sds
    from standardised_pairs
    union all
    select
        episode_key,
        client_key,
        instrument_id,
        respondent,
        domain,
        'at_caseness' as population,
        ended_on,
        change_sds
    from standardised_pairs
    where was_case
),

courses as (
    select
        episode_key,
        client_key,
        respondent,
        domain,
        population,
        ended_on,
        cast(cast(sum(change_sds) as double) / count(*) as decimal(9, 4)) as change_sds
    from populations
    group by episode_key, client_key, respondent, domain, population, ended_on
),

monthly_cells as (
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        courses.domain,
        courses.respondent,
        courses.population,
        cast(date_trunc('month', courses.ended_on) as date) as month_start_on,
        count(*) as n_courses,
        sum(courses.change_sds) as change_sum,
        sum(courses.change_sds * courses.change_sds) as change_squares
    from courses
    inner join episode_subjects on courses.episode_key = episode_subjects.episode_key
    group by all
),

monthly_mix as (
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        populations.domain,
        populations.respondent,
        populations.population,
        populations.instrument_id,
        cast(date_trunc('month', populations.ended_on) as date) as month_start_on,
        count(*) as n_pairs
    from populations
    inner join episode_subjects on populations.episode_key = episode_subjects.episode_key
    group by all
),

-- People are not additive over months: as in mart_outcomes, the courses without those whose client
-- had one before in the same period.
returning_clients as (
    select client_key
    from courses
    group by client_key
    having count(distinct episode_key) > 1
),

repeated_courses as (
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        courses.domain,
        courses.respondent,
        courses.population,
        cast(date_trunc('month', courses.ended_on) as date) as month_start_on,
        cast(
            date_trunc(
                'month',
                lag(courses.ended_on) over (
                    partition by
                        episode_subjects.level,
                        episode_subjects.subject_id,
                        courses.domain,
                        courses.respondent,
                        courses.population,
                        courses.client_key
                    order by courses.ended_on asc, courses.episode_key asc
                )
            ) as date
        ) as previous_month_on
    from courses
    inner join returning_clients on courses.client_key = returning_clients.client_key
    inner join episode_subjects on courses.episode_key = episode_subjects.episode_key
),

period_repeats as (
    select
        repeated_courses.level,
        repeated_courses.subject_id,
        repeated_courses.domain,
        repeated_courses.respondent,
        repeated_courses.population,
        period_months.period_kind,
        period_months.period_start_on,
        count(*) as n_repeated
    from repeated_courses
    inner join period_months
        on
            repeated_courses.month_start_on = period_months.month_start_on
            and repeated_courses.previous_month_on >= period_months.period_start_on
    group by all
),

instrument_pairs as (
    select
        monthly_mix.level,
        monthly_mix.subject_id,
        monthly_mix.domain,
        monthly_mix.respondent,
        monthly_mix.population,
        monthly_mix.instrument_id,
        period_months.period_kind,
        period_months.period_start_on,
        sum(monthly_mix.n_pairs) as n_pairs
    from monthly_mix
    inner join period_months on monthly_mix.month_start_on = period_months.month_start_on
    group by all
),

period_mixes as (
    select
        level,
        subject_id,
        domain,
        respondent,
        population,
        period_kind,
        period_start_on,
        cast(sum(n_pairs) as bigint) as n_pairs,
        count(*) as n_instruments,
        string_agg(
            instrument_id || ':' || cast(n_pairs as varchar), ';'
            order by instrument_id
        ) as instrument_mix
    from instrument_pairs
    group by level, subject_id, domain, respondent, population, period_kind, period_start_on
),

period_sums as (
    select
        monthly_cells.level,
        monthly_cells.subject_id,
        monthly_cells.domain,
        monthly_cells.respondent,
        monthly_cells.population,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on,
        cast(sum(monthly_cells.n_courses) as bigint) as n_courses,
        sum(monthly_cells.change_sum) as change_sum,
        sum(monthly_cells.change_squares) as change_squares
    from monthly_cells
    inner join period_months on monthly_cells.month_start_on = period_months.month_start_on
    group by all
),

figures as (
    select
        period_sums.level,
        period_sums.subject_id,
        period_sums.domain,
        period_sums.respondent,
        period_sums.population,
        period_sums.period_kind,
        period_sums.period_start_on,
        period_sums.period_end_on,
        period_sums.n_courses - coalesce(period_repeats.n_repeated, 0) as n_clients,
        period_sums.n_courses,
        period_mixes.n_pairs,
        period_mixes.n_instruments,
        period_mixes.instrument_mix,
        cast(period_sums.change_sum as double) / period_sums.n_courses as change_mean_sds,
        sqrt(
            cast(
                period_sums.n_courses * period_sums.change_squares
                - period_sums.change_sum * period_sums.change_sum as double
            )
            / nullif(cast(period_sums.n_courses * (period_sums.n_courses - 1) as double), 0)
        ) as change_sd_sds
    from period_sums
    inner join period_mixes
        on
            period_sums.level = period_mixes.level
            and period_sums.subject_id = period_mixes.subject_id
            and period_sums.domain = period_mixes.domain
            and period_sums.respondent = period_mixes.respondent
            and period_sums.population = period_mixes.population
            and period_sums.period_kind = period_mixes.period_kind
            and period_sums.period_start_on = period_mixes.period_start_on
    left join period_repeats
        on
            period_sums.level = period_repeats.level
            and period_sums.subject_id = period_repeats.subject_id
            and period_sums.domain = period_repeats.domain
            and period_sums.respondent = period_repeats.respondent
            and period_sums.population = period_repeats.population
            and period_sums.period_kind = period_repeats.period_kind
            and period_sums.period_start_on = period_repeats.period_start_on
)

select
    level,
    subject_id,
    domain,
    respondent,
    population,
    period_kind,
    period_start_on,
    period_end_on,
    n_clients,
    n_courses,
    n_pairs,
    n_instruments,
    instrument_mix,
    change_mean_sds,
    change_sd_sds,
    case
        when n_courses >= 20 then change_mean_sds - 1.96 * change_sd_sds / sqrt(n_courses)
    end as change_mean_sds_lower,
    case
        when n_courses >= 20 then change_mean_sds + 1.96 * change_sd_sds / sqrt(n_courses)
    end as change_mean_sds_upper,
    case when n_courses < 20 then 'too_few_pairs_for_limits' end as limits_reason
from figures
order by level, subject_id, domain, respondent, population, period_kind, period_start_on
