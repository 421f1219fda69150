"""Recovery by the NHS Talking Therapies rule: the pair of measures, its rates and their gaps."""

from dataclasses import replace

from pipelines.instruments.programme_rules import recovery_from_age
from pipelines.reporting.context import (
    Context,
    column,
    count_cell,
    share_cell,
    subject_cell,
    text_cell,
)
from pipelines.reporting.figures.figures import RECOVERY_DETAIL, ROLLING, Record
from pipelines.reporting.model import Row, Section, Table
from pipelines.reporting.sentences import (
    BOUNDS,
    NOTHING,
    TOO_FEW,
    Share,
    figure_words,
    nhs_recovered_share,
    reading,
    share_of,
)

_BY_PROGRAMME = ("recovered", "improved", "deteriorated")


def recovery_section(context: Context) -> Section | None:
    """The section; None where nobody was measured in the twelve months."""
    row = context.figures.recovery(context.subject, ROLLING, context.year.end_on)
    detail = _detail(context, context.subject)
    if row is None or detail is None or not row["n_measured"]:
        return None
    by_programme = _programmes(context)
    return Section(
        section_id="recovery",
        title=context.words.say("recovery.title"),
        paragraphs=(
            _lead(context, row, detail),
            *_bounds(context, row, detail),
            context.words.say("recovery.rule"),
            *_population(context, detail),
            *_pairs(context, detail),
        ),
        tables=(_clinic(context, row, detail), *([by_programme] if by_programme else [])),
    )


def _detail(context: Context, subject: tuple[str, str]) -> Record | None:
    found = context.figures.published(RECOVERY_DETAIL, subject, ROLLING, context.year.end_on)
    return found[0] if found else None


def _lead(context: Context, row: Record, detail: Record) -> str:
    words, share = context.words, nhs_recovered_share(row)
    values = {"period": context.year.words, "x": words.count(share.x or 0)}
    kind = reading(share, context.minimums)
    if kind in (NOTHING, TOO_FEW) or share.rate is None:
        return words.say("recovery.lead_too_few", n=words.count(share.n or 0), **values)
    if kind == BOUNDS and share.worst is not None and share.best is not None:
        # So little known says nothing beside a standard.
        return words.say(
            "recovery.lead_bounds",
            period=context.year.words,
            n=words.count(share.n or 0),
            worst=words.percent(share.worst, n=share.n),
            best=words.percent(share.best, n=share.n),
            unknown=words.count(detail["n_recovery_unknown"]),
        )
    lead = words.say(
        "recovery.lead",
        period=context.year.words,
        figure=figure_words(share, context.minimums, words),
    )
    standard = detail["recovered_standard_share"]
    if standard is None:
        return lead
    return f"{lead} {words.say('recovery.standard', share=words.percent(standard, n=None))}"


def _bounds(context: Context, row: Record, detail: Record) -> list[str]:
    words, share = context.words, nhs_recovered_share(row)
    best, n_unknown = detail["recovered_rate_best"], detail["n_recovery_unknown"]
    if not n_unknown or best is None or row["recovered_rate"] is None:
        return []
    n = row["n_case_or_unknown"]
    known = []
    if share.of_known is not None and share.of_known.rate is not None:
        figure = figure_words(share.of_known, context.minimums, words)
        known = [words.say("recovery.of_known", figure=figure)]
    if reading(share, context.minimums) == BOUNDS:
        return known
    return [
        words.say(
            "recovery.bounds",
            unknown=words.count(n_unknown),
            worst=words.percent(row["recovered_rate"], n=n),
            best=words.percent(best, n=n),
        ),
        *known,
    ]


def _population(context: Context, detail: Record) -> list[str]:
    """Whom the rule leaves out here, where there is anybody."""
    words, n = context.words, detail["n_outside_population"]
    age = words.count(recovery_from_age())
    return [words.say("recovery.outside", n=words.count(n), age=age)] if n else []


