"""Outcomes: the routine measures as one picture and one by one, then all others in a table."""

from pipelines.report_settings import ENGLAND
from pipelines.reporting.context import (
    Context,
    bounded_cell,
    column,
    share_cell,
    shows,
    subject_cell,
    text_cell,
)
from pipelines.reporting.figures.comparing import ABOVE, BELOW
from pipelines.reporting.figures.figures import CLINIC, ROLLING, Measure, Record
from pipelines.reporting.figures.trends import better_trend, known_points, limit_rows, usual_range
from pipelines.reporting.model import Cell, Chart, Column, Row, Section, Table, Trend
from pipelines.reporting.output.drawings.trend import NARROW_POINTS
from pipelines.reporting.sections.change_chart import change_chart
from pipelines.reporting.sections.change_part import change_part
from pipelines.reporting.sections.comparison_words import programme_gap_words
from pipelines.reporting.sections.imputed_part import imputed_part
from pipelines.reporting.sections.measure_rates import mean_change_sentence, rates_sentence
from pipelines.reporting.sections.other_measures import full_title, other_parts, points_cell
from pipelines.reporting.sections.programme_change_words import changes_part
from pipelines.reporting.sentences import (
    better_share,
    figure_words,
    noise_words,
    paired_share,
    reading,
    recovered_share,
    worse_share,
)
from pipelines.reporting.wording import Wording


def outcomes_section(context: Context) -> Section:
    """The section, which says so where there is nothing to show."""
    words = context.words
    title = words.say("section.outcomes")
    if not context.measures:
        has_responses = _has_responses(context)
        text = words.say("outcomes.none_yet" if has_responses else "outcomes.none")
        return Section(section_id="outcomes", title=title, paragraphs=(text,))
    profile = _profile(context)
    changed = changes_part(context)
    closing = [change_part(context), imputed_part(context)]
    without = context.figures.instruments_without_pairs()
    paragraphs = [words.say("outcomes.lead"), words.say("outcomes.mixed")]
    if any(
        measure.rule and measure.rule.caseness_points is not None for measure in context.routine
    ):
        own = ("outcomes.own_threshold", "outcomes.own_threshold_part")
        if shows(context, ENGLAND):
            paragraphs.append(" ".join(map(words.say, own)))
    if without:
        names = words.listed([instrument.name for instrument in without])
        paragraphs.append(words.say("outcomes.without_pairs", names=names))
    return Section(
        section_id="outcomes",
        title=title,
        paragraphs=tuple(paragraphs),
        charts=(profile,) if profile else (),
        parts=(
            *([changed] if changed else []),
            *(_measure_part(context, measure) for measure in context.routine),
            *other_parts(context),
            *(part for part in closing if part is not None),
        ),
    )


def _has_responses(context: Context) -> bool:
    row = context.figures.completeness(context.subject, ROLLING, context.year.end_on)
    return row is not None and bool(row["n_responses"])


def _profile(context: Context) -> Chart | None:
    words = context.words
    drawn: list[tuple[Measure, Record, int]] = []
    for measure in context.routine:
        row = _clinic_row(context, measure)
        counts = ("n_finished", "n_paired", "n_improved", "n_unchanged", "n_deteriorated")
        if row is not None and all(row[name] is not None for name in counts) and row["n_finished"]:
            drawn.append((measure, row, row["n_finished"]))
    if not drawn:
        return None
    parts: list[dict[str, int | float | str | bool | None]] = []
    rows: list[Row] = []
    for order, (measure, row, n) in enumerate(drawn):
        named = (
            ("better", row["n_improved"]),
            ("same", row["n_unchanged"]),
            ("worse", row["n_deteriorated"]),
            ("missing", n - row["n_paired"]),
        )
        # Rounded counts of a public page may add up to a little more or less than their whole.
        whole = sum(max(0, count) for _, count in named) or 1
        start = 0.0
        for part, count in named:
            end = start + max(0, count) / whole
            parts.append(
                {
                    "order": order,
                    "measure": measure.instrument.name,
                    "part": part,
                    "label": words.say(f"outcomes.{part}"),
                    "n": count,
                    "text": words.count(count),
                    "start": start,
                    "end": end,
                    "is_first": part == "better",
                    "is_wide": end - start >= 0.06,
                    "middle": (start + end) / 2,
                }
            )
            start = end
        cells = [Cell(words.count(count), count) for _, count in named]
        rows.append(Row((text_cell(measure.instrument.name), Cell(words.count(n), n), *cells)))
    first, row, n = drawn[0]
    return Chart(
        chart_id="profile",
        drawing="profile",
        title=words.say(
            "outcomes.profile_title",
            better=words.count(row["n_improved"]),
            n=words.count(n),
            measure=first.instrument.name,
        ),
        subtitle=words.say("outcomes.profile_subtitle", period=context.year.words),
        summary=" ".join(
            words.say(
                "outcomes.profile_summary",
                measure=measure.instrument.name,
                better=words.count(found["n_improved"]),
                same=words.count(found["n_unchanged"]),
                worse=words.count(found["n_deteriorated"]),
                missing=words.count(whole - found["n_paired"]),
                n=words.count(whole),
            )
            for measure, found, whole in drawn
        ),
        data={"parts": tuple(parts)},
        table=Table(
            table_id="profile-table",
            caption=words.say("outcomes.profile_table", period=context.year.words),
            columns=(
                column("measure", words.say("outcomes.measure"), is_number=False),
                *(
                    column(name, words.say(f"outcomes.{name}"))
                    for name in ("finished", "better", "same", "worse", "missing")
                ),
            ),
            rows=tuple(rows),
        ),
    )


