-- Points of a whole form: the sum of each answer times the weight of its place.
--
-- Resizing copies the lists. Without it DuckDB 2.0 looks for nulls in the lists of all rows of a
-- chunk, those of other rows and of a CASE's other branches included, and now and then fails on
-- lists that have none.
--
-- (3, 2, 1) with weights (1, -1, 1) gives 2.
create or replace macro weighted_points(answers, weights) as
list_inner_product(
    list_resize(answers, len(answers)),
    list_resize(weights, len(answers))
);
