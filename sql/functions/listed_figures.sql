-- Those of some figures that are hidden, in this order with `;` between; null when none is.
create or replace macro listed_figures(hidden_figures, figures) as
nullif(
    array_to_string(
        list_filter(figures, lambda figure: list_contains(hidden_figures, figure)), ';'
    ),
    ''
);
