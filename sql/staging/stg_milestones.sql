-- What clients reached in life or in therapy.
--
-- Grain: one row per milestone
-- Key:   milestone_id
select
    milestone_id,
    episode_id,
    pseudonym($salt, 'episode', episode_id) as episode_key,
    kind,
    domain,
    observed_on,
    reported_by
from raw_milestones
where row_status = 'accepted'
order by milestone_id
