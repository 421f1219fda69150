-- A text of one line without invisible marks: breaks and tabs become a space; marks that turn the
-- direction of writing (Unicode's UAX 9) or have no width go, for they could turn or split the
-- figures beside a name. Null where nothing is left.
create or replace macro plain_text(words) as
nullif(
    trim(
        regexp_replace(
            regexp_replace(words, '[\p{Cc}\p{Zl}\p{Zp}]+', ' ', 'g'),
            '[\x{061C}\x{200B}\x{200E}\x{200F}\x{202A}-\x{202E}\x{2060}\x{2066}-\x{2069}\x{FEFF}]',
            '',
            'g'
        )
    ),
    ''
);
