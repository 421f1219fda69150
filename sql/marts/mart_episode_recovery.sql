-- The NHS Talking Therapies rule over the pair of measures, PHQ-9 and GAD-7.
--
-- Was a case: either first score at or above its threshold. Recovered: of the cases, both last
-- scores below. Both are null where a missing score leaves it open. Reliably improved: at least one
-- measure better by its reliable change and none worse; deteriorated: at least one worse and none
-- better; one measure with a pair is enough, without any both are null. Reliably recovered:
-- recovered and reliably improved, of the cases. The published recovery rate is
-- recovered / (finished - known not to be cases): what is null stays in its denominator.
--
-- Grain:  one row per finished course of treatment.
-- Key:    episode_key
-- Source: NHS England, NHS Talking Therapies metadata 2024-25; England 2024-25 by this rate:
--         321,061 / (670,419 - 35,234) = 50.5 %. Thresholds: ref_outcome_rules.
with finished_episodes as (
    select
        episode_key,
        client_key,
        programme_id,
        track,
        therapist_id,
        attribution_share,
        is_shared,
        has_concurrent_group,
        group_id,
        started_on,
        ended_on,
        end_reason,
        end_basis,
        n_attended
    from int_episodes
    where is_finished_course
),

outcomes as (
    select
        episode_key,
        instrument_id,
        is_paired,
        was_case,
        is_case,
        reliable_change
    from mart_episode_outcomes
    where
        instrument_id in ('phq9', 'gad7')
        and scale = 'total'
        and respondent = 'client'
),

-- At most two rows an episode, one for each measure; a flag that is null counts for neither side.
measured_episodes as (
    select
        episode_key,
        count(*) filter (where is_paired) as n_paired_measures,
        count(*) filter (where was_case) as n_were_case,
        count(*) filter (where not was_case) as n_were_no_case,
        count(*) filter (where is_case) as n_case_at_last,
        count(*) filter (where not is_case) as n_below_at_last,
        count(*) filter (where reliable_change is not null) as n_judged,
        count(*) filter (where reliable_change = 'improved') as n_improved,
        count(*) filter (where reliable_change = 'deteriorated') as n_deteriorated
    from outcomes
    group by episode_key
),

judged_episodes as (
    select
        episode_key,
        n_paired_measures,
        case
            when n_were_case > 0 then true
            when n_were_no_case = 2 then false
        end as was_case,
        case
            when n_case_at_last > 0 then false
            when n_below_at_last = 2 then true
        end as is_below_at_last,
        case
            when n_judged > 0 then n_improved > 0 and n_deteriorated = 0
        end as is_reliably_improved,
        case
            when n_judged > 0 then n_deteriorated > 0 and n_improved = 0
        end as is_reliably_deteriorated
    from measured_episodes
),

recoveries as (
    select
        finished_episodes.episode_key,
        finished_episodes.client_key,
        finished_episodes.programme_id,
        finished_episodes.track,
        finished_episodes.therapist_id,
        finished_episodes.attribution_share,
        finished_episodes.is_shared,
        finished_episodes.has_concurrent_group,
        finished_episodes.group_id,
        finished_episodes.started_on,
        finished_episodes.ended_on,
        finished_episodes.end_reason,
        finished_episodes.end_basis,
        finished_episodes.n_attended,
        coalesce(judged_episodes.n_paired_measures, 0) as n_paired_measures,
        judged_episodes.was_case,
        case
            when judged_episodes.was_case then judged_episodes.is_below_at_last
        end as is_recovered,
        judged_episodes.is_reliably_improved,
        judged_episodes.is_reliably_deteriorated,
        case
            when judged_episodes.was_case
                then
                    judged_episodes.is_below_at_last
                    and judged_episodes.is_reliably_improved
        end as is_reliably_recovered
    from finished_episodes
    left join judged_episodes on finished_episodes.episode_key = judged_episodes.episode_key
)

select
    episode_key,
    client_key,
    programme_id,
    track,
    therapist_id,
    attribution_share,
    is_shared,
    has_concurrent_group,
    group_id,
    started_on,
    ended_on,
    end_reason,
    end_basis,
    n_attended,
    n_paired_measures,
    was_case,
    is_recovered,
    is_reliably_improved,
    is_reliably_deteriorated,
    is_reliably_recovered
from recoveries
order by episode_key
