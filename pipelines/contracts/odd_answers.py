"""Answers inside the range of their form that their own item does not offer, such as 1.5 of 0 to 3.

They are accepted, since the range of the form is all that a delivery is held to; no score can take
them, so that each counts there as a missing answer. Here they are found and counted as warnings.
"""

from pipelines.contracts.odcs import Contract
from pipelines.contracts.settle import FIRST_LINES
from pipelines.engine import Engine, quoted

ON_SCALE = "response_items.value.on_scale"


def find_odd_answers(engine: Engine, contract: Contract, rows: str) -> None:
    """Make `odd_answers`, the current answers that their item does not offer.

    Its columns are file_rank, response_id and line. `rows` is a FROM item over the checked rows of
    answers, which are looked up only where a form has an odd one. Needs `settled_answers`, turned
    back as their forms are printed, and `raw_responses`, `delivered_files`, `ref_instruments`,
    `ref_instrument_items`.
    """
    engine.execute(
        "create or replace temp table odd_answers"
        " (file_rank bigint, response_id varchar, line bigint)"
    )
    if not contract.has(ON_SCALE):
        return
    # Nearly all forms have nothing but whole steps, and need not be taken apart.
    engine.execute(
        """
create or replace temp table odd_places as
with own_scales as (
    select instrument_id, bool_or(has_own_values) as has_own_values
    from ref_instrument_items
    group by instrument_id
),
steps as (
    select i.instrument_id, cast(i.item_step_points as double) as step, o.has_own_values
    from ref_instruments as i
    inner join own_scales as o on o.instrument_id = i.instrument_id
    where i.is_scored
),
taken_apart as (
    select a.response_id, a.delivery_rank, s.instrument_id, s.step,
        unnest(a.good_items) as item, unnest(a.good_answers) as answer
    from settled_answers as a
    inner join raw_responses as r
        on r.response_id = a.response_id and r.row_status = 'accepted'
    inner join steps as s on s.instrument_id = r.instrument_id
    where a.is_current and (
        s.has_own_values
        or len(list_filter(a.good_answers, lambda x:
            abs(x / s.step - round(x / s.step)) > 0.000001)) > 0
    )
)
select t.response_id, t.delivery_rank, t.item
from taken_apart as t
inner join ref_instrument_items as p on p.instrument_id = t.instrument_id and p.item = t.item
where abs(t.answer / t.step - round(t.answer / t.step)) > 0.000001
    or t.answer < p.min_points or t.answer > p.max_points
    or (t.answer = 0 and not p.is_zero_allowed)
    or not coalesce(list_contains(p.allowed_points, t.answer), true)"""
    )
    (n_odd,) = engine.one("select count(*) from odd_places")
    if n_odd > 0:
        # Of an answer that stands twice in a delivery the later line is the one in use.
        engine.execute(
            f"""
insert into odd_answers
select f.file_rank, o.response_id, coalesce(r.line, r.file_row_number + 2)
from {rows} as r
inner join delivered_files as f on f.checked_path = r.filename
inner join odd_places as o
    on o.delivery_rank = f.delivery_rank and o.response_id = r.response_id and o.item = r.item
where r.row_errors is null
qualify row_number() over (
    partition by o.response_id, o.item order by f.file_rank desc, r.file_row_number desc
) = 1"""
        )
    engine.execute("drop table odd_places")


ODD_ANSWER_WARNINGS = f"""
select f.file_id, f.delivery_id, 'response_items' as table_name, {quoted(ON_SCALE)} as rule_id,
    count(*) as n_rows, min(o.line, {FIRST_LINES}) as first_lines
from odd_answers as o
inner join delivered_files as f on f.file_rank = o.file_rank
group by f.file_id, f.delivery_id
order by f.file_id, f.delivery_id, rule_id"""
ODD_ANSWER_REASONS = f"""
select f.file_id, f.delivery_id, [{quoted(ON_SCALE)}] as reasons
from odd_answers as o
inner join delivered_files as f on f.file_rank = o.file_rank"""
