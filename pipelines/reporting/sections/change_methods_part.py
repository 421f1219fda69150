"""The same courses by each published way to call a change reliable: an appendix of the methods."""

from collections.abc import Mapping

from pipelines.reporting.context import Context, column, text_cell
from pipelines.reporting.figures.figures import ROLLING, Measure, Record
from pipelines.reporting.model import Cell, Row, Section, Table

_METHODS = ("JT", "EN", "GLN", "HLL", "NK", "HA", "HLM")


def change_methods_part(context: Context) -> Section | None:
    """The part; None where no measure was judged by any of them."""
    words = context.words
    found: dict[tuple[str, ...], dict[str, Record]] = {}
    has_counts: set[tuple[str, ...]] = set()
    for row in context.figures.published(
        "pub_change_methods", context.subject, ROLLING, context.year.end_on
    ):
        key = (row["instrument_id"], row["scale"], row["respondent"])
        found.setdefault(key, {})[row["method"]] = row
        if _no_counts_reason(context, row["method"], row) is None:
            has_counts.add(key)
    drawn = [measure for measure in context.measures if measure.key in has_counts]
    if not drawn:
        return None
    rows = [_row(context, measure, found[measure.key]) for measure in drawn]
    reasons = dict.fromkeys(cell.reason for row in rows for cell in row.cells if cell.reason)
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
                rows=tuple(rows),
                note=words.say(
                    "change_methods.note",
                    reasons=" ".join(
                        words.say(f"change_methods.because.{each}") for each in reasons
                    ),
                ),
            ),
        ),
    )


def _no_counts_reason(context: Context, method: str, row: Record | None) -> str | None:
    """Why a cell has no counts; None where it has."""
    if row is None:
        return "no_lines" if method == "HLM" else "no_reliability"
    if row["n_courses"] < context.minimums.rate:
        return "too_few_courses"
    return row["no_counts_reason"]


def _row(context: Context, measure: Measure, found: Mapping[str, Record]) -> Row:
    words = context.words
    cells = []
    for method in _METHODS:
        row = found.get(method)
        reason = _no_counts_reason(context, method, row)
        if row is None or reason is not None:
            small = words.say(f"change_methods.reasons.{reason}")
            cells.append(Cell(words.say("number.nothing"), small=small, reason=reason or ""))
            continue
        n, names = row["n_courses"], ("improved", "deteriorated")
        counts = {name: words.count(row[f"n_{name}"]) for name in names}
        rates = {name: words.percent(row[f"n_{name}"] / n, n=n) for name in names}
        cells.append(
            Cell(
                words.say("change_methods.counts", **counts),
                row["n_improved"],
                small=words.say("change_methods.of", **rates, n=words.count(n)),
            )
        )
    return Row((text_cell(measure.instrument.name), *cells))
