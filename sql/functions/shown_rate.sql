-- The share of x in n as a policy shows it: of the counts as they are shown, so that a share beside
-- rounded counts tells no more than they do (50 % beside 5 of 15 can only be 7 of 14). Nothing when
-- it is withheld; where nothing is rounded it is exact.
create or replace macro shown_rate(is_shown, x, n, rounding_base, decimals) as
shown_figure(
    is_shown,
    shown_count(true, x, rounding_base) / nullif(shown_count(true, n, rounding_base), 0),
    decimals
);
