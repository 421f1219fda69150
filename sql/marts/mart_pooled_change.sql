-- Mean standardised change of a domain over whatever instruments measured it: each course's
-- improvement in fixed spreads of its instrument, averaged over the courses.
--
-- Improvement on an instrument is divided by its fixed spread (int_fixed_sds) and is positive when
-- better; a course with several instruments of the domain counts once, with their mean. Spreads of
-- patients (`clinical`) and of an instrument's own reference sample (`reference`) are different
-- rulers and never pooled. Total scales of outcome instruments only, and only those with a fixed
-- spread: `instrument_mix` says how many pairs each gave (instrument:pairs, `;` between). A change
-- in the mix moves the figure without anyone getting better or worse. Domains are never averaged
-- with each other. Populations as in mart_effect_sizes; limits are Student's t, from five courses
-- on.
--
-- Grain:  one row per level, subject, domain, respondent, population, kind of spread and period
--         with at least one pair.
-- Key:    level, subject_id, domain, respondent, population, reference_kind, period_kind,
--         period_start_on
-- Source: Student (1908), as in mean_reach()
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

instruments as (
    select instrument_id
    from ref_instruments
    where purpose = 'outcome'
),

fixed_sds as (
    select
        instrument_id,
        scale,
        respondent,
        population as reference_kind,
        sd_points
    from int_fixed_sds
),

subjects as (
    select distinct
        subject_number,
        level,
        subject_id
    from int_episode_subjects
),

episode_subjects as (
    select
        episode_key,
        subject_number
    from int_episode_subjects
),

periods as (
    select distinct
        period_number,
        period_kind,
        period_start_on,
        period_end_on
    from int_period_months
),

period_months as (
    select
        period_number,
        period_start_on,
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
        fixed_sds.reference_kind,
        pairs.ended_on,
        cast(date_trunc('month', pairs.ended_on) as date) as month_start_on,
        coalesce(pairs.was_case, false) as was_case,
        cast(pairs.improvement_points / fixed_sds.sd_points as decimal(9, 4)) as change_sds
    from pairs
    inner join instruments on pairs.instrument_id = instruments.instrument_id
    inner join fixed_sds
        on
            pairs.instrument_id = fixed_sds.instrument_id
            and pairs.scale = fixed_sds.scale
            and pairs.respondent = fixed_sds.respondent
    where pairs.improvement_points is not null
),

populations as (
    select
        episode_key,
        client_key,
        instrument_id,
        respondent,
        domain,
        reference_kind,
        'all_paired' as population,
        ended_on,
        month_start_on,
        change_sds
    from standardised_pairs
    union all
    select
        episode_key,
        client_key,
        instrument_id,
        respondent,
        domain,
        reference_kind,
        'at_caseness' as population,
        ended_on,
        month_start_on,
        change_sds
    from standardised_pairs
    where was_case
),

kinds as (
    select
        domain,
        respondent,
        population,
        reference_kind,
        row_number() over (order by domain, respondent, population, reference_kind) as kind_number
    from populations
    group by domain, respondent, population, reference_kind
),

numbered_pairs as (
    select
        populations.episode_key,
        populations.client_key,
        kinds.kind_number,
        populations.instrument_id,
        populations.ended_on,
        populations.month_start_on,
        populations.change_sds
    from populations
    inner join kinds
        on
            populations.domain = kinds.domain
            and populations.respondent = kinds.respondent
            and populations.population = kinds.population
            and populations.reference_kind = kinds.reference_kind
),

courses as (
    select
        episode_key,
        client_key,
        kind_number,
        ended_on,
        month_start_on,
        cast(cast(sum(change_sds) as double) / count(*) as decimal(9, 4)) as change_sds
    from numbered_pairs
    group by episode_key, client_key, kind_number, ended_on, month_start_on
),

monthly_cells as (
    select
        episode_subjects.subject_number,
        courses.kind_number,
        courses.month_start_on,
        count(*) as n_courses,
        sum(courses.change_sds) as change_sum,
        sum(courses.change_sds * courses.change_sds) as change_squares
    from courses
    inner join episode_subjects on courses.episode_key = episode_subjects.episode_key
    group by episode_subjects.subject_number, courses.kind_number, courses.month_start_on
    -- The sums of one subject then lie together in memory, where its periods are added up.
    order by episode_subjects.subject_number, courses.kind_number, courses.month_start_on
),

