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

wait_kinds (wait_number, wait) as (
    values
    (1, 'referral_to_first'),
    (2, 'first_to_second')
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

numbered_bands as (
    select
        cast(row_number() over (order by bands.wait_id asc) as integer) as band_number,
        wait_kinds.wait_number,
        bands.wait_id,
        bands.min_days,
        bands.max_days
    from bands
    inner join wait_kinds on bands.wait = wait_kinds.wait
),

waits as (
    select
        episodes.episode_key,
        episodes.client_key,
        1 as wait_number,
        episodes.ended_on as counted_on,
        cast(date_trunc('month', episodes.ended_on) as date) as month_start_on,
        course_facts.first_wait_days as wait_days
    from episodes
    inner join course_facts on episodes.episode_key = course_facts.episode_key
    where episodes.is_finished_course
    union all
    select
        episodes.episode_key,
        episodes.client_key,
        2 as wait_number,
        course_facts.second_attended_on as counted_on,
        cast(date_trunc('month', course_facts.second_attended_on) as date) as month_start_on,
        course_facts.second_wait_days as wait_days
    from episodes
    inner join course_facts on episodes.episode_key = course_facts.episode_key
    where course_facts.second_attended_on is not null
),

-- By days first: there are few of them, and each has its bands.
daily_cells as (
    select
        episode_subjects.subject_number,
        waits.wait_number,
        waits.month_start_on,
        waits.wait_days,
        count(*) as n_waits
    from waits
    inner join episode_subjects on waits.episode_key = episode_subjects.episode_key
    group by
        episode_subjects.subject_number,
        waits.wait_number,
        waits.month_start_on,
        waits.wait_days
),

monthly_cells as (
    select
        daily_cells.subject_number,
        daily_cells.wait_number,
        numbered_bands.band_number,
        daily_cells.month_start_on,
        cast(sum(daily_cells.n_waits) as bigint) as n_waits,
        cast(
            sum(
                case
                    when
                        daily_cells.wait_days
                        >= coalesce(numbered_bands.min_days, daily_cells.wait_days)
                        and daily_cells.wait_days
                        <= coalesce(numbered_bands.max_days, daily_cells.wait_days)
                        then daily_cells.n_waits
                    else 0
                end
            ) as bigint
        ) as n_in_band
    from daily_cells
    inner join numbered_bands on daily_cells.wait_number = numbered_bands.wait_number
    group by
        daily_cells.subject_number,
        daily_cells.wait_number,
        numbered_bands.band_number,
        daily_cells.month_start_on
),

counts as (
    select
        monthly_cells.subject_number,
        monthly_cells.wait_number,
        monthly_cells.band_number,
        period_months.period_number,
        cast(sum(monthly_cells.n_waits) as bigint) as n_waits,
        cast(sum(monthly_cells.n_in_band) as bigint) as n_in_band
    from monthly_cells
    inner join period_months on monthly_cells.month_start_on = period_months.month_start_on
    group by
        monthly_cells.subject_number,
        monthly_cells.wait_number,
        monthly_cells.band_number,
        period_months.period_number
),

-- People are not additive over months. They are the waits without those whose client had already
-- had one in the same period: for that, the month of the client's wait before is enough, and only
-- clients with several courses have one.
returning_clients as (
    select client_key
    from episodes
    group by client_key
    having count(*) > 1
),

repeated_waits as (
    select
        episode_subjects.subject_number,
        waits.wait_number,
        waits.month_start_on,
        lag(waits.month_start_on) over (
            partition by
                episode_subjects.subject_number,
                waits.wait_number,
                waits.client_key
            order by waits.counted_on asc, waits.episode_key asc
        ) as previous_month_on
    from waits
    inner join returning_clients on waits.client_key = returning_clients.client_key
    inner join episode_subjects on waits.episode_key = episode_subjects.episode_key
),

period_repeats as (
    select
        repeated_waits.subject_number,
        repeated_waits.wait_number,
        period_months.period_number,
        count(*) as n_repeated
    from repeated_waits
    inner join period_months
        on
            repeated_waits.month_start_on = period_months.month_start_on
            and repeated_waits.previous_month_on >= period_months.period_start_on
    group by
        repeated_waits.subject_number,
        repeated_waits.wait_number,
        period_months.period_number
)

select
    subjects.level,
    subjects.subject_id,
    numbered_bands.wait_id,
    periods.period_kind,
    periods.period_start_on,
    periods.period_end_on,
    counts.n_waits - coalesce(period_repeats.n_repeated, 0) as n_clients,
    counts.n_waits,
    counts.n_in_band,
    counts.n_in_band / nullif(counts.n_waits, 0) as in_band_rate,
    wilson_lower(counts.n_in_band, counts.n_waits) as in_band_rate_lower,
    wilson_upper(counts.n_in_band, counts.n_waits) as in_band_rate_upper,
    standards.standard_op,
    standards.standard_share
from counts
inner join subjects on counts.subject_number = subjects.subject_number
inner join numbered_bands on counts.band_number = numbered_bands.band_number
inner join periods on counts.period_number = periods.period_number
left join period_repeats
    on
        counts.subject_number = period_repeats.subject_number
        and counts.wait_number = period_repeats.wait_number
        and counts.period_number = period_repeats.period_number
left join standards on numbered_bands.wait_id = standards.figure
order by
    subjects.level,
    subjects.subject_id,
    numbered_bands.wait_id,
    periods.period_kind,
    periods.period_start_on
