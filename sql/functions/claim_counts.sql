-- A template with counts in place of their names, thousands apart.
create or replace macro claim_counts(template, v) as
replace(
    replace(
        replace(
            replace(
                replace(
                    replace(
                        replace(
                            replace(
                                template,
                                '{n_referred}',
                                format('{:,}', v.n_referred)
                            ),
                            '{n_started}',
                            format('{:,}', v.n_started)
                        ),
                        '{n_below_threshold}',
                        format('{:,}', v.n_below_threshold)
                    ),
                    '{n_due}',
                    format('{:,}', v.n_due)
                ),
                '{n_measured}',
                format('{:,}', v.n_measured)
            ),
            '{n_met}',
            format('{:,}', v.n_met)
        ),
        '{n_worse_known}',
        format('{:,}', v.n_worse_known)
    ),
    '{n_deteriorated}',
    format('{:,}', v.n_deteriorated)
);
