-- Upper end of the 95 % Wilson interval of x out of n; null when n is 0 or x is unknown.
--
-- Source: Wilson (1927), z = 1.959964. 40 of 50 gives 0.888; 0 of 10 gives 0.278.
create or replace macro wilson_upper(x, n) as
case
    -- Rounding must not leave a hair below the 1 that all of n means.
    when x = n and n > 0 then 1.0::double
    when x is not null and n > 0 then least(
        1.0::double,
        (
            (x::double / n) + 3.841458881296 / (2 * n::double)
            + 1.959964 * sqrt(
                (x::double / n) * (1 - x::double / n) / n + 3.841458881296 / (4 * n::double * n)
            )
        ) / (1 + 3.841458881296 / n)
    )
end;
