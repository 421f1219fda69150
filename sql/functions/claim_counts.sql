-- A template with counts in place of their names, thousands apart, as they may be shown.
create or replace macro claim_counts(template, v) as
replace(
    replace(
        replace(
            replace(
                template,
                '{n_due}',
                format('{:,}', v.shown_due)
            ),
            '{n_measured}',
            format('{:,}', v.shown_measured)
        ),
        '{n_met}',
        format('{:,}', v.shown_met)
    ),
    '{n_deteriorated}',
    format('{:,}', v.shown_deteriorated)
);
