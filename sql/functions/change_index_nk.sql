-- Change index of Nunnally and Kotsch: as that of Edwards and Nunnally, with the error of the
-- estimated first score and that of the last, whose reliability may be another.
--
-- Source: R package clinicalsignificance. Mean 25, SD 5, both reliabilities 0.8, 30 to 20: -3.14.
create or replace macro change_index_nk(
    first_points, last_points, first_mean, first_sd, reliability, last_reliability
) as
(last_points - (reliability * (first_points - first_mean) + first_mean))
/ nullif(
    first_sd * sqrt(reliability * reliability * (1 - reliability) + (1 - last_reliability)), 0
);
