"""Answers to questionnaires, folded to one row per response when a file is checked.

A file of answers is many times longer than one of responses, so it is read once. What is kept is a
row per response with two parallel lists, `items` and `answers`, in the order of the items.
"""

from collections.abc import Sequence
from pathlib import Path

from pipelines.contracts import split_answers
from pipelines.contracts.settle import LINES_PER_FILE, CheckedFile, register_files
from pipelines.engine import Engine, path_list, quoted

EMPTY_FOLD = (
    "(select cast(null as varchar) as response_id, cast(null as integer[]) as items,"
    " cast(null as double[]) as answers, cast(null as integer[]) as skipped_items,"
    " cast(null as bigint) as n_rows,"
    " cast(null as bigint) as n_repeated, cast(null as bigint) as first_row,"
    " cast(null as varchar) as filename where false)"
)


def fold_answers(engine: Engine, rows: Path, folded: Path) -> int:
    """Write `folded`: one row per response of a checked file of answers, in the file's order.

    Returns how many rows share response and item with another row of the file.

    Shape:  response_id, items, answers (skipped items left out), skipped_items (null when none),
            n_rows (answers that count, the skipped ones included), n_repeated (earlier lines of
            an item that came again), first_row (in the file, from 0).
    """
    source = f"read_parquet({quoted(str(rows))}, file_row_number = true)"
    _fold(engine, f"{source} where row_errors is null", "cast(0 as bigint)")
    n_sharing, has_repeats = _repeats(engine, source)
    # Of an item that stands twice the later line counts; only then are lines compared.
    if has_repeats:
        repeats = f"""
select response_id, item, max(file_row_number) as file_row_number, count(*) - 1 as n_repeated
from {source}
where row_errors is null
group by response_id, item"""
        later = f"""(
select r.response_id, r.item, r.value, r.line, r.file_row_number, repeats.n_repeated
from {source} as r
inner join ({repeats}) as repeats on repeats.file_row_number = r.file_row_number)"""
        _fold(engine, later, "cast(sum(n_repeated) as bigint)")
    # A list aggregate does not promise an order; most files come in the order of the items, so
    # that only the other responses have to be put in order.
    engine.write_parquet(
        """
select
    response_id,
    list_sort(items) as items,
    case
        when items is null or items = list_sort(items) then answers
        else [pair[2] for pair in list_sort(list_zip(items, answers))]
    end as answers,
    list_sort(skipped_items) as skipped_items,
    n_rows,
    n_repeated,
    first_row
from folding
order by first_row""",
        folded,
    )
    engine.execute("drop table folding")
    return n_sharing


def _repeats(engine: Engine, source: str) -> tuple[int, bool]:
    """(rows that share response and item with another, whether two good ones do).

    Only responses with a repeated item or a broken row are looked at answer by answer.
    """
    n_sharing, has_repeats = engine.one(
        f"""
with repeated as (
    select response_id
    from folding
    where case
        when items = range(1, len(items) + 1) and skipped_items is null then false
        else len(list_distinct(list_concat(items, skipped_items))) < n_rows
    end
),
shared as (
    select count(*) as n_rows
    from {source}
    where item is not null and response_id in (
        select response_id from repeated
        union all
        select response_id from {source} where row_errors is not null
    )
    group by response_id, item
    having count(*) > 1
)
select
    (select coalesce(sum(n_rows), 0) from shared),
    exists (select 1 from repeated)"""
    )
    return int(n_sharing), bool(has_repeats)


def _fold(engine: Engine, source: str, n_repeated: str) -> None:
    engine.execute(
        f"""
create or replace temp table folding as
select
    response_id,
    list(cast(item as integer)) filter (where value is not null) as items,
    list(cast(value as double)) filter (where value is not null) as answers,
    list(cast(item as integer)) filter (where value is null) as skipped_items,
    count(*) as n_rows,
    {n_repeated} as n_repeated,
    min(file_row_number) as first_row
from {source}
group by response_id"""
    )


def register_folds(engine: Engine, files: Sequence[CheckedFile]) -> None:
    """Make `folded_answers`: every delivered fold with its position and delivery.

    Also `split_responses`; see `split_answers.py`.
    """
    register_files(engine, files)
    # The same bytes in two deliveries of one day are one fold; see `settle.checked_rows`.
    paths = list(dict.fromkeys(file.folded for file in files if file.folded is not None))
    source = f"read_parquet({path_list(paths)}, filename = true)" if paths else EMPTY_FOLD
    engine.execute(
        f"""
create or replace temp table folded_answers as
select
    r.response_id, r.items, r.answers, r.skipped_items, r.n_rows, r.n_repeated,
    f.file_rank, f.delivery_rank, f.is_full, f.n_full_later,
    f.file_rank * {LINES_PER_FILE} + r.first_row as position
from {source} as r
inner join delivered_files as f on f.folded_path = r.filename"""
    )
    split_answers.find_split_responses(engine, files)