monthly_mix as (
    select
        episode_subjects.subject_number,
        numbered_pairs.kind_number,
        numbered_pairs.instrument_id,
        numbered_pairs.month_start_on,
        count(*) as n_pairs
    from numbered_pairs
    inner join episode_subjects on numbered_pairs.episode_key = episode_subjects.episode_key
    group by
        episode_subjects.subject_number,
        numbered_pairs.kind_number,
        numbered_pairs.instrument_id,
        numbered_pairs.month_start_on
    order by
        episode_subjects.subject_number,
        numbered_pairs.kind_number,
        numbered_pairs.instrument_id,
        numbered_pairs.month_start_on
),

-- People are not additive over months: as in mart_outcomes, the courses without those whose client
-- had one before in the same period.
returning_clients as (
    select
        client_key,
        kind_number
    from courses
    group by client_key, kind_number
    having count(*) > 1
),

repeated_courses as (
    select
        episode_subjects.subject_number,
        courses.kind_number,
        courses.month_start_on,
        lag(courses.month_start_on) over (
            partition by
                episode_subjects.subject_number,
                courses.kind_number,
                courses.client_key
            order by courses.ended_on asc, courses.episode_key asc
        ) as previous_month_on
    from courses
    inner join returning_clients
        on
            courses.client_key = returning_clients.client_key
            and courses.kind_number = returning_clients.kind_number
    inner join episode_subjects on courses.episode_key = episode_subjects.episode_key
),

period_repeats as (
    select
        repeated_courses.subject_number,
        repeated_courses.kind_number,
        period_months.period_number,
        count(*) as n_repeated
    from repeated_courses
    inner join period_months
        on
            repeated_courses.month_start_on = period_months.month_start_on
            and repeated_courses.previous_month_on >= period_months.period_start_on
    group by
        repeated_courses.subject_number,
        repeated_courses.kind_number,
        period_months.period_number
),

instrument_pairs as (
    select
        monthly_mix.subject_number,
        monthly_mix.kind_number,
        monthly_mix.instrument_id,
        period_months.period_number,
        sum(monthly_mix.n_pairs) as n_pairs
    from monthly_mix
    inner join period_months on monthly_mix.month_start_on = period_months.month_start_on
    group by
        monthly_mix.subject_number,
        monthly_mix.kind_number,
        monthly_mix.instrument_id,
        period_months.period_number
),

period_mixes as (
    select
        subject_number,
        kind_number,
        period_number,
        cast(sum(n_pairs) as bigint) as n_pairs,
        count(*) as n_instruments,
        -- Sorted as a list, which is quicker than an ordered aggregate of so many groups.
        array_to_string(
            list_transform(
                list_sort(list(struct_pack(name := instrument_id, n := n_pairs))),
                lambda part: part['name'] || ':' || part['n']
            ),
            ';'
        ) as instrument_mix
    from instrument_pairs
    group by subject_number, kind_number, period_number
),

period_sums as (
    select
        monthly_cells.subject_number,
        monthly_cells.kind_number,
        period_months.period_number,
        cast(sum(monthly_cells.n_courses) as bigint) as n_courses,
        sum(monthly_cells.change_sum) as change_sum,
        sum(monthly_cells.change_squares) as change_squares
    from monthly_cells
    inner join period_months on monthly_cells.month_start_on = period_months.month_start_on
    group by
        monthly_cells.subject_number,
        monthly_cells.kind_number,
        period_months.period_number
),

figures as (
    select
        subjects.level,
        subjects.subject_id,
        kinds.domain,
        kinds.respondent,
        kinds.population,
        kinds.reference_kind,
        periods.period_kind,
        periods.period_start_on,
        periods.period_end_on,
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
    inner join subjects on period_sums.subject_number = subjects.subject_number
    inner join kinds on period_sums.kind_number = kinds.kind_number
    inner join periods on period_sums.period_number = periods.period_number
    inner join period_mixes
        on
            period_sums.subject_number = period_mixes.subject_number
            and period_sums.kind_number = period_mixes.kind_number
            and period_sums.period_number = period_mixes.period_number
    left join period_repeats
        on
            period_sums.subject_number = period_repeats.subject_number
            and period_sums.kind_number = period_repeats.kind_number
            and period_sums.period_number = period_repeats.period_number
)

select
    level,
    subject_id,
    domain,
    respondent,
    population,
    reference_kind,
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
    change_mean_sds - mean_reach(change_sd_sds, n_courses) as change_mean_sds_lower,
    change_mean_sds + mean_reach(change_sd_sds, n_courses) as change_mean_sds_upper,
    mean_reach_reason(change_sd_sds, n_courses) as limits_reason
from figures
order by
    level, subject_id, domain, respondent, population, reference_kind, period_kind, period_start_on
