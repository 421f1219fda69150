-- A count as a policy shows it: nothing when it is withheld, else rounded to the policy's base.
create or replace macro shown_count(is_shown, n, rounding_base) as
case when is_shown then cast(round(n / rounding_base) * rounding_base as bigint) end;
