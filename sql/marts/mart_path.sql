-- The path itself: sudden gains, setbacks and early response in the courses that finished in a
-- period. Nothing here says how courses ended, and none of it is a measure of quality.
--
-- Each share is over the courses for which it can be judged: of a sudden gain, early response, a
-- setback and being worse than at first over `n_gain_assessable`, `n_early_assessable`,
-- `n_setback_assessable` and `n_worst_assessable`; of a reversed gain over `n_with_gain`, of a
-- setback made good over `n_with_setback`. The rules of one course are those of int_episode_paths;
-- counts that need one which is not in force are null.
--
-- Grain:  one row per level, subject, instrument and period with a finished course with a score.
-- Key:    level, subject_id, instrument_id, period_kind, period_start_on
-- Source: int_outcome_rules; ref_path_rules (sudden gains: Tang & DeRubeis 1999); Wilson, 95 %
with paths as (
    select
        episode_key,
        instrument_id,
        n_gain_steps,
        n_gains,
        n_reversed_gains,
        gain_points,
        is_early_response,
        has_setback,
        is_setback_made_good,
        was_worse_than_first
    from int_episode_paths
),

finished_episodes as (
    select
        episode_key,
        client_key,
        ended_on
    from int_episodes
    where is_finished_course
),

cuts as (
    select
        instrument_id,
        cut_points
    from int_sudden_gain_cuts
),

outcome_rules as (
    select
        instrument_id,
        reliable_change_points,
        change_basis as basis
    from int_outcome_rules
    where
        scale = 'total'
        and respondent = 'client'
        and reliable_change_points is not null
),

