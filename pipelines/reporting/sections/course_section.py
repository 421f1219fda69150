"""The course of treatment: waits, missed appointments, endings, amount of care, measures given.

What belongs here is care as it happened, and nothing of what came of it. The one exception stands
last: the verdict on courses of children, which has a rule set and a place of its own.
"""

from decimal import Decimal

from pipelines.instruments.programme_rules import children_below_age
from pipelines.report_settings import ENGLAND
from pipelines.reporting.context import Context, column, count_cell, share_cell, shows, text_cell
from pipelines.reporting.figures.disclosure import THERAPIST
from pipelines.reporting.figures.figures import CLINIC, ROLLING, Record
from pipelines.reporting.model import Cell, Row, Section, Sentence, Table
from pipelines.reporting.sections.dropout_words import dropout_counts
from pipelines.reporting.sentences import Share, is_under_measured

_FIRST_WAITS = ("first_within_6_weeks", "first_within_18_weeks")
_SECOND_WAITS = ("second_under_29_days", "second_29_to_90_days", "second_over_90_days")
# Line of the table, count, denominator and rate.
_MISSED = (
    ("no_show", "n_no_show", "n_kept_or_missed", "no_show_rate"),
    ("late_cancelled", "n_late_cancelled", "n_appointments", "late_cancelled_rate"),
    ("cancelled", "n_cancelled", "n_appointments", "cancelled_rate"),
    ("clinic_cancelled", "n_clinic_cancelled", "n_appointments", "clinic_cancelled_rate"),
)
_ENDINGS = (
    ("planned", "n_planned", "n_coded", "planned_rate"),
    *(
        (name, f"n_dropout_{name}", f"n_dropout_{name}_known", f"dropout_{name}_rate")
        for name in ("coded", "missed", "short", "unimproved")
    ),
)
_TABLES = {"missed": "pub_attendance", "endings": "pub_course"}
_DOSAGE = ("individual_sessions", "group_sessions", "weeks", "sessions_per_week")
_RATERS = ("client", "parent", "therapist")
# Where the whole interval of the share worse lies above this, children's courses ask for a look. A
# convention of this page and no clinical threshold.
MANY_CHILDREN_WORSE = Decimal("0.1")


def course_section(context: Context) -> Section | None:
    """The section; None where no course was under way in twelve months."""
    parts = [
        part
        for part in (
            _waits(context),
            _missed(context),
            _endings(context),
            _dosage(context),
            _adherence(context),
            _children(context),
        )
        if part is not None
    ]
    if not parts:
        return None
    words = context.words
    return Section(section_id="course", title=words.say("course.title"), parts=tuple(parts))


def _rows(context: Context, table: str) -> list[Record]:
    return context.figures.published(table, context.subject, ROLLING, context.year.end_on)


def _share(row: Record, count: str, denominator: str, rate: str) -> Share:
    return Share(
        x=row[count],
        n=row[denominator],
        rate=row[rate],
        lower=row[f"{rate}_lower"],
        upper=row[f"{rate}_upper"],
    )


def _cell(context: Context, row: Record, count: str, denominator: str, rate: str) -> Cell:
    return share_cell(_share(row, count, denominator, rate), context.minimums, context.words)


def _waits(context: Context) -> Section | None:
    words = context.words
    bands = {row["wait_id"]: row for row in _rows(context, "pub_waits")}
    if not bands:
        return None
    rows = []
    for wait_id in (*_FIRST_WAITS, *_SECOND_WAITS):
        row = bands.get(wait_id)
        if row is None:
            continue
        share = row["standard_share"]
        limit = "" if share is None else words.percent(share, n=None)
        key = "at_most" if row["standard_op"] == "<=" else "at_least"
        standard = (
            text_cell(words.say(f"course.waits.{key}", share=limit))
            if limit
            else Cell(text=words.say("number.nothing"))
        )
        rows.append(
            Row(
                (
                    text_cell(words.say(f"course.waits.{wait_id}")),
                    _cell(context, row, "n_in_band", "n_waits", "in_band_rate"),
                    *([standard] if shows(context, ENGLAND) else []),
                )
            )
        )
    return Section(
        section_id="course-waits",
        title=words.say("course.waits.title"),
        paragraphs=(words.say("course.waits.lead"),),
        tables=(
            Table(
                table_id="course-waits-table",
                caption=words.say("course.waits.table", period=context.year.words),
                columns=(
                    column("wait", words.say("course.waits.wait"), is_number=False),
                    column("share", words.say("course.waits.share")),
                    *(
                        [column("standard", words.say("course.waits.standard"))]
                        if shows(context, ENGLAND)
                        else []
                    ),
                ),
                rows=tuple(rows),
            ),
        ),
    )


