-- x of n as a whole per cent in words, rounded up: what speaks against a claim. 1 of 3 gives 34.
create or replace macro as_percent_up(x, n) as
cast(cast(ceil(100 * x / nullif(n, 0)) as integer) as varchar);
