"""Who is in the figures: from referral to a measured outcome, everyone accounted for.

The public page says by what its courses were chosen instead: a flow would count everybody.
"""

from pipelines.reporting.context import Context, column, count_cell, text_cell
from pipelines.reporting.figures.figures import ROLLING, YEAR, Record
from pipelines.reporting.figures.windows import Window
from pipelines.reporting.model import Cell, Chart, Row, Section, Table

_STAGES = (
    ("referred", "activity", "n_referred"),
    ("started", "activity", "n_started"),
    ("ended", "activity", "n_ended"),
    ("early", "difference", "n_ended - n_finished"),
    ("finished", "completeness", "n_finished"),
    ("unmeasured", "difference", "n_finished - n_paired_any"),
    ("paired", "completeness", "n_paired_any"),
    ("open", "activity", "n_open"),
)
_PARTS_OF_STARTED = ("started", "measured", "ended_early", "not_measured", "open")
_BARS = ("referred", "started", "ended", "finished", "paired")


def population_section(context: Context) -> Section:
    """The flow of the headline's month and of twelve months."""
    words, shown = context.words, context.period
    counts = _counts(context, shown)
    if not context.measures:
        counts = {
            stage: cell for stage, cell in counts.items() if stage not in ("unmeasured", "paired")
        }
    is_year = shown.kind in (YEAR, ROLLING)
    windows = [shown] if is_year else [shown, context.year]
    return Section(
        section_id="population",
        title=words.say("section.population"),
        paragraphs=(*_paragraphs(context, shown, counts), *_started(context)),
        charts=(_chart(context, shown, counts),) if counts["ended"].value is not None else (),
        tables=(_table(context, windows, list(counts)),),
    )


def _counts(context: Context, window: Window) -> dict[str, Cell]:
    words = context.words
    activity = context.figures.activity(context.subject, window.kind, window.end_on)
    completeness = context.figures.completeness(context.subject, window.kind, window.end_on)
    found: dict[str, Cell] = {}
    for stage, table, name in _STAGES:
        if table == "difference":
            continue
        row: Record | None = activity if table == "activity" else completeness
        # A row with nothing in it is left out of the tables: nothing was recorded, so none is.
        found[stage] = (
            Cell(text=words.count(0), value=0) if row is None else count_cell(row, name, words)
        )
    found["early"] = _difference(found["ended"], found["finished"], context)
    found["unmeasured"] = _difference(found["finished"], found["paired"], context)
    return {stage: found[stage] for stage, _, _ in _STAGES}


def _difference(whole: Cell, part: Cell, context: Context) -> Cell:
    if isinstance(whole.value, int) and isinstance(part.value, int):
        rest = whole.value - part.value
        return Cell(text=context.words.count(rest), value=rest)
    return whole if whole.value is None else part


def _paragraphs(context: Context, window: Window, counts: dict[str, Cell]) -> tuple[str, ...]:
    words = context.words
    values = {stage: cell.text for stage, cell in counts.items()}
    known = all(cell.value is not None for cell in counts.values())
    found: list[str] = []
    if counts["ended"].value == 0:
        found.append(words.say("population.lead_none", period=window.words))
    elif "paired" in counts:
        key = "population.lead" if known else "population.lead_withheld"
        found.append(words.say(key, period=window.words, **values))
        if known and counts["ended"].value != counts["paired"].value:
            found.append(words.say("population.why_not", **values))
        found.append(words.say("population.measured_means"))
    found.append(words.say("population.other_people"))
    return tuple(found)


def _started(context: Context) -> tuple[str, ...]:
    """Of those who started in the twelve months, how many are in the figures by now."""
    words, year = context.words, context.year
    row = context.figures.started(context.subject, year.kind, year.end_on)
    if row is None or not context.measures:
        return ()
    cells = {part: count_cell(row, f"n_{part}", words) for part in _PARTS_OF_STARTED}
    if any(cell.value is None for cell in cells.values()):
        return (words.say("population.started_withheld", period=year.words),)
    values = {part: cell.text for part, cell in cells.items()}
    n = row["n_started"]
    values["rate"] = words.percent(row["n_measured"] / n, n=n) if n else words.say("number.nothing")
    found = [words.say("population.started_then", period=year.words, **values)]
    activity = context.figures.activity(context.subject, year.kind, year.end_on)
    recorded = None if activity is None else activity["n_started"]
    if recorded is not None and recorded != n:
        found.append(words.say("population.recorded_starts", recorded=words.count(recorded)))
    return tuple(found)


def _chart(context: Context, window: Window, counts: dict[str, Cell]) -> Chart:
    words = context.words
    values = {stage: cell.text for stage, cell in counts.items()}
    bars = [stage for stage in _BARS if stage in counts]
    has_pairs = "paired" in counts
    if not has_pairs:
        title = "population.chart_title_activity"
    elif counts["paired"].value is None:
        title = "population.chart_title_withheld"
    else:
        title = "population.chart_title"
    return Chart(
        chart_id="flow",
        drawing="flow",
        title=words.say(title, **values),
        subtitle=words.say("population.chart_subtitle", period=window.words),
        summary=words.say(f"population.summary{'' if has_pairs else '_activity'}", **values),
        data={
            "bars": tuple(
                {
                    "order": order,
                    "stage": words.say(f"population.bar.{stage}"),
                    "n": counts[stage].value,
                    "text": counts[stage].text,
                    "is_part": stage in ("finished", "paired"),
                }
                for order, stage in enumerate(bars)
            )
        },
    )


def _table(context: Context, windows: list[Window], stages: list[str]) -> Table:
    words = context.words
    by_window = [_counts(context, window) for window in windows]
    return Table(
        table_id="flow-table",
        caption=words.say("population.table"),
        columns=(
            column("stage", words.say("population.stage"), is_number=False),
            *(column(window.kind, _capital(window.words)) for window in windows),
        ),
        rows=tuple(
            Row(
                (
                    text_cell(words.say(f"population.{stage}")),
                    *(counts[stage] for counts in by_window),
                )
            )
            for stage in stages
        ),
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
