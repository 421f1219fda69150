-- The sums that every comparison is made from: therapists' and groups' cases by kind of case.
--
-- Sums are integers and decimals: the months of a window add up exactly, in any order. The flags
-- are kept apart so that the same comparison can be made without one kind of course. The shares
-- are the therapist's part of the attended sessions. What needs `is_improved` is null where the
-- scale has no rule in force.
--
-- Grain:  one row per level, subject, instrument, scale, respondent, month of end, cell and flags.
-- Key:    level, subject_id, instrument_id, scale, respondent, month_start_on, cell_key,
--         is_group_member, is_shared, has_concurrent_group
with cases as (
    select
        episode_key,
        instrument_id,
        scale,
        respondent,
        cell_key,
        cast(date_trunc('month', ended_on) as date) as month_start_on,
        group_id is not null as is_group_member,
        is_shared,
        has_concurrent_group,
        attribution_share,
        improvement_points,
        is_improved
    from int_comparison_cases
),

episode_subjects as (
    select
        episode_key,
        level,
        subject_id
    from int_episode_subjects
    where level in ('therapist', 'group')
),

sums as (
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        cases.instrument_id,
        cases.scale,
        cases.respondent,
        cases.month_start_on,
        cases.cell_key,
        cases.is_group_member,
        cases.is_shared,
        cases.has_concurrent_group,
        cast(count(*) as integer) as n_cases,
        cast(
            case
                when count(cases.is_improved) > 0 then count(*) filter (where cases.is_improved)
            end as integer
        ) as n_improved,
        sum(cases.improvement_points) as improvement_points,
        sum(cases.improvement_points * cases.improvement_points) as improvement_squares,
        sum(cases.attribution_share) as share_sum,
        coalesce(sum(cases.attribution_share) filter (where cases.is_improved), 0)
            as share_improved,
        sum(cases.attribution_share * cases.improvement_points) as share_points
    from cases
    inner join episode_subjects on cases.episode_key = episode_subjects.episode_key
    group by
        episode_subjects.level,
        episode_subjects.subject_id,
        cases.instrument_id,
        cases.scale,
        cases.respondent,
        cases.month_start_on,
        cases.cell_key,
        cases.is_group_member,
        cases.is_shared,
        cases.has_concurrent_group
)

select
    level,
    subject_id,
    instrument_id,
    scale,
    respondent,
    month_start_on,
    cell_key,
    is_group_member,
    is_shared,
    has_concurrent_group,
    n_cases,
    n_improved,
    improvement_points,
    improvement_squares,
    share_sum,
    share_improved,
    share_points
from sums
order by
    level,
    subject_id,
    instrument_id,
    scale,
    respondent,
    month_start_on,
    cell_key,
    is_group_member,
    is_shared,
    has_concurrent_group
