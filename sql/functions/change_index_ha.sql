-- Change index of Hageman and Arrindell: the change, shrunk towards the mean change by how reliable
-- the differences of this sample are. Null where measurement error alone explains the differences.
--
-- difference_reliability is 1 - 2 SD^2 (1 - r) / variance of the differences, with the SD of the
-- first scores. Its critical value is one-sided.
--
-- Source: R package clinicalsignificance, as Hageman & Arrindell (1999).
create or replace macro change_index_ha(
    first_points, last_points, first_mean, last_mean, first_sd, reliability, difference_reliability
) as
case
    when difference_reliability > 0
        then
            (
                (last_points - first_points) * difference_reliability
                + (last_mean - first_mean) * (1 - difference_reliability)
            )
            / nullif(
                sqrt(difference_reliability) * first_sd * sqrt(2 * (1 - reliability)), 0
            )
end;
