-- Hedges' correction of a standardised change of n pairs for few of them: 1 - 3 / (4 df - 1) with
-- df = n - 1. Null below three pairs: of two it would leave nothing, whatever they were.
--
-- Source: Hedges (1981), J Educ Stat 6:107-128. n = 20 gives 0.96.
create or replace macro hedges_correction(n) as
case when n > 2 then 1 - 3 / cast(4 * (n - 1) - 1 as double) end;
