-- A template with the words of a claim, its subject and its window in place of their names.
create or replace macro claim_names(template, v) as
replace(
    replace(
        replace(
            replace(
                replace(
                    replace(
                        replace(
                            replace(
                                replace(
                                    template,
                                    '{due}',
                                    v.due_words
                                ),
                                '{met}',
                                v.met_words
                            ),
                            '{worse}',
                            v.worse_words
                        ),
                        '{measure}',
                        v.measure_words
                    ),
                    '{population}',
                    v.population_words
                ),
                '{subject}',
                v.subject
            ),
            '{points}',
            coalesce(format('{:g}', cast(v.points as double)), '')
        ),
        '{from}',
        strftime(v.starts_on, '%-d %B %Y')
    ),
    '{to}',
    strftime(v.ends_on, '%-d %B %Y')
);