def _measure_part(context: Context, measure: Measure) -> Section:
    words = context.words
    name = measure.instrument.name
    paragraphs: list[str] = []
    if not measure.has_reliable_change:
        paragraphs.append(words.say("sentence.no_threshold", measure=name))
    row = _clinic_row(context, measure)
    said = (rates_sentence(context, measure, row), mean_change_sentence(context, measure, row))
    paragraphs += filter(None, said)
    charts = (
        (change_chart(context, measure), _trend_chart(context, measure))
        if measure.has_reliable_change
        else ()
    )
    return Section(
        section_id=f"measure-{measure.instrument.instrument_id}",
        title=full_title(measure, words),
        paragraphs=tuple(paragraphs),
        charts=tuple(chart for chart in charts if chart is not None),
        tables=(_programme_table(context, measure),),
    )


def _trend_chart(context: Context, measure: Measure) -> Chart | None:
    if not context.headline.has_verdict:
        return None
    words = context.words
    found = better_trend(
        context.figures,
        measure,
        kind=context.headline.kind,
        words=words,
        subject=context.subject,
    )
    if found is None:
        return None
    row = context.figures.outcome(
        measure, context.subject, context.headline.kind, context.headline.end_on
    )
    share = better_share(row)
    figure = (
        figure_words(share, context.minimums, words)
        if share.rate is not None and reading(share, context.minimums) != "nothing"
        else words.say("card.no_figure")
    )
    return trend_chart(
        found,
        chart_id=f"trend-{measure.instrument.instrument_id}",
        texts="outcomes",
        measure=measure.instrument.name,
        period=context.headline.words,
        figure=figure,
        words=words,
    )


def trend_chart(
    found: Trend,
    *,
    chart_id: str,
    texts: str,
    measure: str,
    period: str,
    figure: str,
    words: Wording,
) -> Chart:
    """A share over time with its limits; `texts` is the part of the catalogue that words it."""
    kind = words.say(f"outcomes.{found.period_kind}_kind")
    noise = noise_words(found.period_kind, words)
    newest = found.points[-1].segment
    known = [point for point in known_points(found) if point.segment == newest]
    usual = usual_range(found, words)
    subtitle = words.say(
        f"{texts}.trend_subtitle", measure=measure, kind=kind, basis=usual.basis if usual else ""
    )
    if found.rebased:
        subtitle = " ".join([f"{subtitle}.", *found.rebased]).removesuffix(".")
    narrow = ""
    if len(found.points) > NARROW_POINTS:
        shown = {"k": words.count(NARROW_POINTS), "n": words.count(len(found.points))}
        narrow = words.say("outcomes.narrow_note", **shown)
    summary = "trend_summary_trial" if found.is_trial else "trend_summary"
    n = known[-1].n if known else None
    return Chart(
        chart_id=chart_id,
        drawing="trend",
        title=words.say(f"{texts}.trend_title.{found.verdict}", period=period, **noise),
        subtitle=subtitle,
        narrow=narrow,
        summary=words.say(
            f"{texts}.{summary}",
            measure=measure,
            period=period[:1].upper() + period[1:],
            figure=figure,
            lower=words.percent(found.lower or 0, n=n),
            upper=words.percent(found.upper or 0, n=n),
            centre=words.percent(found.centre or 0, n=n),
            k=words.count(min(len(known), 12)),
            periods=noise["periods"],
        ),
        data={
            "points": tuple(
                {
                    "order": order,
                    "period": point.period,
                    "label": point.label,
                    "value": point.value,
                    "n": point.n,
                    "text": point.text,
                    "signal": point.signal,
                }
                for order, point in enumerate(found.points)
            ),
            "limits": limit_rows(found, words.say("outcomes.band_label")),
        },
        table=Table(
            table_id=f"{chart_id}-table",
            caption=words.say(f"{texts}.trend_table", measure=measure, kind=kind),
            columns=(
                column("period", words.say("outcomes.period"), is_number=False),
                column("share", words.say("outcomes.share")),
            ),
            rows=tuple(
                Row(
                    (
                        text_cell(point.label),
                        Cell(
                            text=point.text,
                            value=point.value,
                            small=_counts(point.x, point.n, words),
                        ),
                    )
                )
                for point in reversed(found.points)
            ),
        ),
    )


