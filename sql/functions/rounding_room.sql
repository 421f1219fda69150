-- How far a number may lie from the one that it was rounded from, by the places that it has.
--
-- 14.4 may have been anything from 14.35 to 14.45; numbers have four places here at most.
create or replace macro rounding_room(points) as
case
    when points = round(points, 0) then 0.5
    when points = round(points, 1) then 0.05
    when points = round(points, 2) then 0.005
    when points = round(points, 3) then 0.0005
    else 0.00005
end;
