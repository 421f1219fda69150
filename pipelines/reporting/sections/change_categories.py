"""The categories of Jacobson and Truax, four and five, as one table over the measures."""

from collections.abc import Mapping

from pipelines.reporting.context import Context, column, count_cell, text_cell
from pipelines.reporting.figures.figures import ROLLING, Measure, Record
from pipelines.reporting.model import Cell, Row, Table

_COLUMNS = ("recovered", "improved", "unchanged", "crossed_unreliably", "deteriorated", "harmed")


def categories_table(
    context: Context, drawn: list[Measure], details: Mapping[tuple[str, str, str], Record]
) -> Table | None:
    """The measures with a rule for a reliable change; None where there is none.

    `details`: by measure the rows of `pub_change_detail`, which hold what lies across categories.
    """
    words = context.words
    rows = []
    for measure in drawn:
        row = context.figures.outcome(measure, context.subject, ROLLING, context.year.end_on)
        if row is None or not measure.has_reliable_change or row["n_improved"] is None:
            continue
        detail = details.get(measure.key)
        rows.append(
            Row(
                (
                    text_cell(measure.instrument.name),
                    _recovered_cell(context, row),
                    _otherwise_cell(context, row),
                    count_cell(row, "n_unchanged", words),
                    count_cell(detail, "n_crossed_unreliably", words),
                    count_cell(row, "n_deteriorated", words),
                    count_cell(detail, "n_harmed", words),
                )
            )
        )
    if not rows:
        return None
    return Table(
        table_id="change-categories",
        caption=words.say("change.categories.table", period=context.year.words),
        columns=(
            column("measure", words.say("change.measure"), is_number=False),
            *(column(name, words.say(f"change.categories.{name}")) for name in _COLUMNS),
        ),
        rows=tuple(rows),
        note=words.say("change.categories.note"),
    )


def _recovered_cell(context: Context, row: Record) -> Cell:
    """Reliably better and over the threshold, with its share of those who could get there."""
    words, n = context.words, row["n_case"]
    cell = count_cell(row, "n_reliably_recovered", words)
    if row["n_reliably_recovered"] is None:
        return cell if cell.reason else Cell(words.say("change.categories.no_threshold"))
    rate = row["reliably_recovered_rate"]
    if rate is None:
        small = words.say("change.categories.of_cases", n=words.count(n or 0))
    else:
        small = words.say(
            "change.categories.share_of_cases",
            rate=words.percent(rate, n=n),
            n=words.count(n),
            range=words.percent_range(
                row["reliably_recovered_rate_lower"], row["reliably_recovered_rate_upper"], n=n
            ),
        )
    return Cell(text=cell.text, value=cell.value, small=small)


def _otherwise_cell(context: Context, row: Record) -> Cell:
    """Reliably better, and still above the threshold or never above it."""
    improved, recovered = row["n_improved"], row["n_reliably_recovered"]
    rest = improved - (recovered or 0)
    return Cell(text=context.words.count(rest), value=rest)
