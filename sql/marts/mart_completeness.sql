-- Whose measures are there: due and done at sessions, pairs of finished courses, usable responses.
--
-- Due and done: the rule of int_measures_due, in the month of the session. Pairs: finished courses
-- that ended in the period, by int_listed_pairs on one (`any`) or on every (`all`) instrument that
-- their programme lists. Responses: the client's own, on their day; unscorable ones have no total
-- (no score on any scale where there is no total). A response without an episode has no subject but
-- the clinic, so `n_without_episode` is null for the others. Limits: 95 % Wilson.
-- The public levels have no rows here: a response without an episode is of nobody known to agree.
--
-- Grain:  one row per level, subject and period with anything in it.
-- Key:    level, subject_id, period_kind, period_start_on
-- Source: Wilson (1927)
with episodes as (
    select
        episode_key,
        programme_id,
        ended_on
    from int_episodes
    where is_finished_course
),

episode_subjects as (
    select
        episode_key,
        level,
        subject_id
    from int_episode_subjects
    where level not in ('public_clinic', 'public_programme')
),

measures_due as (
    select
        episode_key,
        month_start_on,
        n_due,
        n_done
    from int_measures_due
),

scores as (
    select
        episode_key,
        instrument_id,
        scale,
        administered_on,
        score_points
    from int_response_scores
    where respondent = 'client'
),

listed_pairs as (
    select
        episode_key,
        has_any,
        has_all
    from int_listed_pairs
),

period_months as (
    select
        period_kind,
        period_start_on,
        period_end_on,
        month_start_on
    from int_period_months
),

-- A response has a row for each scale; the rows of one scale stand for the responses.
counted_scales as (
    select
        instrument_id,
        coalesce(max(scale) filter (where scale = 'total'), min(scale)) as scale
    from scores
    group by instrument_id
),

counted_responses as (
    select
        scores.episode_key,
        cast(date_trunc('month', scores.administered_on) as date) as month_start_on,
        count(*) as n_responses,
        count(*) filter (where scores.score_points is null) as n_unscorable
    from scores
    inner join counted_scales
        on
            scores.instrument_id = counted_scales.instrument_id
            and scores.scale = counted_scales.scale
    group by all
),

-- Three kinds of facts in rows of one shape; what a kind does not count is 0.
episode_facts as (
    select
        episode_key,
        month_start_on,
        n_due,
        n_done,
        0 as n_finished,
        0 as n_paired_any,
        0 as n_paired_all,
        0 as n_responses,
        0 as n_unscorable
    from measures_due
    union all
    select
        episodes.episode_key,
        cast(date_trunc('month', episodes.ended_on) as date) as month_start_on,
        0 as n_due,
        0 as n_done,
        1 as n_finished,
        case when listed_pairs.has_any then 1 else 0 end as n_paired_any,
        case when listed_pairs.has_all then 1 else 0 end as n_paired_all,
        0 as n_responses,
        0 as n_unscorable
    from episodes
    inner join listed_pairs on episodes.episode_key = listed_pairs.episode_key
    union all
    select
        episode_key,
        month_start_on,
        0 as n_due,
        0 as n_done,
        0 as n_finished,
        0 as n_paired_any,
        0 as n_paired_all,
        n_responses,
        n_unscorable
    from counted_responses
    where episode_key is not null
),

monthly_cells as (
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        episode_facts.month_start_on,
        sum(episode_facts.n_due) as n_due,
        sum(episode_facts.n_done) as n_done,
        sum(episode_facts.n_finished) as n_finished,
        sum(episode_facts.n_paired_any) as n_paired_any,
        sum(episode_facts.n_paired_all) as n_paired_all,
        sum(episode_facts.n_responses) as n_responses,
        sum(episode_facts.n_unscorable) as n_unscorable,
        0 as n_without_episode
    from episode_facts
    inner join episode_subjects on episode_facts.episode_key = episode_subjects.episode_key
    group by all
    union all
    select
        'clinic' as level,
        'clinic' as subject_id,
        month_start_on,
        0 as n_due,
        0 as n_done,
        0 as n_finished,
        0 as n_paired_any,
        0 as n_paired_all,
        n_responses,
        n_unscorable,
        n_responses as n_without_episode
    from counted_responses
    where episode_key is null
),

figures as (
    select
        monthly_cells.level,
        monthly_cells.subject_id,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on,
        cast(sum(monthly_cells.n_due) as bigint) as n_due,
        cast(sum(monthly_cells.n_done) as bigint) as n_done,
        cast(sum(monthly_cells.n_finished) as bigint) as n_finished,
        cast(sum(monthly_cells.n_paired_any) as bigint) as n_paired_any,
        cast(sum(monthly_cells.n_paired_all) as bigint) as n_paired_all,
        cast(sum(monthly_cells.n_responses) as bigint) as n_responses,
        cast(sum(monthly_cells.n_unscorable) as bigint) as n_unscorable,
        cast(
            sum(case when monthly_cells.level = 'clinic' then monthly_cells.n_without_episode end)
            as bigint
        ) as n_without_episode
    from monthly_cells
    inner join period_months on monthly_cells.month_start_on = period_months.month_start_on
    group by all
)

select
    level,
    subject_id,
    period_kind,
    period_start_on,
    period_end_on,
    n_due,
    n_done,
    n_done / nullif(n_due, 0) as done_rate,
    wilson_lower(n_done, n_due) as done_rate_lower,
    wilson_upper(n_done, n_due) as done_rate_upper,
    n_finished,
    n_paired_any,
    n_paired_any / nullif(n_finished, 0) as paired_any_rate,
    wilson_lower(n_paired_any, n_finished) as paired_any_rate_lower,
    wilson_upper(n_paired_any, n_finished) as paired_any_rate_upper,
    n_paired_all,
    n_paired_all / nullif(n_finished, 0) as paired_all_rate,
    wilson_lower(n_paired_all, n_finished) as paired_all_rate_lower,
    wilson_upper(n_paired_all, n_finished) as paired_all_rate_upper,
    n_responses,
    n_unscorable,
    n_without_episode
from figures
order by level, subject_id, period_kind, period_start_on
