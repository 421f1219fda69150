"""Answers to questionnaires: folded to one row per response when a file is checked, and settled
with their response.

A file of answers is many times longer than one of responses, so it is read once. What is kept is a
row per response with two parallel lists, `items` and `answers`, in the order of the items.
"""

from collections.abc import Sequence
from pathlib import Path

from pipelines.contracts.settle import LINES_PER_FILE, CheckedFile, register_files
from pipelines.engine import Engine, path_list, quoted

EMPTY_FOLD = (
    "(select cast(null as varchar) as response_id, cast(null as integer[]) as items,"
    " cast(null as double[]) as answers, cast(null as integer[]) as skipped_items,"
    " cast(null as bigint) as n_rows,"
    " cast(null as bigint) as n_repeated, cast(null as bigint) as first_line,"
    " cast(null as varchar) as filename where false)"
)


def fold_answers(engine: Engine, rows: Path, folded: Path) -> None:
    """Write `folded`: one row per response of a checked file of answers, in the file's order.

    Shape:  response_id, items, answers (skipped items left out), skipped_items (null when none),
            n_rows (answers that count, the skipped ones included), n_repeated (earlier lines of
            an item that came again), first_line.
    """
    source = f"read_parquet({quoted(str(rows))}, file_row_number = true)"
    _fold(engine, f"{source} where row_errors is null", "cast(0 as bigint)")
    # Of an item that stands twice the later line counts; only then are lines compared.
    (has_repeats,) = engine.one(
        """
select count(*) filter (
    where case
        when items = range(1, len(items) + 1) and skipped_items is null then false
        else len(list_distinct(list_concat(items, skipped_items))) < n_rows
    end
) > 0 from folding"""
    )
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
        when items = list_sort(items) then answers
        else [pair[2] for pair in list_sort(list_zip(items, answers))]
    end as answers,
    list_sort(skipped_items) as skipped_items,
    n_rows,
    n_repeated,
    first_line
from folding
order by first_line""",
        folded,
    )
    engine.execute("drop table folding")


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
    min(coalesce(line, file_row_number + 2)) as first_line
from {source}
group by response_id"""
    )


def register_folds(engine: Engine, files: Sequence[CheckedFile]) -> None:
    """Make `folded_answers`: every delivered fold with its position and delivery."""
    register_files(engine, files)
    paths = [file.folded for file in files if file.folded is not None]
    source = f"read_parquet({path_list(paths)}, filename = true)" if paths else EMPTY_FOLD
    engine.execute(
        f"""
create or replace temp table folded_answers as
select
    r.response_id, r.items, r.answers, r.skipped_items, r.n_rows, r.n_repeated,
    f.file_rank, f.delivery_rank, f.n_full_later,
    f.file_rank * {LINES_PER_FILE} + r.first_line as position
from {source} as r
inner join delivered_files as f on f.folded_path = r.filename"""
    )


def find_duplicate_responses(engine: Engine) -> None:
    """Make `duplicate_responses` (position, rule_id) from `judged_rows` and `folded_answers`.

    Same client, instrument, respondent, minute and answers under two ids: the id whose first row
    came first stays. Totals alone are not compared.
    """
    engine.execute(
        """
create or replace temp table duplicate_responses as
with latest as (
    select response_id, max(position) filter (where row_errors is null) as position,
        min(position) as first_position
    from judged_rows
    group by response_id
),
candidates as (
    select j.response_id, j.position, latest.first_position, j.client_id, j.instrument_id,
        j.respondent, date_trunc('minute', j.administered_at) as given_minute
    from judged_rows as j
    inner join latest on latest.position = j.position
),
crowded_minutes as (
    select client_id, instrument_id, respondent, given_minute
    from candidates
    group by client_id, instrument_id, respondent, given_minute
    having count(*) > 1
),
crowded as (
    select c.*
    from candidates as c
    inner join crowded_minutes as m
        on m.client_id = c.client_id and m.instrument_id = c.instrument_id
        and m.respondent = c.respondent and m.given_minute = c.given_minute
),
latest_folds as (
    select response_id, max(position) as position
    from folded_answers
    where response_id in (select response_id from crowded)
    group by response_id
),
with_answers as (
    select c.*, a.items, a.answers
    from crowded as c
    inner join latest_folds as l on l.response_id = c.response_id
    inner join folded_answers as a on a.position = l.position and a.response_id = c.response_id
    where a.items is not null
)
select position, 'responses.duplicate' as rule_id
from with_answers
qualify row_number() over (
    partition by client_id, instrument_id, respondent, given_minute, items, answers
    order by first_position, position
) > 1"""
    )


