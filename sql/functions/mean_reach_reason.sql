-- Why a mean has no limits (mean_reach); null where it has.
create or replace macro mean_reach_reason(sd, n) as
case
    when n < 5 then 'too_few_pairs_for_limits'
    when mean_reach(sd, n) is null then 'no_spread'
end;
