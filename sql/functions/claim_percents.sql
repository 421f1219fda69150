-- A template with percentages of exact counts in place of their names: whole, and rounded against
-- the claim (the bounds outwards). {met_percent} of 2 met of 3 measured is 66.
create or replace macro claim_percents(template, v) as
replace(
    replace(
        replace(
            replace(
                replace(
                    replace(
                        replace(
                            replace(
                                template,
                                '{pair_percent}',
                                as_percent_down(v.n_measured, v.n_due)
                            ),
                            '{met_percent}',
                            as_percent_down(v.n_met, v.n_measured)
                        ),
                        '{lower_percent}',
                        as_percent_down(v.met_rate_lower, 1)
                    ),
                    '{upper_percent}',
                    as_percent_up(v.met_rate_upper, 1)
                ),
                '{worst_percent}',
                as_percent_down(v.n_met, v.n_due)
            ),
            '{best_percent}',
            as_percent_up(v.n_met + v.n_due - v.n_measured, v.n_due)
        ),
        '{deteriorated_percent}',
        as_percent_up(v.n_deteriorated, v.n_worse_known)
    ),
    '{worse_worst_percent}',
    as_percent_up(v.n_deteriorated + v.n_due - v.n_worse_known, v.n_due)
);
