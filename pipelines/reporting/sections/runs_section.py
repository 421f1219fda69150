"""The whole run of a therapy group, from its first day to its last or to the end of the month.

Who leads a group thinks in its run, which windows of twelve months cut. On a group's page it is
told in sentences; on a therapist's in a line for each group led.
"""

from collections.abc import Iterable

from pipelines.reporting.context import (
    Context,
    column,
    count_cell,
    share_cell,
    subject_cell,
    text_cell,
)
from pipelines.reporting.figures.figures import ROLLING, RUN, Measure, Record, Subject
from pipelines.reporting.model import Cell, Row, Section, Table
from pipelines.reporting.sections.work_cells import WHOLE, mean_cell, measure_cell, share_of

_PROCESS, _MEASURES = "pub_group_runs", "pub_group_run_measures"
# On a group's own page.
_MOST_MEASURES = 3
_NO_LIMITS = {"mean_points_lower": None, "mean_points_upper": None}


def runs_section(context: Context) -> Section | None:
    """The section; None where no group of the page has run yet."""
    words, (level, _) = context.words, context.subject
    runs = [
        (group, run)
        for group in context.figures.subjects_at("group")
        # A group that was over before the twelve months is no part of this page.
        if context.figures.activity(group.key, ROLLING, context.year.end_on) is not None
        for run in _rows(context, _PROCESS, group)
    ]
    if not runs:
        return None
    is_own = level == "group"
    measures = _measures_table(context, [group for group, _ in runs], is_own=is_own)
    tables = [measures]
    paragraphs = [words.say("runs.together")] if is_own or measures is not None else []
    if is_own:
        [(group, run)] = runs
        paragraphs = [*_told(context, run), *paragraphs]
        tables.append(_cohesion_table(context, group))
    else:
        tables.insert(0, _runs_table(context, runs))
    shown = tuple(table for table in tables if table is not None)
    if is_own and not shown:
        paragraphs[-1] = words.say("runs.nothing_measured")
    return Section(
        section_id="runs",
        title=words.say(f"runs.title.{'group' if is_own else 'others'}"),
        paragraphs=tuple(paragraphs),
        tables=shown,
    )


def _rows(context: Context, table: str, group: Subject) -> list[Record]:
    return context.figures.published(table, group.key, RUN, context.figures.month_end_on)


def _told(context: Context, run: Record) -> list[str]:
    """Who was there, and what was held, in sentences."""
    words = context.words
    state = "open" if run["run_ended_on"] is None else "over"
    people = words.say(
        f"runs.people.{state}",
        begun=words.day(run["period_start_on"]),
        ended="" if run["run_ended_on"] is None else words.day(run["run_ended_on"]),
        month=words.month(run["period_end_on"]),
        members=words.say("runs.members", n=run["n_clients"]),
        stayed=words.count(run["n_clients_stayed"]),
        completed=words.count(run["n_clients_completed"]),
        left=words.count(run["n_clients_left"]),
    )
    if not run["n_held"]:
        return [f"{people} {words.say('runs.none_held')}"]
    held = words.say("runs.held", n=run["n_held"])
    if run["n_expected"]:
        key = "runs.attended_too_few" if run["attendance_rate"] is None else "runs.attended"
        held = words.say(
            key,
            held=held,
            x=words.count(run["n_came"]),
            n=words.count(run["n_expected"]),
            rate=words.percent(run["attendance_rate"] or 0, n=run["n_expected"]),
        )
    if run["size_mean"] is not None:
        held = f"{held} {words.say('runs.size', size=words.decimal(run['size_mean']))}"
    return [people, held]


def _runs_table(context: Context, runs: Iterable[tuple[Subject, Record]]) -> Table:
    words = context.words
    people = ("n_clients", "n_clients_stayed", "n_clients_completed", "n_clients_left")
    names = ("members", "stayed", "completed", "left", "held", "attended")
    return Table(
        table_id="runs-table",
        caption=words.say("runs.table", month=words.month(context.figures.month_end_on)),
        columns=(
            column("name", words.say("people.group"), is_number=False),
            column("run", words.say("runs.columns.run"), is_number=False),
            *(column(name, words.say(f"runs.columns.{name}")) for name in names),
        ),
        rows=tuple(
            Row(
                (
                    subject_cell(context, group, group.detail),
                    text_cell(words.day(run["period_start_on"]), _until(context, run)),
                    *(count_cell(run, name, words) for name in (*people, "n_held")),
                    _attended(context, run),
                )
            )
            for group, run in runs
        ),
        note=words.say("runs.table_note"),
        is_sortable=False,
    )


def _until(context: Context, run: Record) -> str:
    words = context.words
    if run["run_ended_on"] is None:
        return words.say("runs.still")
    return words.say("runs.until", day=words.day(run["run_ended_on"]))


def _attended(context: Context, run: Record) -> Cell:
    """The share of places that were filled; attendances of one member hang together: no range."""
    words = context.words
    counts = words.say(
        "number.x_of_n", x=words.count(run["n_came"]), n=words.count(run["n_expected"])
    )
    rate = run["attendance_rate"]
    if rate is None:
        return Cell(text=counts)
    return Cell(text=words.percent(rate, n=run["n_expected"]), value=rate, small=counts)


