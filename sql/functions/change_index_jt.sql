-- Reliable change index of Jacobson and Truax: the change over the standard error of a difference.
-- Negative where the score fell.
--
-- Source: Jacobson & Truax (1991). 32 to 20 with SD 7.5 and reliability 0.8 gives -2.53.
create or replace macro change_index_jt(first_points, last_points, first_sd, reliability) as
(last_points - first_points)
/ nullif(first_sd * sqrt(2 * (1 - reliability)), 0);
