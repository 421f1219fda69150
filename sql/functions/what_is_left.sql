-- The first of some figures less the others, from a map of counts by figure; null when one is null.
create or replace macro what_is_left(counts, figures) as
counts[figures[1]]
- case when len(figures) > 1 then counts[figures[2]] else 0 end
- case when len(figures) > 2 then counts[figures[3]] else 0 end;
