-- NHS England's outcome metric for children and young people: a rater's measures in one verdict.
--
-- Finished courses of people under the rule's age on the day of their referral; of nobody without a
-- date of birth. Measures with a pair and a threshold of this rule set count, each goal as one of
-- them; no other threshold is used, also where the instrument's own rule differs. Improved: at
-- least one reliable improvement and no reliable deterioration on any; deteriorated: any; else no
-- change. Null where the rater has no such measure.
--
-- Grain:  one row per finished course of a child or young person, and rater.
-- Key:    episode_key, rater
-- Source: ref_child_measures (NHS England MHSDS code, commit 7b4d742: a change counts from the
--         threshold on)
with episodes as (
    select
        episode_key,
        client_key,
        programme_id,
        referred_on,
        ended_on
    from int_episodes
    where is_finished_course
),

clients as (
    select
        client_key,
        birth_date
    from stg_clients
    where birth_date is not null
),

child_measures as (
    select
        instrument_id,
        scale,
        rater,
        rule_id,
        rule_version,
        reliable_change_points,
        below_age_years
    from ref_child_measures
    where status = 'verified'
),

outcomes as (
    select
        episode_key,
        instrument_id,
        scale,
        respondent,
        improvement_points
    from mart_episode_outcomes
    where is_paired
),

goal_changes as (
    select
        goal_key,
        episode_key,
        kind,
        improvement_points
    from int_goal_changes
    where improvement_points is not null
),

raters as (
    select
        rater,
        max(rule_id) as rule_id,
        max(rule_version) as rule_version,
        max(below_age_years) as below_age_years
    from child_measures
    group by rater
),

child_episodes as (
    select
        episodes.episode_key,
        episodes.client_key,
        episodes.programme_id,
        episodes.ended_on,
        raters.rater,
        raters.rule_id,
        raters.rule_version
    from episodes
    inner join clients on episodes.client_key = clients.client_key
    inner join raters
        on
            age_years(clients.birth_date, episodes.referred_on) < raters.below_age_years
),

-- Goals are rated by the client here; a goal is a measure of its own.
changes as (
    select
        outcomes.episode_key,
        child_measures.rater,
        outcomes.improvement_points,
        child_measures.reliable_change_points
    from outcomes
    inner join child_measures
        on
            outcomes.instrument_id = child_measures.instrument_id
            and outcomes.scale = child_measures.scale
            and outcomes.respondent = child_measures.rater
    union all
    select
        goal_changes.episode_key,
        child_measures.rater,
        goal_changes.improvement_points,
        child_measures.reliable_change_points
    from goal_changes
    inner join child_measures on goal_changes.kind = child_measures.instrument_id
    where child_measures.scale = 'goal' and child_measures.rater = 'client'
),

counted_changes as (
    select
        episode_key,
        rater,
        count(*) as n_measures,
        count(*) filter (where improvement_points >= reliable_change_points) as n_improved,
        count(*) filter (where improvement_points <= -reliable_change_points) as n_deteriorated
    from changes
    group by episode_key, rater
)

select
    child_episodes.episode_key,
    child_episodes.client_key,
    child_episodes.programme_id,
    child_episodes.ended_on,
    child_episodes.rater,
    coalesce(counted_changes.n_measures, 0) as n_measures,
    coalesce(counted_changes.n_improved, 0) as n_measures_improved,
    coalesce(counted_changes.n_deteriorated, 0) as n_measures_deteriorated,
    case
        when counted_changes.n_deteriorated > 0 then 'deteriorated'
        when counted_changes.n_improved > 0 then 'improved'
        when counted_changes.n_measures > 0 then 'unchanged'
    end as combined_change,
    child_episodes.rule_id,
    child_episodes.rule_version
from child_episodes
left join counted_changes
    on
        child_episodes.episode_key = counted_changes.episode_key
        and child_episodes.rater = counted_changes.rater
order by child_episodes.episode_key, child_episodes.rater
