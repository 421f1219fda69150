-- Courses that ended in a period, and their clients, for every level: what a figure about ended
-- courses is out of when no instrument narrows it.
--
-- Grain:  one row per level, subject and period in which a course ended.
-- Key:    level, subject_id, period_kind, period_start_on
with ended_episodes as (
    select
        episode_key,
        client_key,
        ended_on
    from int_episodes
    where ended_on is not null
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

-- People are not additive over months. A course counts a client unless an earlier one of the same
-- period did: for that, the month of the client's course before at the subject is enough.
subject_episodes as (
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        cast(date_trunc('month', ended_episodes.ended_on) as date) as month_start_on,
        cast(
            date_trunc(
                'month',
                lag(ended_episodes.ended_on) over (
                    partition by
                        episode_subjects.level,
                        episode_subjects.subject_id,
                        ended_episodes.client_key
                    order by ended_episodes.ended_on asc, ended_episodes.episode_key asc
                )
            ) as date
        ) as previous_month_on
    from ended_episodes
    inner join episode_subjects on ended_episodes.episode_key = episode_subjects.episode_key
),

monthly_cells as (
    select
        level,
        subject_id,
        month_start_on,
        previous_month_on,
        count(*) as n_ended
    from subject_episodes
    group by level, subject_id, month_start_on, previous_month_on
)

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
                else monthly_cells.n_ended
            end
        ) as bigint
    ) as n_clients,
    cast(sum(monthly_cells.n_ended) as bigint) as n_ended
from monthly_cells
inner join period_months on monthly_cells.month_start_on = period_months.month_start_on
group by
    monthly_cells.level,
    monthly_cells.subject_id,
    period_months.period_kind,
    period_months.period_start_on,
    period_months.period_end_on
order by
    monthly_cells.level,
    monthly_cells.subject_id,
    period_months.period_kind,
    period_months.period_start_on
