"""The same courses by each published way to call a change reliable: an appendix of the methods."""

from collections.abc import Mapping

from pipelines.reporting.context import Context, column, text_cell
from pipelines.reporting.figures import ROLLING, Measure, Record
from pipelines.reporting.model import Cell, Row, Section, Table

_METHODS = ("JT", "EN", "GLN", "HLL", "NK", "HA", "HLM")


def change_methods_part(context: Context) -> Section | None:
    """The part; None where no measure was judged by any of them."""
    words = context.words
    found: dict[tuple[str, ...], dict[str, Record]] = {}
    for row in context.figures.published(
        "pub_change_methods", context.subject, ROLLING, context.year.end_on
    ):
        if row["n_improved"] is not None and row["n_courses"] >= context.minimums.rate:
            key = (row["instrument_id"], row["scale"], row["respondent"])
            found.setdefault(key, {})[row["method"]] = row
    drawn = [measure for measure in context.measures if measure.key in found]
    if not drawn:
        return None
    return Section(
        section_id="other-methods",
        title=words.say("change_methods.title"),
        paragraphs=(words.say("change_methods.lead"), words.say("change_methods.caution")),
        tables=(
            Table(
                table_id="change-methods",
                caption=words.say("change_methods.table", period=context.year.words),
                columns=(
                    column("measure", words.say("change_methods.measure"), is_number=False),
                    *(
                        column(method, words.say(f"change_methods.methods.{method}"))
                        for method in _METHODS
                    ),
                ),
                rows=tuple(_row(context, measure, found[measure.key]) for measure in drawn),
                note=words.say("change_methods.note"),
            ),
        ),
    )


def _row(context: Context, measure: Measure, found: Mapping[str, Record]) -> Row:
    words = context.words
    cells = []
    for method in _METHODS:
        row = found.get(method)
        if row is None:
            cells.append(Cell(words.say("number.nothing")))
            continue
        counts = {name: words.count(row[f"n_{name}"]) for name in ("improved", "deteriorated")}
        cells.append(
            Cell(
                words.say("change_methods.counts", **counts),
                row["n_improved"],
                small=words.say("change_methods.of", n=words.count(row["n_courses"])),
            )
        )
    return Row((text_cell(measure.instrument.name), *cells))
