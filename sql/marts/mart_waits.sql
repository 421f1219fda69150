-- How long people waited for their first session, and then for their second, in bands of days.
--
-- Referral to first attended session: of the finished courses that ended in the period. First to
-- second attended session: of the courses whose second one was in the period, ended or not; a long
-- one is a wait that the first figure hides. The standard is null where none is verified.
-- n_clients are the people of either kind of wait that the row is about.
--
-- Grain:  one row per level, subject, band of a wait, and period with such a wait.
-- Key:    level, subject_id, wait_id, period_kind, period_start_on
-- Source: ref_wait_bands, ref_programme_standards (NHS Talking Therapies); Wilson, 95 %
with episodes as (
    select
        episode_key,
        client_key,
        ended_on,
        is_finished_course
    from int_episodes
),

course_facts as (
    select
        episode_key,
        second_attended_on,
        first_wait_days,
        second_wait_days
    from int_episode_course
),

episode_subjects as (
    select
        episode_key,
        level,
        subject_id
    from int_episode_subjects
),

bands as (
    select
        wait_id,
        wait,
        min_days,
        max_days
    from ref_wait_bands
    where status = 'verified'
),

standards as (
    select
        figure,
        op as standard_op,
        share as standard_share
    from ref_programme_standards
    where status = 'verified'
),

period_months as (
    select
        period_kind,
        period_start_on,
        period_end_on,
        month_start_on
    from int_period_months
),

waits as (
    select
        episodes.episode_key,
        episodes.client_key,
        'referral_to_first' as wait,
        episodes.ended_on as counted_on,
        course_facts.first_wait_days as wait_days
    from episodes
    inner join course_facts on episodes.episode_key = course_facts.episode_key
    where episodes.is_finished_course
    union all
    select
        episodes.episode_key,
        episodes.client_key,
        'first_to_second' as wait,
        course_facts.second_attended_on as counted_on,
        course_facts.second_wait_days as wait_days
    from episodes
    inner join course_facts on episodes.episode_key = course_facts.episode_key
    where course_facts.second_attended_on is not null
),

-- The month of the client's wait before, at the same subject: people are not additive over months.
subject_waits as (
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        waits.wait,
        waits.wait_days,
        cast(date_trunc('month', waits.counted_on) as date) as month_start_on,
        cast(
            date_trunc(
                'month',
                lag(waits.counted_on) over (
                    partition by
                        episode_subjects.level,
                        episode_subjects.subject_id,
                        waits.wait,
                        waits.client_key
                    order by waits.counted_on asc, waits.episode_key asc
                )
            ) as date
        ) as previous_month_on
    from waits
    inner join episode_subjects on waits.episode_key = episode_subjects.episode_key
),

-- By days first: there are few of them, and each has its bands.
daily_cells as (
    select
        level,
        subject_id,
        wait,
        month_start_on,
        previous_month_on,
        wait_days,
        count(*) as n_waits
    from subject_waits
    group by level, subject_id, wait, month_start_on, previous_month_on, wait_days
),

monthly_cells as (
    select
        daily_cells.level,
        daily_cells.subject_id,
        bands.wait_id,
        daily_cells.month_start_on,
        daily_cells.previous_month_on,
        cast(sum(daily_cells.n_waits) as bigint) as n_waits,
        cast(
            coalesce(
                sum(daily_cells.n_waits) filter (
                    where
                    daily_cells.wait_days >= coalesce(bands.min_days, daily_cells.wait_days)
                    and daily_cells.wait_days <= coalesce(bands.max_days, daily_cells.wait_days)
                ),
                0
            ) as bigint
        ) as n_in_band
    from daily_cells
    inner join bands on daily_cells.wait = bands.wait
    group by
        daily_cells.level,
        daily_cells.subject_id,
        bands.wait_id,
        daily_cells.month_start_on,
        daily_cells.previous_month_on
),

counts as (
    select
        monthly_cells.level,
        monthly_cells.subject_id,
        monthly_cells.wait_id,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on,
        cast(
            sum(
                case
                    when monthly_cells.previous_month_on >= period_months.period_start_on then 0
                    else monthly_cells.n_waits
                end
            ) as bigint
        ) as n_clients,
        cast(sum(monthly_cells.n_waits) as bigint) as n_waits,
        cast(sum(monthly_cells.n_in_band) as bigint) as n_in_band
    from monthly_cells
    inner join period_months on monthly_cells.month_start_on = period_months.month_start_on
    group by
        monthly_cells.level,
        monthly_cells.subject_id,
        monthly_cells.wait_id,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on
)

select
    counts.level,
    counts.subject_id,
    counts.wait_id,
    counts.period_kind,
    counts.period_start_on,
    counts.period_end_on,
    counts.n_clients,
    counts.n_waits,
    counts.n_in_band,
    counts.n_in_band / nullif(counts.n_waits, 0) as in_band_rate,
    wilson_lower(counts.n_in_band, counts.n_waits) as in_band_rate_lower,
    wilson_upper(counts.n_in_band, counts.n_waits) as in_band_rate_upper,
    standards.standard_op,
    standards.standard_share
from counts
left join standards on counts.wait_id = standards.figure
order by
    counts.level,
    counts.subject_id,
    counts.wait_id,
    counts.period_kind,
    counts.period_start_on
