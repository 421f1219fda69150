-- A stable 16-digit key for a source's id, different per kind of thing and per clinic (salt).
create or replace macro pseudonym(salt, kind, id) as
substr(md5(salt || '|' || kind || '|' || id), 1, 16);
