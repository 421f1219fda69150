-- Treatment tracks, with the instruments that each lists.
--
-- Grain: one row per programme
-- Key:   programme_id
select
    programme_id,
    name,
    track,
    modality,
    licence_required,
    planned_sessions,
    session_interval_days,
    coalesce(
        list_filter(string_split(instruments, ';'), lambda listed: listed <> ''),
        cast([] as varchar[])
    ) as instruments,
    coalesce(measure_every_sessions, 1) as measure_every_sessions
from raw_programmes
where row_status = 'accepted'
order by programme_id
