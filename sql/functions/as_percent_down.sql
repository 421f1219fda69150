-- x of n as a whole per cent in words, rounded down: what speaks for a claim. 2 of 3 gives 66.
create or replace macro as_percent_down(x, n) as
cast(cast(floor(100 * x / nullif(n, 0)) as integer) as varchar);
