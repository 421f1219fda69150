"""How much better: response, remission and standardised change, as a part of the outcomes."""

from pipelines.reporting.context import Context, column, share_cell, text_cell
from pipelines.reporting.figures.figures import ROLLING, Measure, Record
from pipelines.reporting.model import Cell, Row, Section, Table
from pipelines.reporting.sections.change_categories import categories_table
from pipelines.reporting.sentences import share_of

_DETAIL, _EFFECTS, _POOLED = "pub_change_detail", "pub_effect_sizes", "pub_pooled_change"
_ALL, _SEVERE = "all_paired", "at_caseness"


def change_part(context: Context) -> Section | None:
    """The part; None where no measure has a pair."""
    words = context.words
    effects = {
        (row["instrument_id"], row["scale"], row["respondent"], row["population"]): row
        for row in _rows(context, _EFFECTS)
    }
    details = {
        (row["instrument_id"], row["scale"], row["respondent"]): row
        for row in _rows(context, _DETAIL)
    }
    paired = [measure for measure in context.measures if (*measure.key, _ALL) in effects]
    drawn = [
        measure
        for measure in paired
        if effects[(*measure.key, _ALL)]["n_paired"] >= context.minimums.rate
    ]
    if not paired:
        return None
    paragraphs = [words.say("change.lead"), words.say("change.caution")]
    paragraphs += _floors(context, drawn, details)
    if few := [measure.instrument.name for measure in paired if measure not in drawn]:
        paragraphs.append(words.say("change.few", names=words.listed(few)))
    tables = (
        categories_table(context, drawn, details),
        _share_table(context, drawn, details),
        _effect_table(context, drawn, effects),
        _pooled_table(context),
    )
    return Section(
        section_id="how-much-better",
        title=words.say("change.title"),
        paragraphs=tuple(paragraphs),
        tables=tuple(table for table in tables if table is not None),
    )


def _rows(context: Context, table: str) -> list[Record]:
    return context.figures.published(table, context.subject, ROLLING, context.year.end_on)


def _floors(
    context: Context, drawn: list[Measure], details: dict[tuple[str, str, str], Record]
) -> list[str]:
    """A sentence for each measure on which somebody started too well for a reliable change."""
    words = context.words
    found = []
    for measure in drawn:
        if measure not in context.routine:
            continue
        row = details.get(measure.key)
        if row is None or not row["n_cannot_improve"]:
            continue
        rate = row["improved_rate_if_possible"]
        key = "floor" if rate is not None else "floor_no_rate"
        found.append(
            words.say(
                f"change.{key}",
                measure=measure.instrument.name,
                x=words.count(row["n_cannot_improve"]),
                paired=words.count(row["n_paired"]),
                rate="" if rate is None else words.percent(rate, n=row["n_can_improve"]),
            )
        )
    return found


def _share_table(
    context: Context, drawn: list[Measure], details: dict[tuple[str, str, str], Record]
) -> Table | None:
    """The measures with a rule for any of it; None where there is none."""
    words, minimums = context.words, context.minimums
    needed = ("n_responded", "n_remitted")
    rows = []
    for measure in drawn:
        row = details.get(measure.key)
        if row is None or all(row[name] is None for name in needed):
            continue
        # The detail is for the director alone, and so has no list of what was withheld.
        shown = {"withheld_figures": None, **row}
        shares = [
            share_of(shown, count=f"n_{name}", denominator=f"n_{base}_base", rate=f"{name}_rate")
            for name, base in (("responded", "response"), ("remitted", "remission"))
        ]
        rows.append(
            Row(
                (
                    text_cell(measure.instrument.name),
                    *(share_cell(share, minimums, words) for share in shares),
                )
            )
        )
    if not rows:
        return None
    names = ("responded", "remitted")
    return Table(
        table_id="change-shares",
        caption=words.say("change.share_table", period=context.year.words),
        columns=(
            column("measure", words.say("change.measure"), is_number=False),
            *(column(name, words.say(f"change.{name}")) for name in names),
        ),
        rows=tuple(rows),
        note=words.say("change.share_note"),
    )


def _effect_table(
    context: Context, drawn: list[Measure], effects: dict[tuple[str, ...], Record]
) -> Table | None:
    words = context.words
    if not drawn:
        return None
    # Only a clinic that has set a reference period has such figures.
    is_adjusted = any(
        effects[(*measure.key, _ALL)]["d_severity_adjusted"] is not None for measure in drawn
    )
    rows = []
    for measure in drawn:
        row = effects[(*measure.key, _ALL)]
        severe = effects.get((*measure.key, _SEVERE))
        rows.append(
            Row(
                (
                    text_cell(measure.instrument.name),
                    _spread_cell(context, row, "first"),
                    _spread_cell(context, row, "last"),
                    _plain_cell(context, row, "pair_correlation"),
                    _effect_cell(context, row),
                    _effect_cell(context, severe),
                    _fixed_cell(context, row),
                    _plain_cell(context, row, "d_av"),
                    _plain_cell(context, row, "d_z"),
                    *([_plain_cell(context, row, "d_severity_adjusted")] if is_adjusted else []),
                )
            )
        )
    names = ["first", "last", "correlation", "own_spread", "own_spread_severe", "fixed_spread"]
    names += ["d_av", "d_z"]
    notes = [words.say("change.effect_note")]
    if is_adjusted:
        names.append("adjusted")
        notes.append(words.say("change.adjusted_note"))
    return Table(
        table_id="change-effects",
        caption=words.say("change.effect_table", period=context.year.words),
        columns=(
            column("measure", words.say("change.measure"), is_number=False),
            *(column(name, words.say(f"change.{name}")) for name in names),
        ),
        rows=tuple(rows),
        note=" ".join(notes),
    )


