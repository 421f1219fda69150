-- Change index of Hsu, Linn and Lord: as that of Gulliksen, Lord and Novick, with each score
-- against the mean of its own time. So it tells who changed otherwise than the others did.
--
-- Source: R package clinicalsignificance. Means 25 and 20, SD 5, reliability 0.8, 30 to 20: -1.33.
create or replace macro change_index_hll(
    first_points, last_points, first_mean, last_mean, first_sd, reliability
) as
((last_points - last_mean) - reliability * (first_points - first_mean))
/ nullif(first_sd * sqrt(1 - reliability * reliability), 0);
