-- All that speaks for a domain of success in a course of treatment, source by source.
--
-- Questionnaires: the total of each instrument, or its subscales where it has no total, in the
-- first domain that the catalogue names, by the respondents whom int_domain_voices lists; not what
-- only screens. Goals: each counts among the personal goals, and again in the domain that it is
-- tagged with. Milestones are counted, up to the end of the course, and are no change. The
-- client's verdict (purpose `verdict`, such as PGI-C) goes by the categories of its form: the
-- published threshold of a responder is `improved`, all beyond the middle of the form, which says
-- no change, is `deteriorated` (a reading of this project, as in int_claim_rules), what lies
-- between `unchanged`; it looks back over the course, so that its last rating stands for a pair.
--
-- `basis` says by which rule a change counts: `published`, `clinic`, `clinic_derived`,
-- `verdict_categories`, `goal_rule`; without one (`no_threshold`, `goal_no_rule`, `milestone`)
-- there is a direction at most. Bases are never pooled. `is_proxy`: the instrument stands in for
-- what it does not measure itself. Scale is empty for what is no questionnaire.
--
-- Grain:  one row per course, domain, evidence, source, scale and respondent.
-- Key:    episode_key, domain, evidence, evidence_source, scale, respondent
-- Source: ref_outcome_rules, ref_goal_rules, ref_thresholds; Guy (1976), ECDEU Assessment Manual
with outcomes as (
    select
        episode_key,
        instrument_id,
        scale,
        respondent,
        domain,
        first_score,
        last_score,
        improvement_points,
        is_paired,
        reliable_change
    from mart_episode_outcomes
),

episodes as (
    select
        episode_key,
        ended_on
    from int_episodes
),

instruments as (
    select
        instrument_id,
        purpose,
        direction,
        coalesce(ends_with(subdomain, '_proxy'), false) as is_proxy,
        total_min_points,
        total_max_points
    from ref_instruments
),

scales as (
    select
        instrument_id,
        scale
    from ref_instrument_scales
),

outcome_rules as (
    select
        instrument_id,
        scale,
        respondent,
        change_basis as basis
    from int_outcome_rules
    where reliable_change_points is not null
),

responder_thresholds as (
    select
        instrument_id,
        scale,
        min(points) as responder_points
    from ref_thresholds
    where kind = 'responder' and is_active
    group by instrument_id, scale
),

voices as (
    select
        domain,
        respondent
    from int_domain_voices
),

goal_changes as (
    select
        goal_key,
        episode_key,
        domain,
        first_points,
        is_paired,
        improvement_points,
        reliable_change,
        has_rule
    from int_goal_changes
),

milestones as (
    select
        episode_key,
        domain,
        kind,
        observed_on
    from stg_milestones
),

whole_instruments as (
    select instrument_id
    from scales
    where scale = 'total'
),

spoken_outcomes as (
    select
        outcomes.episode_key,
        outcomes.domain,
        outcomes.instrument_id,
        outcomes.scale,
        outcomes.respondent,
        instruments.is_proxy,
        instruments.direction,
        instruments.purpose = 'verdict' as is_verdict,
        outcomes.first_score is not null or outcomes.last_score is not null as is_measured,
        case
            when instruments.purpose = 'verdict' then outcomes.last_score is not null
            else outcomes.is_paired
        end as is_paired,
        outcomes.last_score,
        outcomes.improvement_points,
        outcomes.reliable_change,
        outcome_rules.basis,
        responder_thresholds.responder_points,
        (instruments.total_min_points + instruments.total_max_points) / 2 as middle_points
    from outcomes
    inner join instruments on outcomes.instrument_id = instruments.instrument_id
    inner join voices
        on outcomes.domain = voices.domain and outcomes.respondent = voices.respondent
    left join whole_instruments on outcomes.instrument_id = whole_instruments.instrument_id
    left join outcome_rules
        on
            outcomes.instrument_id = outcome_rules.instrument_id
            and outcomes.scale = outcome_rules.scale
            and outcomes.respondent = outcome_rules.respondent
    left join responder_thresholds
        on
            outcomes.instrument_id = responder_thresholds.instrument_id
            and outcomes.scale = responder_thresholds.scale
    where
        instruments.purpose in ('outcome', 'process', 'verdict')
        and (outcomes.scale = 'total' or whole_instruments.instrument_id is null)
),

