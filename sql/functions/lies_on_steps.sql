-- Whether points are a whole number of one of some steps, rounded to as many places as they have.
--
-- A total may have been rounded before it was delivered: 14.44 is 13 of nine answers prorated to
-- ten, 14.4444. Without steps every number will do.
--
-- 13 lies on steps of 1 and 13.5 does not; 17.5 lies on steps of 1.25.
create or replace macro lies_on_steps(points, steps) as
coalesce(len(steps), 0) = 0
or len(
    list_filter(
        steps,
        lambda step:
        abs(cast(points as double) - step * round(cast(points as double) / step))
        <= 0.000000001 + rounding_room(points)
    )
) > 0;