-- Null unless the clinic set it.
early_rule as (
    select
        cast($early_response_share as decimal(9, 4)) as early_response_share,
        cast($early_response_weeks as integer) as early_response_weeks,
        cast($early_response_source as varchar) as early_response_source
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

courses as (
    select
        paths.*,
        finished_episodes.client_key,
        finished_episodes.ended_on,
        cast(date_trunc('month', finished_episodes.ended_on) as date) as month_start_on
    from paths
    inner join finished_episodes on paths.episode_key = finished_episodes.episode_key
),

monthly_cells as (
    select
        episode_subjects.subject_number,
        courses.instrument_id,
        courses.month_start_on,
        count(*) as n_courses,
        count(*) filter (where courses.n_gain_steps > 0) as n_gain_assessable,
        count(*) filter (where courses.n_gains > 0) as n_with_gain,
        count(*) filter (where courses.n_gains > 1) as n_with_several_gains,
        count(*) filter (where courses.n_reversed_gains > 0) as n_with_reversal,
        coalesce(sum(courses.n_gains), 0) as n_gains,
        coalesce(sum(courses.n_reversed_gains), 0) as n_reversed_gains,
        coalesce(sum(courses.gain_points), 0) as gain_points,
        count(courses.is_early_response) as n_early_assessable,
        count(*) filter (where courses.is_early_response) as n_early_response,
        count(courses.has_setback) as n_setback_assessable,
        count(*) filter (where courses.has_setback) as n_with_setback,
        count(*) filter (where courses.is_setback_made_good) as n_setback_made_good,
        count(courses.was_worse_than_first) as n_worst_assessable,
        count(*) filter (where courses.was_worse_than_first) as n_worse_than_first
    from courses
    inner join episode_subjects on courses.episode_key = episode_subjects.episode_key
    group by
        episode_subjects.subject_number,
        courses.instrument_id,
        courses.month_start_on
    -- The sums of one subject then lie together in memory, where its periods are added up.
    order by
        episode_subjects.subject_number,
        courses.instrument_id,
        courses.month_start_on
),

-- People are not additive over months. They are the courses without those whose client had
-- already finished one in the same period: for that, the month of the client's course before is
-- enough, and only clients with several courses have one.
returning_clients as (
    select client_key
    from finished_episodes
    group by client_key
    having count(*) > 1
),

repeated_courses as (
    select
        episode_subjects.subject_number,
        courses.instrument_id,
        courses.month_start_on,
        lag(courses.month_start_on) over (
            partition by
                episode_subjects.subject_number,
                courses.instrument_id,
                courses.client_key
            order by courses.ended_on asc, courses.episode_key asc
        ) as previous_month_on
    from courses
    inner join returning_clients on courses.client_key = returning_clients.client_key
    inner join episode_subjects on courses.episode_key = episode_subjects.episode_key
),

period_repeats as (
    select
        repeated_courses.subject_number,
        repeated_courses.instrument_id,
        period_months.period_number,
        count(*) as n_repeated
    from repeated_courses
    inner join period_months
        on
            repeated_courses.month_start_on = period_months.month_start_on
            and repeated_courses.previous_month_on >= period_months.period_start_on
    group by
        repeated_courses.subject_number,
        repeated_courses.instrument_id,
        period_months.period_number
),

sums as (
    select
        monthly_cells.subject_number,
        monthly_cells.instrument_id,
        period_months.period_number,
        cast(sum(monthly_cells.n_courses) as bigint) as n_courses,
        cast(sum(monthly_cells.n_gain_assessable) as bigint) as n_gain_assessable,
        cast(sum(monthly_cells.n_with_gain) as bigint) as n_with_gain,
        cast(sum(monthly_cells.n_with_several_gains) as bigint) as n_with_several_gains,
        cast(sum(monthly_cells.n_with_reversal) as bigint) as n_with_reversal,
        cast(sum(monthly_cells.n_gains) as bigint) as n_gains,
        cast(sum(monthly_cells.n_reversed_gains) as bigint) as n_reversed_gains,
        sum(monthly_cells.gain_points) as gain_points,
        cast(sum(monthly_cells.n_early_assessable) as bigint) as n_early_assessable,
        cast(sum(monthly_cells.n_early_response) as bigint) as n_early_response,
        cast(sum(monthly_cells.n_setback_assessable) as bigint) as n_setback_assessable,
        cast(sum(monthly_cells.n_with_setback) as bigint) as n_with_setback,
        cast(sum(monthly_cells.n_setback_made_good) as bigint) as n_setback_made_good,
        cast(sum(monthly_cells.n_worst_assessable) as bigint) as n_worst_assessable,
        cast(sum(monthly_cells.n_worse_than_first) as bigint) as n_worse_than_first
    from monthly_cells
    inner join period_months on monthly_cells.month_start_on = period_months.month_start_on
    group by
        monthly_cells.subject_number,
        monthly_cells.instrument_id,
        period_months.period_number
),

-- A rule that is not in force has no counts.
counts as (
    select
        subjects.level,
        subjects.subject_id,
        sums.instrument_id,
        periods.period_kind,
        periods.period_start_on,
        periods.period_end_on,
        sums.n_courses - coalesce(period_repeats.n_repeated, 0) as n_clients,
        sums.n_courses,
        outcome_rules.basis,
        outcome_rules.reliable_change_points,
        cuts.cut_points as gain_cut_points,
        case when cuts.cut_points is not null then sums.n_gain_assessable end
            as n_gain_assessable,
        case when cuts.cut_points is not null then sums.n_with_gain end as n_with_gain,
        case when cuts.cut_points is not null then sums.n_with_several_gains end
            as n_with_several_gains,
        case when cuts.cut_points is not null then sums.n_with_reversal end as n_with_reversal,
        case when cuts.cut_points is not null then sums.n_gains end as n_gains,
        case when cuts.cut_points is not null then sums.n_reversed_gains end as n_reversed_gains,
        case when cuts.cut_points is not null then sums.gain_points end as gain_points,
        early_rule.early_response_share,
        early_rule.early_response_weeks,
        early_rule.early_response_source,
        case
            when
                early_rule.early_response_share is not null
                and early_rule.early_response_weeks is not null
                then sums.n_early_assessable
        end as n_early_assessable,
        case
            when
                early_rule.early_response_share is not null
                and early_rule.early_response_weeks is not null
                then sums.n_early_response
        end as n_early_response,
        case when outcome_rules.basis is not null then sums.n_setback_assessable end
            as n_setback_assessable,
        case when outcome_rules.basis is not null then sums.n_with_setback end as n_with_setback,
        case when outcome_rules.basis is not null then sums.n_setback_made_good end
            as n_setback_made_good,
        case when outcome_rules.basis is not null then sums.n_worst_assessable end
            as n_worst_assessable,
        case when outcome_rules.basis is not null then sums.n_worse_than_first end
            as n_worse_than_first
    from sums
    inner join subjects on sums.subject_number = subjects.subject_number
    inner join periods on sums.period_number = periods.period_number
    left join period_repeats
        on
            sums.subject_number = period_repeats.subject_number
            and sums.instrument_id = period_repeats.instrument_id
            and sums.period_number = period_repeats.period_number
    left join cuts on sums.instrument_id = cuts.instrument_id
    left join outcome_rules on sums.instrument_id = outcome_rules.instrument_id
    cross join early_rule
)

select
    level,
    subject_id,
    instrument_id,
    period_kind,
    period_start_on,
    period_end_on,
    n_clients,
    n_courses,
    basis,
    reliable_change_points,
    gain_cut_points,
    n_gain_assessable,
    n_with_gain,
    n_with_gain / nullif(n_gain_assessable, 0) as with_gain_rate,
    wilson_lower(n_with_gain, n_gain_assessable) as with_gain_rate_lower,
    wilson_upper(n_with_gain, n_gain_assessable) as with_gain_rate_upper,
    n_with_several_gains,
    n_with_reversal,
    n_with_reversal / nullif(n_with_gain, 0) as with_reversal_rate,
    wilson_lower(n_with_reversal, n_with_gain) as with_reversal_rate_lower,
    wilson_upper(n_with_reversal, n_with_gain) as with_reversal_rate_upper,
    n_gains,
    n_reversed_gains,
    cast(gain_points as double) / nullif(n_gains, 0) as gain_mean_points,
    early_response_share,
    early_response_weeks,
    early_response_source,
    n_early_assessable,
    n_early_response,
    n_early_response / nullif(n_early_assessable, 0) as early_response_rate,
    wilson_lower(n_early_response, n_early_assessable) as early_response_rate_lower,
    wilson_upper(n_early_response, n_early_assessable) as early_response_rate_upper,
    n_setback_assessable,
    n_with_setback,
    n_with_setback / nullif(n_setback_assessable, 0) as with_setback_rate,
    wilson_lower(n_with_setback, n_setback_assessable) as with_setback_rate_lower,
    wilson_upper(n_with_setback, n_setback_assessable) as with_setback_rate_upper,
    n_setback_made_good,
    n_setback_made_good / nullif(n_with_setback, 0) as setback_made_good_rate,
    wilson_lower(n_setback_made_good, n_with_setback) as setback_made_good_rate_lower,
    wilson_upper(n_setback_made_good, n_with_setback) as setback_made_good_rate_upper,
    n_worst_assessable,
    n_worse_than_first,
    n_worse_than_first / nullif(n_worst_assessable, 0) as worse_than_first_rate,
    wilson_lower(n_worse_than_first, n_worst_assessable) as worse_than_first_rate_lower,
    wilson_upper(n_worse_than_first, n_worst_assessable) as worse_than_first_rate_upper
from counts
order by level, subject_id, instrument_id, period_kind, period_start_on