def settle_answers(engine: Engine, *, responses_delivered: bool) -> None:
    """Make `settled_answers`: every fold with how many of its rows ended how.

    Needs `raw_responses` with `row_status`, `folded_answers`, `ref_instruments` and
    `deleted_keys` for response_items. Columns: response_id, file_rank, position, is_current,
    is_orphan, good_items, good_answers, n_accepted, n_superseded, n_withdrawn, n_quarantined.
    An answer outside its instrument's range or count is quarantined and thus a missing answer; a
    delivery with no good answer of a response replaces nothing.
    """
    orphan = "p.response_id is null" if responses_delivered else "false"
    engine.execute(
        f"""
create or replace temp table settled_answers as
with parents as (
    select r.response_id, i.n_items, i.item_min_points, i.item_max_points
    from raw_responses as r
    inner join ref_instruments as i on i.instrument_id = r.instrument_id
    where r.row_status = 'accepted'
),
judged as (
    select
        a.*,
        {orphan} as is_orphan,
        coalesce(
            list_min(a.answers) < p.item_min_points or list_max(a.answers) > p.item_max_points
            or list_max(a.items) > p.n_items, false
        ) as has_bad,
        p.n_items, p.item_min_points, p.item_max_points
    from folded_answers as a
    left join parents as p on p.response_id = a.response_id
),
kept as (
    select
        * exclude (has_bad, n_items, item_min_points, item_max_points),
        case when has_bad then list_filter(list_zip(items, answers), lambda x:
            coalesce(x[1] <= n_items, true) and coalesce(x[2] >= item_min_points, true)
            and coalesce(x[2] <= item_max_points, true)) end as good_pairs,
        has_bad
    from judged
),
counted as (
    select
        * exclude (good_pairs, has_bad),
        case when has_bad then [x[1] for x in good_pairs] else items end as good_items,
        case when has_bad then [x[2] for x in good_pairs] else answers end as good_answers,
        case when has_bad then len(items) - len(good_pairs) else 0 end as n_bad
    from kept
),
latest as (
    select response_id, max(position) filter (where n_rows > n_bad and not is_orphan) as position
    from counted
    group by response_id
),
deleted as (
    -- An answer that a later delivery deleted is withdrawn, a bad or an orphaned one too.
    select
        c.position,
        list(d.item) as deleted_items,
        count(*) as n_deleted,
        count(*) filter (
            where list_contains(c.items, d.item) and not list_contains(c.good_items, d.item)
        ) as n_bad_deleted
    from counted as c
    inner join deleted_keys as d
        on d.response_id = c.response_id and d.delivery_rank > c.delivery_rank
        and (list_contains(c.items, d.item) or list_contains(c.skipped_items, d.item))
    group by c.position
),
placed as (
    select
        c.* exclude (n_bad),
        coalesce(l.position = c.position, false) as is_latest,
        coalesce(c.position < l.position, false) as is_older,
        c.n_bad - coalesce(d.n_bad_deleted, 0) as n_bad,
        coalesce(d.n_deleted, 0) as n_deleted,
        d.deleted_items
    from counted as c
    left join latest as l on l.response_id = c.response_id
    left join deleted as d on d.position = c.position
)
select
    response_id, file_rank, position, is_orphan,
    is_latest and n_full_later = 0 as is_current,
    case when deleted_items is null then good_items
        else list_filter(good_items, lambda x: not list_contains(deleted_items, x)) end
        as good_items,
    case when deleted_items is null then good_answers
        else [x[2] for x in list_zip(good_items, good_answers)
            if not list_contains(deleted_items, x[1])] end as good_answers,
    case when is_latest and n_full_later = 0 then n_rows - n_bad - n_deleted else 0 end
        as n_accepted,
    n_repeated + case when is_older then n_rows else 0 end as n_superseded,
    case
        when is_older then 0
        when is_latest and n_full_later > 0 then n_rows - n_bad
        else n_deleted
    end as n_withdrawn,
    case
        when is_older then 0
        when is_latest then n_bad
        else n_rows - n_deleted
    end as n_quarantined
from placed"""
    )


def add_answers(engine: Engine) -> None:
    """Give `raw_responses` its settled answers: items, answers, n_answers, has_answers."""
    engine.execute(
        """
create or replace temp table raw_responses as
select
    r.*,
    a.good_items as items,
    a.good_answers as answers,
    coalesce(len(a.good_items), 0) as n_answers,
    a.response_id is not null as has_answers
from raw_responses as r
left join (
    select response_id, good_items, good_answers from settled_answers where is_current
) as a on a.response_id = r.response_id"""
    )


