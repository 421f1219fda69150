-- Which domains of success were measured in a course of treatment, and what became of each.
--
-- Several sources of one basis and one respondent are combined by the rule of the NHS children's
-- metric: improved when at least one improved and none deteriorated, deteriorated when any did,
-- else unchanged. `direction` looks at the sign of a change alone: better or worse when all that
-- moved did so, else same. What has no rule has a direction and no change; milestones have neither.
--
-- Grain:  one row per course, domain, basis and respondent with any evidence.
-- Key:    episode_key, domain, basis, respondent
-- Source: NHS England, MHSDS monthly statistics code, commit 7b4d742 (cyp_outcomes)
with evidence as (
    select
        episode_key,
        domain,
        basis,
        respondent,
        is_measured,
        is_paired,
        change,
        direction,
        n_milestones,
        is_proxy
    from mart_episode_evidence
),

counts as (
    select
        episode_key,
        domain,
        basis,
        respondent,
        count(*) as n_sources,
        count(*) filter (where is_measured) as n_measured_sources,
        count(*) filter (where is_paired) as n_paired_sources,
        count(*) filter (where change = 'improved') as n_improved,
        count(*) filter (where change = 'unchanged') as n_unchanged,
        count(*) filter (where change = 'deteriorated') as n_deteriorated,
        count(*) filter (where direction = 'better') as n_better,
        count(*) filter (where direction = 'same') as n_same,
        count(*) filter (where direction = 'worse') as n_worse,
        cast(coalesce(sum(n_milestones), 0) as bigint) as n_milestones,
        coalesce(bool_or(is_proxy), false) as is_proxy
    from evidence
    group by episode_key, domain, basis, respondent
)

select
    episode_key,
    domain,
    basis,
    respondent,
    n_sources,
    n_paired_sources,
    n_measured_sources > 0 as is_measured,
    n_paired_sources > 0 as is_paired,
    case
        when n_deteriorated > 0 then 'deteriorated'
        when n_improved > 0 then 'improved'
        when n_unchanged > 0 then 'unchanged'
    end as change,
    case
        when n_better > 0 and n_worse = 0 then 'better'
        when n_worse > 0 and n_better = 0 then 'worse'
        when n_same > 0 or n_better > 0 then 'same'
    end as direction,
    n_milestones,
    is_proxy
from counts
order by episode_key, domain, basis, respondent
