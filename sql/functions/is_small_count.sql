-- Whether a policy calls a count too small to be told; a count that is not known is not small.
create or replace macro is_small_count(n, minimum_count, hide_zero) as
coalesce((n >= 1 and n < minimum_count) or (n = 0 and hide_zero), false);
