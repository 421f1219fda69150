-- A text of one line without invisible marks: a line break or tab becomes a space, and the marks
-- that turn the direction of writing (Unicode's UAX 9) go, for they could turn the figures beside
-- a name.
create or replace macro plain_text(words) as
regexp_replace(
    regexp_replace(words, '\p{Cc}', ' ', 'g'),
    '[\x{061C}\x{200E}\x{200F}\x{202A}-\x{202E}\x{2066}-\x{2069}]',
    '',
    'g'
);