def _counts(x: int | None, n: int | None, words: Wording) -> str:
    if x is None or n is None:
        return ""
    return words.say("number.x_of_n", x=words.count(x), n=words.count(n))


def _programme_table(context: Context, measure: Measure) -> Table:
    words = context.words
    figures = context.figures
    programmes = [
        (subject, figures.outcome(measure, subject.key, ROLLING, context.year.end_on))
        for subject in figures.subjects_at("programme")
    ]
    rows = [
        Row(
            (
                subject_cell(context, subject),
                *_outcome_cells(context, measure, row, subject.subject_id),
            )
        )
        for subject, row in programmes
        if row is not None
    ]
    clinic = _clinic_row(context, measure)
    whole = "clinic" if context.subject == CLINIC else "these"
    rows.append(
        Row(
            (
                text_cell(words.say(f"outcomes.{whole}")),
                *_outcome_cells(context, measure, clinic, ""),
            ),
            is_total=True,
        )
    )
    compares = _compares(context, measure)
    return Table(
        table_id=f"programmes-{measure.instrument.instrument_id}",
        caption=words.say(
            "outcomes.programme_table" if context.subject == CLINIC else "outcomes.whole_table",
            measure=measure.instrument.name,
            period=context.year.words,
        ),
        columns=_outcome_columns(context, measure),
        rows=tuple(rows),
        note=words.say("outcomes.programme_note") if compares else "",
    )


def _compares(context: Context, measure: Measure) -> bool:
    has_others = len(context.figures.subjects_at("programme")) > 1
    return has_others and measure.has_reliable_change


def _outcome_columns(context: Context, measure: Measure) -> tuple[Column, ...]:
    words = context.words
    names = ["measured_on_this"]
    if measure.has_reliable_change:
        names += ["reliably_better", "reliably_worse"]
    else:
        names += ["first", "last", "change"]
    if measure.rule is not None and measure.rule.caseness_points is not None:
        names.append("recovered_of_case")
    columns = [column("programme", words.say("outcomes.programme"), is_number=False)]
    columns += [column(name, words.say(f"outcomes.{name}")) for name in names]
    if _compares(context, measure):
        columns.append(column("compared", words.say("outcomes.compared"), is_number=False))
    return tuple(columns)


def _outcome_cells(
    context: Context, measure: Measure, row: Record | None, programme_id: str
) -> list[Cell]:
    words, minimums = context.words, context.minimums
    cells = [share_cell(paired_share(row), minimums, words, has_interval=False)]
    if measure.has_reliable_change:
        shares = (better_share(row), worse_share(row))
        cells += [bounded_cell(share, minimums, words) for share in shares]
    else:
        names = ("first_mean_points", "last_mean_points", "improvement_mean_points")
        cells += [points_cell(row, name, words) for name in names]
    if measure.rule is not None and measure.rule.caseness_points is not None:
        cells.append(share_cell(recovered_share(row), minimums, words))
    if _compares(context, measure):
        word = context.comparisons.get((measure.instrument.instrument_id, programme_id), "none")
        text = words.say(f"outcomes.words.{word}") if programme_id else ""
        small = programme_gap_words(context, measure, programme_id)
        cells.append(Cell(text, word if word in (ABOVE, BELOW) else None, small))
    return cells


def _clinic_row(context: Context, measure: Measure) -> Record | None:
    return context.figures.outcome(measure, context.subject, ROLLING, context.year.end_on)
