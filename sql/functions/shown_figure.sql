-- A share or a number of points as a policy shows it: nothing when it is withheld, else rounded to
-- the policy's decimals (six where it names none, so that no byte hangs on the last digit).
create or replace macro shown_figure(is_shown, figure, decimals) as
case when is_shown then round(cast(figure as double), coalesce(decimals, 6)) end;
