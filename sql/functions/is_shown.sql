-- Whether a figure is none of the row's hidden ones; a row without any has null.
create or replace macro is_shown(hidden_figures, figure) as
not coalesce(list_contains(hidden_figures, figure), false);
