-- Half the width of the 95 % interval of a mean of n numbers with this SD, by Student's t; null
-- below five numbers, where the expansion of t is more than a quarter per cent too narrow, and
-- where all numbers are the same: at the ceiling of a scale that is no certainty.
--
-- Source: Student (1908); t from the normal z = 1.959964 by Abramowitz & Stegun 26.7.5, four terms.
-- SD 1: n = 5 gives 1.239 (exact 1.242), n = 20 gives 0.468, n = 100 gives 0.198.
create or replace macro mean_reach(sd, n) as
case
    when n >= 5 and sd > 0
        then
            (
                1.959964::double
                + 2.372271::double / (n - 1)
                + 2.822499::double / ((n - 1) * (n - 1))
                + 2.555850::double / ((n - 1) * (n - 1) * (n - 1)::double)
            ) * sd / sqrt(n)
end;
