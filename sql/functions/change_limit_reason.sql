-- Why a standardised change has no limits (change_limit); null where it has.
create or replace macro change_limit_reason(d, rho, n) as
case
    when n < 5 then 'too_few_pairs_for_limits'
    when d is null or rho is null then 'no_spread'
end;