def register_broken_answers(engine: Engine, rows: str) -> None:
    """Make `broken_answers`: answers that are bad by their own row, with their `row_status`.

    `rows` is a FROM item over the checked rows of answers. A later file that carries the
    response, or a later good line of the same answer, supersedes the bad row.
    """
    engine.execute(
        f"""
create or replace temp table broken_answers as
select
    f.file_rank, f.delivery_rank, f.delivery_id, f.delivered_on, f.file_id, f.file_name,
    coalesce(r.line, r.file_row_number + 2) as line, r.row_errors, r.delivered_row,
    r.response_id, r.item, r.file_row_number, r.filename, 'quarantined' as row_status
from {rows} as r
inner join delivered_files as f on f.checked_path = r.filename
where r.row_errors is not null"""
    )
    (n_broken,) = engine.one("select count(*) from broken_answers")
    if n_broken == 0:
        return
    engine.execute(
        f"""
update broken_answers as b set row_status = 'superseded'
where exists (
        select 1 from settled_answers as s
        where s.response_id = b.response_id and s.is_current and s.file_rank > b.file_rank
    )
    or exists (
        select 1 from {rows} as r
        where r.filename = b.filename and r.response_id = b.response_id and r.item = b.item
            and r.row_errors is null and r.file_row_number > b.file_row_number
    )"""
    )
    engine.execute(
        """
update broken_answers as b set row_status = 'withdrawn'
where row_status = 'quarantined' and exists (
    select 1 from deleted_keys as d
    where d.response_id = b.response_id and d.item = b.item
        and d.delivery_rank > b.delivery_rank
)"""
    )


def bad_answers_select(engine: Engine, rows: str) -> str:
    """Quarantine rows for answers: bad by their own row, orphans, or outside the instrument.

    Only responses that have something bad are looked up again in the long files.
    """
    engine.execute(
        """
create or replace temp table suspect_answers as
select distinct response_id, file_rank, is_orphan
from settled_answers
where n_quarantined > 0"""
    )
    (n_suspect,) = engine.one("select count(*) from suspect_answers")
    own_errors = """
select delivery_id, delivered_on, file_id, file_name, line, row_errors as reasons, delivered_row
from broken_answers
where row_status = 'quarantined'"""
    selects = [own_errors]
    if n_suspect > 0:
        selects.append(
            f"""
select f.delivery_id, f.delivered_on, f.file_id, f.file_name,
    coalesce(r.line, r.file_row_number + 2) as line,
    case
        when s.is_orphan then ['response_items.response_id.reference']
        when r.item > i.n_items then ['response_items.item.in_count']
        else ['response_items.value.in_range']
    end as reasons,
    cast(to_json(struct_pack(response_id := r.response_id, item := cast(r.item as varchar),
        value := cast(r.value as varchar))) as varchar) as delivered_row
from {rows} as r
inner join delivered_files as f on f.checked_path = r.filename
inner join suspect_answers as s on s.response_id = r.response_id and s.file_rank = f.file_rank
left join raw_responses as p on p.response_id = r.response_id and p.row_status = 'accepted'
left join ref_instruments as i on i.instrument_id = p.instrument_id
left join deleted_keys as d
    on d.response_id = r.response_id and d.item = r.item and d.delivery_rank > f.delivery_rank
where r.row_errors is null and d.item is null
    and (s.is_orphan or r.item > i.n_items or r.value < i.item_min_points
        or r.value > i.item_max_points)
qualify row_number() over (
    partition by f.file_rank, r.response_id, r.item order by r.file_row_number desc
) = 1"""
        )
    return (
        "select 'response_items' as table_name, delivery_id, delivered_on, file_id, file_name,"
        f" line, reasons, delivered_row from ({' union all '.join(selects)}) as bad"
    )


ANSWER_COUNTS = """
select f.file_id, f.delivery_id, 'response_items' as table_name, s.row_status,
    cast(sum(s.n_rows) as bigint) as n_rows
from (
    select
        file_rank,
        unnest(['accepted', 'superseded', 'withdrawn', 'quarantined']) as row_status,
        unnest([sum(n_accepted), sum(n_superseded), sum(n_withdrawn), sum(n_quarantined)])
            as n_rows
    from settled_answers
    group by file_rank
    union all
    select file_rank, row_status, count(*) from broken_answers group by file_rank, row_status
) as s
inner join delivered_files as f on f.file_rank = s.file_rank
where s.n_rows > 0
group by f.file_id, f.delivery_id, s.row_status"""
