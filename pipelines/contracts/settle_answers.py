"""Which delivered answers count: they are settled with their response, as one thing.

The latest delivery with a good answer of a response replaces all its answers. An answer outside its
instrument is quarantined and thus a missing answer; the answers of a response that is not accepted
are orphans. Also here, because it compares answers: responses that were delivered twice.
"""

from pipelines.contracts.odcs import Contract
from pipelines.contracts.split_answers import join_parts
from pipelines.contracts.turned_answers import turn_back
from pipelines.engine import Engine


def register_limits(engine: Engine, contract: Contract) -> None:
    """Make `answer_limits`: instrument_id, n_items, item_min_points, item_max_points.

    A limit is null where no rule of the contract asks for it. Needs `ref_instruments`.
    """
    limits = {
        "n_items": "response_items.item.in_count",
        "item_min_points": "response_items.value.in_range",
        "item_max_points": "response_items.value.in_range",
    }
    asked = [
        f"{name if contract.has(rule_id) else 'null'} as {name}" for name, rule_id in limits.items()
    ]
    engine.execute(
        "create or replace temp table answer_limits as"
        f" select instrument_id, {', '.join(asked)} from ref_instruments"
    )


def find_duplicate_responses(engine: Engine) -> bool:
    """Make `duplicate_responses` (position, rule_id); False when it has no row.

    Same client, instrument, respondent, minute and answers under two accepted ids: the id whose
    first row came first stays. Totals alone are not compared. Of a duplicate all rows that say the
    same are named, so that no earlier one takes the place of the latest; another one may, so this
    is repeated until it finds nothing. Needs `raw_responses`, `judged_rows`, `folded_answers`.
    """
    engine.execute(
        """
create or replace temp table crowded_responses as
select response_id, client_id, instrument_id, respondent,
    date_trunc('minute', administered_at) as given_minute
from raw_responses
where row_status = 'accepted'
qualify count(*) over (partition by client_id, instrument_id, respondent, given_minute) > 1"""
    )
    engine.execute(
        "create or replace temp table duplicate_responses (position bigint, rule_id varchar)"
    )
    (n_crowded,) = engine.one("select count(*) from crowded_responses")
    if n_crowded == 0:
        return False
    crowded = "response_id in (select response_id from crowded_responses)"
    settle_answers(
        engine,
        into="crowded_answers",
        responses="crowded_responses",
        folds=f"(select * from folded_answers where {crowded})",
        responses_delivered=True,
    )
    turn_back(engine, answers="crowded_answers", responses="crowded_responses")
    (n_found,) = engine.execute(
        f"""
insert into duplicate_responses
with first_rows as (
    select response_id, min(position) as first_position
    from judged_rows
    where {crowded}
    group by response_id
),
copies as (
    select c.*
    from crowded_responses as c
    inner join crowded_answers as a on a.response_id = c.response_id and a.is_current
    inner join first_rows as f on f.response_id = c.response_id
    where len(a.good_items) > 0
    qualify row_number() over (
        partition by c.client_id, c.instrument_id, c.respondent, c.given_minute,
            a.good_items, a.good_answers
        order by f.first_position
    ) > 1
)
select j.position, 'responses.duplicate'
from judged_rows as j
inner join copies as c
    on c.response_id = j.response_id and c.client_id = j.client_id
    and c.instrument_id = j.instrument_id and c.respondent = j.respondent
    and c.given_minute = date_trunc('minute', j.administered_at)
where j.row_errors is null"""
    ).fetchall()[0]
    return n_found > 0