def _missed(context: Context) -> Section | None:
    words = context.words
    row = next(iter(_rows(context, _TABLES["missed"])), None)
    if row is None:
        return None
    return Section(
        section_id="course-missed",
        title=words.say("course.missed.title"),
        paragraphs=(words.say("course.missed.lead"),),
        tables=(_shares_table(context, row, "missed", _MISSED),),
    )


def _endings(context: Context) -> Section | None:
    words = context.words
    row = next(iter(_rows(context, _TABLES["endings"])), None)
    if row is None:
        return None
    lead = words.say(
        "course.endings.lead",
        period=context.year.words,
        ended=words.count(row["n_ended"]),
        never=words.count(row["n_never_started"]),
        uncoded=words.count(row["n_uncoded"]),
    )
    return Section(
        section_id="course-endings",
        title=words.say("course.endings.title"),
        paragraphs=(lead, words.say("course.endings.caution"), *dropout_counts(context, row)),
        tables=(_shares_table(context, row, "endings", _ENDINGS),),
    )


def _shares_table(
    context: Context, row: Record, part: str, lines: tuple[tuple[str, str, str, str], ...]
) -> Table:
    words = context.words
    beside = _clinic_row(context, _TABLES[part])
    return Table(
        table_id=f"course-{part}-table",
        caption=words.say(f"course.{part}.table", period=context.year.words),
        columns=(
            column("what", words.say("care.measure"), is_number=False),
            column("share", words.say("outcomes.share")),
            *([column("clinic", words.say("outcomes.clinic"))] if beside else []),
        ),
        rows=tuple(
            Row(
                (
                    text_cell(words.say(f"course.{part}.{name}")),
                    _cell(context, row, *figure),
                    *([_cell(context, beside, *figure)] if beside else []),
                )
            )
            for name, *figure in lines
        ),
        note=words.say(f"course.{part}.no_clinic")
        if context.figures.audience == THERAPIST and words.has(f"course.{part}.no_clinic")
        else "",
    )


def _clinic_row(context: Context, table: str) -> Record | None:
    """The clinic's row, for the page of a subject that may have it beside its own."""
    if context.clinic is None:
        return None
    rows = context.clinic.published(table, CLINIC, ROLLING, context.year.end_on)
    return next(iter(rows), None)


def _dosage(context: Context) -> Section | None:
    words = context.words
    found = {row["measure"]: row for row in _rows(context, "pub_dosage")}
    if not found:
        return None
    return Section(
        section_id="course-dosage",
        title=words.say("course.dosage.title"),
        paragraphs=(words.say("course.dosage.caution"),),
        tables=(
            Table(
                table_id="course-dosage-table",
                caption=words.say("course.dosage.table", period=context.year.words),
                columns=(
                    column("measure", words.say("care.measure"), is_number=False),
                    column("courses", words.say("course.dosage.courses")),
                    column("median", words.say("course.dosage.median")),
                    column("half", words.say("course.dosage.half")),
                ),
                rows=tuple(
                    Row(
                        (
                            text_cell(words.say(f"course.dosage.{name}")),
                            count_cell(found[name], "n_courses", words),
                            *_spread(context, found[name]),
                        )
                    )
                    for name in _DOSAGE
                    if name in found
                ),
            ),
        ),
    )


def _spread(context: Context, row: Record) -> tuple[Cell, Cell]:
    words = context.words
    if row["dosage_median"] is None:
        small = words.say("reason.too_few_pairs_for_rate")
        nothing = Cell(
            text=words.say("number.nothing"), small=small, reason="too_few_pairs_for_rate"
        )
        return nothing, Cell(text=words.say("number.nothing"))
    lower, upper = words.decimal(row["dosage_p25"]), words.decimal(row["dosage_p75"])
    return (
        Cell(text=words.decimal(row["dosage_median"]), value=float(row["dosage_median"])),
        text_cell(words.say("course.dosage.between", lower=lower, upper=upper)),
    )


