"""Answers of one response in several files of a delivery: one form that was delivered in parts.

Exports are cut by size, or one file per page of a form. A delivery replaces all answers of a
response, whatever file they lie in, so its parts are put together. How a row ended is counted by
file all the same.
"""

from collections import Counter
from collections.abc import Sequence

from pipelines.contracts.settle import CheckedFile
from pipelines.engine import Engine


def find_split_responses(engine: Engine, files: Sequence[CheckedFile]) -> None:
    """Make `split_responses` (response_id, delivery_rank); of most deliveries there are none.

    Of an item that stands in two files of a delivery the later file's answer counts. Needs
    `folded_answers`, from which the earlier one is taken.
    """
    engine.execute(
        f"""
create or replace temp table split_responses as
select response_id, delivery_rank
from folded_answers
where delivery_rank in ({", ".join(map(str, _in_several_files(files))) or "null"})
group by response_id, delivery_rank
having count(*) > 1"""
    )
    (n_split,) = engine.one("select count(*) from split_responses")
    if n_split > 0:
        _drop_repeated(engine)


def join_parts(engine: Engine, answers: str) -> None:
    """Give the last part of a response all answers of its delivery.

    A delivery may bring the answers of a response in several files. How its rows ended is counted
    by file; what it answered is one thing from here on.
    """
    (n_split,) = engine.one("select count(*) from split_responses")
    if n_split == 0:
        return
    engine.execute(
        f"""
create or replace temp table joined_parts as
select response_id, max(file_rank) as file_rank,
    list_sort(
        flatten(list(list_zip(good_items, good_answers)) filter (where good_items is not null))
    ) as pairs
from {answers}
where is_latest and (response_id, delivery_rank) in (
    select (response_id, delivery_rank) from split_responses
)
group by response_id"""
    )
    engine.execute(
        f"""
update {answers} as a set
    is_latest = a.file_rank = j.file_rank,
    is_current = a.is_current and a.file_rank = j.file_rank,
    good_items = case when a.file_rank = j.file_rank then [x[1] for x in j.pairs] else [] end,
    good_answers = case when a.file_rank = j.file_rank then [x[2] for x in j.pairs] else [] end
from joined_parts as j
where a.is_latest and a.response_id = j.response_id"""
    )
    engine.execute("drop table joined_parts")


def _in_several_files(files: Sequence[CheckedFile]) -> list[int]:
    """The deliveries whose answers lie in more than one file."""
    counts = Counter(file.delivery_rank for file in files if file.folded is not None)
    return sorted(rank for rank, n_files in counts.items() if n_files > 1)


def _drop_repeated(engine: Engine) -> None:
    """Count what stands again in a later file of its delivery as an earlier line of the same."""
    # Where each page of a form is a file of its own, all forms are split and hardly any repeats.
    engine.execute(
        """
create or replace temp table repeated_parts as
select response_id, delivery_rank
from folded_answers
where (response_id, delivery_rank) in (
    select (response_id, delivery_rank) from split_responses
)
group by response_id, delivery_rank
having len(list_distinct(flatten(list(list_concat(items, skipped_items))))) < sum(n_rows)"""
    )
    engine.execute(
        """
update folded_answers as f set
    items = [x[1] for x in list_zip(f.items, f.answers) if not list_contains(r.items, x[1])],
    answers = [x[2] for x in list_zip(f.items, f.answers) if not list_contains(r.items, x[1])],
    skipped_items = list_filter(f.skipped_items, lambda x: not list_contains(r.items, x)),
    n_rows = f.n_rows - r.n_items,
    n_repeated = f.n_repeated + r.n_items
from (
    with parts as (
        select position, response_id, delivery_rank, file_rank,
            unnest(list_concat(items, skipped_items)) as item
        from folded_answers
        where (response_id, delivery_rank) in (
            select (response_id, delivery_rank) from repeated_parts
        )
    )
    select a.position, list_distinct(list(b.item)) as items, count(distinct b.item) as n_items
    from parts as a
    inner join parts as b
        on b.response_id = a.response_id and b.delivery_rank = a.delivery_rank
        and b.file_rank > a.file_rank and b.item = a.item
    group by a.position
) as r
where r.position = f.position"""
    )
    engine.execute("drop table repeated_parts")