def settle_answers(
    engine: Engine,
    *,
    responses_delivered: bool,
    into: str = "settled_answers",
    responses: str = "(select * from raw_responses where row_status = 'accepted')",
    folds: str = "folded_answers",
) -> None:
    """Make the table `into`: every fold with how many of its rows ended how.

    `responses` are the accepted ones. Needs `answer_limits`, `folded_answers`, `split_responses`,
    `broken_answers` and `deleted_answers`. Columns: response_id, file_rank, delivery_rank,
    position, n_rows, is_latest, is_current, is_orphan, good_items, good_answers, n_accepted,
    n_superseded, n_withdrawn, n_quarantined.
    An answer outside its instrument's range or count is quarantined and thus a missing answer; a
    delivery with no good answer of a response replaces nothing, nor does it say that the response
    has none.
    """
    orphan = "p.response_id is null" if responses_delivered else "false"
    engine.execute(
        f"""
create or replace temp table {into} as
with parents as (
    select r.response_id, i.n_items, i.item_min_points, i.item_max_points
    from {responses} as r
    inner join answer_limits as i on i.instrument_id = r.instrument_id
),
judged as (
    select
        a.*,
        {orphan} as is_orphan,
        coalesce(
            list_min(a.answers) < p.item_min_points or list_max(a.answers) > p.item_max_points
            or list_max(a.items) > p.n_items or list_max(a.skipped_items) > p.n_items, false
        ) as has_bad,
        p.n_items, p.item_min_points, p.item_max_points
    from {folds} as a
    left join parents as p on p.response_id = a.response_id
),
kept as (
    select
        * exclude (has_bad, n_items, item_min_points, item_max_points),
        case when has_bad then list_filter(list_zip(items, answers), lambda x:
            coalesce(x[1] <= n_items, true) and coalesce(x[2] >= item_min_points, true)
            and coalesce(x[2] <= item_max_points, true)) end as good_pairs,
        case when has_bad then list_filter(skipped_items, lambda x: coalesce(x <= n_items, true))
            else skipped_items end as good_skipped,
        has_bad
    from judged
),
counted as (
    select
        * exclude (good_pairs, has_bad),
        case when has_bad then [x[1] for x in good_pairs] else items end as good_items,
        case when has_bad then [x[2] for x in good_pairs] else answers end as good_answers,
        case when has_bad then n_rows - coalesce(len(good_pairs), 0)
            - coalesce(len(good_skipped), 0) else 0 end as n_bad
    from kept
),
latest as (
    select response_id,
        max(delivery_rank) filter (where n_rows > n_bad and not is_orphan) as delivery_rank
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
            where not coalesce(list_contains(c.good_items, d.item), false)
                and not coalesce(list_contains(c.good_skipped, d.item), false)
        ) as n_bad_deleted
    from counted as c
    inner join deleted_answers as d
        on d.response_id = c.response_id and d.delivery_rank > c.delivery_rank
        and (list_contains(c.items, d.item) or list_contains(c.skipped_items, d.item))
    group by c.position
),
carried as (
    -- Full deliveries that bring the response again, if only with bad answers.
    select c.position, count(distinct later.delivery_rank) as n_full
    from counted as c
    inner join (
        select response_id, delivery_rank from folded_answers where is_full
        union all
        select response_id, delivery_rank from broken_answers where is_full
    ) as later on later.response_id = c.response_id and later.delivery_rank > c.delivery_rank
    left join latest as l on l.response_id = c.response_id
    where c.n_full_later > 0
        and (l.delivery_rank is null or c.delivery_rank >= l.delivery_rank)
    group by c.position
),
placed as (
    select
        c.* exclude (n_bad),
        coalesce(l.delivery_rank = c.delivery_rank, false) as is_latest,
        coalesce(c.delivery_rank < l.delivery_rank, false) as is_older,
        c.n_full_later > coalesce(f.n_full, 0) as is_absent,
        c.n_bad - coalesce(d.n_bad_deleted, 0) as n_bad,
        coalesce(d.n_deleted, 0) as n_deleted,
        d.deleted_items
    from counted as c
    left join latest as l on l.response_id = c.response_id
    left join carried as f on f.position = c.position
    left join deleted as d on d.position = c.position
)
select
    response_id, file_rank, delivery_rank, position, n_rows, is_orphan, is_latest,
    is_latest and not is_absent as is_current,
    case when deleted_items is null then good_items
        else list_filter(good_items, lambda x: not list_contains(deleted_items, x)) end
        as good_items,
    case when deleted_items is null then good_answers
        else [x[2] for x in list_zip(good_items, good_answers)
            if not list_contains(deleted_items, x[1])] end as good_answers,
    case when is_latest and not is_absent then n_rows - n_bad - n_deleted else 0 end
        as n_accepted,
    n_repeated + case when is_older then n_rows else 0 end as n_superseded,
    case
        when is_older then 0
        when is_absent then n_rows
        else n_deleted
    end as n_withdrawn,
    case
        when is_older or is_absent then 0
        when is_latest then n_bad
        else n_rows - n_deleted
    end as n_quarantined
from placed"""
    )
    join_parts(engine, into)


def add_answers(engine: Engine) -> None:
    """Give `raw_responses` its settled answers: items, answers, n_answers, has_answers.

    `answers_source` is the source that brought them; `delivered_files` are those of answers.

    Where any answer was delivered and not withdrawn the answers decide, also when all of them were
    turned away: then the response has no score, whatever its total says.
    """
    engine.execute(
        """
create or replace temp table raw_responses as
select
    r.*,
    a.good_items as items,
    a.good_answers as answers,
    coalesce(len(a.good_items), 0) as n_answers,
    g.response_id is not null as has_answers,
    a.source as answers_source
from raw_responses as r
left join (
    select response_id from settled_answers where n_accepted + n_quarantined > 0
    union
    select response_id from broken_answers where row_status = 'quarantined'
) as g on g.response_id = r.response_id
left join (
    select s.response_id, s.good_items, s.good_answers, f.source
    from settled_answers as s
    inner join delivered_files as f on f.file_rank = s.file_rank
    where s.is_current
) as a on a.response_id = r.response_id"""
    )