def _adherence(context: Context) -> Section | None:
    words = context.words
    row = next(iter(_rows(context, "pub_adherence")), None)
    if row is None or not row["n_sessions_due"]:
        return None
    values = {
        "period": context.year.words,
        "n": words.count(row["n_sessions_due"]),
        "x": words.count(row["n_sessions_measured"]),
        "complete": words.count(row["n_sessions_complete"]),
    }
    rate = row["sessions_measured_rate"]
    found = [
        words.say("course.measured.lead_too_few", **values)
        if rate is None
        else words.say(
            "course.measured.lead",
            rate=words.percent(rate, n=row["n_sessions_due"]),
            **values,
        )
    ]
    days = row["last_score_median_days"]
    if days is not None:
        found.append(
            words.say(
                "course.measured.last",
                days=words.decimal(days, 0 if float(days).is_integer() else 1),
                x=words.count(row["n_with_last_score"]),
                n=words.count(row["n_closed"]),
            )
        )
    found.append(words.say("course.measured.not_recorded"))
    return Section(
        section_id="course-measured",
        title=words.say("course.measured.title"),
        paragraphs=tuple(found),
    )


def _children(context: Context) -> Section | None:
    words = context.words
    found = {row["rater"]: row for row in _rows(context, "pub_child_outcomes")}
    # A rater of whom nothing was delivered would be a line of nothing.
    shown = [rater for rater in _RATERS if rater in found and found[rater]["n_measured"]]
    if not shown:
        return None
    some = found[shown[0]]
    return Section(
        section_id="course-children",
        title=words.say("course.children.title"),
        paragraphs=(
            *(text for rater in shown for text in _child_bounds(context, found[rater])),
            words.say("course.children.domains"),
            words.say("course.children.rule"),
            words.say("course.children.source", version=some["rule_version"]),
        ),
        tables=(
            Table(
                table_id="course-children-table",
                caption=words.say(
                    "course.children.table",
                    age=words.count(children_below_age()),
                    period=context.year.words,
                ),
                columns=(
                    column("rater", words.say("course.children.rater"), is_number=False),
                    column("measured", words.say("course.children.measured")),
                    column("better", words.say("outcomes.reliably_better")),
                    column("same", words.say("course.children.unchanged")),
                    column("worse", words.say("outcomes.reliably_worse")),
                ),
                rows=tuple(_child_row(context, found[rater]) for rater in shown),
            ),
        ),
    )


def children_items(context: Context) -> list[Sentence]:
    """What to look at: each rater by whom clearly many children and young people got worse."""
    words = context.words
    found = {row["rater"]: row for row in _rows(context, "pub_child_outcomes")}
    items = []
    for rater in _RATERS:
        row = found.get(rater)
        lower = None if row is None else row["deteriorated_rate_lower"]
        if row is None or lower is None or Decimal(str(lower)) <= MANY_CHILDREN_WORSE:
            continue
        n = row["n_measured"]
        text = words.say(
            "course.children.many_worse",
            rater=words.say(f"course.children.bounds_rater.{rater}"),
            x=words.count(row["n_deteriorated"]),
            n=words.count(n),
            period=context.year.words,
            rate=words.percent(row["deteriorated_rate"], n=n),
            lower=words.percent(lower, n=n),
            upper=words.percent(row["deteriorated_rate_upper"], n=n),
        )
        items.append(Sentence(text, "children_worse", "course-children"))
    return items


def _child_bounds(context: Context, row: Record) -> list[str]:
    """The two extremes, where so few were measured that they come before the shares."""
    words, measured = context.words, row["measured_rate"]
    if measured is None or not is_under_measured(measured):
        return []
    n = row["n_finished"]
    return [
        words.say(
            "course.children.bounds",
            rater=words.say(f"course.children.bounds_rater.{row['rater']}"),
            worst=words.percent(row["improved_rate_worst"], n=n),
            best=words.percent(row["improved_rate_best"], n=n),
            missing=words.count(n - row["n_measured"]),
            n=words.count(n),
        )
    ]


def _child_row(context: Context, row: Record) -> Row:
    return Row(
        (
            text_cell(context.words.say(f"course.children.{row['rater']}")),
            _cell(context, row, "n_measured", "n_finished", "measured_rate"),
            *(
                _cell(context, row, f"n_{change}", "n_measured", f"{change}_rate")
                for change in ("improved", "unchanged", "deteriorated")
            ),
        )
    )
