-- Change index of Gulliksen, Lord and Novick: the last score against the one that regression to the
-- mean of the first scores predicts.
--
-- Source: R package clinicalsignificance. Mean 25, SD 5, reliability 0.8, 30 to 20 gives -3.
create or replace macro change_index_gln(
    first_points, last_points, first_mean, first_sd, reliability
) as
((last_points - first_mean) - reliability * (first_points - first_mean))
/ nullif(first_sd * sqrt(1 - reliability * reliability), 0);
