-- The change that is reliable by Jacobson and Truax: z * SD * sqrt(2) * sqrt(1 - reliability).
--
-- Rounded up to four places, so that no smaller change counts; the sixth further place is noise of
-- the arithmetic and is rounded away before.
--
-- An SD of 7.5 and a reliability of 0.8 give 9.2971 at z 1.96.
create or replace macro reliable_change_points(sd, reliability, z) as
cast(
    ceil(
        round(
            cast(z as double) * cast(sd as double)
            * sqrt(2) * sqrt(1 - cast(reliability as double)) * 10000,
            6
        )
    ) / 10000 as decimal(9, 4)
);