def _pairs(context: Context, detail: Record) -> list[str]:
    words = context.words
    found = [
        words.say(
            "recovery.paired",
            x=words.count(detail["n_paired_both"]),
            n=words.count(detail["n_finished"]),
            functioning=words.count(detail["n_functioning_paired"]),
        )
    ]
    if detail["n_own_measure"]:
        names: str = detail["own_measures"] or ""
        measures = words.listed(names.split(";"))
        found.append(
            words.say(
                f"recovery.own_measure.{'some' if detail['n_own_measure_used'] else 'none'}",
                measures=measures,
                own=words.count(detail["n_own_measure"]),
                used=words.count(detail["n_own_measure_used"]),
                due=words.count(detail["n_appropriate_due"]),
                paired=words.count(detail["n_appropriate_pair"]),
            )
        )
        if detail["n_appropriate_due"] and not detail["n_appropriate_pair"]:
            found.append(words.say("recovery.own_measure.not_given", measures=measures))
    return found


def _shares(row: Record, detail: Record) -> dict[str, Share]:
    """The figures of a subject by name, in the order of the table."""
    # The detail is for the director alone, and so has no list of what was withheld.
    shown = {"withheld_figures": None, **detail}
    return {
        "recovered": nhs_recovered_share(row),
        **{
            name: share_of(table, count=f"n_{name}", denominator=denominator, rate=f"{name}_rate")
            for name, table, denominator in (
                ("reliably_recovered", row, "n_case_or_unknown"),
                ("improved", row, "n_finished"),
                ("deteriorated", row, "n_finished"),
                ("no_reliable_change", shown, "n_finished"),
            )
        },
        "change_unknown": _unmeasured(row),
        "paired_both": share_of(
            shown, count="n_paired_both", denominator="n_finished", rate="paired_both_rate"
        ),
    }


def _unmeasured(row: Record) -> Share:
    """The rest of those measured, with the limits of its other side."""
    measured = share_of(row, count="n_measured", denominator="n_finished", rate="measured_rate")
    if None in (measured.x, measured.n, measured.rate, measured.lower, measured.upper):
        return replace(measured, x=None)
    return replace(
        measured,
        x=row["n_finished"] - row["n_measured"],
        rate=1 - row["measured_rate"],
        lower=1 - row["measured_rate_upper"],
        upper=1 - row["measured_rate_lower"],
    )


def _clinic(context: Context, row: Record, detail: Record) -> Table:
    words = context.words
    return Table(
        table_id="recovery-clinic",
        caption=words.say("recovery.table", period=context.year.words),
        columns=(
            column("what", words.say("care.measure"), is_number=False),
            column("share", words.say("outcomes.share")),
        ),
        rows=tuple(
            Row(
                (
                    text_cell(words.say(f"recovery.{name}")),
                    share_cell(share, context.minimums, words),
                )
            )
            for name, share in _shares(row, detail).items()
        ),
    )


def _programmes(context: Context) -> Table | None:
    words, minimums = context.words, context.minimums
    rows = []
    for one in context.figures.subjects_at("programme"):
        row = context.figures.recovery(one.key, ROLLING, context.year.end_on)
        detail = _detail(context, one.key)
        if row is None or detail is None or not row["n_finished"]:
            continue
        shares = _shares(row, detail)
        measured = share_of(row, count="n_measured", denominator="n_finished", rate="measured_rate")
        cells = [
            share_cell(measured, minimums, words, has_interval=False),
            *(share_cell(shares[name], minimums, words) for name in _BY_PROGRAMME),
        ]
        rows.append(Row((subject_cell(context, one), count_cell(row, "n_finished", words), *cells)))
    if len(rows) < 2:
        return None
    return Table(
        table_id="recovery-programmes",
        caption=words.say("recovery.programme_table", period=context.year.words),
        columns=(
            column("programme", words.say("outcomes.programme"), is_number=False),
            column("finished", words.say("outcomes.finished")),
            column("measured", words.say("recovery.measured")),
            *(column(name, words.say(f"recovery.{name}")) for name in _BY_PROGRAMME),
        ),
        rows=tuple(rows),
        note=words.say("recovery.programme_note"),
    )
