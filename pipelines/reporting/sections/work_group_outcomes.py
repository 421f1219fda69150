"""How courses in therapy groups ended, with ranges that know that members move together."""

from pipelines.reporting.context import (
    Context,
    column,
    count_cell,
    first_with_rule,
    subject_cell,
    text_cell,
)
from pipelines.reporting.figures.figures import CLINIC, Measure, Record
from pipelines.reporting.model import Cell, Row, Table
from pipelines.reporting.sections.work_cells import rows_of

_TABLE = "pub_group_outcomes"


def group_outcomes_table(context: Context) -> Table | None:
    """The clinic and its programmes on the first measure with a rule; None without a course."""
    measure = first_with_rule(context)
    if measure is None:
        return None
    words = context.words
    rows = [
        Row((subject_cell(context, subject), *_cells(context, row)))
        for subject in context.figures.subjects_at("programme")
        if (row := _row(context, measure, subject.key)) is not None
    ]
    clinic = _row(context, measure, CLINIC)
    if clinic is None:
        return None
    if len(rows) > 1:
        rows.append(
            Row((text_cell(words.say("work.groups.all")), *_cells(context, clinic)), is_total=True)
        )

    def say(key: str, **values: str) -> str:
        return words.say(f"work.group_outcomes.{key}", **values)

    return Table(
        table_id="work-group-outcomes",
        caption=say("table", measure=measure.instrument.name, period=context.year.words),
        columns=(
            column("name", say("name"), is_number=False),
            column("groups", say("groups")),
            column("better", say("better")),
            column("worth", say("worth")),
            column("beside", say("beside")),
        ),
        rows=tuple(rows),
        note=say("table_note", n=words.count(clinic["n_pairs"])),
    )


def _row(context: Context, measure: Measure, subject: tuple[str, str]) -> Record | None:
    return next(
        (
            row
            for row in rows_of(context, _TABLE, subject)
            if (row["instrument_id"], row["scale"], row["respondent"]) == measure.key
        ),
        None,
    )


def _cells(context: Context, row: Record) -> list[Cell]:
    words = context.words
    return [
        count_cell(row, "n_groups", words),
        _better(context, row),
        _worth(context, row),
        count_cell(row, "n_concurrent", words),
    ]


def _better(context: Context, row: Record) -> Cell:
    """The share with the range of as many courses as these are worth; never the narrower one."""
    words = context.words
    n = row["n_pairs"]
    counts = words.say("number.x_of_n", x=words.count(row["n_improved"]), n=words.count(n))
    if row["improved_rate"] is None:
        reason = "too_few_pairs_for_rate"
        return Cell(text=counts, small=words.say(f"reason.{reason}"), reason=reason)
    small = counts
    if row["clustered_rate_lower"] is not None:
        small = words.say(
            "work.group_outcomes.range",
            limits=words.percent_range(
                row["clustered_rate_lower"], row["clustered_rate_upper"], n=n
            ),
            counts=counts,
        )
    return Cell(
        text=words.percent(row["improved_rate"], n=n), value=row["improved_rate"], small=small
    )


def _worth(context: Context, row: Record) -> Cell:
    words = context.words
    if row["n_effective"] is None:
        return Cell(
            text=words.say("number.nothing"),
            small=words.say("work.group_outcomes.too_few_groups"),
            reason="too_few_groups",
        )
    share = words.percent(row["icc"], n=row["n_pairs"])
    return Cell(
        text=words.decimal(row["n_effective"], 0),
        value=row["n_effective"],
        small=words.say("work.group_outcomes.spread", share=share),
    )
