-- Upper end of the 95 % Wilson interval as a policy shows it: of the counts as they are shown, as
-- in shown_rate. Nothing when it is withheld; where nothing is rounded it is exact.
create or replace macro wilson_upper_shown(is_shown, x, n, rounding_base, decimals) as
shown_figure(
    is_shown,
    wilson_upper(shown_count(true, x, rounding_base), shown_count(true, n, rounding_base)),
    decimals
);