-- Verdicts turned so that more points are worse.
oriented_outcomes as (
    select
        episode_key,
        domain,
        instrument_id,
        scale,
        respondent,
        is_proxy,
        is_verdict,
        is_measured,
        is_paired,
        basis,
        responder_points is not null as has_categories,
        reliable_change,
        case
            when is_verdict and direction = 'higher_worse' then middle_points - last_score
            when is_verdict and direction = 'higher_better' then last_score - middle_points
            else improvement_points
        end as better_by_points,
        case
            when direction = 'higher_worse' then last_score <= responder_points
            when direction = 'higher_better' then last_score >= responder_points
        end as is_like_responder,
        case
            when direction = 'higher_worse' then last_score > middle_points
            when direction = 'higher_better' then last_score < middle_points
        end as is_beyond_middle
    from spoken_outcomes
),

goal_domains as (
    select
        goal_key,
        'personal_goals' as domain
    from goal_changes
    union
    select
        goal_changes.goal_key,
        goal_changes.domain
    from goal_changes
    inner join voices on goal_changes.domain = voices.domain
),

domains as (
    select distinct domain
    from voices
),

all_evidence as (
    select
        episode_key,
        domain,
        case when is_verdict then 'verdict' else 'questionnaire' end as evidence,
        instrument_id as evidence_source,
        scale,
        respondent,
        case
            when is_verdict and has_categories then 'verdict_categories'
            -- A rule cannot judge a scale of which nobody says which way is better.
            when not is_verdict and (reliable_change is not null or not is_paired)
                then coalesce(basis, 'no_threshold')
            else 'no_threshold'
        end as basis,
        is_measured,
        is_paired,
        case
            when not is_verdict then reliable_change
            when is_like_responder then 'improved'
            when is_beyond_middle then 'deteriorated'
            when not is_like_responder and not is_beyond_middle then 'unchanged'
        end as change,
        sign(better_by_points) as side,
        cast(null as bigint) as n_milestones,
        is_proxy
    from oriented_outcomes
    union all
    select
        goal_changes.episode_key,
        goal_domains.domain,
        'goal' as evidence,
        goal_changes.goal_key as evidence_source,
        '' as scale,
        'client' as respondent,
        case when goal_changes.has_rule then 'goal_rule' else 'goal_no_rule' end as basis,
        goal_changes.first_points is not null as is_measured,
        goal_changes.is_paired,
        goal_changes.reliable_change as change,
        sign(goal_changes.improvement_points) as side,
        cast(null as bigint) as n_milestones,
        false as is_proxy
    from goal_changes
    inner join goal_domains on goal_changes.goal_key = goal_domains.goal_key
    union all
    select
        milestones.episode_key,
        milestones.domain,
        'milestone' as evidence,
        milestones.kind as evidence_source,
        '' as scale,
        'any' as respondent,
        'milestone' as basis,
        false as is_measured,
        false as is_paired,
        cast(null as varchar) as change,
        cast(null as tinyint) as side,
        count(*) as n_milestones,
        false as is_proxy
    from milestones
    inner join domains on milestones.domain = domains.domain
    inner join episodes on milestones.episode_key = episodes.episode_key
    where episodes.ended_on is null or milestones.observed_on <= episodes.ended_on
    group by milestones.episode_key, milestones.domain, milestones.kind
)

select
    episode_key,
    domain,
    evidence,
    evidence_source,
    scale,
    respondent,
    basis,
    is_measured,
    is_paired,
    change,
    case side when 1 then 'better' when 0 then 'same' when -1 then 'worse' end as direction,
    n_milestones,
    is_proxy
from all_evidence
order by episode_key, domain, evidence, evidence_source, scale, respondent
