-- Change index of Edwards and Nunnally: the last score against the estimated true first score,
-- over the standard error of measurement (not of a difference).
--
-- Source: R package clinicalsignificance. Mean 25, SD 5, reliability 0.8, 30 to 20 gives -4.02.
create or replace macro change_index_en(
    first_points, last_points, first_mean, first_sd, reliability
) as
(last_points - (reliability * (first_points - first_mean) + first_mean))
/ nullif(first_sd * sqrt(1 - reliability), 0);