def _measures_table(context: Context, groups: list[Subject], *, is_own: bool) -> Table | None:
    """A group's own measures, or several groups beside each other on the one that leads the page.

    Shares of different measures are not to be set beside each other, and the measure that a group
    has most pairs of may be another one a month later.
    """
    words = context.words
    names = ("measured", "better", "worse", "first", "last")
    if is_own:
        [group] = groups
        rows = [
            Row((measure_cell(context, row), *_changes(context, row)))
            for row in _outcomes(context, group)[:_MOST_MEASURES]
        ]
        first = column("measure", words.say("outcomes.measure"), is_number=False)
        caption, note = words.say("runs.measures_table"), ""
    else:
        leading = context.first_measure
        if leading is None:
            return None
        nothing = tuple(Cell(text=words.say("number.nothing")) for _ in names)
        on_it = [(group, _on(context, group, leading)) for group in groups]
        rows = [
            Row((subject_cell(context, group), *(_changes(context, row) if row else nothing)))
            for group, row in on_it
            if any(row for _, row in on_it)
        ]
        first = column("name", words.say("people.group"), is_number=False)
        caption = words.say("runs.one_measure_table", measure=leading.instrument.name)
        note = words.say("runs.one_measure_note")
    if not rows:
        return None
    return Table(
        table_id="runs-measures",
        caption=caption,
        columns=(first, *(column(name, words.say(f"runs.columns.{name}")) for name in names)),
        rows=tuple(rows),
        note=note,
        is_sortable=False,
    )


def _changes(context: Context, row: Record) -> tuple[Cell, ...]:
    """How many courses are measured, what became of them, and their means."""
    words = context.words
    counts = words.say(
        "number.x_of_n", x=words.count(row["n_paired"]), n=words.count(row["n_finished"])
    )
    better = share_of(row, "n_improved", "n_paired", "improved_rate")
    return (
        Cell(text=counts, value=row["n_paired"]),
        share_cell(better, context.minimums, words),
        count_cell(row, "n_deteriorated", words),
        *(_points(context, row[f"{name}_mean_points"]) for name in ("first", "last")),
    )


def _on(context: Context, group: Subject, measure: Measure) -> Record | None:
    """What a group's members said by one measure."""
    found = (
        row
        for row in _outcomes(context, group)
        if (row["instrument_id"], row["scale"], row["respondent"]) == measure.key
    )
    return next(found, None)


def _outcomes(context: Context, group: Subject) -> list[Record]:
    """What clients said of themselves as a whole, in the order that the page has its measures in.

    Those without a pair in its twelve months follow, the one with the most courses first.
    """
    instruments = context.figures.instruments
    place = {
        measure.instrument.instrument_id: number for number, measure in enumerate(context.measures)
    }
    found = [
        row
        for row in _rows(context, _MEASURES, group)
        if (row["scale"], row["respondent"]) == (WHOLE, "client")
        and row["instrument_id"] in instruments
        and instruments[row["instrument_id"]].purpose == "outcome"
        and row["n_paired"]
    ]
    return sorted(
        found,
        key=lambda row: (
            place.get(row["instrument_id"], len(place)),
            row["n_improved"] is None,
            -row["n_paired"],
            row["instrument_id"],
        ),
    )


def _points(context: Context, points: float | None) -> Cell:
    words = context.words
    if points is None:
        reason = "too_few_pairs_for_rate"
        return Cell(
            text=words.say("number.nothing"), small=words.say(f"reason.{reason}"), reason=reason
        )
    return Cell(text=words.decimal(points), value=points)


def _cohesion_table(context: Context, group: Subject) -> Table | None:
    """Cohesion as members rated it; each session counts once, whatever its size."""
    words = context.words
    rows = [
        Row(
            (
                measure_cell(context, row),
                count_cell(row, "n_sessions_rated", words),
                count_cell(row, "n_ratings", words),
                mean_cell(context, {**row, **_NO_LIMITS}, "mean_points"),
                Cell(
                    text=words.say(
                        "number.x_of_n",
                        x=words.count(row["n_below_baseline"]),
                        n=words.count(row["n_with_baseline"]),
                    ),
                    value=row["n_below_baseline"],
                )
                if row["n_with_baseline"]
                else Cell(text=words.say("number.nothing")),
            )
        )
        for row in _rows(context, _MEASURES, group)
        if row["scale"] == WHOLE and row["n_ratings"]
    ]
    if not rows:
        return None
    names = ("measure", "sessions", "ratings", "mean", "below")
    return Table(
        table_id="runs-cohesion",
        caption=words.say("runs.cohesion_table"),
        columns=tuple(
            column(name, words.say(f"work.cohesion.{name}"), is_number=name != "measure")
            for name in names
        ),
        rows=tuple(rows),
        note=words.say("runs.cohesion_note"),
        is_sortable=False,
    )