def _spread_cell(context: Context, row: Record, end: str) -> Cell:
    """A mean with its spread."""
    words = context.words
    mean, spread = row[f"{end}_mean_points"], row[f"{end}_sd_points"]
    if mean is None or spread is None:
        return _none(context, row, "n_paired")
    small = words.say("change.spread", spread=words.decimal(spread))
    return Cell(text=words.decimal(mean), value=mean, small=small)


def _plain_cell(context: Context, row: Record, name: str) -> Cell:
    """A figure with two decimals."""
    value = row[name]
    if value is None:
        return _none(context, row, "n_paired")
    return Cell(text=context.words.decimal(value, 2), value=value)


def _limits(context: Context, row: Record, name: str, count: str) -> str:
    """The limits of a figure, or why it has none, and the courses behind it."""
    words, courses = context.words, context.words.count(row[count])
    if row[f"{name}_lower"] is None:
        return words.say(f"change.no_limits.{row['limits_reason']}", courses=courses)
    return words.say(
        "change.limits",
        lower=words.decimal(row[f"{name}_lower"], 2),
        upper=words.decimal(row[f"{name}_upper"], 2),
        courses=courses,
    )


def _effect_cell(context: Context, row: Record | None) -> Cell:
    """The change in the pairs' own spread at the start, with its limits or why it has none."""
    if row is None or row["g_pre"] is None:
        return _none(context, row, "n_paired")
    small = _limits(context, row, "g_pre", "n_paired")
    return Cell(text=context.words.decimal(row["g_pre"], 2), value=row["g_pre"], small=small)


def _fixed_cell(context: Context, row: Record) -> Cell:
    """The change in a spread that all clinics share, and whose it is."""
    words = context.words
    if row["reference_sd_points"] is None:
        return Cell(text=words.say("change.no_reference"))
    if row["d_reference"] is None:
        return _none(context, row, "n_paired")
    small = words.say(
        "change.reference",
        spread=words.decimal(row["reference_sd_points"]),
        sample=row["reference_label"],
    )
    if row["d_reference_lower"] is not None:
        ends = (row["d_reference_lower"], row["d_reference_upper"])
        lower, upper = (words.decimal(end, 2) for end in ends)
        small = words.say("change.reference_limits", lower=lower, upper=upper, of=small)
    return Cell(text=words.decimal(row["d_reference"], 2), value=row["d_reference"], small=small)


def _none(context: Context, row: Record | None, count: str) -> Cell:
    words = context.words
    if row is None or row["reliability_reason"] is None:
        return Cell(text=words.say("number.nothing"))
    return Cell(
        text=words.say("change.courses", n=words.count(row[count])),
        small=words.say("reason.too_few_pairs_for_rate"),
        reason="too_few_pairs_for_rate",
    )


def _pooled_table(context: Context) -> Table | None:
    """Domains that several instruments measured; None where none was."""
    words = context.words
    pooled = [
        row
        for row in _rows(context, _POOLED)
        if row["respondent"] == "client" and row["population"] == _ALL and row["n_instruments"] > 1
    ]
    if not pooled:
        return None
    rows = []
    for row in sorted(pooled, key=lambda one: (one["domain"], one["reference_kind"])):
        mean = row["change_mean_sds"]
        cell = _none(context, row, "n_courses")
        if mean is not None:
            small = _limits(context, row, "change_mean_sds", "n_courses")
            cell = Cell(text=words.decimal(mean, 2), value=mean, small=small)
        rows.append(
            Row(
                (
                    text_cell(words.say(f"domains.name.{row['domain']}")),
                    cell,
                    text_cell(words.say(f"change.rulers.{row['reference_kind']}")),
                    text_cell(_mix(context, row)),
                )
            )
        )
    return Table(
        table_id="change-pooled",
        caption=words.say("change.pooled_table", period=context.year.words),
        columns=(
            column("domain", words.say("change.domain"), is_number=False),
            column("pooled", words.say("change.pooled")),
            column("ruler", words.say("change.ruler"), is_number=False),
            column("mix", words.say("change.mix"), is_number=False),
        ),
        rows=tuple(rows),
        note=words.say("change.pooled_note"),
    )


def _mix(context: Context, row: Record) -> str:
    """Which instruments a pooled figure comes from, and how many pairs of each."""
    parts = [part.rpartition(":") for part in row["instrument_mix"].split(";")]
    instruments = context.figures.instruments
    return ", ".join(
        f"{instruments[name].name if name in instruments else name} {context.words.count(int(n))}"
        for name, _, n in parts
    )
