-- The day that a UTC timestamp falls on in a time zone.
create or replace macro local_date(moment, zone) as
cast((moment at time zone 'UTC') at time zone zone as date);
