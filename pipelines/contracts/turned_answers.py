"""Answers of feeds that deliver reversed items already turned, turned back to the form's own.

The catalogue's key is about the form as it is printed, and so is all that is said of one item. A
feed that has turned its reversed items says so in its settings; from here on nobody need know it.
Of a response whose answers came from several feeds those of the feed that counts decide.
"""

from collections.abc import Sequence

from pipelines.contracts.settle import CheckedFile
from pipelines.engine import Engine, quoted


def register_turned_forms(engine: Engine, files: Sequence[CheckedFile], *, is_any: bool) -> None:
    """Make `turned_forms`: file_rank, instrument_id, items and the ends of each added up.

    `files` are those of the answers. Where a feed has turned anything (`is_any`), it needs
    `ref_turned_items`.
    """
    engine.execute(
        "create or replace temp table turned_forms"
        " (file_rank bigint, instrument_id varchar, items integer[], end_points double[])"
    )
    if not (is_any and files):
        return
    feeds = ", ".join(f"({file.file_rank}, {quoted(file.source)})" for file in files)
    engine.execute(
        f"""
insert into turned_forms
select f.file_rank, t.instrument_id, list(t.item order by t.item),
    list(cast(t.end_points as double) order by t.item)
from (values {feeds}) as f (file_rank, feed)
inner join ref_turned_items as t on t.feed = f.feed
group by f.file_rank, t.instrument_id"""
    )


def turn_back(engine: Engine, *, answers: str, responses: str) -> None:
    """Turn the answers of `turned_forms` in a table of settled answers: lowest + highest - x.

    `responses` say which instrument a response is of.
    """
    (n_turned,) = engine.one("select count(*) from turned_forms")
    if n_turned == 0:
        return
    # Marks in tenths would not come back as tenths.
    engine.execute(
        f"""
update {answers} as a
set good_answers = [
    case
        when list_contains(t.items, pair[1])
            then round(t.end_points[list_position(t.items, pair[1])] - pair[2], 4)
        else pair[2]
    end
    for pair in list_zip(a.good_items, a.good_answers)
]
from {responses} as r, turned_forms as t
where r.response_id = a.response_id and t.instrument_id = r.instrument_id
    and t.file_rank = a.file_rank"""
    )
