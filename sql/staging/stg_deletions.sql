-- Keys that a delivery withdrew.
--
-- Grain: one row per table and key
-- Key:   table, key
select
    "table",
    key,
    deleted_on,
    reason
from raw_deletions
where row_status = 'accepted'
order by "table", key
