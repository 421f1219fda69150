-- Lower end of the 95 % Wilson interval of x out of n; null when n is 0 or x is unknown.
--
-- Source: Wilson (1927), z = 1.959964. 40 of 50 gives 0.670; 0 of 10 gives 0.
create or replace macro wilson_lower(x, n) as
case
    -- Rounding must not leave a hair above the 0 that none of n means.
    when x = 0 and n > 0 then 0.0::double
    when x is not null and n > 0 then greatest(
        0.0::double,
        (
            (x::double / n) + 3.841458881296 / (2 * n::double)
            - 1.959964 * sqrt(
                (x::double / n) * (1 - x::double / n) / n + 3.841458881296 / (4 * n::double * n)
            )
        ) / (1 + 3.841458881296 / n)
    )
end;
