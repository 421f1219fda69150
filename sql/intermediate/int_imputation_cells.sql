-- Finished courses with a first score, alike in what may foretell a last score that is missing.
--
-- What is known of everybody: the first score, how the course went (`dose_doublings`: sessions
-- attended, each step twice as many as the one before; `ending`: as coded, or derived) and the case
-- mix (programme, age band and sex). `n_paired` have a last score, too; the others are those whose
-- last score is imputed. A course without a first score is in no cell: nothing of the measure is
-- known of it. Only scales with a reliable change in force, whose direction is known.
--
-- Points run as the scale does.
--
-- Grain:  one row per instrument, scale, respondent, month of the end and kind of course.
-- Key:    instrument_id, scale, respondent, month_start_on, programme_id, first_points,
--         dose_doublings, ending, age_band, sex
-- Source: int_outcome_rules (citation per figure)
with episodes as (
    select
        episode_key,
        client_key,
        programme_id,
        session_1_on,
        cast(date_trunc('month', ended_on) as date) as month_start_on,
        case when end_basis = 'derived' then 'derived' else coalesce(end_reason, 'not_recorded') end
            as ending,
        cast(floor(log2(n_attended)) as integer) as dose_doublings
    from int_episodes
    where is_finished_course
),

clients as (
    select
        client_key,
        birth_date,
        sex
    from stg_clients
),

episode_scores as (
    select
        episode_key,
        instrument_id,
        scale,
        respondent,
        first_points,
        last_points
    from int_episode_scores
    where first_points is not null
),

scales as (
    select
        instrument_id,
        scale,
        direction,
        lowest_points,
        highest_points,
        step_points
    from int_scales
    where purpose = 'outcome' and direction in ('higher_worse', 'higher_better')
),

outcome_rules as (
    select
        instrument_id,
        scale,
        respondent,
        reliable_change_points
    from int_outcome_rules
    where reliable_change_points is not null
),

measures as (
    select
        outcome_rules.instrument_id,
        outcome_rules.scale,
        outcome_rules.respondent,
        outcome_rules.reliable_change_points,
        scales.direction,
        scales.lowest_points as min_points,
        scales.highest_points as max_points,
        scales.step_points
    from outcome_rules
    inner join scales
        on
            outcome_rules.instrument_id = scales.instrument_id
            and outcome_rules.scale = scales.scale
),

aged_episodes as (
    select
        episodes.episode_key,
        episodes.programme_id,
        episodes.month_start_on,
        episodes.ending,
        episodes.dose_doublings,
        age_years(clients.birth_date, episodes.session_1_on) as start_years,
        coalesce(nullif(clients.sex, 'unknown'), 'not_recorded') as sex
    from episodes
    left join clients on episodes.client_key = clients.client_key
),

described_episodes as (
    select
        episode_key,
        programme_id,
        month_start_on,
        ending,
        dose_doublings,
        coalesce(age_band(start_years, $age_bands), 'not_recorded') as age_band,
        sex
    from aged_episodes
),

courses as (
    select
        measures.instrument_id,
        measures.scale,
        measures.respondent,
        measures.direction,
        measures.reliable_change_points,
        measures.min_points,
        measures.max_points,
        measures.step_points,
        described_episodes.month_start_on,
        described_episodes.programme_id,
        described_episodes.ending,
        described_episodes.dose_doublings,
        described_episodes.age_band,
        described_episodes.sex,
        episode_scores.first_points,
        episode_scores.last_points,
        case measures.direction
            when 'higher_worse' then episode_scores.first_points - episode_scores.last_points
            else episode_scores.last_points - episode_scores.first_points
        end as improvement_points
    from described_episodes
    inner join episode_scores on described_episodes.episode_key = episode_scores.episode_key
    inner join measures
        on
            episode_scores.instrument_id = measures.instrument_id
            and episode_scores.scale = measures.scale
            and episode_scores.respondent = measures.respondent
)

select
    instrument_id,
    scale,
    respondent,
    month_start_on,
    programme_id,
    first_points,
    dose_doublings,
    ending,
    age_band,
    sex,
    direction,
    reliable_change_points,
    min_points,
    max_points,
    step_points,
    count(*) as n_courses,
    count(last_points) as n_paired,
    coalesce(sum(last_points), 0) as last_sum,
    coalesce(sum(cast(last_points as decimal(18, 4)) * last_points), 0) as last_squares,
    count(*) filter (where improvement_points >= reliable_change_points) as n_improved,
    count(*) filter (where improvement_points <= -reliable_change_points) as n_deteriorated
from courses
group by all
order by
    instrument_id,
    scale,
    respondent,
    month_start_on,
    programme_id,
    first_points,
    dose_doublings,
    ending,
    age_band,
    sex