def register_broken_answers(engine: Engine, rows: str) -> None:
    """Make `broken_answers`: answers that are bad by their own row.

    `rows` is a FROM item over the checked rows of answers.
    """
    engine.execute(
        f"""
create or replace temp table broken_answers as
select
    f.file_rank, f.delivery_rank, f.delivery_id, f.delivered_on, f.file_id, f.file_name,
    f.is_full, f.n_full_later, coalesce(r.line, r.file_row_number + 2) as line, r.row_errors,
    r.delivered_row, r.response_id, r.item, r.file_row_number, r.filename,
    'quarantined' as row_status
from {rows} as r
inner join delivered_files as f on f.checked_path = r.filename
where r.row_errors is not null"""
    )


def settle_broken_answers(engine: Engine, rows: str) -> None:
    """Give `broken_answers` their `row_status`, once `settled_answers` is there.

    A later delivery with good answers of the response, or a later line of the same answer in its
    delivery that can be read, supersedes the bad row.
    """
    (n_broken,) = engine.one("select count(*) from broken_answers")
    if n_broken == 0:
        return
    engine.execute(
        f"""
update broken_answers as b set row_status = 'superseded'
where exists (
        select 1 from settled_answers as s
        where s.response_id = b.response_id and s.is_latest
            and s.delivery_rank > b.delivery_rank
    )
    or exists (
        select 1 from {rows} as r
        inner join delivered_files as f on f.checked_path = r.filename
        where f.delivery_rank = b.delivery_rank
            and r.response_id = b.response_id and r.item = b.item and r.row_errors is null
            and (f.file_rank, r.file_row_number) > (b.file_rank, b.file_row_number)
    )"""
    )
    engine.execute(
        """
update broken_answers as b set row_status = 'withdrawn'
where row_status = 'quarantined' and b.response_id is not null and b.item is not null
    and (
        exists (
            select 1 from deleted_answers as d
            where d.response_id = b.response_id and d.item = b.item
                and d.delivery_rank > b.delivery_rank
        )
        or n_full_later > (
            select count(distinct later.delivery_rank)
            from (
                select response_id, delivery_rank from folded_answers where is_full
                union all
                select response_id, delivery_rank from broken_answers where is_full
            ) as later
            where later.response_id = b.response_id and later.delivery_rank > b.delivery_rank
        )
    )"""
    )


def bad_answers_select(engine: Engine, rows: str) -> str:
    """Quarantine rows for answers: bad by their own row, orphans, or outside the instrument.

    Only responses that have something bad are looked up again in the long files.
    """
    engine.execute(
        """
create or replace temp table suspect_answers as
select distinct response_id, delivery_rank, file_rank, is_orphan
from settled_answers
where (response_id, delivery_rank) in (
    select (response_id, delivery_rank) from settled_answers where n_quarantined > 0
)"""
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
select f.delivery_id, f.delivered_on, f.file_id, f.file_name, r.line,
    case
        when s.is_orphan then ['response_items.response_id.reference']
        else list_filter([
            case when r.item > i.n_items then 'response_items.item.in_count' end,
            case when r.value < i.item_min_points or r.value > i.item_max_points
                then 'response_items.value.in_range' end
        ], lambda reason: reason is not null)
    end as reasons,
    cast(to_json(struct_pack(response_id := r.response_id, item := cast(r.item as varchar),
        value := cast(r.value as varchar))) as varchar) as delivered_row
from (
    -- Of an answer that stands twice in a delivery only the later line can be bad.
    select r.response_id, r.item, r.value, r.filename, s.file_rank,
        coalesce(r.line, r.file_row_number + 2) as line
    from {rows} as r
    inner join delivered_files as f on f.checked_path = r.filename
    inner join suspect_answers as s on s.response_id = r.response_id and s.file_rank = f.file_rank
    where r.row_errors is null
    qualify row_number() over (
        partition by s.delivery_rank, r.response_id, r.item
        order by s.file_rank desc, r.file_row_number desc
    ) = 1
) as r
inner join delivered_files as f on f.file_rank = r.file_rank
inner join suspect_answers as s on s.response_id = r.response_id and s.file_rank = r.file_rank
left join raw_responses as p on p.response_id = r.response_id and p.row_status = 'accepted'
left join answer_limits as i on i.instrument_id = p.instrument_id
left join deleted_answers as d
    on d.response_id = r.response_id and d.item = r.item and d.delivery_rank > f.delivery_rank
where d.item is null
    and (s.is_orphan or r.item > i.n_items or r.value < i.item_min_points
        or r.value > i.item_max_points)"""
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
